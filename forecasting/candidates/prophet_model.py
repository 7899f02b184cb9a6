"""Prophet: trend, yearly season, feasts and shopping days, promotions and price as regressors, one item at a time."""

import itertools
import logging
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from forecasting.candidates.statistical import sane
from forecasting.feasts import feasts_between
from forecasting.panel import Floats, Panel
from forecasting.periods import Frequency, first_day
from forecasting.ports import Tier

_YOUNGEST: Final = 12
_SEASONS_FOR_A_YEAR: Final = 1.5
"""Years of history from which a yearly season can be told from a trend."""
_PRIOR_SCALE: Final = 0.1
_COSTLY: Final = Tier(tried_on=6, origins=2, most=20)
"""A fit takes a third of a second, as much as hundreds of the others."""


@dataclass(frozen=True, slots=True)
class ProphetModel:
    """Fits Prophet to each item. Promotions that are not known yet are taken as none, the price as staying as it is."""

    name: str = "prophet"
    tier: Tier = _COSTLY

    def paths(self, panel: Panel, horizon: int) -> Floats:
        found = np.full((len(panel), horizon), np.nan)
        for noisy in ("cmdstanpy", "prophet", "prophet.plot"):
            logging.getLogger(noisy).disabled = True
        feasts = _feasts_of(panel, horizon)
        for row in np.flatnonzero(panel.ages >= _YOUNGEST).tolist():
            history = panel.demand[row, panel.begun[row] :]
            if history.any():
                found[row] = sane(_fitted(panel, row, horizon, feasts), float(history.max()))
            else:
                found[row] = 0.0
        return found


def _fitted(panel: Panel, row: int, horizon: int, feasts: pd.DataFrame) -> Floats:
    """The mean path of one item; NaN where the fit fails."""
    begun, width = int(panel.begun[row]), panel.demand.shape[1]
    days = [first_day(panel.frequency, panel.first + column) for column in range(begun, width + horizon)]
    table = pd.DataFrame({"ds": pd.to_datetime(days)})
    table["y"] = np.append(
        np.where(panel.known[row, begun:], panel.demand[row, begun:], np.nan), np.full(horizon, np.nan)
    )
    model = _model(panel.frequency, len(days) - horizon, feasts)
    _add_regressors(model, table, panel, row, horizon)
    try:
        model.fit(table.iloc[:-horizon])
        return np.asarray(model.predict(table.iloc[-horizon:])["yhat"], dtype=np.float64)
    except Exception:  # One series that breaks the optimiser must not cost the others.
        return np.full(horizon, np.nan)


def _model(frequency: Frequency, age: int, feasts: pd.DataFrame) -> Any:
    in_a_year = {Frequency.DAY: 365, Frequency.WEEK: 52, Frequency.MONTH: 12}[frequency]
    from prophet import Prophet  # noqa: PLC0415  Three seconds, for which only who asks Prophet waits.

    return Prophet(
        yearly_seasonality=8 if age >= _SEASONS_FOR_A_YEAR * in_a_year else False,
        weekly_seasonality=frequency is Frequency.DAY,
        daily_seasonality=False,
        changepoint_prior_scale=_PRIOR_SCALE,
        holidays=feasts if len(feasts) and age >= in_a_year else None,
        uncertainty_samples=0,
    )


def _add_regressors(model: Any, table: pd.DataFrame, panel: Panel, row: int, horizon: int) -> None:
    """Only what has moved in the past can explain anything."""
    begun = int(panel.begun[row])
    promoted = panel.promoted[row, begun:]
    if promoted.any() and not promoted.all():
        table["promoted"] = np.append(promoted, np.zeros(horizon))
        model.add_regressor("promoted")
    price = panel.price[row, begun:]
    if len(price) and np.isfinite(price).all() and (price > 0).all() and np.ptp(price) > 0:
        table["price"] = np.log(np.append(price, np.full(horizon, price[-1])))
        model.add_regressor("price")


def _feasts_of(panel: Panel, horizon: int) -> pd.DataFrame:
    """The first day of each period that holds a feast, as Prophet wants it: it looks at the days of the table alone."""
    starts = [first_day(panel.frequency, panel.first + column) for column in range(panel.demand.shape[1] + horizon + 1)]
    found: list[tuple[str, date]] = []
    for start, after in itertools.pairwise(starts):
        found += [
            (name, start) for name in dict.fromkeys(name for name, _ in feasts_between(start, after - timedelta(1)))
        ]
    return pd.DataFrame({"holiday": [name for name, _ in found], "ds": pd.to_datetime([day for _, day in found])})
