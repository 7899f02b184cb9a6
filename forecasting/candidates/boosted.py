"""One gradient-boosted model over all items, which learns from every window of everybody's past."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from forecasting.calibration import restlessness
from forecasting.candidates.averages import recent_mean
from forecasting.feasts import feasts_between
from forecasting.panel import Flags, Floats, Panel
from forecasting.periods import first_day, season_of
from forecasting.ports import Tier

_YOUNGEST: Final = 4
_WINDOWS: Final = (1, 2, 4, 8, 13, 26, 52)
_MOST_ROWS: Final = 30_000
"""Windows that are learned from, spread evenly over all; more make it slower and hardly better."""
_FEWEST_ROWS: Final = 200
_TREES: Final = 120
_LEAST_LEVEL: Final = 0.125
"""Pieces a period below which a level says nothing and dividing by it would run away."""
_GREATEST: Final = 20.0
"""Levels above which a window is learned as being so great, so that one flood does not teach floods to all."""
_TIER: Final = Tier(origins=3)
_SETTINGS: Final[dict[str, Any]] = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.4,
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.8,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Boosted:
    """LightGBM on the total over the horizon, in multiples of each item's own level; spread evenly over the periods."""

    name: str = "boosted trees"
    tier: Tier = _TIER

    def paths(self, panel: Panel, horizon: int) -> Floats:
        found = np.full((len(panel), horizon), np.nan)
        able = panel.ages >= _YOUNGEST
        model = _learned(panel, horizon)
        if model is not None and able.any():
            total = np.asarray(model.predict(_features(panel, horizon)[able]), dtype=np.float64)
            found[able] = (np.maximum(total, 0.0) * _level(panel)[able])[:, None]
        return found


def _learned(panel: Panel, horizon: int) -> Any | None:
    """The model, or None where the past holds too few windows."""
    from lightgbm import Dataset, train  # noqa: PLC0415  A second, for which only who forecasts waits.

    width = panel.demand.shape[1]
    cuts = range(width - horizon, _YOUNGEST - 1, -1)
    step = max(1, len(panel) * len(cuts) // _MOST_ROWS)
    rows, answers = [], []
    for cut in cuts[::step]:
        then = panel.until(cut)
        window = slice(cut, cut + horizon)
        learned: Flags = np.asarray((then.ages >= _YOUNGEST) & panel.known[:, window].all(axis=1))
        if learned.any():
            level = _level(then)[learned]
            rows.append(_features(then, horizon)[learned])
            answers.append(np.minimum(panel.demand[learned, window].mean(axis=1) / level, _GREATEST))
    if sum(len(part) for part in answers) < _FEWEST_ROWS:
        return None
    return train(_SETTINGS, Dataset(np.concatenate(rows), np.concatenate(answers)), num_boost_round=_TREES)


def _level(panel: Panel) -> Floats:
    """What an item's history is divided by: its last quarter of a year, held up by its whole mean."""
    level = np.nan_to_num(np.maximum(recent_mean(panel, 13), recent_mean(panel, 104) / 5))
    return np.asarray(np.maximum(level, _LEAST_LEVEL), dtype=np.float64)


def _features(panel: Panel, horizon: int) -> Floats:
    """What is known of each item at the end of a panel, free of its size but for one column."""
    level, width = _level(panel), panel.demand.shape[1]
    season = season_of(panel.frequency)
    recent = panel.demand[:, -13:]
    day = first_day(panel.frequency, panel.end)
    last = first_day(panel.frequency, panel.end + horizon)
    angle = 2 * np.pi * (day.timetuple().tm_yday / 365.25)
    usual = np.nanmax(np.where(np.isfinite(panel.price[:, -26:]), panel.price[:, -26:], 0.0), axis=1, initial=0.0)
    price = panel.price[:, -1] if width else np.full(len(panel), np.nan)
    columns = [
        *(recent_mean(panel, window) / level for window in _WINDOWS),
        _season_ago(panel, season, 0, horizon) / level,
        _season_ago(panel, season, -8, 0) / level,
        _moved(panel, season, horizon),
        (recent > 0).mean(axis=1),
        recent.max(axis=1, initial=0.0) / level,
        restlessness(panel.demand, panel.begun, 1) / level,
        np.log(level),
        np.minimum(panel.ages, 2 * season),
        np.full(len(panel), np.sin(angle)),
        np.full(len(panel), np.cos(angle)),
        np.full(len(panel), float(len(feasts_between(day, last)))),
        np.where(usual > 0, price / np.where(usual > 0, usual, 1.0), np.nan),
        panel.promoted[:, -1:].sum(axis=1),
        panel.promoted[:, -4:].sum(axis=1),
    ]
    return np.column_stack(columns)


def _season_ago(panel: Panel, season: int, first: int, last: int) -> Floats:
    """Mean demand of some periods of the last season, counted from its like of the coming one; NaN where unknown."""
    width = panel.demand.shape[1]
    start, end = width - season + first, min(width - season + last, width)
    if start < 0 or start >= end:
        return np.full(len(panel), np.nan)
    return np.where(panel.begun <= start, panel.demand[:, start:end].mean(axis=1), np.nan)


def _moved(panel: Panel, season: int, horizon: int) -> Floats:
    """By what share all items together moved at this time of the last season."""
    coming, before = _season_ago(panel, season, 0, horizon), _season_ago(panel, season, -4, 0)
    both = np.isfinite(coming) & np.isfinite(before)
    if not both.any():
        return np.full(len(panel), np.nan)
    return np.full(len(panel), coming[both].sum() / max(before[both].sum(), _LEAST_LEVEL))
