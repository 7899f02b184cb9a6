"""Plans from an outlook that can be worked out by hand."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.engine import Forecast
from forecasting.panel import Panel
from forecasting.periods import first_day
from forecasting.replenishment.items import Item, Stock
from forecasting.replenishment.outlook import Outlook, make_outlook, periods_until
from forecasting.replenishment.plan import Asked, Plan, make_plans
from forecasting.replenishment.simulation import Terms
from tests.forecasting.replenishment.panels import weekly

WEEKS = 40


def certain(panel: Panel, horizon: int, levels: Sequence[float]) -> list[Forecast]:
    """Seven pieces a week of every item, whatever happens."""
    total = 7.0 * horizon
    told = np.full((1, len(levels)), total)
    return [Forecast(sku, np.array([total]), told, "certain", None, None) for sku in panel.skus]


def spread(panel: Panel, horizon: int, levels: Sequence[float]) -> list[Forecast]:
    """Between nothing and fourteen pieces a week, evenly."""
    told = np.array(levels)[None] * 14.0 * horizon
    return [Forecast(sku, np.array([7.0 * horizon]), told, "spread", None, None) for sku in panel.skus]


def panel_of(items: int = 1) -> Panel:
    return weekly(np.full((items, WEEKS), 7.0))


def plan(item: Item, stock: Stock, days_later: int = 0) -> Plan:
    panel = panel_of()
    as_of = first_day(panel.frequency, panel.end) - timedelta(days=1) + timedelta(days=days_later)
    return make_plans(panel, [Asked(item, stock)], as_of, forecaster=certain)[0]


def test_a_certain_demand_is_planned_to_the_piece() -> None:
    """A piece a day for 14 days of lead time and a week of review."""
    told = plan(Item("000", 14.0), Stock(10, 3))
    today = first_day(panel_of().frequency, panel_of().end) - timedelta(days=1)
    assert (told.order_up_to, told.reorder_point, told.order_quantity) == (21, 14, 8)
    assert told.order_by == today
    assert told.days_of_cover == 13.0
    assert told.stockout_on_p10 == told.stockout_on_p50 == told.stockout_on_p90 == today + timedelta(days=13)
    assert told.reason.quantity == 8


def test_an_order_may_wait_until_the_stock_falls_to_the_reorder_point() -> None:
    told = plan(Item("000", 14.0), Stock(18))
    assert told.order_quantity == 3
    assert told.order_by == date.fromordinal(first_day(panel_of().frequency, panel_of().end).toordinal() - 1 + 4)


def test_enough_stock_orders_nothing() -> None:
    told = plan(Item("000", 14.0), Stock(30))
    assert (told.order_quantity, told.order_by) == (0, None)


def test_a_day_inside_the_period_moves_the_dates_with_it() -> None:
    first, later = plan(Item("000", 14.0), Stock(10)), plan(Item("000", 14.0), Stock(10), days_later=3)
    assert first.stockout_on_p50 and later.stockout_on_p50
    assert later.stockout_on_p50 - first.stockout_on_p50 == timedelta(days=3)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 40), st.integers(1, 12), st.integers(0, 30))
@settings(max_examples=15, deadline=None)
def test_more_stock_never_orders_more(on_hand: int, on_order: int, minimum: int, pack: int, more: int) -> None:
    item = Item("000", 14.0, minimum=minimum, pack_size=pack)
    less, enough = plan(item, Stock(on_hand, on_order)), plan(item, Stock(on_hand + more, on_order))
    assert enough.order_quantity <= less.order_quantity
    assert less.reason.quantity == less.order_quantity
    assert less.order_quantity % pack == 0
    assert less.order_quantity == 0 or less.order_quantity >= minimum


def test_a_random_lead_time_widens_what_an_order_must_last() -> None:
    panel = panel_of()
    fixed, moving = (Terms.of([Item("000", 28.0, deviation)], panel.frequency) for deviation in (0.0, 14.0))
    outlook = make_outlook(panel, moving, certain)
    assert np.allclose(outlook.over(fixed.protected, fixed.lead_sd), 35.0)
    demand = outlook.over(moving.protected, moving.lead_sd)
    assert demand.mean() == pytest.approx(35.0, rel=0.02)
    assert demand.std() == pytest.approx(14.0, rel=0.1)


def test_chances_of_running_out_are_those_of_demand() -> None:
    """Two weeks want between 0 and 28 pieces, evenly: seven have gone by then three times in four."""
    panel = panel_of()
    outlook = make_outlook(panel, Terms.of([Item("000", 7.0)], panel.frequency), spread)
    ran_out = [periods_until(path, 7.0) <= 2.0 for path in outlook.cumulated[0]]
    assert np.mean(ran_out) == pytest.approx(0.75, abs=0.02)


@given(st.floats(0, 1))
def test_an_outlook_from_inside_a_period_never_falls(elapsed: float) -> None:
    panel = panel_of()
    outlook: Outlook = make_outlook(panel, Terms.of([Item("000", 7.0)], panel.frequency), spread).from_within(elapsed)
    assert (np.diff(outlook.cumulated, axis=-1) >= -1e-9).all()
    assert np.allclose(outlook.cumulated[..., 0], 0.0)


def test_a_budget_is_kept_and_cuts_are_told() -> None:
    panel = panel_of(3)
    asked = [Asked(Item(sku, 14.0, unit_cost=2.0), Stock(place)) for place, sku in enumerate(panel.skus)]
    as_of = first_day(panel.frequency, panel.end) - timedelta(days=1)
    free = make_plans(panel, asked, as_of, forecaster=certain)
    tight = make_plans(panel, asked, as_of, 50.0, forecaster=certain)
    assert [told.order_quantity for told in free] == [21, 20, 19]
    assert sum(told.order_quantity for told in tight) == 25
    assert all(told.reason.quantity == told.order_quantity for told in tight)
    with pytest.raises(ValueError, match="unit cost"):
        make_plans(panel, [Asked(Item(sku, 14.0), Stock()) for sku in panel.skus], as_of, 50.0, forecaster=certain)
