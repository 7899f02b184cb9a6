"""Of many factories that accept at once exactly as many win as there are places, whatever else happens meanwhile."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from market.kit.errors import Conflict, DomainFault, NotFound
from market.kit.history import HistoryEntry, chain_is_whole
from market.leads.models import HOLDING, Lead, LeadState, Offering
from market.leads.places import OfferingClosed
from market.leads.queries import LeadRow, leads_of_order
from market.leads.service import (
    LeadMoved,
    accept_lead,
    answer_counter,
    counter_lead,
    decline_lead,
    expire_due_leads,
    mark_quoted,
    settle_offering,
    view_lead,
)
from tests.market.town import Town

FACTORIES = 8
PLACES = 3


@pytest.fixture
def crowd(town: Town) -> Town:
    """A town in which every order goes to eight factories."""
    return replace(town, settings=replace(town.settings, leads_per_order=FACTORIES, max_acceptances=PLACES))


def offer(town: Town) -> tuple[UUID, UUID, list[LeadRow]]:
    shop = town.add_shop("Quiet Wool")
    for place in range(FACTORIES):
        town.add_factory(f"Sample Knit {place:02}")
    order_id = town.post(shop, town.sweaters(800))
    with town.work("seller", shop) as work:
        return shop, order_id, [entry.lead for entry in leads_of_order(work.session, shop, order_id)]


def accept(town: Town, lead: LeadRow) -> str:
    """What became of one factory's try: the new state, or the code of the fault."""
    try:
        with town.work("factory", lead.factory_id) as work:
            return accept_lead(work, lead.id).state.value
    except DomainFault as fault:
        return fault.code


def at_once(tries: list[threading.Thread]) -> None:
    for one in tries:
        one.start()
    for one in tries:
        one.join(60)


def test_eight_factories_race_for_three_places(crowd: Town) -> None:
    _shop, _order, leads = offer(crowd)
    start, ends = threading.Barrier(FACTORIES), Counter[str]()

    def race(lead: LeadRow) -> None:
        start.wait(30)
        ends[accept(crowd, lead)] += 1

    at_once([threading.Thread(target=race, args=(lead,)) for lead in leads])
    assert ends == {"accepted": PLACES, "no_place_left": FACTORIES - PLACES}
    assert counted(crowd) == (PLACES, PLACES)


def test_one_factory_that_clicks_twice_takes_one_place(crowd: Town) -> None:
    _shop, _order, leads = offer(crowd)
    start, ends = threading.Barrier(4), Counter[str]()

    def race() -> None:
        start.wait(30)
        ends[accept(crowd, leads[0])] += 1

    at_once([threading.Thread(target=race) for _ in range(4)])
    assert ends == {"accepted": 4} and counted(crowd) == (1, 1)


def test_the_loser_is_told_kindly_and_wins_when_a_place_comes_back(crowd: Town) -> None:
    _shop, _order, leads = offer(crowd)
    assert [accept(crowd, lead) for lead in leads[:4]] == ["accepted"] * 3 + ["no_place_left"]
    with crowd.work("factory", leads[0].factory_id) as work:
        decline_lead(work, leads[0].id, "capacity")
    assert accept(crowd, leads[3]) == "accepted" and counted(crowd) == (3, 3)


def test_the_database_itself_refuses_a_fourth(crowd: Town) -> None:
    offer(crowd)
    with pytest.raises(IntegrityError, match="ck_offerings_places"), crowd.work("system") as work:
        work.session.execute(text("UPDATE offerings SET accepted_count = max_acceptances + 1"))


def test_settling_names_one_winner_and_why_the_others_lost(crowd: Town) -> None:
    shop, _order, leads = offer(crowd)
    winner, rival, silent = leads[0], leads[1], leads[7]
    for lead in (winner, rival):
        assert accept(crowd, lead) == "accepted"
        with crowd.work("factory", lead.factory_id) as work:
            mark_quoted(work, lead.id)
    for _ in range(2):
        with crowd.work("seller", shop) as work:
            settle_offering(work, winner.offering_id, winner.id, {rival.id: "price"})
    with crowd.work("system") as work:
        found = {lead.id: lead for lead in work.session.scalars(select(Lead))}
    assert found[winner.id].state is LeadState.WON
    assert (found[rival.id].state, found[rival.id].lost_reason) == (LeadState.LOST, "price")
    assert (found[silent.id].state, found[silent.id].lost_reason) == (LeadState.LOST, "no_quote")
    assert crowd.notices(winner.factory_id)[-1] == "lead_won" and crowd.notices(rival.factory_id)[-1] == "lead_lost"
    assert accept(crowd, silent) == LeadMoved.code
    with pytest.raises(LeadMoved), crowd.work("seller", shop) as work:
        settle_offering(work, winner.offering_id, rival.id)


@pytest.mark.parametrize(
    ("verb", "fault"),
    [
        (lambda work, lead: accept_lead(work, lead), NotFound),
        (lambda work, lead: view_lead(work, lead), NotFound),
        (lambda work, lead: decline_lead(work, lead, "price"), NotFound),
        (lambda work, lead: answer_counter(work, lead, True), NotFound),
    ],
)
def test_a_foreign_lead_reads_like_a_missing_one(crowd: Town, verb: object, fault: type[DomainFault]) -> None:
    _shop, _order, leads = offer(crowd)
    assert callable(verb)
    for role, who in (("factory", leads[1].factory_id), ("seller", crowd.add_shop("Loud Wool"))):
        with pytest.raises(fault), crowd.work(role, who) as work:
            verb(work, leads[0].id)


def test_a_closed_request_takes_nobody(crowd: Town) -> None:
    _shop, _order, leads = offer(crowd)
    with crowd.work("system") as work:
        work.session.execute(text("UPDATE offerings SET open = false"))
    assert accept(crowd, leads[0]) == OfferingClosed.code
    with pytest.raises(OfferingClosed), crowd.work("factory", leads[1].factory_id) as work:
        counter_lead(work, leads[1].id, None, 100)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["view", "accept", "decline", "counter", "yes", "no", "quote", "hours"]), st.integers(0, 5)
    ),
    min_size=8,
    max_size=24,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(steps=STEPS)
def test_whatever_is_said_in_whatever_order_the_places_add_up(crowd: Town, steps: list[tuple[str, int]]) -> None:
    shop, _order, leads = offer(crowd)
    for step, place in steps:
        take_step(crowd, shop, leads[place], step)
        assert_sound(crowd, leads[0].offering_id)


def take_step(town: Town, shop: UUID, lead: LeadRow, step: str) -> None:
    """One verb of one party; a refusal is an answer too."""
    by_factory = {
        "view": lambda work: view_lead(work, lead.id),
        "accept": lambda work: accept_lead(work, lead.id),
        "decline": lambda work: decline_lead(work, lead.id, "time"),
        "counter": lambda work: counter_lead(work, lead.id, None, 900),
        "quote": lambda work: mark_quoted(work, lead.id),
    }
    try:
        if step == "hours":
            town.clock.advance(timedelta(hours=30))
            town.sweep(expire_due_leads)
        elif step in by_factory:
            with town.work("factory", lead.factory_id) as work:
                by_factory[step](work)
        else:
            with town.work("seller", shop) as work:
                answer_counter(work, lead.id, step == "yes")
    except Conflict:
        return


def assert_sound(town: Town, offering_id: UUID) -> None:
    """Counted places are held places, only holders hold, and no history was bent."""
    with town.work("system") as work:
        offering = work.session.scalars(select(Offering).where(Offering.id == offering_id)).one()
        leads = work.session.scalars(select(Lead).where(Lead.offering_id == offering_id)).all()
        holders = [lead for lead in leads if lead.holds_place]
        assert offering.accepted_count == len(holders) <= offering.max_acceptances
        assert all(lead.state in HOLDING for lead in holders)
        assert all(lead.holds_place for lead in leads if lead.state in {LeadState.ACCEPTED, LeadState.QUOTED})
        entries = work.session.scalars(
            select(HistoryEntry).where(HistoryEntry.aggregate == "leads").order_by(HistoryEntry.sequence)
        ).all()
        for lead in leads:
            assert chain_is_whole([entry for entry in entries if entry.aggregate_id == lead.id])


def counted(town: Town) -> tuple[int, int]:
    """Places counted on the newest offering, and leads that hold one."""
    with town.work("system") as work:
        count = work.session.scalar(select(Offering.accepted_count).order_by(Offering.id.desc()).limit(1))
        held = len(work.session.scalars(select(Lead.id).where(Lead.holds_place)).all())
        return int(count or 0), held
