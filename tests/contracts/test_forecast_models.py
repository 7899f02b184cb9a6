"""Every model that forecasts are blended from keeps the promises of forecasting.ports.Candidate."""

import numpy as np
import pytest

from forecasting.engine import all_candidates
from forecasting.panel import Panel
from forecasting.periods import Frequency
from forecasting.ports import Candidate, Teller

HORIZON = 5
MODELS = {model.name: model for model in all_candidates()}


def _panel() -> Panel:
    """Two years of twelve items: steady, rare, stopped, without any sale, one week old, and one of another size."""
    random = np.random.default_rng(11)
    width = 110
    level = np.array([20.0, 5.0, 0.2, 8.0, 0.0, 6.0, 5000.0, 3.0, 12.0, 1.0, 40.0, 9.0])
    demand = random.poisson(level[:, None], size=(12, width)).astype(np.float64)
    demand[3, 60:] = 0
    begun = np.zeros(12, dtype=np.int64)
    begun[5], begun[7] = width - 1, width - 20
    known = np.arange(width) >= begun[:, None]
    known[8, 90:96] = False
    promoted = np.where(random.random((12, width)) < 0.05, 0.5, 0.0)
    price = np.full((12, width), np.nan)
    price[0] = 30 - 5 * promoted[0]
    names = tuple(f"{row:02d}" for row in range(12))
    return Panel(Frequency.WEEK, 105_000, names, np.where(known, demand, 0.0), known, begun, price, promoted)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_a_model_foretells_pieces_or_says_nothing_and_always_the_same(model: Candidate) -> None:
    panel = _panel()
    paths = model.paths(panel, HORIZON)
    assert paths.shape == (12, HORIZON)
    silent = np.isnan(paths)
    assert (silent.all(axis=1) == silent.any(axis=1)).all()  # A whole path, or none of it.
    assert (paths[~silent] >= 0).all()
    assert np.isfinite(paths[~silent]).all()
    assert (paths[4][~silent[4]] < 1).all()
    assert not (paths[~silent[:, 0]].max(axis=1) > 5 * np.maximum(panel.demand[~silent[:, 0]].max(axis=1), 1)).any()
    assert np.array_equal(model.paths(panel, HORIZON), paths, equal_nan=True)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_a_model_follows_the_level_of_a_steady_item_whatever_its_size(model: Candidate) -> None:
    panel = _panel()
    paths = model.paths(panel, HORIZON)
    for row, level in ((0, 20.0), (6, 5000.0), (10, 40.0)):
        if not np.isnan(paths[row]).any():
            assert paths[row].mean() == pytest.approx(level, rel=0.45)


@pytest.mark.parametrize(
    "model", [model for model in MODELS.values() if isinstance(model, Teller)], ids=lambda model: model.name
)
def test_a_model_that_tells_chances_tells_growing_pieces_of_what_it_has_a_path_for(model: Teller) -> None:
    panel, levels = _panel(), np.array([0.1, 0.5, 0.9, 0.99])
    paths, bands = model.tell(panel, HORIZON, [np.arange(HORIZON), np.array([2])], levels)
    assert np.array_equal(paths, model.paths(panel, HORIZON), equal_nan=True)
    assert bands.shape == (2, 12, 4)
    silent = np.isnan(paths[:, 0])
    assert not silent.all()
    assert (np.isnan(bands) == silent[:, None]).all()
    assert (np.diff(bands[:, ~silent], axis=2) >= 0).all()
    assert (bands[:, ~silent] >= 0).all()
