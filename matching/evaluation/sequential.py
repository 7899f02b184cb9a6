"""Watches a running split of requests between two rankers, and may be asked after every request.

**Harm** is tested by betting (Waudby-Smith and Ramdas 2024). Each request gives one number whose mean is the
difference in conversion, candidate minus live: (deal - guess) x (1 / share for the candidate's, -1 / (1 - share) for
the live one's); the guess is the conversion of earlier requests and only makes it calmer. A gambler who bets a
constant part of his wealth against the candidate cannot, on average, win while the candidate is no worse. So the
chance that his wealth ever reaches 1 / .05 is at most .05 (Ville's inequality), however often one looks, whatever
drifts, with no approximation for few requests. Several parts are bet at once and their wealth is averaged, a mixture
as in the mixture sequential probability ratio test, since nobody knows how large a harm would be.

The interval holds every difference that no gambler, on either side, has won 1 / .025 against: it covers the true one at
all times at once with 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.evaluation.log import Floats

ALARM: Final = 0.05
"""The largest chance with which a candidate that does no harm is ever stopped."""
_PARTS: Final = np.array([1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2])
_PRIOR_DEALS, _PRIOR_REQUESTS = 1.0, 4.0
_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Trial:
    """One request of a split, once its time has run. share: the probability with which the candidate ranked it."""

    candidate: bool
    share: float
    deal: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of a split so far, valid at any time.

    evidence: the gambler's wealth now; most: the largest it ever was. stopped_at: after how many requests it first
    reached 1 / alarm; None while it has not. low, high: of the difference in deals per request; -1 and 1 at first.
    """

    candidate: int
    candidate_deals: int
    live: int
    live_deals: int
    evidence: float
    most: float
    stopped_at: int | None
    low: float
    high: float

    @property
    def harms(self) -> bool:
        return self.stopped_at is not None


def watch(trials: Sequence[Trial], alarm: float = ALARM) -> Watched:
    """trials: in the order in which requests came. Raises ValueError for a share that is not between 0 and 1."""
    if any(not 0.0 < trial.share < 1.0 for trial in trials):
        raise ValueError("a split needs a share above 0 and below 1")
    ours = [trial for trial in trials if trial.candidate]
    others = [trial for trial in trials if not trial.candidate]
    signs, reach = differences(trials)
    wealth = wealths(signs, reach)
    crossed = np.flatnonzero(wealth >= 1.0 / alarm)
    low, high = interval(signs, reach, alarm)
    return Watched(
        candidate=len(ours),
        candidate_deals=sum(trial.deal for trial in ours),
        live=len(others),
        live_deals=sum(trial.deal for trial in others),
        evidence=float(wealth[-1]) if len(wealth) else 1.0,
        most=max(1.0, float(wealth.max())) if len(wealth) else 1.0,
        stopped_at=int(crossed[0]) + 1 if len(crossed) else None,
        low=low,
        high=high,
    )


def differences(trials: Sequence[Trial]) -> tuple[Floats, Floats]:
    """For each request a number whose mean is the difference, and how far from zero it can lie at most."""
    deals = np.array([trial.deal for trial in trials], dtype=float)
    ours = np.array([trial.candidate for trial in trials], dtype=bool)
    share = np.array([trial.share for trial in trials], dtype=float)
    earlier = np.concatenate([[0.0], np.cumsum(deals)[:-1]]) if len(deals) else deals
    guess = (earlier + _PRIOR_DEALS) / (np.arange(len(deals)) + _PRIOR_REQUESTS)
    return (deals - guess) * np.where(ours, 1.0 / share, -1.0 / (1.0 - share)), np.maximum(1 / share, 1 / (1 - share))


def wealths(signs: Floats, reach: Floats) -> Floats:
    """Wealth after each request of who bets that the mean of `signs` is below zero."""
    growth = np.log1p(-_PARTS[:, None] * (signs / reach)[None, :]).cumsum(axis=1)
    return np.asarray(np.exp(growth).mean(axis=0))


def interval(signs: Floats, reach: Floats, alarm: float = ALARM) -> tuple[float, float]:
    """The differences that nobody has yet won against, to two digits, outward."""
    if not len(signs):
        return -1.0, 1.0
    return -_end(-signs, reach, alarm), _end(signs, reach, alarm)


def _end(signs: Floats, reach: Floats, alarm: float) -> float:
    """The smallest difference that is too large: who bet that the mean lies below it has won. More is won against
    more."""
    low, high = -_STEPS - 1, _STEPS
    while high - low > 1:
        middle = (low + high) // 2
        won = wealths(signs - middle / _STEPS, reach + 1.0).max() >= 2.0 / alarm
        low, high = (low, middle) if won else (middle, high)
    return high / _STEPS
