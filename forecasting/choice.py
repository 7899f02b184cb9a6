"""Chooses among models for every item: weights by how each did in backtests, shrunk to how it did for like items.

A blend of models weighted by softmax of their losses does better than the one that did best, which is mostly luck.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.calibration import LEAST, Calibration, Past, calibrate
from forecasting.panel import Flags, Floats, Panel, Wholes

LEVELS: Final = np.array([0.5, 0.67, 0.75, 0.9, 0.95])
"""The quantiles by which models are judged: those that stock is ordered by."""
_TEMPERATURE: Final = 0.035
"""A loss greater by this share of the least weighs a model down by e."""
_OWN_ORIGINS: Final = 100.0
"""Backtests of its own after which an item's record counts as much as that of like items."""
_SEGMENT_ITEMS: Final = 20.0
_LEAST_HEARD: Final = 40.0
"""A model tried on less than so many backtests is not believed more than its share of them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One model against its backtests of one target.

    wide: items x origins, the spread each forecast had to expect. bands: items x origins x levels. loss: items x
    origins, pinball over all levels in pieces.
    """

    past: Past
    calibration: Calibration
    wide: Floats
    bands: Floats
    loss: Floats


def judge(past: Past, levels: Floats = LEVELS) -> Judged:
    """Calibrates one model and says what its quantiles would have lost."""
    calibration = calibrate(past, levels)
    wide = calibration.spread.of(past.said, past.restless)
    bands = calibration.bands(past.said, wide, past.told)
    loss = pinball(past.came, bands, levels).mean(axis=-1)
    return Judged(past, calibration, wide, bands, np.where(past.weight > 0, loss, np.nan))


def pinball(came: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """The pinball loss of each quantile (last axis) of what came."""
    missed = came[..., None] - quantiles
    return np.maximum(levels * missed, (levels - 1) * missed)


def weights_of(
    judged: list[Judged],
    able: Flags,
    asked: Flags,
    weight: Floats,
    segments: Wholes,
    reference: int,
    prior: Floats,
) -> Floats:
    """Models x items: how much each model counts, summing to one over the models that say anything.

    prior: what each counts where all did equally well, so that many that say much the same do not outvote one.
    able: models x items, whether the model says anything now. segments: which items are alike. reference: the model
    whose losses all others are measured in, on the same backtests, so that a model that speaks only in calm times
    gains nothing by it; where it was asked and said nothing it counts as the reference does. asked: models x items x
    origins.
    """
    losses = np.stack([one.loss for one in judged])
    measure = losses[reference]
    shared = np.isfinite(losses) & np.isfinite(measure)
    # Every item counts alike, whatever its size.
    size = np.where(np.isfinite(measure), weight * measure, 0.0).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300)
    part = weight / np.maximum(size, LEAST / 10)[:, None] / (weight[weight > 0].mean() if (weight > 0).any() else 1.0)
    lost = np.where(shared, part * np.nan_to_num(losses), 0.0).sum(axis=2)
    by_reference = np.where(shared, part * np.nan_to_num(measure), 0.0).sum(axis=2)
    heard = np.where(asked & np.isfinite(measure), part * np.nan_to_num(measure), 0.0).sum(axis=2)
    gained = by_reference - lost
    overall = gained.sum(axis=1) / np.maximum(heard.sum(axis=1), _LEAST_HEARD)
    pooled = np.empty_like(gained)
    for segment in np.unique(segments):
        members = segments == segment
        pooled[:, members] = (
            (gained[:, members].sum(axis=1) + _SEGMENT_ITEMS * overall)
            / (heard[:, members].sum(axis=1) + _SEGMENT_ITEMS)
        )[:, None]
    share = (gained + _OWN_ORIGINS * pooled) / (heard + _OWN_ORIGINS)
    raw = np.where(able, prior[:, None] * np.exp(np.clip(share / _TEMPERATURE, -60, 60)), 0.0)
    return np.asarray(raw / np.maximum(raw.sum(axis=0), 1e-300), dtype=np.float64)


def segments_of(panel: Panel) -> Wholes:
    """Which items are alike: by the length of their history, and by how often nothing is sold."""
    ages = np.digitize(panel.ages, (13, 26, 60, 104))
    recent = panel.demand[:, -26:]
    lived = np.arange(panel.demand.shape[1])[-26:] >= panel.begun[:, None]
    empty = ((recent <= 0) & lived).sum(axis=1) / np.maximum(lived.sum(axis=1), 1)
    return np.asarray(ages * 3 + np.digitize(empty, (0.15, 0.5)), dtype=np.int64)
