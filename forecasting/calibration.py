"""From point forecasts and their errors in backtests to quantiles: split conformal prediction with a learned spread.

An error is measured in the spread that its forecast had to expect, a law over all items: spread = a P^b R^c, with P
the forecast and R how restless the item's own history is. Standardised errors of all items are pooled; their quantiles
among forecasts of about the same relative spread, added to the point forecast, are its quantiles. An item's few errors
of its own are left out: six backtests say less of its spread than its whole history does.

A model that tells quantiles itself is believed: moved by its errors at a few origins they did worse. The blend of all
is moved by as many spreads as it takes for as much to fall below each quantile as it says (conformalised quantile
regression, Romano, Patterson, Candès 2019), and stretched by as much of its errors as all items had in common: many
items at a few origins are few trials of a peak.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.panel import Flags, Floats, Wholes

_BINS: Final = 3
_PRIOR_WEIGHT: Final = 3.0
"""Weight of the normal law among the pooled errors of a bin, for panels of few items."""
_NORMAL: Final = np.array([-1.96, -1.44, -1.15, -0.93, -0.76, -0.6, -0.45, -0.32, -0.19, -0.06])
_PRIOR_ERROR_SHAPE: Final = np.concatenate([_NORMAL, -_NORMAL[::-1]])
LEAST: Final = 0.05
"""Pieces below which differences of forecasts mean nothing."""
_LEAST_VARIANCE: Final = 0.02
_HISTORY: Final = 52
_FLOOR: Final = 0.2
_PULL: Final = 0.5
_DRAWN_TO: Final = np.array([0.0, 0.5, 0.5])
_PRIOR_OF_SHIFT: Final = 60.0
"""Backtests after which the correction of quantiles counts half."""
_MIDDLE: Final = 0.5
_FEW_ORIGINS: Final = 2.0
"""By how much more the variance in common may be than backtests showed: they overlap, and are worth about four."""
_FARTHEST: Final = 4.0
"""Spreads beyond which an error is taken to be as far, so that one flood is not the luck of all."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a model said in backtests: rows are items, columns origins.

    restless: pieces by which the total of the periods asked for moves by chance, as known at the origin.
    weight: how much each backtest says, 0 where nothing is known. told: the quantiles that the model told itself (last
    axis levels); None for one that foretells the mean.
    """

    said: Floats
    came: Floats
    restless: Floats
    weight: Floats
    told: Floats | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How far forecasts miss: logarithm at one piece, and the powers of the forecast and of the restlessness."""

    base: float
    by_forecast: float
    by_restlessness: float

    def of(self, said: Floats, restless: Floats) -> Floats:
        """The spread to expect of forecasts, in pieces."""
        told = self.by_forecast * np.log(np.maximum(np.nan_to_num(said), LEAST))
        told = self.base + told + self.by_restlessness * np.log(np.maximum(restless, LEAST))
        return np.asarray(np.exp(told), dtype=np.float64)


def restlessness(demand: Floats, begun: Wholes, horizon: int) -> Floats:
    """Pieces by which the total of `horizon` periods moves by chance, told from up to a year of an item's history.

    From the variance of square roots, which one great period moves little; never below that of a rare single sale.
    """
    width = demand.shape[1]
    recent = demand[:, max(0, width - _HISTORY) :]
    lived = np.arange(recent.shape[1]) >= (begun - max(0, width - _HISTORY))[:, None]
    count = np.maximum(lived.sum(axis=1), 1)
    roots = np.where(lived, np.sqrt(recent), 0.0)
    mean = np.where(lived, recent, 0.0).sum(axis=1) / count
    variance = np.maximum((roots**2).sum(axis=1) / count - (roots.sum(axis=1) / count) ** 2, _LEAST_VARIANCE)
    return np.asarray(np.sqrt(4 * horizon * np.maximum(mean, LEAST) * variance), dtype=np.float64)


def spread_of(past: Past) -> Spread:
    """Learns the law by least squares on logarithms, drawn a little towards the geometric mean of both measures."""
    used = past.weight > 0
    if not used.any():
        return Spread(0.0, 0.5, 0.5)
    weight = past.weight[used] / past.weight[used].mean()
    restless = np.maximum(past.restless[used], LEAST)
    measured = np.stack([np.ones(len(weight)), np.log(np.maximum(past.said[used], LEAST)), np.log(restless)])
    # A share of the restlessness is added, because the logarithm of a chance hit has no floor.
    missed = np.log(np.abs(past.came[used] - past.said[used]) + _FLOOR * restless)
    prior = np.diag([0.0, _PULL, _PULL])
    found = np.linalg.solve((measured * weight) @ measured.T + prior, (measured * weight) @ missed + prior @ _DRAWN_TO)
    return Spread(float(found[0]), float(found[1]), float(found[2]))


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """Quantiles of standardised errors, by the relative spread of the forecast: rows are bins, columns levels."""

    centres: Floats
    table: Floats

    def of(self, relative: Floats) -> Floats:
        """The quantiles for each of many forecasts, interpolated between bins."""
        place = np.log(np.maximum(relative, 1e-3))
        return np.stack([np.interp(place, self.centres, column) for column in self.table.T], axis=-1)


def shape_of(errors: Floats, relative: Floats, weight: Floats, levels: Floats) -> ErrorShape:
    """Learns the shape from standardised errors (one-dimensional), the relative spread of each, and its weight."""
    used: Flags = weight > 0
    errors, places, weight = errors[used], np.log(np.maximum(relative[used], 1e-3)), weight[used]
    order = np.argsort(places, kind="stable")
    bins = [group for group in np.array_split(order, _BINS) if len(group)] or [order]
    unit = float(weight.mean()) if len(weight) else 1.0
    rows = [
        weighted_quantiles(
            np.concatenate([errors[group], _PRIOR_ERROR_SHAPE]),
            np.concatenate([weight[group] / unit, np.full(20, _PRIOR_WEIGHT / 20)]),
            levels,
        )
        for group in bins
    ]
    centres = [float(np.median(places[group])) if len(group) else 0.0 for group in bins]
    return ErrorShape(np.array(centres) + np.arange(len(bins)) * 1e-9, np.array(rows))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How what a model says becomes quantiles that hold."""

    spread: Spread
    shape: ErrorShape

    def bands(self, said: Floats, wide: Floats, told: Floats | None) -> Floats:
        """Quantiles (last axis) of forecasts whose spread is `wide`: those that the model told, if it did."""
        if told is not None:
            return told
        return np.maximum(said[..., None] + wide[..., None] * self.shape.of(wide / np.maximum(said, LEAST)), 0.0)


def calibrate(past: Past, levels: Floats) -> Calibration:
    """Learns from a model's backtests how far its forecasts miss."""
    spread = spread_of(past)
    wide = spread.of(past.said, past.restless)
    errors, relative = (past.came - past.said) / wide, wide / np.maximum(past.said, LEAST)
    return Calibration(spread, shape_of(errors.ravel(), relative.ravel(), past.weight.ravel(), levels))


@dataclass(frozen=True, slots=True)
class Correction:
    """What the backtests of a blend teach of its quantiles. shift: spreads by which each must move (levels).

    stretch: by how much each must lie farther from the middle one.
    """

    shift: Floats
    stretch: float

    def corrected(self, quantiles: Floats, wide: Floats, levels: Floats) -> Floats:
        """Quantiles (items x levels) of forecasts whose spread is `wide`, corrected: growing, and from 0 up."""
        moved = np.maximum(np.sort(quantiles + wide[:, None] * self.shift, axis=1), 0.0)
        middle = moved[:, [np.searchsorted(levels, _MIDDLE)]]
        return np.asarray(np.maximum(middle + (moved - middle) * self.stretch, 0.0), dtype=np.float64)


def correction_of(past: Past, bands: Floats, wide: Floats, levels: Floats) -> Correction:
    """Learns how quantiles (bands: items x origins x levels, _MIDDLE among them) must be corrected.

    wide: items x origins, the spread each forecast had to expect.
    """
    if not (past.weight > 0).any():
        return Correction(np.zeros(len(levels)), 1.0)
    left = (past.came[..., None] - bands) / wide[..., None]
    luck = shared_luck(left[..., np.searchsorted(levels, _MIDDLE)], past.weight)
    return Correction(_shift(left, past.weight, levels), float(np.sqrt(1 + _FEW_ORIGINS * luck)))


def _shift(left: Floats, weight: Floats, levels: Floats) -> Floats:
    """By how many spreads each quantile must move, so that as much falls below it as it says.

    Those below the middle move down only: a low end that held at a few origins is no promise.
    """
    used = weight > 0
    count = float(used.sum())
    columns = zip(left[used].T, levels[:, None], strict=True)
    moved = np.array([weighted_quantiles(column, weight[used], level)[0] for column, level in columns])
    moved = np.where(levels < _MIDDLE, np.minimum(moved, 0.0), moved)
    return np.asarray(moved * count / (count + _PRIOR_OF_SHIFT), dtype=np.float64)


def shared_luck(errors: Floats, weight: Floats) -> float:
    """The share of the variance of standardised errors (items x origins) that all items of an origin have in common.

    From 0 to 1, by analysis of variance: the intraclass correlation of one rating (Shrout, Fleiss 1979, case 1).
    """
    known = weight.sum(axis=0) > 0
    if known.sum() < 2:
        return 0.0
    errors, weight = np.clip(errors[:, known], -_FARTHEST, _FARTHEST), weight[:, known]
    total = weight.sum(axis=0)
    mean = (weight * errors).sum(axis=0) / total
    within = float((weight * (errors - mean) ** 2).sum() / total.sum())
    part = total / total.sum()
    origins, items = 1 / (part**2).sum(), total**2 / (weight**2).sum(axis=0)
    between = (part * (mean - part @ mean) ** 2).sum() * origins / max(origins - 1, 1.0)
    common = max(float(between - within * (part / items).sum()), 0.0)
    return common / max(common + within, 1e-300)


def weighted_quantiles(values: Floats, weight: Floats, levels: Floats) -> Floats:
    """The quantiles of weighted values, between neighbours by interpolation of their cumulated weight."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order]) - weight[order] / 2
    return np.interp(levels, below / weight.sum(), values[order])
