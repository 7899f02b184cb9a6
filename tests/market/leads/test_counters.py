"""A factory proposes a later date or another minimum; the seller sees the difference and answers; a pool votes."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from market.kit.errors import NotFound
from market.leads.models import LeadState
from market.leads.queries import LeadRow, leads_of_order, offering_of_order
from market.leads.sections import counter_difference
from market.leads.service import (
    CounterRefused,
    LeadMoved,
    NoPlaceLeft,
    accept_lead,
    answer_counter,
    counter_lead,
    mark_quoted,
)
from market.orders.queries import order_row
from tests.market.town import Town

LATER = timedelta(days=45)


def one_lead(town: Town, shop: UUID, order_id: UUID, place: int = 0) -> LeadRow:
    with town.work("seller", shop) as work:
        return leads_of_order(work.session, shop, order_id)[place].lead


def counter(town: Town, lead: LeadRow, due_on: date | None = None, minimum: int | None = 900) -> None:
    with town.work("factory", lead.factory_id) as work:
        counter_lead(work, lead.id, due_on, minimum, "yarn comes late")
    town.deliver()


def prepare(town: Town, before: str) -> tuple[UUID, UUID, LeadRow]:
    """An order with one factory that has said so much before it counters."""
    shop = town.add_shop("Quiet Wool")
    town.add_factory("Sample Knit 01")
    order_id = town.post(shop, town.sweaters(800))
    lead = one_lead(town, shop, order_id)
    with town.work("factory", lead.factory_id) as work:
        if before in {"accepted", "quoted"}:
            accept_lead(work, lead.id)
        if before == "quoted":
            mark_quoted(work, lead.id)
    return shop, order_id, lead


@pytest.mark.parametrize(
    ("before", "accept", "after", "places"),
    [
        ("offered", True, LeadState.ACCEPTED, 1),
        ("offered", False, LeadState.VIEWED, 0),
        ("accepted", True, LeadState.ACCEPTED, 1),
        ("accepted", False, LeadState.ACCEPTED, 1),
        ("quoted", True, LeadState.QUOTED, 1),
        ("quoted", False, LeadState.QUOTED, 1),
    ],
)
def test_the_answer_decides_where_the_lead_goes(
    town: Town, before: str, accept: bool, after: LeadState, places: int
) -> None:
    shop, order_id, lead = prepare(town, before)
    counter(town, lead)
    assert "lead_countered" in town.notices(shop)
    for _ in range(2):
        with town.work("seller", shop) as work:
            assert answer_counter(work, lead.id, accept, order_id=order_id).state is after
    answered = one_lead(town, shop, order_id)
    assert answered.counter is not None and answered.counter["answer"] == ("accepted" if accept else "refused")
    assert town.notices(lead.factory_id)[-1] == ("counter_accepted" if accept else "counter_refused")
    with town.work("seller", shop) as work:
        offering = offering_of_order(work.session, shop, order_id)
        assert offering is not None and offering.accepted_count == places
    with pytest.raises(LeadMoved), town.work("seller", shop) as work:
        answer_counter(work, lead.id, not accept, order_id=order_id)


@pytest.mark.parametrize(
    ("days", "minimum", "note", "field"),
    [
        (None, None, "", "due_on"),
        (0, None, "", "due_on"),
        (-3, 100, "", "due_on"),
        (800, None, "", "due_on"),
        (None, 0, "", "minimum_quantity"),
        (None, 100, "x" * 501, "note"),
    ],
)
def test_a_counter_that_cannot_be_taken_names_its_field(
    town: Town, days: int | None, minimum: int | None, note: str, field: str
) -> None:
    _shop, _order, lead = prepare(town, "offered")
    with pytest.raises(CounterRefused) as refused, town.work("factory", lead.factory_id) as work:
        due_on = None if days is None else work.today + timedelta(days=days)
        counter_lead(work, lead.id, due_on, minimum, note)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert all(fault.problem and fault.accepted for fault in refused.value.faults)


def test_a_yes_needs_a_place_too(town: Town) -> None:
    shop = town.add_shop("Quiet Wool")
    for place in range(5):
        town.add_factory(f"Sample Knit {place:02}")
    order_id = town.post(shop, town.sweaters(800))
    last = one_lead(town, shop, order_id, 4)
    counter(town, last)
    for place in range(3):
        lead = one_lead(town, shop, order_id, place)
        with town.work("factory", lead.factory_id) as work:
            accept_lead(work, lead.id)
    with pytest.raises(NoPlaceLeft), town.work("seller", shop) as work:
        answer_counter(work, last.id, True, order_id=order_id)
    assert one_lead(town, shop, order_id, 4).state is LeadState.COUNTERED, "nothing was lost"


def test_the_seller_sees_the_difference(town: Town) -> None:
    shop, order_id, lead = prepare(town, "offered")
    due_on = town.clock.now().date() + LATER
    counter(town, lead, due_on, 900)
    with town.work("seller", shop) as work:
        offering = offering_of_order(work.session, shop, order_id)
        order = order_row(work.session, shop, order_id)
        countered = one_lead(town, shop, order_id)
        assert offering is not None and countered.counter is not None
        difference = counter_difference(order, offering, countered.counter)
    assert (difference.late_days, difference.covered, difference.short) == (5, False, 100)
    assert difference.note == "yarn comes late"


@pytest.mark.parametrize(
    ("answers", "after"),
    [
        (((0, True), (1, True)), LeadState.COUNTERED),
        (((1, True), (2, True)), LeadState.ACCEPTED),
        (((2, False),), LeadState.VIEWED),
        (((0, False), (0, True), (2, True)), LeadState.ACCEPTED),
    ],
)
def test_a_pool_answers_by_its_pieces(town: Town, answers: tuple[tuple[int, bool], ...], after: LeadState) -> None:
    """Members of 40, 60 and 100 pieces: more than half of 200 for it takes the counter, half against it refuses."""
    town.add_factory("Sample Knit 01")
    shops = [town.add_shop(name) for name in ("Quiet Wool", "Loud Wool", "Third Wool")]
    orders = [town.post(shop, town.sweaters(count)) for shop, count in zip(shops, (40, 60, 100), strict=True)]
    lead = one_lead(town, shops[0], orders[0])
    counter(town, lead, minimum=150)
    for member, accept in answers:
        with town.work("seller", shops[member]) as work:
            answer_counter(work, lead.id, accept, order_id=orders[member])
        town.deliver()
    assert one_lead(town, shops[0], orders[0]).state is after
    with pytest.raises(NotFound), town.work("seller", town.add_shop("Stranger")) as work:
        answer_counter(work, lead.id, True, order_id=orders[0])
