"""The figures of many markets: one by one, pooled, and the controls."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.market.figures import ENGINES, Season, parts, recovered, summary, trust

Seasons = Mapping[str, Season]
_SILENT = "no-signal "


def report(by_seed: Mapping[int, Seasons]) -> dict[str, object]:
    """seeds: the figures of each market. pooled: means over markets, with the spread, and pooled calibration."""
    return {
        "seeds": {str(seed): summary(_played(seasons)) for seed, seasons in sorted(by_seed.items())},
        "pooled": _pooled(list(by_seed.values())),
    }


def _played(seasons: Seasons) -> dict[str, Season]:
    return {name: season for name, season in seasons.items() if not name.startswith(_SILENT)}


def _pooled(markets: Sequence[Seasons]) -> dict[str, object]:
    names = [name for name in markets[0] if not name.startswith(_SILENT)]
    told: dict[str, object] = {name: _pooled_policy(markets, name) for name in names}
    shares = {name: [recovered(one[name], one["cosine"], one["oracle"]) for one in markets] for name in names}
    if "engine" in shares:
        for other in ("blind", "logistic", "lightgbm"):
            if other in shares:
                told[f"engine_minus_{other}"] = _spread(np.subtract(shares["engine"], shares[other]).tolist())
    if "asking" in shares and "engine" in shares:
        told["asking_minus_engine"] = _spread(np.subtract(shares["asking"], shares["engine"]).tolist())
    if "shuffled" in shares and "blind" in shares:
        told["shuffled_minus_blind"] = _spread(np.subtract(shares["shuffled"], shares["blind"]).tolist())
    if f"{_SILENT}engine" in markets[0]:
        gaps = [one[f"{_SILENT}engine"].share - one[f"{_SILENT}cosine"].share for one in markets]
        told["no_signal_engine_minus_cosine"] = _spread(gaps)
        told["no_signal_trust"] = trust([one[f"{_SILENT}engine"] for one in markets])
    return told


def _pooled_policy(markets: Sequence[Seasons], name: str) -> dict[str, object]:
    seasons = [one[name] for one in markets]
    told: dict[str, object] = {
        "deals_per_lead": _spread([season.share for season in seasons]),
        "recovered": _spread([recovered(one[name], one["cosine"], one["oracle"]) for one in markets]),
        "cpu_seconds": _spread([season.cpu_seconds for season in seasons]),
    }
    if name in ENGINES:
        told["trust"] = trust(seasons)
        told["parts"] = parts(seasons)
    return told


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, lowest, highest, and the standard error of the mean over markets."""
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
    return {"mean": float(np.mean(values)), "lowest": min(values), "highest": max(values), "standard_error": error}
