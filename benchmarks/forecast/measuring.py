"""Lets methods forecast a set from each of its origins, and tells what their forecasts were worth."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.forecast.evaluation import EvaluationSet, sample_of
from benchmarks.forecast.meter import Meter
from benchmarks.forecast.methods import AVERAGE, ENGINE, PEERS, SAMPLED
from benchmarks.forecast.peers import Quantiles
from benchmarks.forecast.scoring import inside, paired, scaled_losses
from forecasting.panel import Flags, Floats, Wholes

Told = dict[str, Floats]
"""For each method what it says of every item (rows) at scoring.ASKED (columns); NaN for items it was not asked for."""
Scores = dict[str, Floats]
"""For each method a figure for each item of all parts of a set, a mean over its origins; NaN where there is none."""


def measured(
    parts: Sequence[EvaluationSet], methods: Mapping[str, Quantiles], sample: int, kept: Path | None = None
) -> dict[str, Any]:
    """The figures of one set, whose parts are its markets.

    sample: items of each part that SAMPLED methods forecast. kept: a folder of the peers' forecasts of an earlier run.
    """
    meter, losses, hits, chosen = Meter(kept), [], [], []
    for part in parts:
        rows = sample_of(part, sample)
        scored = [_scored(part, origin, _all_told(meter, part, origin, methods, rows)) for origin in part.origins]
        losses.append({name: _row_means([loss[name] for loss, _ in scored]) for name in scored[0][0]})
        hits.append({name: _row_means([hit[name] for _, hit in scored]) for name in scored[0][0]})
        chosen.append(np.isin(np.arange(len(part.panel)), rows))
    figures = {
        "items": [int(np.isfinite(next(iter(part.values()))).sum()) for part in losses],
        "origins": [list(part.origins) for part in parts],
        "items in the sample": [int(sampled.sum()) for sampled in chosen],
        "forecasts of an earlier run": meter.taken_over,
    }
    return figures | _figures(_joined(losses), _joined(hits), np.concatenate(chosen)) | {"cpu": meter.per_thousand()}


def _all_told(meter: Meter, part: EvaluationSet, origin: int, methods: Mapping[str, Quantiles], sample: Wholes) -> Told:
    everything = np.arange(len(part.panel))
    told = {
        name: meter.told(name, method, part, origin, sample if name in SAMPLED else everything)
        for name, method in methods.items()
    }
    peers = [told[name] for name in PEERS if name in told]
    return told | ({AVERAGE: np.mean(peers, axis=0)} if len(peers) == len(PEERS) else {})


def _scored(part: EvaluationSet, origin: int, told: Told) -> tuple[Scores, Scores]:
    """Losses and hits (1 or 0) of each item at an origin; NaN for items that are not scored there."""
    counted, wanted, scale = part.counted(origin), part.wanted(origin), np.where(part.levels > 0, part.levels, np.nan)
    losses = {name: np.where(counted, scaled_losses(said, wanted, scale), np.nan) for name, said in told.items()}
    hits = {
        name: np.where(counted & np.isfinite(said[:, 0]), inside(said, wanted), np.nan) for name, said in told.items()
    }
    return losses, hits


def _figures(losses: Scores, hits: Scores, sample: Flags) -> dict[str, Any]:
    whole = [name for name in losses if name not in SAMPLED]
    figures: dict[str, Any] = {
        "loss": _means(losses, whole),
        "loss on the sample": _means({name: found[sample] for name, found in losses.items()}, losses),
        "coverage": _means(hits, hits),
    }
    if ENGINE in losses:
        figures["weft minus"] = {
            name: paired(losses[ENGINE][both], found[both])
            for name, found in losses.items()
            if name != ENGINE
            for both in [np.isfinite(losses[ENGINE]) & np.isfinite(found)]
        }
    return figures


def _means(scores: Scores, names: Collection[str]) -> dict[str, float]:
    return {name: round(float(np.nanmean(scores[name])), 4) for name in names}


def _joined(parts: Sequence[Scores]) -> Scores:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _row_means(columns: Sequence[Floats]) -> Floats:
    """The mean of each row over the columns in which it has a figure; NaN where it has none."""
    table = np.column_stack(columns)
    counts = np.isfinite(table).sum(axis=1)
    return np.where(counts > 0, np.nansum(table, axis=1) / np.maximum(counts, 1), np.nan)
