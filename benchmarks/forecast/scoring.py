"""What a forecast of lead-time demand is worth: scaled pinball loss, coverage, paired differences, ratios."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecasting.panel import Flags, Floats

QUANTILES: Final = (0.5, 0.67, 0.75, 0.9, 0.95, 0.975)
"""The chances of not running out that the loss is the mean of."""
INTERVAL: Final = (0.05, 0.95)
ASKED: Final = (0.05, *QUANTILES)
"""What every method is asked for."""
_DRAWS: Final = 10_000

Losses = Mapping[str, Mapping[str, float]]
"""For each set the mean loss of each method."""


def pinball(levels: Floats, told: Floats, wanted: Floats) -> Floats:
    """The mean pinball loss of each series over quantiles: of probability q, q a piece short and 1 - q a piece over.

    levels: probabilities (k); told: quantiles (series, k); wanted: what came (series).
    """
    short = wanted[:, None] - told
    return np.asarray(np.maximum(levels * short, (levels - 1) * short).mean(axis=1), dtype=np.float64)


def scaled_losses(told: Floats, wanted: Floats, scale: Floats) -> Floats:
    """The pinball loss of each series over QUANTILES in weeks of its own mean demand. told: (series, ASKED)."""
    places = [ASKED.index(quantile) for quantile in QUANTILES]
    return pinball(np.array(QUANTILES), told[:, places], wanted) / scale


def inside(told: Floats, wanted: Floats) -> Flags:
    """Whether what came lies in the 90 % interval of each series, its ends included. told: (series, ASKED)."""
    low, high = (told[:, ASKED.index(end)] for end in INTERVAL)
    return (low <= wanted) & (wanted <= high)


def paired(ours: Floats, theirs: Floats, seed: int = 0) -> dict[str, float]:
    """The mean of ours - theirs over series with its 95 % interval by bootstrap over series; below 0 we are better."""
    difference = ours - theirs
    drawn: NDArray[np.int64] = np.random.default_rng(seed).integers(0, len(difference), (_DRAWS, len(difference)))
    low, high = np.quantile(difference[drawn].mean(axis=1), [0.025, 0.975])
    return {"mean": round(float(difference.mean()), 4), "from": round(float(low), 4), "to": round(float(high), 4)}


def against_the_best(losses: Losses, method: str, peers: tuple[str, ...]) -> dict[str, Any]:
    """How a method stands to the best single model, which is the one peer with the lowest mean loss over the sets.

    mean ratio: the method's mean loss over the sets by that model's. mean of ratios: the mean over the sets of its loss
    by that model's, so that sets with large losses weigh no more. worst set: the largest of those ratios. in hindsight:
    the same against whichever peer is the best on each set, which nobody can know beforehand.
    """
    means = {name: float(np.mean([losses[each][name] for each in losses])) for name in (method, *peers)}
    best = min(peers, key=lambda name: means[name])
    ratios = {each: told[method] / told[best] for each, told in losses.items()}
    hindsight = {each: told[method] / min(told[name] for name in peers) for each, told in losses.items()}
    return {
        "best single model": best,
        "mean ratio": round(means[method] / means[best], 4),
        "mean of ratios": round(float(np.mean(list(ratios.values()))), 4),
        "worst set": _largest(ratios),
        "in hindsight": {
            "mean of ratios": round(float(np.mean(list(hindsight.values()))), 4),
            "worst set": _largest(hindsight),
        },
    }


def _largest(ratios: Mapping[str, float]) -> dict[str, Any]:
    worst = max(ratios, key=lambda each: ratios[each])
    return {"set": worst, "ratio": round(ratios[worst], 4)}
