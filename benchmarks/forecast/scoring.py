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
    """How a method stands to the best single model: the peer with the lowest mean loss over the sets.

    ratio: the method's mean by that model's. worst set: the largest ratio to that model on a set. Told twice, with the
    arithmetic mean, in which sets with large losses weigh more, and with the geometric mean, in which all weigh alike.
    in hindsight: ratios to whichever peer is the best on each set, which nobody can know beforehand.
    """
    lost = {name: np.array([told[name] for told in losses.values()]) for name in (method, *peers)}
    hindsight = lost[method] / np.min([lost[name] for name in peers], axis=0)
    return {
        "of means": _to_best(losses, lost, method, {name: float(told.mean()) for name, told in lost.items()}),
        "sets alike": _to_best(losses, lost, method, {name: _geometric(told) for name, told in lost.items()}),
        "in hindsight": {"ratio": round(_geometric(hindsight), 4), "worst set": _largest(losses, hindsight)},
    }


def _to_best(losses: Losses, lost: Mapping[str, Floats], method: str, means: Mapping[str, float]) -> dict[str, Any]:
    best = min((name for name in means if name != method), key=lambda name: means[name])
    return {
        "best single model": best,
        "ratio": round(means[method] / means[best], 4),
        "worst set": _largest(losses, lost[method] / lost[best]),
    }


def _geometric(values: Floats) -> float:
    return float(np.exp(np.log(values).mean()))


def _largest(losses: Losses, ratios: Floats) -> dict[str, Any]:
    place = int(ratios.argmax())
    return {"set": list(losses)[place], "ratio": round(float(ratios[place]), 4)}
