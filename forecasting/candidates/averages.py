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
    and weather move a season by weeks, so last season is laid where it fits what all items sold in the last periods.
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
        back = season + _moved(demand.sum(axis=0), season, self.window)
        level = recent_mean(panel, self.window)[old]
        then = demand[:, width - back - self.window : width - back].mean(axis=1)
        around = (
            np.arange(horizon)[:, None] % (season - _FARTHEST) + width - back + np.arange(_SMOOTHED) - _SMOOTHED // 2
        )
        coming = demand[:, np.minimum(around, width - 1)].mean(axis=2)
        pooled = coming.sum(axis=0) / max(float(then.sum()), 1e-9)
        # So many pieces as the pool's window holds on average stand for the pool's move beside the item's own.
        weight = _WEIGHT_OF_POOL * max(float(then.mean()), 1e-9)
        found[old] = level[:, None] * (coming + weight * pooled) / (then[:, None] + weight)
        return found


def _moved(total: Floats, season: int, window: int) -> int:
    """By how many periods more than a season ago the last periods' like lies; each period away must earn its place."""
    width, recent = len(total), np.log(total[-window:] + 1.0)

    def misfit(away: int) -> float:
        then = np.log(total[width - season - away - window : width - season - away] + 1.0)
        apart = recent - then
        return float(((apart - apart.mean()) ** 2).mean()) + _COST_OF_A_PERIOD * abs(away)

    return min(range(-_FARTHEST, _FARTHEST + 1), key=lambda away: (misfit(away), abs(away)))


def recent_mean(panel: Panel, window: int) -> Floats:
    """The mean demand of each item's last periods, as many as it has up to `window`; NaN for an item without any."""
    width = panel.demand.shape[1]
    recent = panel.demand[:, max(0, width - window) :]
    begun = np.maximum(panel.begun - max(0, width - window), 0)
    counted: Flags = np.arange(recent.shape[1]) >= begun[:, None]
    counts = counted.sum(axis=1)
    means = np.where(counted, recent, 0.0).sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, means, np.nan)
