"""The forest tells chances that hold, from the past alone, and weighs what was seen."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.candidates.forest import Forest
from forecasting.candidates.windows import windows_of
from forecasting.panel import Floats, Lost, Panel
from tests.forecasting.replenishment.panels import weekly

LEVELS = np.array([0.1, 0.5, 0.9])
TOTAL, FIRST = np.arange(4), np.array([0])


def restless_and_steady() -> Floats:
    """120 items around twenty a week, every second of which moves much more than the others."""
    random = np.random.default_rng(4)
    evenness = np.where(np.arange(120) % 2, 1.5, 60.0)[:, None]
    return random.poisson(random.gamma(evenness, 20.0 / evenness, size=(120, 64))).astype(np.float64)


def test_its_quantiles_hold_for_restless_and_for_steady_items() -> None:
    demand = restless_and_steady()
    _, (bands,) = Forest().tell(weekly(demand[:, :60]), 4, [TOTAL], LEVELS)
    came = demand[:, 60:].sum(axis=1)
    for kind in (0, 1):
        inside = ((bands[kind::2, 0] <= came[kind::2]) & (came[kind::2] <= bands[kind::2, 2])).mean()
        assert 0.68 <= inside <= 0.95
    width = bands[:, 2] - bands[:, 0]
    assert np.median(width[1::2]) > 2 * np.median(width[::2])


def test_a_total_is_told_as_a_whole_and_each_period_by_itself() -> None:
    demand = restless_and_steady()
    paths, (total, first) = Forest().tell(weekly(demand), 4, [TOTAL, FIRST], LEVELS)
    assert np.median(total[:, 1]) == pytest.approx(80, rel=0.1)
    assert np.median(first[:, 1]) == pytest.approx(20, rel=0.15)
    assert (total[:, 2] < 4 * first[:, 2]).mean() > 0.95  # Four bad weeks in a row are rarer than one.
    assert np.allclose(paths, Forest().paths(weekly(demand), 4))


def test_too_few_windows_teach_nothing() -> None:
    paths, (bands,) = Forest().tell(weekly(restless_and_steady()[:3, :30]), 4, [TOTAL], LEVELS)
    assert np.isnan(paths).all()
    assert np.isnan(bands).all()


def test_a_window_counts_as_far_as_goods_were_there() -> None:
    demand = restless_and_steady()[:1, :13]
    out = np.zeros(demand.shape)
    out[0, 9:] = 0.25
    panel: Panel = replace(weekly(demand), known=out <= 0.5, lost=Lost(demand, out))
    windows = windows_of(panel, 4)
    assert windows is not None
    assert windows.weight.tolist() == pytest.approx([0.75, 0.8125, 0.875, 0.9375, 1.0, 1.0])
    out[0, 9:] = 1.0
    hidden = windows_of(replace(panel, known=out <= 0.5, lost=Lost(demand, out)), 4)
    assert hidden is not None
    assert len(hidden.weight) == 5


def test_many_items_are_learned_from_at_every_time() -> None:
    demand = np.random.default_rng(1).poisson(3.0, size=(900, 60)).astype(np.float64)
    windows = windows_of(weekly(demand), 4)
    assert windows is not None
    assert 20_000 < len(windows.weight) <= 31_000
    assert len(np.unique(windows.features[:, 18])) == 53  # Ages, of which each time has its own.
