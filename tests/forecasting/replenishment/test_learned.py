"""The learned rule: the quantile that was asked for, of what an order has to last, from the past alone."""

import numpy as np
import pytest

from forecasting.panel import Floats, Panel
from forecasting.replenishment.items import Item
from forecasting.replenishment.learned import learned_levels
from forecasting.replenishment.simulation import Terms
from tests.forecasting.replenishment.panels import weekly

WEEKS = 60


def demand_of_many() -> Floats:
    return np.random.default_rng(3).poisson(20.0, (40, WEEKS)).astype(np.float64)


def terms_of(panel: Panel, ratios: list[float], lead_sd_days: float = 0.0) -> Terms:
    items = zip(panel.skus, ratios * len(panel), strict=False)
    return Terms.of([Item(sku, 14.0, lead_sd_days, critical_ratio=ratio) for sku, ratio in items], panel.frequency)


def test_each_item_gets_its_own_quantile_of_the_weeks_that_an_order_lasts() -> None:
    panel = weekly(demand_of_many())
    (levels,) = learned_levels(panel, terms_of(panel, [0.5, 0.95]), [WEEKS], refit=13).T
    assert np.median(levels[::2]) == pytest.approx(60, abs=4)  # Two weeks of lead time and one until the next review.
    assert np.median(levels[1::2]) == pytest.approx(60 + 1.645 * 60**0.5, abs=6)


def test_a_lead_time_that_varies_asks_for_more() -> None:
    panel = weekly(demand_of_many())
    sure, unsure = (
        learned_levels(panel, terms_of(panel, [0.95], spread), [WEEKS], refit=13)[:, 0] for spread in (0.0, 7.0)
    )
    assert (unsure > sure).mean() > 0.9


def test_a_level_knows_nothing_that_came_later() -> None:
    demand = demand_of_many()
    other = demand.copy()
    other[:, 50:] *= 9
    columns = range(47, 55)
    before, after = (
        learned_levels(weekly(each), terms_of(weekly(each), [0.9]), columns, refit=5) for each in (demand, other)
    )
    assert np.array_equal(before[:, :4], after[:, :4])
    assert not np.array_equal(before[:, 5:], after[:, 5:])


def test_nothing_is_learned_from_too_little() -> None:
    panel = weekly(demand_of_many()[:2, :12])
    assert np.isnan(learned_levels(panel, terms_of(panel, [0.9]), [12], refit=13)).all()
