"""Borrows from items that have been as young."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.panel import Floats, Panel
from forecasting.ports import FREE, Tier

_OLDEST: Final = 26
"""Periods after which an item speaks for itself."""
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
        usual = np.where(counts > 0, np.nansum(lives, axis=0) / np.maximum(counts, 1), 0.0)
        for row in young.tolist():
            age = int(panel.ages[row])
            typical = _typical(lives, age, horizon, usual)
            if typical is None:
                continue
            before, after = typical
            own = (float(np.nansum(lives[row, :age])) + _WEIGHT * before) / (age + _WEIGHT)
            found[row] = own * after / before
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
    """The mean demand a period of items up to an age, and that in each period after it; None where nothing was sold.

    From items that lived on for the whole horizon; where there is none, what all items sold on average.
    """
    older = np.isfinite(lives[:, : age + horizon]).all(axis=1)
    if older.sum() >= 3:
        before = float(lives[older, :age].mean())
        after = np.asarray(lives[older, age : age + horizon].mean(axis=0), dtype=np.float64)
    else:
        before = float(usual[:age].mean())
        after = np.full(horizon, before)
    return (before, after) if before > 0 else None
