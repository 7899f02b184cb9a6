"""What a factory is told of many sellers' plans, and what it is not."""

from datetime import date
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.replenishment.materials import Need, Use, pool_materials
from forecasting.replenishment.plan import NEED_CHANCES
from forecasting.replenishment.plan_reading import PlanRow, need_of

DAY = date(2026, 11, 22)


def need(seller: str, mean: float, deviation: float, sku: str = "A", by: date | None = DAY) -> Need:
    pieces = tuple(max(mean + NormalDist().inv_cdf(chance) * deviation, 0.0) for chance in NEED_CHANCES)
    return Need(seller, sku, NEED_CHANCES, pieces, planned=1, by=by)


YARN = Use("A", "yarn", "kg", 0.25)


def test_nothing_is_told_of_fewer_than_three_sellers() -> None:
    two = pool_materials([need("x", 100, 10), need("y", 100, 10), need("x", 50, 5, "B")], [YARN])
    assert two.requirements == ()
    assert two.withheld == ("yarn",)
    three = pool_materials([need("x", 100, 10), need("y", 100, 10), need("z", 100, 10)], [YARN])
    assert [one.material for one in three.requirements] == ["yarn"]


def test_a_seller_who_needs_nothing_hides_nobody() -> None:
    idle = Need("z", "A", (0.5,), (0.0,))
    assert pool_materials([need("x", 100, 10), need("y", 100, 10), idle], [YARN]).requirements == ()


@given(st.lists(st.tuples(st.floats(50, 500), st.floats(1, 60)), min_size=3, max_size=12), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_pooled_quantile_is_below_the_sum_and_above_the_middle(asked: list[tuple[float, float]], seed: int) -> None:
    needs = [need(f"s{place}", mean, deviation) for place, (mean, deviation) in enumerate(asked)]
    (told,) = pool_materials(needs, [YARN], seed).requirements
    summed = sum(one.pieces[NEED_CHANCES.index(0.95)] for one in needs) * 0.25
    middle = sum(one.pieces[NEED_CHANCES.index(0.5)] for one in needs) * 0.25
    assert told.needed_p50 <= told.needed_p80 <= told.needed_p95 <= summed + 1e-6
    assert told.needed_p50 == pytest.approx(middle, rel=0.1)


def test_the_pooled_quantile_is_that_of_independent_sellers() -> None:
    """Nine normal sellers: the deviation of the total is three times that of one, not nine times."""
    (told,) = pool_materials([need(f"s{place}", 100, 20) for place in range(9)], [YARN]).requirements
    expected = 0.25 * (900 + NormalDist().inv_cdf(0.8) * 3 * 20)
    assert told.needed_p80 == pytest.approx(expected, rel=0.01)


def test_it_is_needed_when_the_first_order_is_placed_and_counts_orders() -> None:
    needs = [need("x", 9, 1), need("y", 9, 1, by=date(2026, 11, 25)), Need("z", "A", (0.5,), (4.0,), 0, None)]
    (told,) = pool_materials(needs, [YARN]).requirements
    assert (told.by, told.orders, told.sellers) == (DAY, 2, 3)


def test_a_bare_plan_is_spread_as_its_dates_say() -> None:
    """10 a day, deviation 8 a root day, 30 there: half have run out on day 3; the plan is for 25 days."""
    spread, until_late = 8.0, 3.0
    for _ in range(50):
        until_late = (30 + 1.2816 * spread * until_late**0.5) / 10
    level = round(250 + 1.2816 * spread * 5)
    late = date.fromordinal(DAY.toordinal() + 3 + round(until_late - 3))
    row = PlanRow("A", level - 30, DAY, date.fromordinal(DAY.toordinal() + 3), late, 3.0, level)
    told = need_of("x", row)
    middle, high = told.pieces[told.chances.index(0.5)], told.pieces[told.chances.index(0.9)]
    assert middle == pytest.approx(250 - 30, rel=0.05)
    assert high == pytest.approx(level - 30, rel=0.02)


def test_a_plan_that_says_too_little_is_certain() -> None:
    told = need_of("x", PlanRow("A", 40, DAY, None, None, None, None))
    assert told.pieces == (40.0,)
