"""Forecasts of a panel: every model backtested, blended by what it earned, calibrated to quantiles that hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.backtest import Backtests, run_backtests
from forecasting.calibration import LEAST, Past, restlessness, weighted_quantiles
from forecasting.candidates.averages import MovingAverage, SeasonalLevel, SeasonalNaive
from forecasting.candidates.boosted import Boosted
from forecasting.candidates.like_items import LikeItems
from forecasting.candidates.prophet_model import ProphetModel
from forecasting.candidates.statistical import aggregated, complex_smoothing, exponential_smoothing, intermittent, theta
from forecasting.choice import Judged, judge, segments_of, weights_of
from forecasting.panel import Flags, Floats, Panel, Wholes
from forecasting.ports import FREE, Candidate

_NAIVE: Final = SeasonalNaive()
_MEASURE: Final = MovingAverage(8)
"""The model that the others are measured by: it says something of every item that has a history."""
_PRIOR_OF_SHIFT: Final = 60.0
"""Backtests after which the correction of the blend's quantiles counts half."""
NO_HISTORY: Final = "no history"
LIKE_NEW_ITEMS: Final = "no history: what new items sold"
_TOLD: Final = 3
_WORTH_ASKING: Final = 0.08
"""Weight below which a model that costs something is not asked."""


def all_candidates() -> tuple[Candidate, ...]:
    """The models that are chosen among, the naive one first."""
    return (
        _NAIVE,
        MovingAverage(4),
        _MEASURE,
        MovingAverage(16),
        SeasonalLevel(),
        LikeItems(),
        aggregated(),
        intermittent(),
        theta(),
        exponential_smoothing(),
        complex_smoothing(),
        Boosted(),
        ProphetModel(),
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of one item.

    mean: pieces in each coming period, or one number for all of them together; quantiles: the same x levels, never
    crossing, from 0 up. model: the models that count most. backtest_error: absolute error over the horizon's total as
    a share of what came, in backtests; baseline_error: that of repeating last season. None where nothing came.
    """

    sku: str
    mean: Floats
    quantiles: Floats
    model: str
    backtest_error: float | None
    baseline_error: float | None


def forecast(
    panel: Panel,
    horizon: int,
    quantiles: Sequence[float],
    sums: bool = False,
    candidates: Sequence[Candidate] | None = None,
    model: str = "",
) -> list[Forecast]:
    """Forecasts every item of a panel over the next `horizon` periods: of each, or of their sum.

    candidates: the models to choose among, the naive one first; all of them unless told. model: the name of one of
    them, which then speaks alone wherever it can, and the naive one elsewhere. Raises ValueError for a name of none.
    """
    models = tuple(all_candidates() if candidates is None else candidates)
    if model:
        models = _only(models, model)
    if not len(panel):
        return []
    tests = run_backtests(panel, models, horizon)
    judged = [judge(_past(tests, said, np.arange(horizon))) for said in tests.said]
    hoped = _weights(
        models, panel, tests, judged, _may_speak(np.ones((len(models), len(panel)), dtype=np.bool_), model)
    )
    paths = _paths(models, panel, horizon, hoped)
    able = _may_speak(np.asarray(np.isfinite(paths).all(axis=-1)), model)
    weights = _weights(models, panel, tests, judged, able)
    levels = np.array(quantiles, dtype=np.float64)
    targets = [np.arange(horizon)] if sums else [np.array([step]) for step in range(horizon)]
    told = [_target(panel, tests, paths, weights, target, levels) for target in targets]
    mean = np.stack([one[0] for one in told], axis=1)
    bands = np.stack([one[1] for one in told], axis=1)
    names = [_named(models, weights[:, row]) for row in range(len(panel))]
    for row in np.flatnonzero(weights.sum(axis=0) == 0).tolist():
        names[row], mean[row], bands[row] = _of_no_history(panel, targets, levels)
    errors, baseline = _errors(tests, weights), _errors(tests, _only_first(weights))
    return [
        Forecast(sku, mean[row], bands[row], names[row], errors[row], baseline[row])
        for row, sku in enumerate(panel.skus)
    ]


def _only(models: Sequence[Candidate], name: str) -> tuple[Candidate, ...]:
    """The first model and the named one."""
    named = {model.name: model for model in models}
    if name not in named:
        raise ValueError(f"'{name}' is no model; accepted: {', '.join(named)}")
    return tuple(dict.fromkeys((models[0], named[name])))


def _may_speak(able: Flags, model: str) -> Flags:
    """Models x items: where one model is named, the naive one is silent wherever that one can speak."""
    if model and len(able) > 1:
        able[0] &= ~able[1]
    return able


def _of_no_history(panel: Panel, targets: Sequence[Wholes], levels: Floats) -> tuple[str, Floats, Floats]:
    """What is said of an item without a whole period behind it: what items of the panel sold when they were as new."""
    longest = 1 + max(int(target[-1]) for target in targets)
    old = np.flatnonzero(panel.ages >= longest)
    if not len(old):
        return NO_HISTORY, np.zeros(len(targets)), np.zeros((len(targets), len(levels)))
    first = panel.demand[old[:, None], panel.begun[old][:, None] + np.arange(longest)]
    totals = np.stack([first[:, target].sum(axis=1) for target in targets])
    return LIKE_NEW_ITEMS, totals.mean(axis=1), np.quantile(totals, levels, axis=1).T


def _paths(models: Sequence[Candidate], panel: Panel, horizon: int, hoped: Floats) -> Floats:
    """Models x items x periods; a model that costs something is asked only of items for which it would count."""
    found = np.full((len(models), len(panel), horizon), np.nan)
    by_demand = np.argsort(-panel.demand.sum(axis=1), kind="stable")
    for place, model in enumerate(models):
        if model.tier == FREE:
            found[place] = model.paths(panel, horizon)
            continue
        worth = by_demand[hoped[place, by_demand] >= _WORTH_ASKING][: model.tier.most]
        if len(worth):
            rows = np.sort(worth)
            found[place, rows] = model.paths(panel.only(rows), horizon)
    return found


def _weights(models: Sequence[Candidate], panel: Panel, tests: Backtests, judged: list[Judged], able: Flags) -> Floats:
    return weights_of(judged, able, tests.asked, tests.weight, segments_of(panel), _reference(models))


def _reference(models: Sequence[Candidate]) -> int:
    return next((place for place, model in enumerate(models) if model.name == _MEASURE.name), 0)


def _past(tests: Backtests, said: Floats, steps: Wholes) -> Past:
    """One model's backtests of the total of some steps."""
    total = said[..., steps].sum(axis=-1)
    weight = np.where(np.isfinite(total), tests.weight, 0.0)
    restless = tests.restless * np.sqrt(len(steps))
    return Past(np.nan_to_num(total), tests.came[..., steps].sum(axis=-1), restless, weight)


def _target(
    panel: Panel, tests: Backtests, paths: Floats, weights: Floats, steps: Wholes, levels: Floats
) -> tuple[Floats, Floats]:
    """Mean (items) and quantiles (items x levels) of the sum of some steps."""
    judged = [judge(_past(tests, said, steps), levels) for said in tests.said]
    said = np.nan_to_num(paths[..., steps].sum(axis=-1))
    mean = (weights * said).sum(axis=0)
    restless = restlessness(panel.demand, panel.begun, len(steps))
    wide = np.stack([one.spread.of(now, restless) for one, now in zip(judged, said, strict=True)])
    bands = np.stack([_band(one, now, spread) for one, now, spread in zip(judged, said, wide, strict=True)])
    blended = (weights[..., None] * bands).sum(axis=0)
    shift = _shift(judged, tests.weight, weights, levels)
    shifted = blended + (weights * wide).sum(axis=0)[:, None] * shift
    return mean, np.maximum(np.sort(shifted, axis=1), 0.0)


def _band(judged: Judged, said: Floats, spread: Floats) -> Floats:
    return said[..., None] + spread[..., None] * judged.shape.of(spread / np.maximum(said, LEAST))


def _shift(judged: list[Judged], weight: Floats, weights: Floats, levels: Floats) -> Floats:
    """By how much of its spread each quantile of the blend must move, so that as much falls below it as it says.

    A blend of quantiles is narrower or wider than its members are; this is measured on the same backtests.
    """
    part = np.stack(
        [np.where(one.past.weight > 0, share[:, None], 0.0) for one, share in zip(judged, weights, strict=True)]
    )
    total = part.sum(axis=0)
    used = np.where(total > 0, weight, 0.0).ravel()
    if not used.any():
        return np.zeros(len(levels))
    part = part / np.maximum(total, 1e-300)
    wide = np.stack([one.spread.of(one.past.said, one.past.restless) for one in judged])
    bands = np.stack([_band(one, one.past.said, spread) for one, spread in zip(judged, wide, strict=True)])
    blended, spread = (part[..., None] * bands).sum(axis=0), np.maximum((part * wide).sum(axis=0), 1e-9)
    left = ((judged[0].past.came[..., None] - blended) / spread[..., None]).reshape(-1, len(levels))
    moved = [
        weighted_quantiles(left[used > 0, place], used[used > 0], levels[place : place + 1])[0]
        for place in range(len(levels))
    ]
    count = float((used > 0).sum())
    return np.array(moved) * count / (count + _PRIOR_OF_SHIFT)


def _errors(tests: Backtests, weights: Floats) -> list[float | None]:
    """Absolute error of the blend's total as a share of what came; None where nothing came."""
    said = np.nan_to_num(tests.said.sum(axis=-1))
    part = np.where(np.isfinite(tests.said.sum(axis=-1)), weights[..., None], 0.0)
    blended = (part * said).sum(axis=0) / np.maximum(part.sum(axis=0), 1e-300)
    came = tests.came.sum(axis=-1)
    missed = (tests.weight * np.abs(came - blended)).sum(axis=1)
    total = (tests.weight * came).sum(axis=1)
    return [round(float(miss / all_), 4) if all_ > 0 else None for miss, all_ in zip(missed, total, strict=True)]


def _only_first(weights: Floats) -> Floats:
    alone = np.zeros_like(weights)
    alone[0] = 1.0
    return alone


def _named(models: Sequence[Candidate], weights: Floats) -> str:
    """The models that count most, each with its share."""
    best = np.argsort(-weights, kind="stable")[:_TOLD]
    return ", ".join(f"{models[place].name} {weights[place]:.0%}" for place in best if weights[place] >= 0.05)
