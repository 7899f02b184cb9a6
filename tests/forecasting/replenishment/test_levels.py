"""How levels are chosen: by cost, from the past alone, and never on a hunch."""

import numpy as np
import pytest

from forecasting.panel import Floats, Panel
from forecasting.replenishment.candidates import FIXED_RULE, LevelHistory, fixed_level, level_history, usual_models
from forecasting.replenishment.items import Item
from forecasting.replenishment.levels import choose, choose_now, past_costs
from forecasting.replenishment.simulation import Terms
from tests.forecasting.replenishment.panels import weekly

ITEMS, WEEKS = 25, 60


def steady() -> Floats:
    return np.random.default_rng(3).poisson(20.0, (ITEMS, WEEKS)).astype(np.float64)


def terms_of(panel: Panel) -> Terms:
    return Terms.of([Item(sku, 14.0, 3.0, critical_ratio=0.9) for sku in panel.skus], panel.frequency)


def history_of(panel: Panel) -> LevelHistory:
    return level_history(panel, terms_of(panel), usual_models(panel.frequency), 13, WEEKS - 4)


def test_a_level_is_that_of_what_was_known_and_of_nothing_later() -> None:
    demand = steady()
    other = demand.copy()
    other[:, 40:] *= 9
    before, after = (history_of(weekly(each)).levels for each in (demand, other))
    known = 40 - 13 + 1
    assert np.array_equal(before[..., :known], after[..., :known])
    assert not np.array_equal(before[..., known:], after[..., known:])


def test_the_choice_for_a_week_knows_no_cost_of_that_week() -> None:
    panel = weekly(steady())
    history = history_of(panel)
    costs = past_costs(panel, terms_of(panel), history)
    later = costs.copy()
    later[:, :, 30:] *= np.arange(1, len(costs) + 1)[:, None, None]
    column = history.columns[0] + 30
    first, second = (choose(panel, history, each, column, 0.9) for each in (costs, later))
    assert np.array_equal(first.levels, second.levels)
    assert first.weights.sum() == pytest.approx(1.0)


def test_the_cheapest_rule_counts_most() -> None:
    panel = weekly(steady())
    history = history_of(panel)
    costs = past_costs(panel, terms_of(panel), history)
    costs[5] *= 0.2
    chosen = choose(panel, history, costs, WEEKS, 0.9)
    assert chosen.weights.argmax() == 5
    assert chosen.trust == 1.0
    assert np.allclose(chosen.levels, chosen.weights @ history.levels[..., -1])


def test_rules_that_were_no_better_than_the_fixed_one_are_not_followed() -> None:
    panel = weekly(steady())
    history = history_of(panel)
    costs = past_costs(panel, terms_of(panel), history)
    costs[history.place(FIXED_RULE)] *= 0.2
    chosen = choose(panel, history, costs, WEEKS, 0.9)
    worse = costs.copy()
    worse[history.place(FIXED_RULE)] = costs.min(axis=0) * 0.9
    assert np.allclose(choose(panel, history, worse, WEEKS, 0.9).levels, chosen.levels, rtol=0.02)
    assert np.allclose(chosen.levels, history.levels[history.place(FIXED_RULE), :, -1], rtol=0.02)


def test_a_past_too_short_to_play_leaves_the_fixed_rule() -> None:
    panel = weekly(steady()[:, :5])
    chosen = choose_now(panel, terms_of(panel))
    assert chosen.trust == 0.0
    assert np.allclose(chosen.levels, fixed_level(panel, terms_of(panel)))
    assert chosen.model == "fixed rule 100%"


def test_demand_that_doubles_is_followed() -> None:
    demand = steady()
    demand[:, 30:] *= 2
    panel = weekly(demand)
    levels = choose_now(panel, terms_of(panel)).levels
    assert 100 < np.median(levels) < 180
