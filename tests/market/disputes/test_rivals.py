"""Every move of a dispute and of a proposal, with who else could act just then: it ends once, and the other is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from market.disputes import clocks, queries, service
from market.disputes.models import DISPUTE_TRANSITIONS, PROPOSAL_TRANSITIONS
from market.disputes.service import Decision, Terms
from market.identity.service import MARKET_ID
from market.kit.work import Work
from tests.market import acts as do
from tests.market.disputes.bench import cny, dispute, open_account
from tests.market.moments import days, moment
from tests.market.production.yard import PHOTO, PRICE, Run
from tests.market.rivals import DONE, IDLE, TOLD, Act, Duel, Ring, moments_of, moves
from tests.market.settlement import money_acts as money

CLAIM: Final = 48 * PRICE
CALLS_ON: Final = "a side may still settle or take it back while the market has not decided"
FOLLOWS: Final = "a new proposal may follow one that was declined"
SEPARATE: Final = "what is frozen is not paid out"


def about(who: str, does: str, verb: Callable[..., object], *more: object) -> Act:
    """Somebody does something about the dispute."""

    def prepare(run: Run) -> Callable[[Work], object]:
        dispute_id = the_dispute(run).id
        return lambda work: verb(work, dispute_id, *more)

    return Act(who, does, prepare)


def answers(who: str, verb: Callable[..., object]) -> Act:
    """Somebody answers the proposal that stands."""

    def prepare(run: Run) -> Callable[[Work], object]:
        row = the_dispute(run)
        with run.town.work("system") as work:
            proposal = queries.proposals_of(work.session, row.id)[0]
        return lambda work: verb(work, row.id, proposal.id)

    return Act(who, f"{who}: {verb.__name__}", prepare)


def decides(outcome: str) -> Act:
    """An operator decides as a preview showed it."""

    def prepare(run: Run) -> Callable[[Work], object]:
        row = the_dispute(run)
        remake_by = run.town.clock.now().date() + timedelta(days=20) if outcome == "remake" else None
        decision = Decision(outcome, "as the photos show", None, remake_by)
        with run.town.work("operator", MARKET_ID) as work:
            seen = service.preview_decision(work, row.id, decision).hash
        return lambda work: service.decide(work, row.id, decision, seen)

    return Act("operator", f"operator: {outcome}", prepare)


def the_dispute(run: Run) -> queries.DisputeRow:
    with run.town.work("system") as work:
        return queries.disputes_of_deal(work.session, run.deal_id)[0]


def step(act: Act) -> Callable[[Run], None]:
    """What is done before a moment, and heard of by the worker."""

    def done(run: Run) -> None:
        actor = {
            "shop": ("seller", run.shops[0]),
            "factory": ("factory", run.factory),
            "operator": ("operator", MARKET_ID),
        }
        verb = act.prepare(run)
        with run.town.work(*actor[act.who]) as work:
            verb(work)
        run.town.deliver()

    return done


def remake(run: Run) -> Any:
    day = run.town.clock.now().date() + timedelta(days=5)
    return lambda work: service.propose(work, the_dispute(run).id, Terms(cny(0), day))


WITHDRAWS = about("shop", "shop: withdraws", service.withdraw)
ASKS = about("shop", "shop: calls the market", service.ask_for_decision)
PROPOSES = about("factory", "factory: proposes", service.propose, Terms(cny(100)))
ACCEPTS = answers("shop", service.accept_proposal)
DECLINES = answers("shop", service.decline_proposal)
REMADE = about("factory", "factory: remade it", service.report_remade, "they are there", [PHOTO])
ACCEPTS_REMADE = about("shop", "shop: accepts what was remade", service.accept_remade)
REFUSES_REMADE = about("shop", "shop: refuses what was remade", service.refuse_remade, "no better", [PHOTO])
ESCALATES = do.clock("clock: calls the market", clocks.escalate_due)
ENDS_REMAKES = do.clock("clock: ends remakes", clocks.end_remakes)

moment("disputed", "delivered", open_account, lambda run: dispute(run, run.shops[0], CLAIM))
moment("disputed seven days ago", "disputed", days(7))
moment("the factory proposes", "disputed", step(PROPOSES))
moment("the factory would remake it", "disputed", step(Act("factory", "factory: would remake it", remake)))
moment("called", "disputed", days(3), step(ASKS))
moment("called, and the factory proposes", "called", step(PROPOSES))
moment("being remade", "the factory would remake it", step(ACCEPTS))
moment("the remake is late", "being remade", days(6))
moment("remade", "being remade", step(REMADE))
moment("remade ten days ago", "remade", days(10))

# fmt: off
DUELS: Final = [
    Duel("disputes opened", "delivered", do.DISPUTES, do.FACTORY_DISPUTES, TOLD, TOLD),
    Duel("disputes open>escalated", "disputed seven days ago", ESCALATES, WITHDRAWS, DONE, IDLE, CALLS_ON),
    Duel("disputes open>escalated", "disputed seven days ago", ASKS, ESCALATES, IDLE, TOLD),
    Duel("disputes open>withdrawn", "the factory proposes", WITHDRAWS, ACCEPTS, TOLD, TOLD),
    Duel("disputes open>agreed, dispute_proposals open>accepted", "the factory proposes",
         ACCEPTS, PROPOSES, TOLD, TOLD),
    Duel("dispute_proposals open>replaced", "the factory proposes", PROPOSES, DECLINES, TOLD, DONE, FOLLOWS),
    Duel("dispute_proposals open>declined", "the factory proposes", DECLINES, ACCEPTS, TOLD, TOLD),
    Duel("disputes open>remaking", "the factory would remake it", ACCEPTS, WITHDRAWS, TOLD, TOLD),
    Duel("disputes escalated>decided", "called", decides("refund"), decides("reject"), TOLD, TOLD),
    Duel("disputes escalated>decided", "called", decides("refund"), money.PAYS, DONE, DONE, SEPARATE),
    Duel("disputes escalated>withdrawn", "called", WITHDRAWS, decides("refund"), TOLD, TOLD),
    Duel("disputes escalated>remaking", "called", decides("remake"), decides("reject"), TOLD, TOLD),
    Duel("disputes escalated>agreed", "called, and the factory proposes", ACCEPTS, decides("refund"), TOLD, TOLD),
    Duel("disputes remaking>remade", "remade ten days ago", ACCEPTS_REMADE, ENDS_REMAKES, IDLE, TOLD),
    Duel("disputes remaking>escalated", "remade", REFUSES_REMADE, ACCEPTS_REMADE, TOLD, TOLD),
    Duel("disputes remaking>decided", "the remake is late", ENDS_REMAKES, REMADE, TOLD, IDLE),
]
# fmt: on


def test_every_move_has_a_rival() -> None:
    known = moves("disputes", DISPUTE_TRANSITIONS) | moves("dispute_proposals", PROPOSAL_TRANSITIONS)
    assert known - {made for duel in DUELS for made in duel.moves} == set()


@pytest.mark.parametrize("moment", moments_of(DUELS))
def test_of_two_about_one_dispute_each_ends_as_if_one_had_come_first(ring: Ring, moment: str) -> None:
    for duel in DUELS:
        if duel.moment == moment:
            ring.play(duel)
