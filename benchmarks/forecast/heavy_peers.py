"""The two heavy peers: Prophet, alone or with conformal quantiles, and one LightGBM over all items."""

import logging
from datetime import timedelta
from typing import Any, Final

import lightgbm
import numpy as np
import pandas as pd
from prophet import Prophet

from benchmarks.forecast.evaluation import HORIZON
from benchmarks.forecast.peers import moving_average
from forecasting.panel import Floats, Panel
from forecasting.periods import first_day

_LEAST_LIVED: Final = 4
_YEAR: Final = 52
_PATHS: Final = 1_000
_TREES: Final = 120
_LAGS: Final = 8
_WINDOWS: Final = (4, 13, 26, 52)

logging.getLogger("cmdstanpy").disabled = True


def prophet_points(panel: Panel) -> Floats:
    """Prophet's mean of the sum, each week not below zero; the moving average for an item of three weeks or fewer."""
    told = moving_average(panel)
    for row in np.flatnonzero(panel.ages >= _LEAST_LIVED).tolist():
        model, coming = _prophet(panel, row, paths=0)
        told[row] = np.maximum(model.predict(coming)["yhat"].to_numpy(), 0.0).sum()
    return told


def prophet_paths(panel: Panel, quantiles: tuple[float, ...]) -> Floats:
    """Quantiles of the sums of Prophet's own sample paths, each week not below zero."""
    told = np.zeros((len(panel), len(quantiles)))
    for row in np.flatnonzero(panel.ages >= _LEAST_LIVED).tolist():
        model, coming = _prophet(panel, row, _PATHS)
        np.random.seed(row)  # Prophet draws from numpy's global state only.
        paths = np.maximum(model.predictive_samples(coming)["yhat"], 0.0)
        told[row] = np.quantile(paths.sum(axis=0), quantiles)
    return told


def _prophet(panel: Panel, row: int, paths: int) -> tuple[Any, pd.DataFrame]:
    """A fitted Prophet with its own choice of seasons, and the weeks to come."""
    start = int(panel.begun[row])
    first = first_day(panel.frequency, panel.first + start)
    weeks = panel.demand.shape[1] - start
    days = [first + timedelta(days=7 * week) for week in range(weeks + HORIZON)]
    frame = pd.DataFrame({"ds": pd.to_datetime(pd.Series(days)), "y": [*panel.demand[row, start:], *[0.0] * HORIZON]})
    model = Prophet(uncertainty_samples=paths, weekly_seasonality=False, daily_seasonality=False)
    model.fit(frame.iloc[:weeks])
    return model, frame.iloc[weeks:][["ds"]]


def lightgbm_direct(panel: Panel, quantiles: tuple[float, ...]) -> Floats:
    """One model over all items for each quantile of the sum, learned from every week of everybody's past."""
    width = panel.demand.shape[1]
    rows, answers = [], []
    for cut in range(_LEAST_LIVED, width - HORIZON + 1):
        then = panel.until(cut)
        old = then.ages >= _LEAST_LIVED
        if old.any():
            sums = panel.demand[:, cut : cut + HORIZON].sum(axis=1)
            rows.append(_features(then)[old])
            answers.append((sums / _level(then))[old])
    learned, asked = np.concatenate(rows), _features(panel)
    wanted = np.concatenate(answers)
    told = [_booster(learned, wanted, quantile).predict(asked) for quantile in quantiles]
    return np.sort(np.maximum(np.column_stack(told), 0.0) * _level(panel)[:, None], axis=1)


def _booster(features: Floats, wanted: Floats, quantile: float) -> Any:
    settings = {
        "objective": "quantile",
        "alpha": quantile,
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_data_in_leaf": 40,
        "feature_fraction": 0.8,
        "num_threads": 1,
        "seed": 0,
        "deterministic": True,
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(features, wanted), num_boost_round=_TREES)


def _level(panel: Panel) -> Floats:
    """What an item's history is divided by: its last 13 weeks, or a fifth of its whole mean where that is more."""
    whole: Floats = panel.demand.sum(axis=1) / np.maximum(panel.ages, 1)
    return np.maximum(np.maximum(_mean_of_last(panel, 13), whole / 5), 1 / 8)


def _mean_of_last(panel: Panel, window: int) -> Floats:
    recent = panel.demand[:, -window:]
    return np.asarray(recent.sum(axis=1) / np.clip(panel.ages, 1, recent.shape[1]), dtype=np.float64)


def _features(panel: Panel) -> Floats:
    """What is known of each item: last weeks, means, zeros, last year's coming weeks, age, time of year, price."""
    width, level = panel.demand.shape[1], _level(panel)
    lags = np.full((len(panel), _LAGS), np.nan)
    lags[:, : min(_LAGS, width)] = panel.demand[:, ::-1][:, :_LAGS]
    lags[np.arange(_LAGS) >= panel.ages[:, None]] = np.nan
    means = [_mean_of_last(panel, window) / level for window in _WINDOWS]
    year = np.full(len(panel), np.nan)
    if width >= _YEAR:
        old = panel.begun <= width - _YEAR
        year[old] = panel.demand[old, width - _YEAR : width - _YEAR + HORIZON].sum(axis=1) / level[old]
    angle = 2 * np.pi * (panel.end % _YEAR) / _YEAR
    prices = panel.price[:, -13:]
    usual = np.nan_to_num(prices).sum(axis=1) / np.maximum(np.isfinite(prices).sum(axis=1), 1)
    return np.column_stack(
        [
            lags / level[:, None],
            *means,
            year,
            np.log(level),
            (panel.demand[:, -13:] > 0).mean(axis=1),
            panel.ages,
            np.full(len(panel), np.sin(angle)),
            np.full(len(panel), np.cos(angle)),
            panel.price[:, -1] / np.where(usual > 0, usual, np.nan),
            panel.promoted[:, -1],
            panel.promoted[:, -4:].mean(axis=1),
        ]
    )
