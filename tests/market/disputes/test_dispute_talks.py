"""Who may say what in a dispute and when: forged amounts, foreign ids, clocks, rivals, evidence and its room."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from market.disputes import queries, service
from market.disputes.clocks import alarm_late_decisions, escalate_due, remind_negotiating
from market.disputes.service import Claim, Decision, Terms
from market.identity.service import MARKET_ID
from market.kit.errors import Forbidden, NotFound
from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.uploads import UploadedFile
from tests.market.disputes.bench import Case, cny, delivered, dispute, paid_out
from tests.market.production.yard import PRICE, Run, pooled_deal, single_deal
from tests.market.town import Town

CLAIM = 48 * PRICE


@pytest.fixture
def run(town: Town) -> Run:
    return delivered(single_deal(town))


def refused(run: Run, claim: Claim, files: tuple[UploadedFile, ...] = ()) -> set[str]:
    """The fields that an opening is refused for; nothing is kept of it."""
    with pytest.raises(service.DisputeRefused) as told, run.town.work("seller", run.shops[0]) as work:
        service.open_dispute(work, run.share(run.shops[0]).id, claim, files)
    with run.town.work("system") as work:
        assert queries.disputes_of_deal(work.session, run.deal_id) == ()
    assert run.state == "delivered"
    return {fault.field for fault in told.value.faults}


def test_a_dispute_that_cannot_be_is_refused_with_every_fault(run: Run) -> None:
    paid = 800 * PRICE
    assert refused(run, Claim("defects", "x", 0, cny(paid + 1))) == {"amount"}
    assert refused(run, Claim("defects", "x", 0, cny(-1))) == {"amount"}
    assert refused(run, Claim("defects", "x", 0, Money(100, "USD"))) == {"amount"}
    everything = Claim("revenge", " ", 801, cny(0))
    assert refused(run, everything, (UploadedFile("a.png", b"no photo"),)) == {
        "reason", "pieces", "amount", "words", "files",
    }  # fmt: skip


def test_a_foreign_shop_and_factory_find_nothing(town: Town, run: Run) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    shop, factory = town.add_shop("Elsewhere"), town.add_factory("Far Knit")
    for role, stranger in (("seller", shop), ("factory", factory)):
        for verb, more in (
            (service.say, ("hello",)),
            (service.propose, (Terms(cny(1)),)),
            (service.withdraw, ()),
            (service.accept_proposal, (new_id(),)),
        ):
            with pytest.raises(NotFound):
                case.by(role, stranger, verb, *more)
        with town.work(role, stranger) as work:
            assert queries.disputes_of_deal(work.session, run.deal_id) == ()
            with pytest.raises(NotFound):
                service.open_dispute(work, run.share(run.shops[0]).id, Claim("defects", "x", 1, cny(1)))
    with pytest.raises(Forbidden):
        case.by_shop(service.preview_decision, Decision("refund", "mine"))


def test_a_member_of_a_pool_reads_nothing_of_anothers_dispute(town: Town) -> None:
    run = delivered(pooled_deal(town))
    small, large = run.shops
    case = dispute(run, small, PRICE)
    with town.work("seller", large) as work:
        assert queries.disputes_of_deal(work.session, run.deal_id) == ()
        with pytest.raises(NotFound):
            queries.dispute(work.session, case.id)
        assert not queries.statements_of(work.session, case.id)


def test_there_is_one_open_dispute_a_share_and_a_double_press_opens_it_once(run: Run) -> None:
    share, claim = run.share(run.shops[0]).id, Claim("defects", "stitches", 48, cny(CLAIM))
    opened = []
    for _press in range(2):
        with run.town.work("seller", run.shops[0]) as work:
            opened.append(service.open_dispute(work, share, claim, key="one"))
    assert opened[0] == opened[1]
    with pytest.raises(service.AlreadyDisputed), run.town.work("seller", run.shops[0]) as work:
        service.open_dispute(work, share, claim, key="two")
    with pytest.raises(service.AlreadyDisputed), run.town.work("factory", run.factory) as work:
        service.open_dispute(work, share, Claim("other", "they do not answer", 0, cny(1)))


def test_thirty_days_after_the_payout_nothing_can_be_disputed(town: Town, run: Run) -> None:
    paid_out(run)
    town.clock.advance(timedelta(days=30))
    with pytest.raises(service.NotDisputable, match="settled"):
        dispute(run, run.shops[0], CLAIM)
    town.clock.advance(timedelta(days=-1))
    assert dispute(run, run.shops[0], CLAIM).state == "open"


def test_both_have_three_days_then_either_calls_the_market_and_on_day_seven_the_clock_does(
    town: Town, run: Run
) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    with pytest.raises(service.TooEarly):
        case.by_factory(service.ask_for_decision)
    assert town.sweep(remind_negotiating) == 0
    town.clock.advance(timedelta(days=3))
    assert [town.sweep(remind_negotiating) for _ in range(2)] == [1, 0]
    assert town.notices(run.factory)[-1] == town.notices(case.shop)[-1] == "dispute_reminder"
    assert town.sweep(escalate_due) == 0
    town.clock.advance(timedelta(days=4))
    assert [town.sweep(escalate_due) for _ in range(2)] == [1, 0]
    town.deliver()
    # Monday and seven days: escalated on a Monday, to be decided on Wednesday.
    assert case.row.decide_by == town.clock.now() + timedelta(days=2)
    assert town.notices(MARKET_ID)[-1] == "room_raised"
    town.clock.advance(timedelta(days=2))
    assert [town.sweep(alarm_late_decisions) for _ in range(2)] == [1, 0]
    assert town.notices(MARKET_ID)[-1] == "dispute_late"
    case.decide("reject")
    with town.work("operator", MARKET_ID) as work:
        ended = work.session.scalar(text("SELECT count(*) FROM room_alarms WHERE ended_at IS NULL"))
        told = work.session.scalars(text("SELECT what FROM room_messages WHERE kind = 'event' ORDER BY sequence")).all()
    assert ended == 0
    assert town.notices(run.factory)[-2:] == ["dispute_ended", "review_open"]
    assert [what for what in told if "dispute" in what] == ["dispute_opened", "dispute_ended"]


def test_a_proposal_is_answered_by_the_other_side_and_a_new_one_takes_its_place(run: Run) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    with pytest.raises(service.DisputeRefused):
        case.by_shop(service.propose, Terms(cny(CLAIM + 1)))
    first = case.by_shop(service.propose, Terms(cny(CLAIM)))
    with pytest.raises(service.OwnProposal):
        case.by_shop(service.accept_proposal, first)
    second = case.by_factory(service.propose, Terms(cny(100)))
    with pytest.raises(service.DisputeMoved, match="replaced"):
        case.by_factory(service.accept_proposal, first)
    case.by_shop(service.decline_proposal, second)
    with pytest.raises(service.DisputeMoved, match="declined"):
        case.by_shop(service.accept_proposal, second)
    assert case.state == "open"


def test_evidence_stays_as_it_was_given(town: Town, run: Run) -> None:
    case = dispute(run, run.shops[0], CLAIM)
    case.by_factory(service.say, "the seams passed our inspection")
    with town.work("factory", run.factory) as work:
        said = queries.statements_of(work.session, case.id)
    assert [(one.side.value, len(one.files)) for one in said] == [("shop", 1), ("factory", 0)]
    for change in ("UPDATE dispute_statements SET words = 'x'", "DELETE FROM dispute_files"):
        with town.work("seller", case.shop) as work:
            try:
                assert work.session.execute(text(change)).rowcount == 0  # type: ignore[attr-defined]  # of a change
            except DBAPIError:
                work.session.rollback()
    with town.work("system") as work:
        assert queries.statements_of(work.session, case.id) == said


def decision_of(case: Case, outcome: str) -> tuple[Decision, str]:
    decision = Decision(outcome, "as the photos show")
    return decision, case.by_operator(service.preview_decision, decision).hash


def attempt(case: Case, role: str, organisation_id: UUID, verb: object, *arguments: object) -> None:
    with case.run.town.work(role, organisation_id) as work:
        verb(work, case.id, *arguments)  # type: ignore[operator]  # a verb of disputes
