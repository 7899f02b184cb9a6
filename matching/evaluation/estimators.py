"""Deals per request that another policy would have made, from what the logged one showed with known propensities.

A request shows several factories and makes one deal at most: its factories compete. So a factory that moves up takes
deals from its neighbours too, and counting each lead by itself would see the gain and never the loss.

**Places** (`inverse_propensity`, `self_normalised`, `doubly_robust`). What counts is whether the request made a deal,
never whose it was, weighed by 1 + the sum over places of (target / logged - 1): the pseudo-inverse of a slate whose
places are drawn independently (Swaminathan and others 2017). Assumed: places add up, so what a factory changes in a
place does not depend on who else was exchanged in the same request; exploration exchanges one place at a time nearly
always. Where the target shows two factories of one logged place, what a place is worth by itself is not in the log,
and only the doubly robust one is right, as far as its model is. The product of all places would assume nothing, with
weights of thousands.

**Rates** (`by_rates`). Assumed: each factory brings a rate of its own, and whoever made the deal did in proportion to
it. Then who made it tells each rate, and a model's rates are corrected lead by lead: far narrower for two rankers.

**Intervals** are sandwich intervals over requests, each of which is one number however many leads it has. Their
quantile is Student's with as many degrees of freedom as the weights leave. A few heavy weights make an estimate
skewed, mostly a little too low and seldom far too high; Hall's transformation (1992) moves the ends for it. Weights
are cut at `log.MOST_WEIGHT`; how many were is said.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.special import stdtrit  # type: ignore[import-untyped]  # scipy ships no types.

from matching.evaluation.log import Floats, Log

LEAST_REQUESTS: Final = 30
LEAST_DEALS: Final = 8
LEAST_EFFECTIVE: Final = 30.0
LEAST_SEEN: Final = 50.0
"""So many draws of factories that the target policy shows much more often than the logged one are needed, on average:
below, most samples hold too few of them and no interval can tell. Not asked where they are almost nothing."""
ALMOST_NOTHING: Final = 0.01
MOST_UNSUPPORTED: Final = 0.05
"""Of what the target policy shows, the share that the logged one may never have shown; above it there is no answer."""
_UPPER: Final = 0.975
_STRAIGHT: Final = 1e-6


class Refusal(StrEnum):
    """Why there is no answer. FEW: too few requests, deals or draws of what the target shows. SUPPORT: the target shows
    too much that the logged policy could never show. MODEL: no reward model's forecasts."""

    FEW = "few"
    SUPPORT = "support"
    MODEL = "model"


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Deals per request of a policy, or a difference of two.

    value, low, high: with 95 % confidence; None when refused. refusal: why. requests, leads, deals: behind it.
    effective: so many equally weighed requests (by rates: leads) would
    tell as much. cut: how many weights were. unsupported: the share of what the
    target shows that the logged policy could never show. leads_each: how many leads the target gives a request.
    influence: what each request moves the value by, for paired differences.
    """

    value: float | None
    low: float | None
    high: float | None
    refusal: Refusal | None
    requests: int
    leads: int
    deals: int
    effective: float
    cut: int
    unsupported: float
    leads_each: float
    influence: Floats

    @property
    def told(self) -> bool:
        return self.refusal is None

    @property
    def a_lead(self) -> tuple[float, float, float] | None:
        """Deals per lead: value, low, high. None when refused."""
        if self.value is None or self.low is None or self.high is None or not self.leads_each:
            return None
        return self.value / self.leads_each, self.low / self.leads_each, self.high / self.leads_each


def naive(log: Log) -> Estimate:
    """What was logged, whatever the target: the plain mean of the deals that were made."""
    none = np.zeros(log.requests)
    as_shown = replace(log, weight=none + 1.0, wanted=log.leads, unsupported=none, seldom_wanted=none, cut=none)
    return _estimate(as_shown, log.deal)


def inverse_propensity(log: Log) -> Estimate:
    """Each request counts as often as it is weighed."""
    return _estimate(log, log.weight * log.deal)


def self_normalised(log: Log) -> Estimate:
    """Inverse propensity over the sum of the weights that there are instead of those expected: a little bias, less
    noise."""
    mean = float(log.weight.mean()) if log.requests else 0.0
    if mean <= 0.0:
        return _bare(log, Refusal.FEW)
    value = float((log.weight * log.deal).mean()) / mean
    return _estimate(log, value + log.weight * (log.deal - value) / mean)


def doubly_robust(log: Log) -> Estimate:
    """What a reward model expects of the target policy, corrected by how far it missed on the requests that were shown.

    Right where the weights are, whatever the model says; the better the model, the narrower. Of what could never be
    shown, and of what weights that were cut leave out, the model alone speaks.
    """
    if np.isnan(log.expected).any():
        return _bare(log, Refusal.MODEL)
    return _estimate(log, log.expected + log.weight * (log.deal - log.foreseen))


def by_rates(log: Log) -> Estimate:
    """As `doubly_robust`, with the model corrected by who made the deal; see above for what that assumes.

    The level of the model's rates was set from the same log (`log.level`); what is not known of it widens the interval.
    """
    if np.isnan(log.expected).any():
        return _bare(log, Refusal.MODEL)
    effective = _effective(log.each, log.squares)
    shift = float(log.moved.mean()) / float(log.moved_foreseen.mean()) if log.moved_foreseen.any() else 0.0
    return _estimate(log, log.expected + log.missed + shift * (log.deal - log.foreseen), effective)


def difference(other: Estimate, base: Estimate) -> Estimate:
    """What `other` brings above `base`, paired by request: what both show alike cancels. Raises ValueError when they
    are not of the same requests."""
    if len(other.influence) != len(base.influence):
        raise ValueError("a paired difference needs the same requests on both sides")
    worst = other if other.effective <= base.effective else base
    if other.value is None or base.value is None:
        return replace(worst, value=None, low=None, high=None, refusal=other.refusal or base.refusal)
    influence, value = other.influence - base.influence, other.value - base.value
    low, high = _interval(value, influence, worst.effective)
    unsupported = max(other.unsupported, base.unsupported)
    return replace(worst, value=value, low=low, high=high, influence=influence, unsupported=unsupported)


def _estimate(log: Log, earned: Floats, effective: float | None = None) -> Estimate:
    """The mean of what each request earned, unless too little is known. effective: of the weights by places unless
    given."""
    effective = _effective(log.weight, log.weight**2) if effective is None else effective
    bare = replace(_bare(log, _refusal(log, effective)), effective=effective)
    if not bare.told:
        return bare
    value = float(earned.mean())
    low, high = _interval(value, earned - value, effective)
    return replace(bare, value=value, low=max(0.0, low), high=min(1.0, high), influence=earned - value)


def _refusal(log: Log, effective: float) -> Refusal | None:
    if log.requests == 0:
        return Refusal.FEW
    if log.unsupported.sum() > MOST_UNSUPPORTED * log.wanted.sum():
        return Refusal.SUPPORT
    if log.seldom_wanted.sum() > ALMOST_NOTHING * log.wanted.sum() and log.seldom_shown.sum() < LEAST_SEEN:
        return Refusal.FEW
    enough = log.requests >= LEAST_REQUESTS and log.deal.sum() >= LEAST_DEALS and effective >= LEAST_EFFECTIVE
    return None if enough else Refusal.FEW


def _bare(log: Log, refusal: Refusal | None) -> Estimate:
    wanted = float(log.wanted.sum())
    return Estimate(
        value=None,
        low=None,
        high=None,
        refusal=refusal,
        requests=log.requests,
        leads=int(log.leads.sum()),
        deals=int(log.deal.sum()),
        effective=_effective(log.weight, log.weight**2),
        cut=int(log.cut.sum()),
        unsupported=float(log.unsupported.sum()) / wanted if wanted > 0.0 else 0.0,
        leads_each=wanted / log.requests if log.requests else 0.0,
        influence=np.zeros(log.requests),
    )


def _effective(weights: Floats, squares: Floats) -> float:
    """Kish: how many of equal weight would tell as much."""
    whole = float(squares.sum())
    return float(weights.sum()) ** 2 / whole if whole > 0.0 else 0.0


def _interval(value: float, influence: Floats, effective: float) -> tuple[float, float]:
    count = len(influence)
    squares = float((influence**2).mean())
    if squares == 0.0:
        return value, value
    error = float(np.sqrt(squares / (count - 1)))
    quantile = float(stdtrit(max(2.0, min(effective, count) - 1.0), _UPPER))
    bent = float((influence**3).mean()) / squares**1.5 / float(np.sqrt(count))
    return value - error * _unbent(quantile, bent), value - error * _unbent(-quantile, bent)


def _unbent(quantile: float, bent: float) -> float:
    """The quantile of a skewed mean whose transform has this one. bent: its skewness; zero changes nothing."""
    if abs(bent) < _STRAIGHT:
        return quantile
    return 3.0 / bent * (float(np.cbrt(1.0 + bent * (quantile - bent / 6.0))) - 1.0)
