"""Orders are put before few factories; after a no the next one is asked; terms change; what ended is taken back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from market.factories.service import pause_factory, say_full
from market.kit.history import history_of
from market.leads.declines import decline_penalties
from market.leads.freezing import record_of_json
from market.leads.models import Lead, LeadState
from market.leads.queries import OrderLead, leads_of_order, offering_of_order
from market.leads.requests import request_of_order
from market.leads.service import accept_lead, decline_lead, expire_due_leads, mark_quoted, view_lead
from market.leads.withdrawing import chase_unmatched
from market.orders.queries import order_row
from market.orders.service import TermsChange, change_terms, reject_order, restore_order, withdraw_order
from market.ranking.queries import live_version, ranker_version, snapshot_versions
from market.ranking.ranker import Ranker
from market.ranking.selection import DECLINES
from market.ranking.service import PRIOR, Training, publish_ranker
from tests.market.town import Town

LARGE = 800


@pytest.fixture
def shop(town: Town) -> UUID:
    return town.add_shop("Quiet Wool")


def add_factories(town: Town, count: int) -> list[UUID]:
    """Knitters whose lead times differ, so that their ranks do."""
    return [town.add_factory(f"Sample Knit {place:02}", lead_time_days=12 + 5 * place) for place in range(count)]


def leads_of(town: Town, shop: UUID, order_id: UUID) -> list[OrderLead]:
    with town.work("seller", shop) as work:
        return leads_of_order(work.session, shop, order_id)


def live(leads: list[OrderLead]) -> list[UUID]:
    return [entry.factory.id for entry in leads if entry.lead.is_live]


def test_a_large_order_reaches_the_best_five_and_nobody_else(town: Town, shop: UUID) -> None:
    factories = add_factories(town, 8)
    order_id = town.post(shop, town.sweaters(LARGE))
    leads = leads_of(town, shop, order_id)
    assert [entry.lead.rank for entry in leads] == [1, 2, 3, 4, 5]
    assert {entry.lead.state for entry in leads} == {LeadState.OFFERED}
    assert set(live(leads)) < set(factories)
    assert [entry.lead.score for entry in leads] == sorted((entry.lead.score for entry in leads), reverse=True)
    assert all(town.notices(factory_id) == ["lead_offered"] for factory_id in live(leads))
    assert "order_offered" in town.notices(shop)
    with town.work("seller", shop) as work:
        assert order_row(work.session, shop, order_id).state.value == "offered"


def test_what_is_kept_with_a_lead_ranks_it_again_to_the_last_bit(town: Town, shop: UUID, ranker: Ranker) -> None:
    add_factories(town, 7)
    order_id = town.post(shop, town.sweaters(LARGE))
    shown = leads_of(town, shop, order_id)[1].lead
    with town.work("system") as work:
        kept = work.session.get_one(Lead, (shown.organisation_id, shown.id))
        version = ranker_version(work.session, kept.ranker_version)
        versions = snapshot_versions(work.session, kept.index_snapshot)
        record = record_of_json(kept.features["order"])
        again = ranker.rank(work.session, record, today=date.fromisoformat(kept.features["as_of"]), top=5)
    assert version is not None and version.live and versions is not None and len(versions) == 7
    found = again.leads[kept.rank - 1]
    assert (found.factory_id, found.score) == (str(kept.factory_id), kept.score)
    assert [signal.contribution for signal in found.signals] == [part["contribution"] for part in kept.signals]
    assert sum(part["contribution"] for part in kept.signals) == kept.score
    assert shown.deal_probability is None and not shown.calibrated


def test_full_paused_and_sated_factories_get_nothing(town: Town, shop: UUID) -> None:
    full, paused, free = add_factories(town, 3)
    sated = town.add_factory("Sample Knit 09", leads_per_week=1)
    with town.work("factory", full) as work:
        say_full(work)
    with town.work("operator") as work:
        pause_factory(work, paused, "documents are missing")
    first = town.post(shop, town.sweaters(LARGE))
    assert set(live(leads_of(town, shop, first))) == {free, sated}
    second = town.post(shop, town.sweaters(LARGE + 1))
    assert set(live(leads_of(town, shop, second))) == {free}, "its one lead of the week is spent"
    town.clock.advance(timedelta(days=8))
    third = town.post(shop, town.sweaters(LARGE + 2))
    assert set(live(leads_of(town, shop, third))) == {free, sated}


def say_no(town: Town, entry: OrderLead, reason: str = "process") -> None:
    with town.work("factory", entry.factory.id) as work:
        decline_lead(work, entry.lead.id, reason)
    town.deliver()


def run_out(town: Town, _entry: OrderLead) -> None:
    town.clock.advance(timedelta(hours=town.settings.lead_hours, minutes=1))
    assert town.sweep(expire_due_leads) == 5
    town.deliver()


@pytest.mark.parametrize(("end", "ended", "asked"), [(say_no, LeadState.DECLINED, 6), (run_out, LeadState.EXPIRED, 8)])
def test_after_a_no_or_silence_the_next_best_is_asked(
    town: Town, shop: UUID, end: Callable[[Town, OrderLead], None], ended: LeadState, asked: int
) -> None:
    add_factories(town, 8)
    order_id = town.post(shop, town.sweaters(LARGE))
    before = leads_of(town, shop, order_id)
    end(town, before[0])
    after = leads_of(town, shop, order_id)
    assert len(after) == asked and len({entry.factory.id for entry in after}) == asked, "nobody is asked twice"
    assert next(entry for entry in after if entry.lead.id == before[0].lead.id).lead.state is ended
    assert [entry.lead.is_live for entry in after] == sorted((entry.lead.is_live for entry in after), reverse=True)
    assert not town.deliver(), "a second delivery finds nothing to do"


def test_a_reason_makes_a_factory_come_less_for_such_orders_only(town: Town, shop: UUID) -> None:
    add_factories(town, 2)
    first = leads_of(town, shop, town.post(shop, town.sweaters(LARGE)))
    best = first[0].factory.id
    say_no(town, first[0], "material")
    again = leads_of(town, shop, town.post(shop, town.sweaters(LARGE + 1)))
    other = leads_of(town, shop, town.post(shop, town.sweaters(LARGE, materials=())))
    assert live(again)[0] != best and best in live(again)
    demoted = next(entry for entry in again if entry.factory.id == best).lead
    part = next(signal for signal in demoted.signals if signal["name"] == DECLINES)
    assert part["contribution"] < 0
    assert sum(signal["contribution"] for signal in demoted.signals) == demoted.score
    assert live(other)[0] == best, "an order of another material is not meant"


def test_moved_terms_rank_the_leads_anew_and_tell_everybody(town: Town, shop: UUID) -> None:
    factories = add_factories(town, 6)
    order_id = town.post(shop, town.sweaters(LARGE, due_on=town.clock.now().date() + timedelta(days=60)))
    before = {entry.factory.id: entry.lead for entry in leads_of(town, shop, order_id)}
    accepted, quoted = before[factories[0]], before[factories[1]]
    for lead in (accepted, quoted):
        with town.work("factory", lead.factory_id) as work:
            accept_lead(work, lead.id)
    with town.work("factory", quoted.factory_id) as work:
        mark_quoted(work, quoted.id)
    with town.work("seller", shop) as work:
        row = order_row(work.session, shop, order_id)
        change_terms(work, order_id, TermsChange(version=row.version, due_on=work.today + timedelta(days=20)))
    town.deliver()
    after = {entry.factory.id: entry.lead for entry in leads_of(town, shop, order_id) if entry.lead.is_live}
    late = after[factories[4]]
    due = next(part for part in late.requirements if part["name"] == "due")
    assert due["verdict"] == "misses" and late.score < before[factories[4]].score and late.round == 2
    assert after[quoted.factory_id].state is LeadState.ACCEPTED, "its quote is void, its place stays"
    assert after[accepted.factory_id].state is LeadState.ACCEPTED
    assert sorted(lead.rank for lead in after.values()) == list(range(1, len(after) + 1))
    assert "lead_changed" in town.notices(factories[4])
    with town.work("seller", shop) as work:
        told = history_of(work.session, shop, "leads", late.id)
        assert told[0].what == "ranked anew" and told[0].details["score"] == before[factories[4]].score
        offering = offering_of_order(work.session, shop, order_id)
        assert offering is not None and offering.round == 2 and offering.due_on == work.today + timedelta(days=20)


def withdraw(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("seller", shop) as work:
        withdraw_order(work, order_id, "we changed our minds")


def reject(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("operator") as work:
        reject_order(work, shop, order_id, "a fake request")


@pytest.mark.parametrize(("end", "why"), [(withdraw, "order_withdrawn"), (reject, "order_rejected")])
def test_what_ended_is_taken_back_with_a_notice(
    town: Town, shop: UUID, end: Callable[[Town, UUID, UUID], None], why: str
) -> None:
    add_factories(town, 3)
    order_id = town.post(shop, town.sweaters(LARGE))
    first = leads_of(town, shop, order_id)[0]
    with town.work("factory", first.factory.id) as work:
        accept_lead(work, first.lead.id)
    end(town, shop, order_id)
    town.deliver()
    leads = leads_of(town, shop, order_id)
    assert {(entry.lead.state, entry.lead.lost_reason) for entry in leads} == {(LeadState.WITHDRAWN, why)}
    assert all(town.notices(entry.factory.id)[-1] == "lead_withdrawn" for entry in leads)
    with town.work("seller", shop) as work:
        offering = offering_of_order(work.session, shop, order_id)
        assert offering is not None and not offering.open and offering.accepted_count == 0


def test_a_restored_order_comes_back_to_the_same_factories(town: Town, shop: UUID) -> None:
    add_factories(town, 3)
    order_id = town.post(shop, town.sweaters(LARGE))
    reject(town, shop, order_id)
    town.deliver()
    with town.work("operator") as work:
        restore_order(work, shop, order_id, "the shop explained it")
    town.deliver()
    leads = leads_of(town, shop, order_id)
    assert [(entry.lead.state, entry.lead.lost_reason) for entry in leads] == [(LeadState.OFFERED, "")] * 3
    assert all(entry.lead.round == 2 and entry.lead.first_reply_at is None for entry in leads)


def test_an_order_without_factories_waits_for_one(town: Town, shop: UUID) -> None:
    order_id = town.post(shop, town.sweaters(LARGE))
    assert leads_of(town, shop, order_id) == [] and town.notices(shop).count("order_unmatched") == 1
    assert town.sweep(chase_unmatched) == 0, "it was looked for just now"
    factory_id = town.add_factory("Sample Knit 01")
    town.deliver()
    assert live(leads_of(town, shop, order_id)) == [factory_id]
    town.clock.advance(timedelta(hours=7))
    assert town.sweep(chase_unmatched) == 1, "four more are still wanted"
    assert town.sweep(chase_unmatched) == 0


def test_an_accepted_lead_without_a_quote_gives_its_place_back(town: Town, shop: UUID) -> None:
    add_factories(town, 1)
    order_id = town.post(shop, town.sweaters(LARGE))
    entry = leads_of(town, shop, order_id)[0]
    with town.work("factory", entry.factory.id) as work:
        view_lead(work, entry.lead.id)
        accept_lead(work, entry.lead.id)
    town.clock.advance(timedelta(hours=town.settings.lead_hours - 1))
    assert town.sweep(expire_due_leads) == 0
    town.clock.advance(timedelta(hours=2))
    assert town.sweep(expire_due_leads) == 1
    town.deliver()
    with town.work("seller", shop) as work:
        offering = offering_of_order(work.session, shop, order_id)
        assert offering is not None and offering.accepted_count == 0
    assert town.notices(entry.factory.id)[-1] == "lead_expired"


def test_a_quoted_lead_never_runs_out(town: Town, shop: UUID) -> None:
    add_factories(town, 1)
    entry = leads_of(town, shop, town.post(shop, town.sweaters(LARGE)))[0]
    with town.work("factory", entry.factory.id) as work:
        accept_lead(work, entry.lead.id)
        mark_quoted(work, entry.lead.id)
    town.clock.advance(timedelta(days=30))
    assert town.sweep(expire_due_leads) == 0


def test_an_offering_asks_at_most_three_times_as_many_as_it_shows(town: Town, shop: UUID) -> None:
    small = replace(town, settings=replace(town.settings, leads_per_order=1))
    add_factories(small, 5)
    order_id = small.post(shop, small.sweaters(LARGE))
    for _ in range(4):
        standing = [entry for entry in leads_of(small, shop, order_id) if entry.lead.is_live]
        if standing:
            say_no(small, standing[0], "other")
    assert len(leads_of(small, shop, order_id)) == 3
    with small.work("seller", shop) as work:
        offering = offering_of_order(work.session, shop, order_id)
        assert offering is not None and offering.unmatched_reason == "all_asked"


def test_a_few_leads_go_to_factories_below_the_best_with_their_true_propensity(town: Town, shop: UUID) -> None:
    factories = add_factories(town, 12)
    curious = replace(town, settings=replace(town.settings, explore_percent=90))
    shown = [
        entry.lead
        for place in range(3)
        for entry in leads_of(curious, shop, curious.post(shop, curious.sweaters(LARGE + place)))
    ]
    assert len(shown) == 15 and [lead.rank for lead in shown] == [1, 2, 3, 4, 5] * 3
    with town.work("system") as work:
        propensities = {
            lead.id: work.session.get_one(Lead, (lead.organisation_id, lead.id)).propensity for lead in shown
        }
    explored = [lead for lead in shown if lead.factory_id in factories[5:]]
    assert explored and all(0 < propensities[lead.id] <= 0.9 for lead in explored)
    assert {round(propensities[lead.id], 9) for lead in shown if lead not in explored} <= {0.1, 1.0}


def test_a_decline_that_the_live_ranker_has_learned_is_not_taken_off_again(town: Town, shop: UUID) -> None:
    add_factories(town, 6)
    first = leads_of(town, shop, town.post(shop, town.sweaters(LARGE)))[0]
    say_no(town, first)
    with town.work("system") as work:
        record = request_of_order(
            work.session, order_row(work.session, shop, first.lead.order_id or UUID(int=0))
        ).record
        penalised = decline_penalties(work.session, record, work.now, None)
        assert set(penalised) == {first.factory.id}
    for days, minutes, again in ((1, 0, False), (0, 0, True), (1, -30, True)):
        learned = replace(PRIOR, id=f"learned{days}{minutes}", evidence=100, calibrated=True)
        with town.work("system") as work:
            moment = work.now + timedelta(minutes=minutes)
            publish_ranker(work, learned, "e", training=Training(work.today + timedelta(days=days), moment, "", {}))
            found = decline_penalties(work.session, record, work.now, live_version(work.session))
            assert bool(found) is again, (days, minutes)
