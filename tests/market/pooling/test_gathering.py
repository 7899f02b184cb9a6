"""Orders find, open, fill and leave pools; pools close, are chosen or fall short."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from market.kit.errors import Conflict, NotFound
from market.kit.ids import new_id
from market.kit.outbox import OutboxEvent
from market.leads.models import LeadState
from market.leads.queries import leads_of_order, offering_of_order
from market.orders.drafts import OrderDraft
from market.orders.queries import order_row
from market.orders.service import TermsChange, change_terms, withdraw_order
from market.pooling.models import Pool, PoolState
from market.pooling.preview import PoolPreview, fitting_pool, moved_pool
from market.pooling.queries import PoolFilters, PoolView, last_pool_of_order, pool_of_order, pools_page
from market.pooling.service import ask_to_leave, choose_quote, close_due_pools, gather_order
from matching.verticals.pack import load_vocabulary
from tests.market.town import Town

MINIMUM = 500
"""A yarn lot, as the pack of apparel says."""
ABOVE_HALF = 260


@pytest.fixture
def shops(town: Town) -> list[UUID]:
    return [town.add_shop(f"Shop {place}") for place in range(4)]


def pool_of(town: Town, shop: UUID, order_id: UUID) -> PoolView | None:
    with town.work("seller", shop) as work:
        return pool_of_order(work.session, shop, order_id)


def state_of(town: Town, shop: UUID, order_id: UUID) -> str:
    with town.work("seller", shop) as work:
        return order_row(work.session, shop, order_id).state.value


def preview(town: Town, shop: UUID, draft: OrderDraft) -> PoolPreview | None:
    with town.work("seller", shop) as work:
        return fitting_pool(work.session, draft, load_vocabulary(), work.now, work.settings.pool_days)


@pytest.mark.parametrize(
    ("changes", "together"),
    [
        ({}, True),
        ({"due_days": 50}, True),
        ({"due_days": 27}, True),
        ({"due_days": 70}, False),
        ({"due_days": 12}, False),
        ({"region": "zhejiang"}, True),
        ({"region": "guangdong"}, True),
        ({"colours": ("camel",)}, False),
        ({"attributes": (("gauge", "7"),)}, False),
        ({"materials": ()}, False),
    ],
)
def test_orders_pool_by_what_causes_the_minimum(
    town: Town, shops: list[UUID], changes: dict[str, Any], together: bool
) -> None:
    first = town.post(shops[0], town.sweaters(120))
    days = changes.pop("due_days", 40)
    draft = town.sweaters(90, due_on=town.clock.now().date() + timedelta(days=days), **changes)
    shown = preview(town, shops[1], draft)
    second = town.post(shops[1], draft)
    one, other = pool_of(town, shops[0], first), pool_of(town, shops[1], second)
    assert one is not None and (one.minimum, one.closes_at > town.clock.now()) == (MINIMUM, True)
    assert (other is not None and other.pool_id == one.pool_id) is together
    if other is not None:
        assert shown is not None and (shown.missing, shown.others) == (other.missing, other.others)
        assert shown.closes_at == other.closes_at and shown.pooled_price_minor == other.pooled_price_minor
        assert (shown.pool_id is not None) is together
    else:
        assert shown is None


def test_regions_that_contradict_do_not_share_a_run(town: Town, shops: list[UUID]) -> None:
    first = town.post(shops[0], town.sweaters(120, region="zhejiang"))
    second = town.post(shops[1], town.sweaters(90, region="guangdong"))
    one, other = pool_of(town, shops[0], first), pool_of(town, shops[1], second)
    assert one is not None and other is not None and one.pool_id != other.pool_id


@pytest.mark.parametrize(
    "changes",
    [
        {"wants_pool": False},
        {"quantity": MINIMUM},
        {"due_days": 3},
        {"category": None, "vertical": None, "processes": ()},
    ],
)
def test_orders_that_need_no_pool_or_cannot_wait_stand_alone(
    town: Town, shops: list[UUID], changes: dict[str, Any]
) -> None:
    town.add_factory("Sample Knit 01", lead_time_days=2)
    town.post(shops[0], town.sweaters(120))
    if "due_days" in changes:
        changes["due_on"] = town.clock.now().date() + timedelta(days=changes.pop("due_days"))
    draft = replace(town.sweaters(100), **changes)
    assert preview(town, shops[1], draft) is None
    order_id = town.post(shops[1], draft)
    assert pool_of(town, shops[1], order_id) is None
    with town.work("seller", shops[1]) as work:
        offering = offering_of_order(work.session, shops[1], order_id)
        assert offering is not None and offering.order_id == order_id


def test_a_pool_that_fills_is_reached_and_says_so(town: Town, shops: list[UUID]) -> None:
    town.add_factory("Sample Knit 01")
    orders = [town.post(shop, town.sweaters(200)) for shop in shops[:3]]
    view = pool_of(town, shops[0], orders[0])
    assert view is not None and view.state is PoolState.REACHED
    assert (view.yours, view.others, view.others_count, view.missing) == (200, 400, 2, 0)
    for shop in shops[:3]:
        assert {"order_pooled", "pool_reached"} <= set(town.notices(shop))
    with town.work("seller", shops[2]) as work:
        leads = leads_of_order(work.session, shops[2], orders[2])
        offering = offering_of_order(work.session, shops[2], orders[2])
    assert len(leads) == 1 and offering is not None
    assert (offering.quantity, offering.buyer_count, offering.brief["gathered"]) == (600, 3, 600)


def test_gathering_again_changes_nothing(town: Town, shops: list[UUID]) -> None:
    order_id = town.post(shops[0], town.sweaters(120))
    before = pool_of(town, shops[0], order_id)
    for _ in range(2):
        with town.work("system") as work:
            gather_order(work, shops[0], order_id)
    assert pool_of(town, shops[0], order_id) == before


def test_twelve_orders_at_once_open_no_second_pool_before_the_first_is_full(town: Town, shops: list[UUID]) -> None:
    """Capacity is four minimums, 2,000 pieces: ten orders of 200 fill the first pool, two open the next."""
    orders = [town.post(shops[place % 4], town.sweaters(200), deliver=False) for place in range(12)]
    start = threading.Barrier(12)

    def gather(shop: UUID, order_id: UUID) -> None:
        start.wait(30)
        with town.work("system") as work:
            gather_order(work, shop, order_id)

    threads = [threading.Thread(target=gather, args=(shops[place % 4], order)) for place, order in enumerate(orders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with town.work("operator") as work:
        pools = pools_page(work.session, PoolFilters()).rows
    assert sorted((pool.quantity, pool.member_count) for pool in pools) == [(400, 2), (2000, 10)]


def test_the_database_itself_keeps_a_pool_within_its_capacity(town: Town, shops: list[UUID]) -> None:
    town.post(shops[0], town.sweaters(120))
    with pytest.raises(IntegrityError, match="ck_pools_within_capacity"), town.work("system") as work:
        work.session.execute(text("UPDATE pools SET quantity = capacity + 1"))


def ask(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("seller", shop) as work:
        ask_to_leave(work, order_id)


def take_back(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("seller", shop) as work:
        withdraw_order(work, order_id, "not needed any more")


def grow(town: Town, shop: UUID, order_id: UUID) -> None:
    with town.work("seller", shop) as work:
        row = order_row(work.session, shop, order_id)
        change_terms(work, order_id, TermsChange(version=row.version, quantity=MINIMUM))


@pytest.mark.parametrize(("leave", "after"), [(ask, "offered"), (take_back, "withdrawn"), (grow, "offered")])
def test_who_leaves_shrinks_the_pool_and_the_last_one_dissolves_it(
    town: Town, shops: list[UUID], leave: Callable[[Town, UUID, UUID], None], after: str
) -> None:
    town.add_factory("Sample Knit 01")
    orders = [town.post(shop, town.sweaters(ABOVE_HALF)) for shop in shops[:2]]
    leave(town, shops[1], orders[1])
    town.deliver()
    left = pool_of(town, shops[0], orders[0])
    assert left is not None and (left.state, left.quantity, left.member_count) == (PoolState.OPEN, ABOVE_HALF, 1)
    assert pool_of(town, shops[1], orders[1]) is None and state_of(town, shops[1], orders[1]) == after
    leave(town, shops[0], orders[0])
    town.deliver()
    with town.work("operator") as work:
        pool = pools_page(work.session, PoolFilters()).rows[0]
    assert (pool.state, pool.quantity, pool.member_count) == (PoolState.DISSOLVED, 0, 0)
    with town.work("seller", shops[0]) as work:
        own = leads_of_order(work.session, shops[0], orders[0])
    assert all(entry.lead.pool_id is None for entry in own)


def test_a_member_that_changes_keeps_its_place_where_it_fits(town: Town, shops: list[UUID]) -> None:
    orders = [town.post(shop, town.sweaters(100)) for shop in shops[:2]]
    before = pool_of(town, shops[0], orders[0])
    with town.work("seller", shops[0]) as work:
        row = order_row(work.session, shops[0], orders[0])
        due_on = work.today + timedelta(days=45)
        change_terms(work, orders[0], TermsChange(version=row.version, quantity=140, due_on=due_on))
    town.deliver()
    after, others = pool_of(town, shops[0], orders[0]), pool_of(town, shops[1], orders[1])
    assert before is not None and after is not None and others is not None
    assert after.pool_id == before.pool_id and (after.yours, after.others) == (140, 100)
    assert after.due_on == town.clock.now().date() + timedelta(days=40), "the earliest day of all members"
    assert [given["field"] for given in after.relaxed] == ["due_on"] and others.relaxed == ()


@pytest.mark.parametrize(
    ("quantity", "days", "stays"),
    [(200, 40, True), (260, 40, True), (120, 33, True), (120, 60, True), (MINIMUM, 40, False)],
)
def test_moved_terms_do_to_the_run_what_was_shown(
    town: Town, shops: list[UUID], quantity: int, days: int, stays: bool
) -> None:
    order_id = town.post(shops[0], town.sweaters(200))
    town.post(shops[1], town.sweaters(150, due_on=town.clock.now().date() + timedelta(days=45)))
    due_on = town.clock.now().date() + timedelta(days=days)
    with town.work("seller", shops[0]) as work:
        before = order_row(work.session, shops[0], order_id)
        shown = moved_pool(work.session, replace(before, quantity=quantity, due_on=due_on), load_vocabulary())
        change_terms(work, order_id, TermsChange(version=before.version, quantity=quantity, due_on=due_on))
    town.deliver()
    after = pool_of(town, shops[0], order_id)
    assert shown is not None and (shown.stays, shown.alone) == (stays, not stays)
    assert (after is not None) is stays
    if after is not None:
        assert (shown.yours, shown.quantity, shown.missing) == (after.yours, after.quantity, after.missing)
        assert shown.alone_price_minor == after.alone_price_minor
        assert shown.pooled_price_minor == after.pooled_price_minor
        assert after.due_on is not None and shown.due_on is not None and after.due_on <= shown.due_on


def test_a_pool_that_falls_short_lets_its_members_stand_alone(town: Town, shops: list[UUID]) -> None:
    town.add_factory("Sample Knit 01")
    order_id = town.post(shops[0], town.sweaters(120))
    view = pool_of(town, shops[0], order_id)
    assert view is not None and town.sweep(close_due_pools) == 0
    town.clock.advance(view.closes_at - town.clock.now() + timedelta(minutes=1))
    assert town.sweep(close_due_pools) == 1 and town.sweep(close_due_pools) == 0
    town.deliver()
    assert pool_of(town, shops[0], order_id) is None and state_of(town, shops[0], order_id) == "offered"
    assert "pool_ended" in town.notices(shops[0])
    with town.work("seller", shops[0]) as work:
        ended = last_pool_of_order(work.session, shops[0], order_id)
        leads = leads_of_order(work.session, shops[0], order_id)
    assert ended is not None and ended.state is PoolState.EXPIRED
    assert [(entry.lead.order_id, entry.lead.state) for entry in leads] == [(order_id, LeadState.OFFERED)]


@pytest.mark.parametrize(
    ("counts", "choices", "chosen"),
    [
        ((150, 100, 270), {0: "a", 1: "b"}, None),
        ((150, 100, 270), {2: "a"}, "a"),
        ((150, 100, 270), {0: "a", 1: "a"}, None),
        ((150, 110, 260), {0: "a", 1: "a"}, None),
        ((150, 100, 270), {0: "b", 2: "b"}, "b"),
    ],
)
def test_more_than_half_of_the_pieces_choose(
    town: Town, shops: list[UUID], counts: tuple[int, ...], choices: dict[int, str], chosen: str | None
) -> None:
    """Heads do not count, and half is not more than half."""
    quotes = {"a": new_id(), "b": new_id()}
    orders = [town.post(shop, town.sweaters(count)) for shop, count in zip(shops, counts, strict=False)]
    view = pool_of(town, shops[0], orders[0])
    assert view is not None and view.state is PoolState.REACHED
    with town.work("system") as work:
        for member, quote in choices.items():
            choose_quote(work, shops[member], view.pool_id, orders[member], quotes[quote])
            choose_quote(work, shops[member], view.pool_id, orders[member], quotes[quote])
        said = [
            event.payload["quote_id"]
            for event in work.session.scalars(select(OutboxEvent).where(OutboxEvent.name == "PoolChosen"))
        ]
        assert said == ([] if chosen is None else [str(quotes[chosen])])
        for stranger in (shops[3], shops[1]):
            with pytest.raises(NotFound):
                choose_quote(work, stranger, view.pool_id, orders[0], quotes["a"])


def test_a_reached_pool_without_a_choice_is_handed_to_the_rule_once(town: Town, shops: list[UUID]) -> None:
    order_ids = [town.post(shop, town.sweaters(ABOVE_HALF)) for shop in shops[:2]]
    view = pool_of(town, shops[0], order_ids[0])
    assert view is not None
    town.clock.advance(view.closes_at - town.clock.now())
    assert (town.sweep(close_due_pools), town.sweep(close_due_pools)) == (1, 0)
    with town.work("system") as work:
        names = [event.name for event in work.session.scalars(select(OutboxEvent))]
        assert names.count("PoolClosed") == 1
    late = town.post(shops[2], town.sweaters(ABOVE_HALF), deliver=False)
    with town.work("system") as work:
        gather_order(work, shops[2], late)
    other = pool_of(town, shops[2], late)
    assert other is not None and other.pool_id != view.pool_id, "nobody joins a closed pool"
    town.deliver()
    assert pool_of(town, shops[0], order_ids[0]) is None, "without any quote the pool is dissolved"
    assert state_of(town, shops[0], order_ids[0]) == "posted"


def test_only_the_worker_writes_pools(town: Town, shops: list[UUID]) -> None:
    order_id = town.post(shops[0], town.sweaters(120))
    with town.work("seller", shops[0]) as work:
        changed = work.session.execute(text("UPDATE pools SET minimum = 1 RETURNING id"))
        assert changed.all() == []
    with pytest.raises(Conflict), town.work("seller", shops[1]) as work:
        ask_to_leave(work, town.post(shops[1], town.sweaters(500), deliver=False))
    with pytest.raises(NotFound), town.work("seller", shops[1]) as work:
        ask_to_leave(work, order_id)
    with town.work("system") as work:
        assert work.session.scalars(select(Pool.minimum)).one() == MINIMUM
