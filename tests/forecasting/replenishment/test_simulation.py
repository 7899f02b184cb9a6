"""The simulation against formulas where there are some, and against what must hold of any stock."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stockpyl.newsvendor import newsvendor_poisson

from forecasting.panel import Floats
from forecasting.periods import Frequency
from forecasting.replenishment.items import Item, critical_ratio, rounded_up
from forecasting.replenishment.simulation import Terms, in_packs, lead_times, play, play_orders

PERIODS = 4_000


def terms(ratio: float, lead: float = 0.0, minimum: int = 0, pack: int = 1) -> Terms:
    item = Item("A", 7 * lead, 0.0, 7.0, 1.0, None, None, minimum, pack, ratio)
    return Terms.of([item], Frequency.WEEK)


def costs_by_level(levels: range, ratio: float, lead: int, mean: float) -> Floats:
    demand = np.random.default_rng(1).poisson(mean, (1, PERIODS)).astype(float)
    held = np.array(levels, dtype=float)[:, None, None] * np.ones((1, 1, PERIODS))
    own = terms(ratio, lead)
    played = play(demand, held, np.array([mean]), own, lead_times(own, PERIODS, 1))
    return np.asarray(own.cost(played).mean(axis=(1, 2)), dtype=np.float64)


@pytest.mark.parametrize(("ratio", "mean"), [(0.9, 4.0), (0.975, 10.0), (0.6, 3.0)])
def test_without_lead_time_the_cost_of_every_level_is_the_newsvendors(ratio: float, mean: float) -> None:
    short = ratio / (1 - ratio)
    best, best_cost = newsvendor_poisson(1.0, short, mean)
    levels = range(int(best) - 2, int(best) + 3)
    found = costs_by_level(levels, ratio, 0, mean)
    for level, cost in zip(levels, found, strict=True):
        expected = newsvendor_poisson(1.0, short, mean, base_stock_level=level)[1]
        assert cost == pytest.approx(expected, rel=0.08)
    assert found[2] == pytest.approx(best_cost, rel=0.08)
    assert found.min() >= 0.9 * found[2]


def test_lost_sales_need_no_more_stock_than_backorders_and_little_less() -> None:
    """A base stock for lead time and review is the newsvendor's where buyers wait; lost sales leave a little stock."""
    waiting = int(newsvendor_poisson(1.0, 39.0, 5.0 * 3)[0])
    levels = range(waiting - 6, waiting + 4)
    best = levels[int(costs_by_level(levels, 0.975, 2, 5.0).argmin())]
    assert waiting - 4 <= best <= waiting + 1


def test_costs_give_the_critical_ratio_of_the_newsvendor() -> None:
    item = Item("A", 14, review_days=73, unit_cost=10.0, unit_price=13.0, holding_rate_per_year=0.5)
    held = 10.0 * 0.5 * 73 / 365
    assert critical_ratio(item) == pytest.approx(3.0 / (3.0 + held))
    assert critical_ratio(Item("A", 14, unit_cost=10.0, unit_price=13.0, critical_ratio=0.8)) == 0.8
    assert critical_ratio(Item("A", 14)) == 0.9


def test_an_order_placed_at_a_review_comes_when_its_lead_time_is_over() -> None:
    demand = np.array([[0.0, 0.0, 5.0, 5.0]])
    lead = np.full((1, 1, 4), 2)
    orders = np.zeros((1, 1, 4))
    orders[0, 0, 0] = 5
    played = play_orders(demand, orders, np.zeros(1), lead)
    assert played.lost[0, 0].tolist() == [0, 0, 0, 5]
    assert played.held[0, 0].tolist() == [0, 0, 0, 0]


@given(
    demand=st.lists(st.integers(0, 20), min_size=8, max_size=20),
    level=st.integers(0, 60),
    more=st.integers(0, 30),
    lead=st.integers(0, 3),
    seed=st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_a_higher_level_loses_no_more(demand: list[int], level: int, more: int, lead: int, seed: int) -> None:
    own = terms(0.9, lead)
    levels = np.array([level, level + more], dtype=float)[:, None, None] * np.ones((1, 1, len(demand)))
    drawn = lead_times(own, len(demand), 3, seed)
    played = play(np.array([demand], dtype=float), levels, np.zeros(1), own, drawn)
    assert played.lost[1].sum() <= played.lost[0].sum() + 1e-9
    assert (played.lost >= 0).all() and (played.held >= 0).all()
    assert (played.lost <= np.array(demand)).all()


@given(st.floats(-50, 500), st.integers(0, 200), st.integers(1, 50))
def test_orders_are_whole_packs_above_the_minimum(wanted: float, minimum: int, pack: int) -> None:
    quantity = rounded_up(wanted, minimum, pack)
    each = in_packs(np.array([wanted]), np.array([float(minimum)]), np.array([float(pack)]))
    assert quantity == each[0]
    assert quantity % pack == 0
    assert quantity == 0 if wanted <= 1e-9 else quantity >= max(minimum, wanted - 1e-6)
    assert quantity < max(wanted, minimum) + pack


def test_a_part_of_a_period_of_lead_time_is_sampled_as_often_as_it_is_long() -> None:
    assert lead_times(terms(0.9, 1.25), 10_000, 1).mean() == pytest.approx(1.25, abs=0.02)
