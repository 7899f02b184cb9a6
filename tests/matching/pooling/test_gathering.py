"""Real orders share a run only when they share what causes the minimum, can wait for it, and are near enough."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.pooling.constraint import shared_constraint
from matching.pooling.gathering import GatheredPool, gather
from matching.pooling.makers import makers_of
from matching.records import FactoryRecord, OrderRecord
from matching.verticals.pack import load_vocabulary

TODAY = date(2026, 11, 22)
VOCABULARY = load_vocabulary()

KNIT = OrderRecord(
    "A",
    quantity=120,
    category="sweater",
    processes=("flat-knitting",),
    materials=("cashmere",),
    currency="CNY",
    due_on=date(2027, 1, 15),
    attributes=(("gauge", "12"), ("colour", "navy")),
)
MILLS = tuple(
    FactoryRecord(
        f"M{number}",
        categories=("sweater",),
        processes=("flat-knitting",),
        minimum_quantity=300,
        capacity_per_week=700,
        lead_time_days=30 + number,
        unit_price_low=100.0,
        unit_price_high=140.0 + 10 * number,
        currency="CNY",
    )
    for number in range(3)
)


def knit(order_id: str, **changes: Any) -> OrderRecord:
    return replace(KNIT, order_id=order_id, **changes)


def gathered(*orders: OrderRecord, **options: Any) -> list[GatheredPool]:
    return gather(orders, MILLS, VOCABULARY, TODAY, **options)


@pytest.mark.parametrize(
    ("changes", "cause", "key"),
    [
        ({}, "knit-yarn-lot", {"material": "cashmere", "colour": "navy", "attribute:gauge": "12"}),
        ({"processes": ()}, "knit-yarn-lot", {"material": "cashmere", "colour": "navy", "attribute:gauge": "12"}),
        ({"category": "毛衣", "processes": ("横机",), "materials": ("羊绒",)}, "knit-yarn-lot", None),
        ({"attributes": (("gauge", "12"),)}, "knit-yarn-lot", {"colour": ""}),
        ({"attributes": ()}, "sewing-line-set-up", {"category": "sweater"}),
        (
            {"category": "mug", "processes": (), "materials": ("porcelain",)},
            "kiln-firing-batch",
            {"material": "porcelain"},
        ),
        ({"category": None, "processes": (), "materials": ()}, None, None),
        ({"category": "no such thing", "processes": ("nor this",)}, None, None),
    ],
)
def test_names_the_constraint_that_orders_would_share(
    changes: dict[str, Any], cause: str | None, key: dict[str, str] | None
) -> None:
    found = shared_constraint(knit("A", **changes), VOCABULARY)
    assert (None if found is None else found.cause_id) == cause
    if found is not None and key is not None:
        assert key.items() <= dict(found.key).items()


def test_gathers_three_small_orders_into_one_run_and_tells_what_it_saves() -> None:
    (pool,) = gathered(knit("A"), knit("B", quantity=100), knit("C", quantity=90))
    assert [member.order_id for member in pool.members] == ["A", "B", "C"]
    assert (pool.quantity, pool.minimum, pool.missing, pool.makers) == (310, 300, 0, 3)
    assert pool.constraint.name("zh")
    assert pool.ready_on == TODAY + timedelta(days=31)
    for member in pool.members:
        assert member.relaxes == ()
        assert member.gain is not None
        assert member.alone is not None
        assert member.pooled is not None
        assert member.alone.factories == 3
        assert 0 < member.gain < 1
        assert member.pooled.amount < member.alone.amount
    smallest, largest = pool.members[2], pool.members[0]
    assert smallest.gain is not None
    assert largest.gain is not None
    assert smallest.gain > largest.gain


@pytest.mark.parametrize(
    "other",
    [
        {"attributes": (("gauge", "7"), ("colour", "navy"))},
        {"attributes": (("gauge", "12"), ("colour", "red"))},
        {"materials": ("wool",)},
        {"due_on": TODAY + timedelta(days=20)},
        {"category": "mug", "processes": ("slip-casting",)},
    ],
)
def test_does_not_gather_what_cannot_share_a_run(other: dict[str, Any]) -> None:
    assert gathered(knit("A", quantity=200), knit("B", quantity=200, **other)) == []


def test_far_regions_run_apart_and_near_ones_together() -> None:
    orders = [knit("A", quantity=200, region="浙江"), knit("B", quantity=200, region="宁波")]
    (pool,) = gathered(*orders)
    relaxed = [(given.field, given.from_value, given.to_value) for member in pool.members for given in member.relaxes]
    assert len(relaxed) == 1
    assert relaxed[0][0] == "region"
    assert gathered(orders[0], knit("B", quantity=200, region="广东")) == []


def test_a_member_within_its_grace_is_told_how_many_days_it_gives() -> None:
    early = knit("B", quantity=200, due_on=TODAY + timedelta(days=28), grace_days=5)
    (pool,) = gathered(knit("A", quantity=200), early)
    given = {member.order_id: member.relaxes for member in pool.members}
    assert given["A"] == ()
    assert [(one.field, one.days) for one in given["B"]] == [("due_on", 3)]
    assert gathered(knit("A", quantity=200), replace(early, grace_days=2)) == []


def test_a_pool_closes_on_the_last_day_that_keeps_every_date() -> None:
    early = knit("B", quantity=200, due_on=TODAY + timedelta(days=40), grace_days=5)
    (pool,) = gathered(knit("A", quantity=200), early)
    assert pool.ready_on == TODAY + timedelta(days=31)
    assert pool.closes_on is not None
    assert pool.closes_on == TODAY + timedelta(days=14)
    (undated,) = gathered(*(knit(name, quantity=200, due_on=None) for name in "AB"))
    assert undated.closes_on is None
    again = gather([knit("A", quantity=200), early], MILLS, VOCABULARY, pool.closes_on)
    late = gather([knit("A", quantity=200), early], MILLS, VOCABULARY, pool.closes_on + timedelta(days=1))
    assert [one.quantity for one in again] == [400]
    assert late == []


def test_short_pools_are_shown_only_when_asked_for() -> None:
    orders = [knit("A", quantity=100), knit("B", quantity=120)]
    assert gathered(*orders) == []
    (pool,) = gathered(*orders, include_short=True)
    assert pool.missing == 80


def test_more_pieces_never_cost_more_and_an_unknown_price_is_no_price() -> None:
    makers = makers_of(KNIT, MILLS, VOCABULARY)
    prices = [makers.unit_price(quantity, 300, 0.4, "CNY") for quantity in (50, 300, 800)]
    amounts = [price.amount for price in prices if price is not None]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[1] == pytest.approx(125.0)
    assert {price.currency for price in prices if price is not None} == {"CNY"}
    assert makers.unit_price(300, 300, 0.4, "USD") is None
    assert makers_of(KNIT, [], VOCABULARY).unit_price(300, 300, 0.4, "CNY") is None


_ORDERS = st.lists(
    st.builds(
        OrderRecord,
        order_id=st.uuids().map(str),
        quantity=st.integers(1, 900),
        category=st.sampled_from(["sweater", "mug", "?"]),
        materials=st.sampled_from([("cashmere",), ("wool",), ()]),
        due_on=st.none() | st.integers(0, 60).map(lambda days: TODAY + timedelta(days=days)),
        grace_days=st.integers(0, 9),
        region=st.sampled_from([None, "浙江", "宁波", "广东"]),
        attributes=st.sampled_from([(), (("gauge", "12"),), (("gauge", "12"), ("colour", "navy"))]),
    ),
    max_size=12,
    unique_by=lambda order: order.order_id,
)


@settings(max_examples=80, deadline=None)
@given(_ORDERS)
def test_every_pool_keeps_every_promise(orders: list[OrderRecord]) -> None:
    pools = gathered(*orders)
    assert pools == gathered(*reversed(orders))
    by_id = {order.order_id: order for order in orders}
    members = [member.order_id for pool in pools for member in pool.members]
    assert len(members) == len(set(members))
    assert len({pool.pool_id for pool in pools}) == len(pools)
    for pool in pools:
        assert len(pool.members) > 1
        assert pool.quantity >= pool.minimum
        assert pool.closes_on is None or pool.closes_on >= TODAY
        for member in pool.members:
            order = by_id[member.order_id]
            assert shared_constraint(order, VOCABULARY) == pool.constraint
            if order.due_on is not None and pool.ready_on is not None:
                late = (pool.ready_on - order.due_on).days
                assert late <= order.grace_days
                assert [given.days for given in member.relaxes if given.field == "due_on"] == (
                    [late] if late > 0 else []
                )


def test_three_hundred_cashmere_pieces_alone_are_under_a_yarn_lots_minimum_and_fit_a_pool_of_their_lot() -> None:
    asked = knit("C", quantity=300)
    pools = gather([knit("A"), knit("B", quantity=100)], (), VOCABULARY, TODAY, include_short=True)
    assert [(pool.minimum, pool.missing) for pool in pools] == [(500, 280)]
    assert gather([asked], (), VOCABULARY, TODAY) == []
    (run,) = gather([asked, knit("A"), knit("B", quantity=100)], (), VOCABULARY, TODAY)
    assert run.quantity == 520


def test_a_full_run_gives_to_one_that_would_stay_short() -> None:
    """3,100 pieces can be made in time: fifteen orders fill a run and leave the sixteenth alone, under the minimum."""
    orders = [knit(f"{number:02}", quantity=200, due_on=TODAY + timedelta(days=31)) for number in range(16)]
    pools = gathered(*orders)
    assert sum(pool.quantity for pool in pools) == 3200
    assert [pool.missing for pool in pools] == [0, 0]
    assert max(pool.quantity for pool in pools) <= 3100
    assert [pool.quantity for pool in gathered(*orders[:15])] == [3000]
