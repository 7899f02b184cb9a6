"""Single models as a good analyst uses them: a point forecast of the sum, made into quantiles by its past errors."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import numpy as np
from statsforecast.models import ADIDA, IMAPA, TSB, AutoCES, AutoETS, DynamicOptimizedTheta

from benchmarks.forecast.evaluation import HORIZON
from forecasting.panel import Floats, Panel

Quantiles = Callable[[Panel, tuple[float, ...]], Floats]
"""A method: pieces over the next HORIZON weeks of each item (rows) at each probability (columns), never crossing."""
Points = Callable[[Panel], Floats]
"""A model: expected pieces of each item over the next HORIZON weeks."""

_WINDOW: Final = 8
_ROUNDS: Final = 8
"""Earlier forecasts whose errors are learned from."""
_STEP: Final = 2
"""Weeks between them."""
_LEAST_LIVED: Final = 4
"""Weeks of history from which on an item's past forecasts are counted."""
_YEAR: Final = 52
_GREATEST: Final = 3.0
"""An analyst believes no model that tells more than so many times the best week there ever was."""


def seasonal_naive(panel: Panel) -> Floats:
    """The same weeks of last year; of an item younger than that the last HORIZON weeks again."""
    width = panel.demand.shape[1]
    last = _sums(panel, width - HORIZON)
    if width < _YEAR:
        return last
    return np.where(panel.begun <= width - _YEAR, _sums(panel, width - _YEAR), last)


def moving_average(panel: Panel) -> Floats:
    """The mean of the last eight weeks, or of as many as the item has."""
    return HORIZON * recent_mean(panel, _WINDOW)


def of_each(make: Callable[[], Any]) -> Points:
    """A model of statsforecast for each item; the moving average where it fails or has plainly run away."""

    def points(panel: Panel) -> Floats:
        told = moving_average(panel)
        for row in np.flatnonzero(panel.ages >= _LEAST_LIVED).tolist():
            history = panel.demand[row, panel.begun[row] :]
            found = _sum_told(make(), history)
            told[row] = found if found <= _GREATEST * HORIZON * history.max() else told[row]
        return told

    return points


def _sum_told(model: Any, history: Floats) -> float:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return max(float(np.sum(model.forecast(y=history, h=HORIZON)["mean"])), 0.0)
    except Exception:  # Each model fails on some histories in a way of its own; the analyst takes the average then.
        return float("nan")


POINTS: Final[dict[str, Points]] = {
    "seasonal naive": seasonal_naive,
    "moving average": moving_average,
    "ADIDA": of_each(ADIDA),
    "IMAPA": of_each(IMAPA),
    "TSB": of_each(lambda: TSB(alpha_d=0.2, alpha_p=0.2)),
    "Theta": of_each(lambda: DynamicOptimizedTheta(season_length=1)),
    "AutoETS": of_each(lambda: AutoETS(season_length=1)),
    "AutoCES": of_each(lambda: AutoCES(season_length=1)),
}
"""All without a season: a year of weeks is longer than what the library's seasonal forms can be fitted to."""


@dataclass(frozen=True)
class Conformal:
    """Quantiles of a model's sums from the errors of its own earlier forecasts, the same simple way for every model.

    Errors are told in multiples of the item's mean demand when the forecast was made, and those of all items are taken
    together, for a few errors of its own say less of what is rare than those of all items do.
    """

    points: Points
    told: dict[bytes, Floats] = field(default_factory=dict)
    """What the model said of each history, for the errors before one origin are those before the next one too."""

    def __call__(self, panel: Panel, quantiles: tuple[float, ...]) -> Floats:
        errors = self._errors(panel)
        spread = np.quantile(errors, quantiles) if len(errors) else np.zeros(len(quantiles))
        told = self._points(panel)[:, None] + spread * _scales(panel)[:, None]
        return np.sort(np.maximum(told, 0.0), axis=1)

    def _points(self, panel: Panel) -> Floats:
        key = sha256(b"%d" % panel.end + panel.begun.tobytes() + panel.demand.tobytes()).digest()
        if key not in self.told:
            self.told[key] = self.points(panel)
        return self.told[key]

    def _errors(self, panel: Panel) -> Floats:
        """What came less what was told, of all items and earlier forecasts together."""
        width = panel.demand.shape[1]
        cuts = range(width - HORIZON, _LEAST_LIVED - 1, -_STEP)[:_ROUNDS]
        found = [np.zeros(0)]
        for cut in cuts:
            then = panel.until(cut)
            errors = (_sums(panel, cut) - self._points(then)) / _scales(then)
            found.append(errors[then.ages >= _LEAST_LIVED])
        return np.concatenate(found)


def recent_mean(panel: Panel, window: int) -> Floats:
    """The mean of each item's last weeks, of as many as it has up to `window`; 0 for an item without any."""
    recent = panel.demand[:, -window:]
    counts = np.clip(panel.ages, 1, recent.shape[1])
    return np.asarray(recent.sum(axis=1) / counts, dtype=np.float64)


def _sums(panel: Panel, column: int) -> Floats:
    """Pieces of each item over the HORIZON weeks from a column on."""
    return np.asarray(panel.demand[:, max(column, 0) : column + HORIZON].sum(axis=1), dtype=np.float64)


def _scales(panel: Panel) -> Floats:
    """What a week of each item is worth: its mean so far, at least one piece in eight weeks."""
    mean: Floats = panel.demand.sum(axis=1) / np.maximum(panel.ages, 1)
    return np.maximum(mean, 1 / 8)
