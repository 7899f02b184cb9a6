"""Forecasts of a panel: every model backtested, blended by what it earned, calibrated to quantiles that hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from forecasting.backtest import Backtests, run_backtests
from forecasting.calibration import Correction, Past, correction_of, restlessness
from forecasting.candidates.averages import MovingAverage, SeasonalLevel, SeasonalNaive
from forecasting.candidates.forest import Forest
from forecasting.candidates.like_items import LikeItems
from forecasting.candidates.prophet_model import ProphetModel
from forecasting.candidates.statistical import aggregated, complex_smoothing, exponential_smoothing, intermittent, theta
from forecasting.choice import LEVELS, Judged, judge, segments_of, weights_of
from forecasting.panel import Flags, Floats, Panel, Wholes
from forecasting.ports import FREE, Candidate, Teller

_NAIVE: Final = SeasonalNaive()
_MEASURE: Final = MovingAverage(8)
"""The model that the others are measured by: it says something of every item that has a history."""
NO_HISTORY: Final = "no history"
LIKE_NEW_ITEMS: Final = "no history: what new items sold"
_TOLD: Final = 3
_PRIOR_OF_A_TELLER: Final = 4.0
"""A model that learns chances from everybody's past counts as much as the four that follow an item's own level."""
_WORTH_ASKING: Final = 0.08
"""Weight below which a model that costs something is not asked."""


def all_candidates() -> tuple[Candidate, ...]:
    """The models that are chosen among, the naive one first."""
    return (
        _NAIVE,
        _MEASURE,
        MovingAverage(16),
        SeasonalLevel(),
        LikeItems(),
        aggregated(),
        intermittent(),
        theta(),
        exponential_smoothing(),
        complex_smoothing(),
        Forest(),
        ProphetModel(),
    )


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of one item.

    mean: pieces in each coming period, or one number for all of them together; quantiles: the same x levels, never
    crossing, from 0 up. model: the models that count most. backtest_error: absolute error over the horizon's total as
    a share of what came, in `tried` backtests; baseline_error: that of repeating last season. None where nothing came.
    """

    sku: str
    mean: Floats
    quantiles: Floats
    model: str
    backtest_error: float | None
    baseline_error: float | None
    tried: int = 0


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
    levels = np.array(quantiles, dtype=np.float64)
    grid = np.union1d(LEVELS, levels)
    whole = np.arange(horizon)
    targets = [whole] if sums else [whole, *(np.array([step]) for step in range(horizon))]
    tests = run_backtests(panel, models, horizon, targets, grid)
    judged = [judge(past) for past in _pasts(tests, 0, whole, np.searchsorted(grid, LEVELS))]
    everybody = _may_speak(np.ones((len(models), len(panel)), dtype=np.bool_), model)
    hoped = _weights(models, panel, tests, judged, everybody)
    said = _ask(models, panel, horizon, hoped, targets, grid)
    able = _may_speak(np.asarray(np.isfinite(said.paths).all(axis=-1)), model)
    weights = _weights(models, panel, tests, judged, able)
    asked = np.searchsorted(grid, levels)
    told = [
        _target(panel, tests, said, weights, place, targets[place], grid)
        for place in range(len(targets) > 1, len(targets))
    ]
    mean = np.stack([one[0] for one in told], axis=1)
    bands = np.stack([one[1][:, asked] for one in told], axis=1)
    names = [_named(models, weights[:, row]) for row in range(len(panel))]
    for row in np.flatnonzero(weights.sum(axis=0) == 0).tolist():
        names[row], mean[row], bands[row] = _of_no_history(panel, targets[-len(told) :], levels)
    errors, baseline = _errors(tests, weights), _errors(tests, _only_first(weights))
    tried = (tests.weight > 0).sum(axis=1).tolist()
    return [
        Forecast(sku, mean[row], bands[row], names[row], errors[row], baseline[row], tried[row])
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


@dataclass(frozen=True, slots=True)
class _Said:
    """paths: models x items x periods. told: of the models that tell chances, targets x items x levels."""

    paths: Floats
    told: Mapping[int, Floats]


def _ask(
    models: Sequence[Candidate],
    panel: Panel,
    horizon: int,
    hoped: Floats,
    targets: Sequence[Wholes],
    levels: Floats,
) -> _Said:
    """What models say now; one that costs something is asked only of items for which it would count."""
    paths = np.full((len(models), len(panel), horizon), np.nan)
    told: dict[int, Floats] = {}
    by_demand = np.argsort(-panel.demand.sum(axis=1), kind="stable")
    for place, model in enumerate(models):
        if isinstance(model, Teller):
            paths[place], told[place] = model.tell(panel, horizon, targets, levels)
        elif model.tier == FREE:
            paths[place] = model.paths(panel, horizon)
        else:
            rows = np.sort(by_demand[hoped[place, by_demand] >= _WORTH_ASKING][: model.tier.most])
            if len(rows):
                paths[place, rows] = model.paths(panel.only(rows), horizon)
    return _Said(paths, told)


def _weights(models: Sequence[Candidate], panel: Panel, tests: Backtests, judged: list[Judged], able: Flags) -> Floats:
    prior = np.array([_PRIOR_OF_A_TELLER if isinstance(model, Teller) else 1.0 for model in models])
    return weights_of(judged, able, tests.asked, tests.weight, segments_of(panel), _reference(models), prior)


def _reference(models: Sequence[Candidate]) -> int:
    return next((place for place, model in enumerate(models) if model.name == _MEASURE.name), 0)


def _pasts(tests: Backtests, place: int, steps: Wholes, levels: Wholes) -> list[Past]:
    """Every model's backtests of the total of some steps; place: of this target. levels: places in the grid."""
    came = tests.came[..., steps].sum(axis=-1)
    restless = tests.restless * np.sqrt(len(steps))
    pasts = []
    for model, said in enumerate(tests.said):
        total = said[..., steps].sum(axis=-1)
        weight = np.where(np.isfinite(total), tests.weight, 0.0)
        told = np.nan_to_num(tests.told[model][place][..., levels]) if model in tests.told else None
        pasts.append(Past(np.nan_to_num(total), came, restless, weight, told))
    return pasts


def _target(
    panel: Panel, tests: Backtests, said: _Said, weights: Floats, place: int, steps: Wholes, levels: Floats
) -> tuple[Floats, Floats]:
    """Mean (items) and quantiles (items x levels) of the sum of some steps; place: of this target."""
    judged = [judge(past, levels) for past in _pasts(tests, place, steps, np.arange(len(levels)))]
    total = np.nan_to_num(said.paths[..., steps].sum(axis=-1))
    restless = restlessness(panel.demand, panel.begun, len(steps))
    wide = np.stack([one.calibration.spread.of(now, restless) for one, now in zip(judged, total, strict=True)])
    bands = np.stack(
        [
            one.calibration.bands(now, spread, np.nan_to_num(said.told[model][place]) if model in said.told else None)
            for model, (one, now, spread) in enumerate(zip(judged, total, wide, strict=True))
        ]
    )
    blended, spread = (weights[..., None] * bands).sum(axis=0), (weights * wide).sum(axis=0)
    correction = _correction(judged, tests.weight, weights, levels)
    return (weights * total).sum(axis=0), correction.corrected(blended, spread, levels)


def _correction(judged: list[Judged], weight: Floats, weights: Floats, levels: Floats) -> Correction:
    """How the blend's quantiles must be corrected: a blend is narrower or wider than its members are."""
    part = np.stack(
        [np.where(one.past.weight > 0, share[:, None], 0.0) for one, share in zip(judged, weights, strict=True)]
    )
    total = part.sum(axis=0)
    part = part / np.maximum(total, 1e-300)
    blended = sum(share[..., None] * one.bands for share, one in zip(part, judged, strict=True))
    wide = np.maximum(sum(share * one.wide for share, one in zip(part, judged, strict=True)), 1e-9)
    return correction_of(replace(judged[0].past, weight=np.where(total > 0, weight, 0.0)), blended, wide, levels)


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
