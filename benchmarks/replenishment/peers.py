"""What else is used: AutoETS or Prophet with conformal quantiles, and LightGBM direct on lead-time demand."""

import logging
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import lightgbm
import numpy as np
import pandas as pd
from prophet import Prophet
from statsforecast.models import AutoETS

from benchmarks.replenishment.evaluation import LEADS, Case
from forecasting.panel import Floats, Panel
from forecasting.periods import first_day
from forecasting.replenishment.candidates import moments, over_protection

_STRETCHES: Final = tuple(1 + lead for lead in LEADS)
"""Weeks that an order may have to last."""
_HORIZON: Final = max(_STRETCHES)
_ROUNDS: Final = 8
_LEAST_LIVED: Final = 4
REFIT: Final = 4
"""Weeks that a Prophet or LightGBM is used for before it is fitted again."""
_TREES: Final = 120
_LAGS: Final = 8
_WINDOWS: Final = (4, 13, 26, 52)

Paths = Callable[[Panel, int], Floats]
Told = dict[int, Floats]
"""Expected pieces of the coming weeks (items x weeks) for each week in which a forecast is made."""

logging.getLogger("cmdstanpy").disabled = True


def told_paths(case: Case, paths: Paths, refit: int = 1) -> Told:
    """What a model says of the coming weeks at each week of the window, and at those before that its errors are of."""
    columns = range(case.start - _ROUNDS - _HORIZON, case.weeks.stop)
    told: dict[int, Floats] = {}
    path, fitted = np.zeros((len(case.panel), _HORIZON + refit)), columns.start
    for column in columns:
        if (column - columns.start) % refit == 0:
            path, fitted = paths(case.panel.until(column), _HORIZON + refit), column
        told[column] = path[:, column - fitted : column - fitted + _HORIZON]
    return told


def with_newsvendor(case: Case, told: Told) -> Floats:
    """Levels (items x weeks): the mean over lead time and review, and the quantile of earlier errors that the critical
    ratio asks for; an item's own errors and those of all items, in multiples of mean demand, count half each."""
    return np.stack([_conformal(case, told, week) for week in case.weeks], axis=1)


def _conformal(case: Case, told: Told, week: int) -> Floats:
    then = case.panel.until(week)
    scale = np.maximum(moments(then, week)[0], 1 / 8)
    errors = []
    for cut in range(week - _HORIZON - _ROUNDS + 1, week - _HORIZON + 1):
        said = over_protection(told[cut], case.terms)
        errors += [then.demand[:, cut : cut + stretch].sum(axis=1) - said for stretch in _STRETCHES]
    standard = np.stack(errors, axis=1) / scale[:, None]
    spread = (np.quantile(standard, case.ratio) + np.quantile(standard, case.ratio, axis=1)) / 2
    return np.maximum(over_protection(told[week], case.terms) + spread * scale, 0.0)


def ets_paths(panel: Panel, horizon: int) -> Floats:
    """AutoETS without a season, or the recent mean where the fit fails."""
    found = np.repeat(moments(panel, 8)[0][:, None], horizon, axis=1)
    for row in np.flatnonzero(panel.ages >= _LEAST_LIVED).tolist():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model: Any = AutoETS(season_length=1)
                path = model.forecast(y=panel.demand[row, panel.begun[row] :], h=horizon)["mean"]
        except Exception:  # noqa: S112  # The library fails on some histories in many ways; the mean is taken then.
            continue
        if np.isfinite(path).all():
            found[row] = np.maximum(path, 0.0)
    return found


def prophet_paths(panel: Panel, horizon: int) -> Floats:
    """Prophet with its own choice of seasons, each week not below zero."""
    found = np.repeat(moments(panel, 8)[0][:, None], horizon, axis=1)
    for row in np.flatnonzero(panel.ages >= _LEAST_LIVED).tolist():
        start = int(panel.begun[row])
        first = first_day(panel.frequency, panel.first + start)
        weeks = panel.demand.shape[1] - start
        days = pd.to_datetime(pd.Series([first + timedelta(days=7 * week) for week in range(weeks + horizon)]))
        model = Prophet(uncertainty_samples=0, weekly_seasonality=False, daily_seasonality=False)
        model.fit(pd.DataFrame({"ds": days[:weeks], "y": panel.demand[row, start:]}))
        told = model.predict(pd.DataFrame({"ds": days[weeks:]}))["yhat"].to_numpy()
        found[row] = np.maximum(told, 0.0)
    return found


def lightgbm_direct(case: Case) -> Floats:
    """Levels (items x weeks) by one model over all items for the critical ratio's quantile of what orders must last."""
    levels = []
    model: Any = None
    for week in case.weeks:
        then = case.panel.until(week)
        if model is None or (week - case.start) % REFIT == 0:
            model = _fitted(then, case.ratio)
        levels.append(np.maximum(model.predict(_features(then)), 0.0) * _level(then))
    return np.stack(levels, axis=1)


def _fitted(panel: Panel, ratio: float) -> Any:
    width = panel.demand.shape[1]
    rows, answers = [], []
    for cut in range(max(_LEAST_LIVED, width - 2 * 52), width - _HORIZON + 1):
        then = panel.until(cut)
        old = then.ages >= _LEAST_LIVED
        for stretch in _STRETCHES:
            rows.append(_features(then)[old])
            answers.append((panel.demand[:, cut : cut + stretch].sum(axis=1) / _level(then))[old])
    settings = {
        "objective": "quantile",
        "alpha": ratio,
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_data_in_leaf": 40,
        "feature_fraction": 0.8,
        "num_threads": 1,
        "seed": 0,
        "deterministic": True,
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(np.concatenate(rows), np.concatenate(answers)), _TREES)


def _level(panel: Panel) -> Floats:
    """What an item's history is divided by: its last quarter, or a fifth of its whole mean where that is more."""
    return np.maximum(np.maximum(moments(panel, 13)[0], moments(panel, panel.demand.shape[1])[0] / 5), 1 / 8)


def _features(panel: Panel) -> Floats:
    """Last weeks, means, zeros, last year's coming weeks, age and time of year, all in multiples of the level."""
    width, level = panel.demand.shape[1], _level(panel)
    padded = np.pad(panel.demand, ((0, 0), (_LAGS, 0)))[:, -_LAGS:] / level[:, None]
    means = np.stack([moments(panel, window)[0] / level for window in _WINDOWS], axis=1)
    quiet = (panel.demand[:, -13:] <= 0).mean(axis=1)
    year = np.full(len(panel), np.nan)
    if width >= 52:
        coming = panel.demand[:, width - 52 : width - 52 + _HORIZON].mean(axis=1) / level
        year = np.where(panel.ages >= 52, coming, np.nan)
    time = np.full(len(panel), (panel.first + width) % 52)
    return np.column_stack([padded, means, quiet, year, panel.ages, time, np.log(level)])
