"""Borrows from items that have been as young."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.panel import Floats, Panel
from forecasting.ports import FREE, Tier

_OLDEST: Final = 26
"""Periods after which an item speaks for itself."""
_FEWEST: Final = 3
_LEAST: Final = 0.01
_WEIGHT: Final = 2.0
"""Periods of an item's own sales that weigh as much as what like items sold at its age."""


@dataclass(frozen=True, slots=True)
class LikeItems:
    """A young item's own level, shrunk to the level of the panel, moved on as other items moved on from that age."""

    name: str = "like items"
    tier: Tier = FREE

    def paths(self, panel: Panel, horizon: int) -> Floats:
        found = np.full((len(panel), horizon), np.nan)
        young = np.flatnonzero((panel.ages > 0) & (panel.ages <= _OLDEST))
        lives = _by_age(panel, _OLDEST + horizon)
        counts = np.isfinite(lives).sum(axis=0)
        usual = np.where(counts > 0, np.nanmedian(np.where(counts > 0, lives, 0.0), axis=0), 0.0)
        for row in young.tolist():
            age = int(panel.ages[row])
            typical = _typical(lives, age, horizon, usual)
            if typical is None:
                continue
            level, move = typical
            own = (float(np.nansum(lives[row, :age])) + _WEIGHT * level) / (age + _WEIGHT)
            found[row] = own * move
        return found


def _by_age(panel: Panel, longest: int) -> Floats:
    """Demand by age: column a is an item's period number a, NaN for what has not come or was not known."""
    width = panel.demand.shape[1]
    columns = panel.begun[:, None] + np.arange(longest)
    inside = columns < width
    place = np.minimum(columns, max(width - 1, 0))
    demand = np.take_along_axis(panel.demand, place, axis=1) if width else np.zeros(columns.shape)
    known = np.take_along_axis(panel.known, place, axis=1) if width else np.zeros(columns.shape, dtype=np.bool_)
    return np.where(inside & known, demand, np.nan)


def _typical(lives: Floats, age: int, horizon: int, usual: Floats) -> tuple[float, Floats] | None:
    """The level up to an age, pieces a period, of an item in the middle, and how items moved on from their level.

    From items that lived on for the whole horizon, none of which counts for more by being great; where there are too
    few, what all items sold on average, staying as it is. None where nothing was sold.
    """
    older = np.isfinite(lives[:, : age + horizon]).all(axis=1)
    if older.sum() < _FEWEST:
        level = float(usual[:age].mean())
        return (level, np.ones(horizon)) if level > 0 else None
    before, after = lives[older, :age].mean(axis=1), lives[older, age : age + horizon]
    level = float(np.median(before))
    even = 1.0 / np.maximum(before + level, _LEAST)
    moved = (after * even[:, None]).sum(axis=0) / max(float((before * even).sum()), _LEAST)
    return (level, np.asarray(moved, dtype=np.float64)) if before.any() else None
