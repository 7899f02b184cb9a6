"""Outcomes become training rows; a ranker that forecasts unseen weeks better is published, and can be taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from market.cli import told_training
from market.factories.queries import profile
from market.factories.service import change_profile
from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import history_of
from market.leads.models import Lead
from market.leads.queries import inbox
from market.leads.service import accept_lead, decline_lead, expire_due_leads
from market.orders.service import TermsChange, change_terms, withdraw_order
from market.quality.outcomes import TrainingData, end_of, training_data
from market.quality.training import SUPERSEDED, Trained, train_ranker
from market.ranking.queries import live_ranker_id, live_version, version_lines
from market.ranking.service import PRIOR, NotCalibrated, ensure_live_ranker, publish_ranker, roll_back
from market.worker import make_jobs
from matching.records import Outcome
from tests.market.past import Maker, add_past
from tests.market.quotes.test_award import award, ladder, lead_of, quote
from tests.market.site import Web
from tests.market.town import Town


def rows(town: Town) -> TrainingData:
    """What tomorrow's training reads."""
    with town.work("system") as work:
        return training_data(work.session, work.today + timedelta(days=1))


def outcome_of(town: Town, factory: UUID) -> Outcome:
    return next(row for row in rows(town).outcomes if row.factory_id == str(factory))


def train(town: Town) -> Trained:
    with town.work("system") as work:
        return train_ranker(work, town.ranker)


@pytest.fixture
def shop(town: Town) -> UUID:
    return town.add_shop("Quiet Wool")


@pytest.fixture
def makers(town: Town, shop: UUID) -> list[Maker]:
    """Five knitters and five weavers with ten weeks of outcomes behind them."""
    knitters = [Maker(town.add_factory(f"Knit {place}"), 0) for place in range(5)]
    weaving = {"categories": ("shirt",), "processes": ("weaving",), "materials": ("cotton",), "attributes": {},
               "description": "Woven cotton shirts"}  # fmt: skip
    weavers = [Maker(town.add_factory(f"Weave {place}", **weaving), 1) for place in range(5)]
    with town.work("system") as work:
        add_past(work, shop, [*knitters, *weavers])
    return [*knitters, *weavers]


END = {"state": "offered", "price_minor": None, "countered": False, "counter_answer": None, "holds_place": False,
       "answered": False}  # fmt: skip


@pytest.mark.parametrize(
    ("lead", "end"),
    [
        ({"state": "offered"}, (None, None)),
        ({"state": "viewed"}, (None, None)),
        ({"state": "accepted", "holds_place": True}, (True, None)),
        ({"state": "countered", "countered": True}, (None, None)),
        ({"state": "countered", "countered": True, "holds_place": True}, (True, None)),
        ({"state": "quoted", "holds_place": True, "price_minor": 100}, (True, None)),
        ({"state": "won", "holds_place": True, "price_minor": 100}, (True, True)),
        ({"state": "lost", "holds_place": True, "price_minor": 100}, (True, False)),
        ({"state": "lost"}, (None, None)),
        ({"state": "declined", "answered": True}, (False, None)),
        ({"state": "declined", "answered": True, "price_minor": 100}, (False, None)),
        ({"state": "expired"}, (False, None)),
        ({"state": "expired", "answered": True}, (True, False)),
        ({"state": "expired", "answered": True, "countered": True}, (None, None)),
        ({"state": "expired", "answered": True, "countered": True, "counter_answer": "accepted"}, (True, False)),
        ({"state": "withdrawn"}, (None, None)),
        ({"state": "withdrawn", "price_minor": 100}, (True, None)),
    ],
)
def test_how_a_lead_ended(lead: dict[str, object], end: tuple[bool | None, bool | None]) -> None:
    assert end_of({**END, **lead}) == end


def test_leads_become_rows_with_what_was_asked_quoted_and_answered(town: Town, shop: UUID) -> None:
    winner, loser, decliner, silent = (town.add_factory(f"Knit {place}") for place in range(4))
    order_id = town.post(shop, town.sweaters(800))
    won = quote(town, winner, ladder((200, 13_400), (800, 11_800)))
    quote(town, loser, ladder((200, 13_900)))
    with town.work("factory", decliner) as work:
        decline_lead(work, lead_of_row(town, decliner), "price")
    town.deliver()
    assert outcome_of(town, winner).won is None and outcome_of(town, silent).accepted is None
    award(town, shop, order_id, won)
    town.deliver()
    data = rows(town)
    found = {UUID(row.factory_id): row for row in data.outcomes}
    assert [(order.order_id, order.quantity, order.category) for order in data.orders] == [
        (str(order_id), 800, "sweater")
    ]
    assert data.orders[0].attributes == (("gauge", "12"), ("colour", "navy")) and data.orders[0].buyer_id is None
    assert (found[winner].accepted, found[winner].won, found[winner].quoted_unit_price) == (True, True, 118.0)
    assert (found[loser].accepted, found[loser].won, found[loser].quoted_unit_price) == (True, False, 139.0)
    assert (found[decliner].accepted, found[decliner].declined_reason) == (False, "price")
    assert found[silent].accepted is None, "it was never answered: another factory was faster"
    assert sorted(row.rank or 0 for row in data.outcomes) == [1, 2, 3, 4]
    assert {row.offered_on for row in data.outcomes} == {town.clock.now().date()}
    with town.work("system") as work:
        assert training_data(work.session, work.today).outcomes == (), "only what was offered before the day"


def lead_of_row(town: Town, factory: UUID) -> UUID:
    with town.work("factory", factory) as work:
        return inbox(work.session, factory, part="all").rows[0].id


def test_silence_is_a_no_and_a_place_without_a_quote_is_lost(town: Town, shop: UUID) -> None:
    silent, slow = town.add_factory("Knit 1"), town.add_factory("Knit 2")
    town.post(shop, town.sweaters(800))
    with town.work("factory", slow) as work:
        accept_lead(work, lead_of_row(town, slow))
    town.clock.advance(timedelta(hours=town.settings.lead_hours, minutes=1))
    town.sweep(expire_due_leads)
    assert (outcome_of(town, silent).accepted, outcome_of(town, silent).declined_reason) == (False, None)
    assert (outcome_of(town, slow).accepted, outcome_of(town, slow).won) == (True, False)


def test_a_pool_counts_once_and_changed_terms_are_another_request(town: Town, shop: UUID) -> None:
    factory = town.add_factory("Knit 1")
    town.post(shop, town.sweaters(120))
    town.post(town.add_shop("South Shop"), town.sweaters(100))
    (pooled,) = rows(town).outcomes
    assert pooled.order_id == rows(town).orders[0].order_id and len(rows(town).orders) == 1
    alone = town.post(shop, town.sweaters(800))
    with town.work("factory", factory) as work:
        decline_lead(work, lead_of_row(town, factory), "time")
    other = town.add_factory("Knit 2")
    with town.work("seller", shop) as work:
        change_terms(work, alone, TermsChange(version=1, quantity=900))
    town.deliver()
    wordings = {order.order_id: order.quantity for order in rows(town).orders if order.order_id.startswith(str(alone))}
    assert wordings == {str(alone): 800, f"{alone}#2": 900}
    assert outcome_of(town, other).order_id == f"{alone}#2"
    with town.work("seller", shop) as work:
        withdraw_order(work, alone, "not needed")
    town.deliver()
    assert outcome_of(town, other).accepted is None


def test_a_factory_is_read_as_it_was_when_its_latest_lead_was_ranked(town: Town, shop: UUID) -> None:
    factory = town.add_factory("Knit 1")
    town.post(shop, town.sweaters(800))
    change(town, factory, minimum_quantity=50)
    minimum = {record.factory_id: record.minimum_quantity for record in rows(town).factories}
    assert minimum == {str(factory): 200}
    town.post(shop, town.sweaters(810))
    assert {record.minimum_quantity for record in rows(town).factories} == {50}


def change(town: Town, factory: UUID, **changes: object) -> None:
    with town.work("factory", factory) as work:
        found = profile(work.session, factory)
        assert found is not None
        change_profile(work, changes, found.version)


def test_the_same_rows_have_the_same_digest(town: Town, makers: list[Maker]) -> None:
    assert rows(town).digest == rows(town).digest != rows_without_one(town)


def rows_without_one(town: Town) -> str:
    data = rows(town)
    return replace(data, outcomes=data.outcomes[1:]).digest


def test_few_outcomes_change_nothing_and_the_history_says_so(town: Town, shop: UUID) -> None:
    town.add_factory("Knit 1")
    town.post(shop, town.sweaters(800))
    town.clock.advance(timedelta(days=1))
    ended = train(town)
    assert (ended.published, ended.version, ended.reason) == (False, PRIOR.name, "too_few")
    with town.work("operator") as work:
        newest = history_of(work.session, MARKET_ID, "ranker_versions", MARKET_ID)[0]
        assert (newest.what, newest.why, newest.details["version"]) == ("kept", "too_few", PRIOR.name)
        assert live_ranker_id(work.session) == PRIOR.name


def test_what_was_learned_ranks_shows_its_chances_and_can_be_taken_back(
    town: Town, shop: UUID, makers: list[Maker]
) -> None:
    ended = train(town)
    assert (ended.published, ended.reason) == (True, "first_calibrated"), ended
    with town.work("operator") as work:
        live = live_version(work.session)
        assert live is not None and live.id == ended.version and live.calibrated and live.evidence > 300
        assert live.held_out["candidate"]["passed"] and live.held_out["against"] == PRIOR.name
        assert live.data_hash == ended.figures["data_hash"] and live.learned_until == work.today
    town.post(shop, town.sweaters(800))
    with town.work("system") as work:
        lead = work.session.get_one(Lead, (shop, lead_of(town, makers[0].id)))
        assert (lead.ranker_version, lead.calibrated, lead.evidence) == (ended.version, True, live.evidence)
    with town.work("operator") as work:
        assert roll_back(work, PRIOR.name, "chances look too high") == PRIOR.name
    with town.work("operator") as work:
        assert [line.id for line in version_lines(work.session) if line.live] == [PRIOR.name]
        assert {line.id for line in version_lines(work.session)} == {PRIOR.name, ended.version}
        told = history_of(work.session, MARKET_ID, "ranker_versions", MARKET_ID)
        assert (told[0].what, told[0].why, told[0].actor_name) == ("rolled back", "chances look too high", "a operator")
        assert told[0].details == {"version": PRIOR.name, "before": ended.version}
        with pytest.raises(Conflict, match="live already"):
            roll_back(work, PRIOR.name, "again")
        with pytest.raises(NotFound):
            roll_back(work, "nobody.1@000000000000", "try")
        with pytest.raises(Invalid, match="reason"):
            roll_back(work, ended.version, "  ")


def test_a_version_that_went_live_meanwhile_is_not_overwritten(town: Town, makers: list[Maker]) -> None:
    other = replace(PRIOR, id="other")
    hold = town.ranker.engine.contest

    def hold_slowly(*arguments: Any, **named: Any) -> Any:
        with town.work("operator") as meanwhile:
            publish_ranker(meanwhile, other, "encoder")
        return hold(*arguments, **named)

    with town.work("system") as work:
        ensure_live_ranker(work, town.ranker)
    town.ranker.engine.contest = hold_slowly  # type: ignore[method-assign]  # a moment chosen for the rival
    ended = train(town)
    assert (ended.published, ended.reason, ended.version) == (False, SUPERSEDED, other.name)


def test_what_has_learned_and_is_not_calibrated_cannot_go_live(town: Town) -> None:
    with town.work("operator") as work, pytest.raises(NotCalibrated, match="not calibrated"):
        publish_ranker(work, replace(PRIOR, id="learned", evidence=400), "encoder")
    with town.work("operator") as work:
        assert live_ranker_id(work.session) is None


def test_rankings_of_one_transaction_use_one_version(town: Town, shop: UUID) -> None:
    """Two workers: one ranks while the other publishes; what the first one began it ends with the same version."""
    town.add_factory("Knit 1")
    with town.work("system") as work:
        ensure_live_ranker(work, town.ranker)
    other = replace(PRIOR, id="other")
    with town.work("system") as first:
        before = town.ranker.version_of(first.session)
        with town.work("operator") as second:
            publish_ranker(second, other, town.ranker.encoder)
            second.session.commit()
        assert live_ranker_id(first.session) == other.name
        assert town.ranker.version_of(first.session) is before
        first.session.commit()
        assert town.ranker.version_of(first.session).id == other.name


def test_another_encoders_chances_are_not_calibrated_for_this_one(town: Town) -> None:
    for encoder, calibrated in ((town.ranker.encoder, True), ("another", False)):
        model = replace(PRIOR, id=encoder[:9], calibrated=True, evidence=100)
        with town.work("operator") as work:
            publish_ranker(work, model, encoder)
        with town.work("system") as work:
            served = town.ranker.version_of(work.session)
            assert (served.id, served.model.calibrated) == (model.name, calibrated)


def test_the_worker_trains_by_night(web: Web) -> None:
    jobs = make_jobs(web.market)
    nightly = next(task for task in jobs.periodic_registry.periodic_tasks.values() if task.task.name == "train_ranker")
    assert nightly.cron == "10 19 * * *"
    nightly.task.func(timestamp=0)
    with web.sessions() as session:
        work = web.market.system_work(session)
        assert history_of(work.session, MARKET_ID, "ranker_versions", MARKET_ID)[0].why == "too_few"


def test_the_commands_say_what_they_did_in_one_line(town: Town, app_of_site: Flask) -> None:
    def run(*words: str) -> tuple[int, str]:
        ran = app_of_site.test_cli_runner().invoke(args=["ranker", *words])
        return ran.exit_code, ran.output.strip()

    assert run("list") == (0, "No ranker was ever published; the first ranking publishes the prior one.")
    kept = f"kept {PRIOR.name} (too_few): 0 of 0 leads are closed, 0 of them deals"
    assert run("train") == (0, kept)
    other = replace(PRIOR, id="other")
    with town.work("operator") as work:
        publish_ranker(work, other, "encoder")
    lines = [line.split()[:2] for line in run("list")[1].splitlines()]
    assert sorted(lines) == sorted([["live", other.name], [PRIOR.name, "since"]])
    missing = "Error: A rollback needs a reason. why: it is missing or too long."
    assert run("rollback", PRIOR.name) == (1, missing)
    assert run("rollback", "nobody", "--why", "x") == (1, "Error: There is no ranker version 'nobody'.")
    assert run("rollback", PRIOR.name, "--why", "too bold") == (0, f"{PRIOR.name} is live; it was {other.name}.")
    assert run("rollback", PRIOR.name, "--why", "too bold") == (1, f"Error: {PRIOR.name} is live already.")


def test_a_training_is_told_with_its_figures() -> None:
    figures = {
        "closed": 560,
        "leads": 600,
        "deals": 70,
        "candidate": {"brier": 0.0712, "base_brier": 0.08, "leads": 140},
    }
    told = told_training(Trained(True, "learned.2@1234", "better", figures))
    assert told == (
        "published learned.2@1234 (better): 560 of 600 leads are closed, 70 of them deals; "
        "Brier 0.0712, base rate 0.0800, 140 leads held out"
    )
