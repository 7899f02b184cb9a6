"""A forest over all items: it learns from every window of everybody's past which of them are alike.

Whatever came in the windows that end in the same leaves is what may come: a distribution of the total of any periods,
from one fit (quantile regression forests, Meinshausen 2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from forecasting.candidates.windows import YOUNGEST, Windows, features_of, level_of, windows_of
from forecasting.panel import Floats, Panel, Wholes
from forecasting.ports import Tier

_FEWEST: Final = 200
"""Windows from which on there is something to learn."""
_TREES: Final = 60
_EDGES: Final = np.linspace(0.0, 1.0, 97)
_TIER: Final = Tier(origins=3)
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "l2",
    "boosting": "rf",
    "bagging_fraction": 0.632,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "num_leaves": 63,
    "min_data_in_leaf": 40,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Forest:
    """LightGBM's random forest on roots of the total over the horizon, in multiples of each item's own level."""

    name: str = "forest"
    tier: Tier = _TIER

    def paths(self, panel: Panel, horizon: int) -> Floats:
        return self.tell(panel, horizon, (), np.zeros(0))[0]

    def tell(self, panel: Panel, horizon: int, targets: Sequence[Wholes], levels: Floats) -> tuple[Floats, Floats]:
        paths = np.full((len(panel), horizon), np.nan)
        bands = np.full((len(targets), len(panel), len(levels)), np.nan)
        able = panel.ages >= YOUNGEST
        windows = windows_of(panel, horizon) if able.any() else None
        if windows is None or len(windows.weight) < _FEWEST:
            return paths, bands
        grown = grow(windows)
        leaves, level = grown.leaves_of(features_of(panel, horizon)[able]), level_of(panel)[able, None]
        paths[able] = level * grown.means(leaves)
        for place, target in enumerate(targets):
            chances = grown.chances(leaves, windows.answers[:, target].sum(axis=1))
            bands[place, able] = level * quantiles_of(*chances, levels)
        return paths, bands


@dataclass(frozen=True, slots=True)
class Grown:
    """A forest and the windows it learned from. learned: windows x trees, the leaf that each window is in."""

    model: Any
    windows: Windows
    learned: Wholes

    def leaves_of(self, features: Floats) -> Wholes:
        """The leaf (items x trees) in which an item's coming window would be."""
        return np.asarray(self.model.predict(features, pred_leaf=True), dtype=np.int64).reshape(len(features), -1)

    def means(self, leaves: Wholes) -> Floats:
        """Expected demand of each period, in multiples of the level: items x periods."""
        weight, answers = self.windows.weight, self.windows.answers
        found = np.zeros((len(leaves), answers.shape[1]))
        for learned, asked in zip(self.learned.T, leaves.T, strict=True):
            total = np.stack([np.bincount(learned, weight * answer) for answer in answers.T], axis=1)
            found += (total / np.bincount(learned, weight)[:, None])[asked]
        return np.asarray(found / leaves.shape[1], dtype=np.float64)

    def chances(self, leaves: Wholes, answer: Floats) -> tuple[Floats, Floats]:
        """Of something that is known of each window that was learned from: growing values, and how likely it is at most
        each of them for each item (items x values)."""
        edges = np.unique(np.concatenate([np.quantile(answer, _EDGES), answer.max() * _EDGES**2]))
        place = np.searchsorted(edges, answer)
        below = np.zeros((len(leaves), len(edges)))
        for learned, asked in zip(self.learned.T, leaves.T, strict=True):
            cells = (int(learned.max()) + 1) * len(edges)
            counted = np.bincount(learned * len(edges) + place, self.windows.weight, cells)
            share = np.cumsum(counted.reshape(-1, len(edges)), axis=1)
            below += (share / share[:, -1:])[asked]
        return edges, below / leaves.shape[1]


def quantiles_of(edges: Floats, below: Floats, levels: Floats) -> Floats:
    """Quantiles (items x levels) of distributions (items x edges)."""
    rising = below + np.arange(len(edges)) * 1e-12
    return np.stack([np.interp(levels, row, edges) for row in rising])


def grow(windows: Windows) -> Grown:
    """The forest that tells apart windows by how much came in them."""
    from lightgbm import Dataset, train  # noqa: PLC0415  A second, for which only who forecasts waits.

    came = np.sqrt(windows.answers.mean(axis=1))
    model = train(_SETTINGS, Dataset(windows.features, came, weight=windows.weight), num_boost_round=_TREES)
    learned = np.asarray(model.predict(windows.features, pred_leaf=True), dtype=np.int64)
    return Grown(model, windows, learned.reshape(len(came), -1))
