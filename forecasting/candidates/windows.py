"""Windows of everybody's past as a model learns from them: what was known when each began, and what came."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.calibration import restlessness
from forecasting.candidates.averages import recent_mean
from forecasting.feasts import feasts_between
from forecasting.panel import Floats, Panel
from forecasting.periods import first_day, season_of

YOUNGEST: Final = 4
"""Periods of history from which an item can be described."""
_SPANS: Final = (1, 2, 4, 8, 13, 26, 52)
_LAGS: Final = (1, 2, 3)
_MOST: Final = 30_000
"""Windows that are learned from, of other items at each time; more make it slower and hardly better."""
_LEAST_LEVEL: Final = 0.125
"""Pieces a period below which a level says nothing and dividing by it would run away."""
_GREATEST: Final = 20.0
"""Levels above which a window is learned as being so great, so that one flood does not teach floods to all."""


@dataclass(frozen=True, slots=True)
class Windows:
    """features: windows x columns. answers: windows x periods, in multiples of each item's level then.

    weight: the share of each window in which demand was seen, above 0.
    """

    features: Floats
    answers: Floats
    weight: Floats


def windows_of(panel: Panel, horizon: int) -> Windows | None:
    """The windows of `horizon` periods that a panel holds; None where it holds none."""
    cuts = range(panel.demand.shape[1] - horizon, YOUNGEST - 1, -1)
    apart = max(1, math.ceil(len(panel) * len(cuts) / _MOST))
    parts = [panel.only(np.arange(first, len(panel), apart)) for first in range(apart)] if apart > 1 else [panel]
    found = [
        window
        for place, cut in enumerate(cuts)
        if (window := _window(parts[place % len(parts)], cut, horizon)) is not None
    ]
    if not found:
        return None
    return Windows(
        np.concatenate([one.features for one in found]),
        np.concatenate([one.answers for one in found]),
        np.concatenate([one.weight for one in found]),
    )


def _window(panel: Panel, cut: int, horizon: int) -> Windows | None:
    then = panel.until(cut)
    weight = panel.seen[:, cut : cut + horizon].mean(axis=1)
    learned = (then.ages >= YOUNGEST) & (weight > 0)
    if not learned.any():
        return None
    answers = panel.demand[learned, cut : cut + horizon] / level_of(then)[learned, None]
    flood = np.maximum(answers.mean(axis=1, keepdims=True) / _GREATEST, 1.0)
    return Windows(features_of(then, horizon)[learned], answers / flood, weight[learned])


def level_of(panel: Panel) -> Floats:
    """What an item's history is divided by: its last quarter of a year, held up by its whole mean."""
    level = np.nan_to_num(np.maximum(recent_mean(panel, 13), recent_mean(panel, 104) / 5))
    return np.asarray(np.maximum(level, _LEAST_LEVEL), dtype=np.float64)


def features_of(panel: Panel, horizon: int) -> Floats:
    """What is known of each item at the end of a panel, free of its size but for one column."""
    level, width = level_of(panel), panel.demand.shape[1]
    season = season_of(panel.frequency)
    recent, year = panel.demand[:, -13:], panel.demand[:, -52:]
    sales = (year > 0).sum(axis=1)
    day = first_day(panel.frequency, panel.end)
    last = first_day(panel.frequency, panel.end + horizon)
    angle = 2 * np.pi * (day.timetuple().tm_yday / 365.25)
    usual = np.nanmax(np.where(np.isfinite(panel.price[:, -26:]), panel.price[:, -26:], 0.0), axis=1, initial=0.0)
    price = panel.price[:, -1] if width else np.full(len(panel), np.nan)
    columns = [
        *(recent_mean(panel, span) / level for span in _SPANS),
        _season_ago(panel, season, 0, horizon) / level,
        _season_ago(panel, season, -8, 0) / level,
        _moved(panel, season, horizon),
        *(_back(panel, periods) / level for periods in _LAGS),
        (recent > 0).mean(axis=1),
        year.sum(axis=1) / np.maximum(sales, 1) / level,
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


def _back(panel: Panel, periods: int) -> Floats:
    """Demand some periods before the last; NaN where an item had not begun."""
    told = panel.demand[:, -1 - periods] if periods < panel.demand.shape[1] else np.zeros(len(panel))
    return np.where(panel.ages > periods, told, np.nan)


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
