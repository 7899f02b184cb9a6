"""What a policy showed for each request, with the probability of each showing, beside what another would have shown.

A policy fills the places of a request one by one, each by a draw of its own (`engine/exploration.py`): a place holds
its best factory with a large probability and each of a few alternatives with a small one. A factory stands in one
place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, expm1, prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Place = Mapping[str, float]
"""With which probability each factory is shown in this place: they sum to one."""

MOST_WEIGHT: Final = 200.0
"""A draw counts for at most so many. With 5 % explored over four alternatives the largest weight is 80."""
HEAVY: Final = 5.0
"""A draw that counts for more than so many is heavy: the target policy shows its factory much more often."""
_ONE: Final = 1.0 + 1e-9
_MOST_EXPECTED: Final = 0.95
STEP: Final = 1e-4
"""By which share the level of all rates is raised to tell what it moves."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, the factories that were shown for it, and which of them made the deal: at most one does.

    logged, target: the places of the policy that showed them and of the one that is asked about. forecast: for each
    factory that either may show, the chance of a deal by a reward model that has not learned from these leads, as it
    comes out beside others; empty without a model.
    """

    shown: Sequence[str]
    winner: str | None
    logged: Sequence[Place]
    target: Sequence[Place]
    forecast: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Log:
    """Requests as arrays, one number each.

    weight: what a request counts for when places add up: 1 + the sum over places of (target / logged - what the target
    shows of this place). cut: how many weights were cut at MOST_WEIGHT. leads, wanted: how many were shown, and how
    many the target shows. unsupported: how many of these the logged policy could never show. seldom_wanted: how many
    the target shows that are heavy when they are seen; seldom_shown: how many of these were to be seen. expected,
    foreseen: deals by the reward model under the target, and given what was shown. missed: by how much the model
    misses the target's deals, as told by who made the deal. moved, moved_foreseen: how expected + missed, and
    foreseen, move with the level of all rates. These five are NaN without a model. each, squares: sums over what was
    shown of target / logged and of its square.
    """

    deal: Floats
    weight: Floats
    cut: Floats
    leads: Floats
    wanted: Floats
    unsupported: Floats
    seldom_wanted: Floats
    seldom_shown: Floats
    expected: Floats
    foreseen: Floats
    missed: Floats
    moved: Floats
    moved_foreseen: Floats
    each: Floats
    squares: Floats

    @property
    def requests(self) -> int:
        return len(self.deal)


def log_of(requests: Sequence[Request]) -> Log:
    """Raises ValueError for a probability outside its range, a factory shown that the logged policy could not show, and
    a factory that a forecast is missing of where there are forecasts."""
    rates = [_rates(number, request) for number, request in enumerate(requests)]
    shown = np.array(
        [sum(known[name] for name in request.shown) for request, known in zip(requests, rates, strict=True)]
    )
    scale = level(shown, np.array([request.winner is not None for request in requests]))
    rows = [
        (*_weighed(request), *_words(request, known, scale), *_weights(request))
        for request, known in zip(requests, rates, strict=True)
    ]
    return Log(*np.array(rows, dtype=float).reshape(-1, len(Log.__slots__)).T)


def rate_scale(whole: Floats) -> Floats:
    """What turns forecasts into rates. whole: their sum over what the logged policy shows of a request, on average.

    Factories compete for one deal: each brings a rate, a request makes a deal with 1 - exp(-sum of rates), and whoever
    made it did in proportion to its rate. So forecasts, which come out beside others, are shares of a deal.
    """
    inside = np.clip(whole, 1e-9, _MOST_EXPECTED)
    return np.asarray(-np.log1p(-inside) / inside)


def level(rates: Floats, deals: NDArray[np.bool_]) -> float:
    """By what all rates are multiplied so that, on the whole, the model foresees as many deals as were made.

    rates: of what was shown for each request. Only the level is taken from the log; which factory is better is not.
    """
    low, high = 0.0, 64.0
    if not len(rates) or np.isnan(rates).any():
        return 1.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if -np.expm1(-middle * rates).sum() < deals.sum() else (low, middle)
    return high


def _rates(number: int, request: Request) -> dict[str, float]:
    _check(number, request)
    names = {name for places in (request.logged, request.target) for place in places for name in place}
    if not request.forecast:
        return dict.fromkeys(names, float("nan"))
    if missing := names - request.forecast.keys():
        raise ValueError(f"request {number}: a forecast is missing of {sorted(missing)[:3]}")
    if any(not 0.0 <= request.forecast[name] <= _ONE for name in names):
        raise ValueError(f"request {number}: a forecast is no probability")
    whole = sum(chance * request.forecast[name] for place in request.logged for name, chance in place.items())
    scale = float(rate_scale(np.array([whole]))[0])
    return {name: scale * request.forecast[name] for name in names}


def _check(number: int, request: Request) -> None:
    for policy in (request.logged, request.target):
        for place in policy:
            if any(not 0.0 < chance <= _ONE for chance in place.values()) or abs(sum(place.values()) - 1.0) > 1e-6:
                raise ValueError(f"request {number}: the chances of a place are {dict(place)}; they sum to one")
        if len({name for place in policy for name in place}) < sum(len(place) for place in policy):
            raise ValueError(f"request {number}: a factory stands in two places")
    names = set(request.shown)
    if len(names) != len(request.logged) or not all(len(names & place.keys()) == 1 for place in request.logged):
        raise ValueError(f"request {number}: {list(request.shown)} was not shown by this policy")
    if request.winner is not None and request.winner not in names:
        raise ValueError(f"request {number}: {request.winner} made the deal and was not shown")


def _weighed(request: Request) -> tuple[float, ...]:
    logged, target = _flat(request.logged), _flat(request.target)
    raw = [target.get(name, 0.0) / logged[name] for name in request.shown]
    held = sum(target.get(name, 0.0) for name in logged)
    seldom = [(chance, logged[name]) for name, chance in target.items() if 0.0 < logged.get(name, 0.0) * HEAVY < chance]
    return (
        float(request.winner is not None),
        1.0 + sum(_cut(request)) - held,
        float(sum(weight > MOST_WEIGHT for weight in raw)),
        float(len(request.shown)),
        sum(target.values()),
        sum(chance for name, chance in target.items() if name not in logged),
        sum(chance for chance, _ in seldom),
        sum(chance for _, chance in seldom),
    )


def _words(request: Request, rates: Mapping[str, float], scale: float) -> tuple[float, ...]:
    """What the reward model expects of the target and of what was shown, how far it misses, and how the level moves
    it."""
    expected, foreseen, missed = _at_level(request, rates, scale)
    raised, raised_foreseen, raised_missed = _at_level(request, rates, scale * (1.0 + STEP))
    moved = (raised + raised_missed - expected - missed) / STEP
    return expected, foreseen, missed, moved, (raised_foreseen - foreseen) / STEP


def _at_level(request: Request, rates: Mapping[str, float], scale: float) -> tuple[float, float, float]:
    none = prod(sum(chance * exp(-scale * rates[name]) for name, chance in place.items()) for place in request.target)
    shown = scale * sum(rates[name] for name in request.shown)
    each = 1.0 if shown <= 0.0 else shown / -expm1(-shown)
    weighed = zip(request.shown, _cut(request), strict=True)
    missed = sum(weight * (each * (name == request.winner) - scale * rates[name]) for name, weight in weighed)
    return 1.0 - none, -expm1(-shown), none * missed


def _weights(request: Request) -> tuple[float, float]:
    return sum(_cut(request)), sum(weight**2 for weight in _cut(request))


def _cut(request: Request) -> list[float]:
    logged, target = _flat(request.logged), _flat(request.target)
    return [min(target.get(name, 0.0) / logged[name], MOST_WEIGHT) for name in request.shown]


def _flat(places: Sequence[Place]) -> dict[str, float]:
    return {name: chance for place in places for name, chance in place.items()}
