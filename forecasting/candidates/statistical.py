"""The statistical models of statsforecast, one item at a time."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from statsforecast.models import ADIDA, IMAPA, TSB, AutoCES, AutoETS, Theta

from forecasting.panel import Floats, Panel
from forecasting.periods import season_of
from forecasting.ports import FREE, Tier

_YOUNGEST: Final = 6
_FITTED: Final = Tier(tried_on=40, origins=3)
"""For a model that is fitted in a millisecond or two."""
_SLOW: Final = Tier(tried_on=40, origins=3, most=400)
"""For models that take five or ten."""
_GREATEST: Final = 5.0
"""A path above so many times the most that was ever sold in a period is a fit that ran away."""


@dataclass(frozen=True, slots=True)
class Statistical:
    """A model of statsforecast. make: builds it for a season length; youngest: periods of history it asks for."""

    name: str
    make: Callable[[int], Any]
    youngest: int = _YOUNGEST
    tier: Tier = FREE

    def paths(self, panel: Panel, horizon: int) -> Floats:
        found = np.full((len(panel), horizon), np.nan)
        model = self.make(season_of(panel.frequency))
        for row in np.flatnonzero(panel.ages >= self.youngest).tolist():
            history = panel.demand[row, panel.begun[row] :]
            if history.any():
                found[row] = sane(_fitted(model, history, horizon), float(history.max()))
            else:
                found[row] = 0.0
        return found


def _fitted(model: Any, history: Floats, horizon: int) -> Floats:
    """The model's mean; NaN where the fit fails, which the library tells in many ways."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(model.forecast(y=history.astype(np.float64), h=horizon)["mean"], dtype=np.float64)
    except Exception:  # One series that breaks a numerical library must not cost the others.
        return np.full(horizon, np.nan)


def sane(path: Floats, most: float) -> Floats:
    """A path as it may be used: from 0 up; NaN where the fit ran away above `most`, the greatest period ever sold."""
    if not np.isfinite(path).all() or path.max() > _GREATEST * most:
        return np.full_like(path, np.nan)
    return np.maximum(path, 0.0)


def theta() -> Statistical:
    return Statistical("theta", lambda _: Theta(season_length=1), tier=_FITTED)


def exponential_smoothing() -> Statistical:
    """State-space exponential smoothing without a season, which a year of weeks is too long for."""
    return Statistical(
        "ets", lambda season: AutoETS(season_length=season if season <= 12 else 1, model="AZN"), tier=_SLOW
    )


def complex_smoothing() -> Statistical:
    return Statistical("ces", lambda _: AutoCES(season_length=1), youngest=12, tier=_SLOW)


def aggregated() -> Statistical:
    return Statistical("adida", lambda _: ADIDA())


def multiply_aggregated() -> Statistical:
    return Statistical("imapa", lambda _: IMAPA())


def intermittent() -> Statistical:
    """Teunter, Syntetos and Babai (2011): lets an item that stopped selling fade."""
    return Statistical("tsb", lambda _: TSB(alpha_d=0.2, alpha_p=0.1))
