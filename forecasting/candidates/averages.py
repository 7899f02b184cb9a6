"""Models of plain arithmetic over all items at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.panel import Flags, Floats, Panel
from forecasting.periods import season_of
from forecasting.ports import FREE, Tier

_SMOOTHED: Final = 3
"""Periods around a day of last season that are taken together; single weeks of one item are mostly chance."""
_WEIGHT_OF_POOL: Final = 1.0
_FARTHEST: Final = 3
"""Periods by which a season may come earlier or later than the last."""
_COST_OF_A_PERIOD: Final = 0.005
"""Squared logarithm by which last season must fit better for each period it is moved."""
_LEAST_MISFIT: Final = 0.002


@dataclass(frozen=True, slots=True)
class MovingAverage:
    """The mean of the last periods, for every period to come."""

    window: int
    tier: Tier = FREE

    @property
    def name(self) -> str:
        return f"moving average {self.window}"

    def paths(self, panel: Panel, horizon: int) -> Floats:
        return np.repeat(recent_mean(panel, self.window)[:, None], horizon, axis=1)


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """What was sold one season ago; for an item younger than that, the last period again."""

    name: str = "seasonal naive"
    tier: Tier = FREE

    def paths(self, panel: Panel, horizon: int) -> Floats:
        season, width = season_of(panel.frequency), panel.demand.shape[1]
        found = np.repeat(recent_mean(panel, 1)[:, None], horizon, axis=1)
        if width >= season:
            back = width - season + np.arange(horizon) % season
            old = panel.ages >= season
            found[old] = panel.demand[old][:, back]
        return found


@dataclass(frozen=True, slots=True)
class SeasonalLevel:
    """The level of the last periods, moved as last season moved between the same times of the year.

    The move is that of the item shrunk to that of all items, for one item's weeks of one year are mostly chance. Feasts
    and weather move a season by weeks, so last season is laid a few periods earlier and later, and each place counts as
    likely as it makes what all items sold in the last periods.
    """

    window: int = 8
    name: str = "seasonal level"
    tier: Tier = FREE

    def paths(self, panel: Panel, horizon: int) -> Floats:
        season, width = season_of(panel.frequency), panel.demand.shape[1]
        found = np.full((len(panel), horizon), np.nan)
        first = width - season - self.window - _FARTHEST - _SMOOTHED // 2
        old = panel.begun <= first
        if first < 0 or not old.any():
            return found
        demand = panel.demand[old]
        moves = _moves(demand.sum(axis=0), season, self.window).items()
        moved = sum(share * self._moved(demand, season, season + away, horizon) for away, share in moves)
        found[old] = recent_mean(panel, self.window)[old, None] * moved
        return found

    def _moved(self, demand: Floats, season: int, back: int, horizon: int) -> Floats:
        """By what each item's coming periods were as many times its last ones, so many periods ago."""
        width = demand.shape[1]
        then = demand[:, width - back - self.window : width - back].mean(axis=1)
        around = (
            np.arange(horizon)[:, None] % (season - _FARTHEST) + width - back + np.arange(_SMOOTHED) - _SMOOTHED // 2
        )
        coming = demand[:, np.minimum(around, width - 1)].mean(axis=2)
        pooled = coming.sum(axis=0) / max(float(then.sum()), 1e-9)
        # So many pieces as the pool's window holds on average stand for the pool's move beside the item's own.
        weight = _WEIGHT_OF_POOL * max(float(then.mean()), 1e-9)
        return np.asarray((coming + weight * pooled) / (then[:, None] + weight), dtype=np.float64)


def _moves(total: Floats, season: int, window: int) -> dict[int, float]:
    """How likely the last periods' like lies some periods earlier (or, below zero, later) than a season ago.

    Logarithms of totals differ by a constant and normal chance of unknown size: Student's likelihood.
    """
    width, recent = len(total), np.log(total[-window:] + 1.0)
    likely = {}
    for away in range(-_FARTHEST, _FARTHEST + 1):
        apart = recent - np.log(total[width - season - away - window : width - season - away] + 1.0)
        misfit = float(apart.var()) + _COST_OF_A_PERIOD * abs(away) + _LEAST_MISFIT
        likely[away] = misfit ** (-(window - 1) / 2)
    return {away: chance / sum(likely.values()) for away, chance in likely.items()}


def recent_mean(panel: Panel, window: int) -> Floats:
    """The mean demand of each item's last periods, as many as it has up to `window`; NaN for an item without any."""
    width = panel.demand.shape[1]
    recent = panel.demand[:, max(0, width - window) :]
    begun = np.maximum(panel.begun - max(0, width - window), 0)
    counted: Flags = np.arange(recent.shape[1]) >= begun[:, None]
    counts = counted.sum(axis=1)
    means = np.where(counted, recent, 0.0).sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, np.nan)
