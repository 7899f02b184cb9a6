"""Fits the whole model: walks the factories' chains and climbs the market's numbers in turn.

Monte-Carlo EM (Wei and Tanner 1990): the expectation over what factories are like is taken by `Chains`, and the
market's numbers then take a Newton step on the expected log posterior, with steps halved until they climb.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.learning import shapes
from matching.learning.cases import UNKNOWN, Cases, Whole
from matching.learning.chains import Chains, Singles, State
from matching.learning.market import DENIED, GUESS, Market
from matching.learning.shapes import Floats, sigmoid

SEED: Final = 1
_CELLS: Final = 250_000
_FEWEST_CHAINS: Final = 4
MOST_CHAINS: Final = 48
FEWEST_SWEEPS: Final = 72
_MOST_SWEEPS: Final = 144
_STEPS: Final = 300_000
"""Cases x sweeps: few cases can afford a longer walk, which takes sampling noise out of the means."""

_SWEEPS_A_STEP: Final = 3
_WARM_SWEEPS: Final = 6
_COUNTED_FROM: Final = 36
_ROWS_CLIMBED: Final = 20_000
_NEWTON_STEPS: Final = 2
_SMALLEST_STEP: Final = 1e-6
_PRIOR_COUNT: Final = 12.0
_RATE_COUNT: Final = 25.0
_BASE_SPREAD: Final = 1.5
_SHARE_SPREAD: Final = 0.4
_SLOPE_SPREAD: Final = (0.75, 0.4)
"""A guessed cost has a spread of three quarters of it and a little more."""


@dataclass(slots=True)
class Posterior:
    """Means and variances of what factories are like: sums over chains and sweeps until `closed`."""

    means: dict[str, Floats]
    variances: dict[str, Floats]


def fit(
    cases: Cases, start: Market = GUESS, most_chains: int = MOST_CHAINS, most_sweeps: int = _MOST_SWEEPS
) -> tuple[Market, Posterior]:
    """The market's numbers and what is believed of each factory. The same cases give the same result, bit for bit.

    most_chains: that walk for each factory; most_sweeps: of each chain. Fewer cost less, and leave more noise of
    sampling in the means.
    """
    market = _described(cases, start)
    count = int(np.clip(_CELLS // max(len(cases), 1), _FEWEST_CHAINS, most_chains))
    chains = Chains(cases, market, count, SEED)
    sums = _Sums()
    sweeps = int(np.clip(_STEPS // max(len(cases), 1), FEWEST_SWEEPS, most_sweeps))
    steps = 0
    for sweep in range(1, sweeps + 1):
        chains.sweep()
        if sweep >= _WARM_SWEEPS and sweep % _SWEEPS_A_STEP == 0 and sweep < _COUNTED_FROM + FEWEST_SWEEPS // 4:
            steps += 1
            chains.follow(
                _blended(chains.market, _climbed(chains, start, steps), 1.0 if steps < 8 else 2.0 / (steps - 5))
            )
        if sweep > _COUNTED_FROM:
            sums.add(chains.state)
    return chains.market, sums.closed()


def _described(cases: Cases, start: Market) -> Market:
    """What can be read off the cases without any fit: typical columns, quantities, days, price gaps."""
    fixed = np.full((len(cases), shapes.WIDTH), np.nan)
    fixed[:, shapes.PLAIN_PLACES] = cases.plain
    fixed[:, shapes.OVERLOAD] = shapes.cut(cases.overload, shapes.OVERLOAD)
    fixed[:, shapes.SHORTFALL] = shapes.cut(cases.shortfall, shapes.SHORTFALL)
    typical = start.typical.copy()
    for place in (*shapes.places("text"), *shapes.OVERLOAD, *shapes.SHORTFALL):
        typical[place] = _shrunk_mean(fixed[:, place], typical[place])
    return replace(
        start,
        typical=typical,
        usual_size=_shrunk_mean(cases.quantity, start.usual_size),
        usual_lead=_shrunk_mean(cases.lead, start.usual_lead),
        target=_mean_and_spread(cases.gap, start.target),
        days=_mean_and_spread(cases.days, start.days),
    )


def _shrunk_mean(values: Floats, guess: float) -> float:
    known = values[np.isfinite(values)]
    return float((known.sum() + _PRIOR_COUNT * guess) / (len(known) + _PRIOR_COUNT))


def _mean_and_spread(values: Floats, guess: Floats) -> Floats:
    known = values[np.isfinite(values)]
    mean = _shrunk_mean(values, float(guess[0]))
    squares = ((known - mean) ** 2).sum() + _PRIOR_COUNT * guess[1] ** 2
    return np.array([mean, np.sqrt(squares / (len(known) + _PRIOR_COUNT))])


def _climbed(chains: Chains, start: Market, step: int) -> Market:
    """One step of every number of the market towards what the present chains say."""
    cases, market, state = chains.cases, chains.market, chains.state
    every = max(1, len(cases) // _ROWS_CLIMBED)
    wanted = int(np.clip(_ROWS_CLIMBED // max(len(cases), 1), 1, chains.chains))
    first = (step * wanted) % (chains.chains - wanted + 1)
    chosen = slice(first, first + wanted)
    rows = np.arange(step % every, len(cases), every)
    accept = _step_of_accept(chains, market, start, chosen, rows)
    win = _step_of_win(chains, market, start, chosen, rows[cases.won[rows] != UNKNOWN])
    return replace(
        market,
        base_accept=accept[0],
        accept=accept[1:],
        base_win=win[0],
        win=win[1:-1],
        ability_in_win=win[-1],
        willing=_spread(state.willing, start.willing),
        reliable=_spread(state.reliable, start.reliable),
        ability=_spread(state.ability, start.ability),
        rates=_rates(cases, state, start),
        size=_ways(state.size, cases.size_way, start.size),
        price=_ways(state.price, cases.price_way, start.price),
        lead=_ways(state.lead, cases.lead_way, start.lead),
        quote=_quote_spread(cases, state, start.quote),
    )


def _step_of_accept(chains: Chains, market: Market, start: Market, chosen: slice, rows: Whole) -> Floats:
    cases, state = chains.cases, chains.state
    columns = chains.columns(chosen, rows)
    offset = (state.willing[cases.factory[rows], chosen] + state.ability[cases.group[rows], chosen]).astype(np.float64)
    answers = np.broadcast_to(cases.accepted[rows, None], offset.shape)
    weights = np.broadcast_to(cases.weight[rows, None], offset.shape) * (len(cases) / (len(rows) * offset.shape[1]))
    return _newton(
        _design(columns),
        offset.ravel(),
        answers.ravel().astype(np.float64),
        weights.ravel(),
        np.r_[market.base_accept, market.accept],
        np.r_[start.base_accept, start.accept],
    )


def _step_of_win(chains: Chains, market: Market, start: Market, chosen: slice, rows: Whole) -> Floats:
    cases, state = chains.cases, chains.state
    if not len(rows):
        return np.asarray(np.r_[market.base_win, market.win, market.ability_in_win])
    columns = chains.won_columns(chosen, rows)
    strength = state.ability[cases.group[rows], chosen].astype(np.float64)
    offset = state.reliable[cases.factory[rows], chosen].astype(np.float64)
    answers = np.broadcast_to(cases.won[rows, None] == 1, offset.shape)
    decided = int((cases.won != UNKNOWN).sum())
    weights = np.broadcast_to(cases.weight[rows, None], offset.shape) * (decided / (len(rows) * offset.shape[1]))
    return _newton(
        np.column_stack((_design(columns), strength.ravel())),
        offset.ravel(),
        answers.ravel().astype(np.float64),
        weights.ravel(),
        np.r_[market.base_win, market.win, market.ability_in_win],
        np.r_[start.base_win, start.win, start.ability_in_win],
    )


def _design(columns: Floats) -> Floats:
    flat = columns.reshape(-1, shapes.WIDTH)
    return np.column_stack([np.ones(len(flat)), -flat])


def _newton(design: Floats, offset: Floats, answers: Floats, weights: Floats, present: Floats, guess: Floats) -> Floats:
    """A few projected Newton steps of a logistic regression with a normal prior at the guess.

    The first coefficient is free, the others stay at zero or above. A step is halved until it climbs: without that a
    cost can run away when nearly all answers are alike.
    """
    spreads = _SLOPE_SPREAD[0] * np.abs(guess) + _SLOPE_SPREAD[1]
    spreads[0] = _BASE_SPREAD
    if design.shape[1] > shapes.WIDTH + 1:
        spreads[-1] = _SHARE_SPREAD
    precision = spreads**-2.0

    def height(point: Floats) -> float:
        logits = design @ point + offset
        likelihood = weights @ (answers * logits - np.logaddexp(0.0, logits))
        return float(likelihood - 0.5 * (precision * (point - guess) ** 2).sum())

    found, best = present, height(present)
    for _ in range(_NEWTON_STEPS):
        forecast = sigmoid(design @ found + offset)
        gradient = design.T @ (weights * (answers - forecast)) - precision * (found - guess)
        curvature = (design * (weights * forecast * (1.0 - forecast))[:, None]).T @ design + np.diag(precision)
        free = (found > 0.0) | (gradient > 0.0)
        free[0] = True
        step = np.zeros(len(found))
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        climbed = _halved(found, step, best, height)
        if climbed is None:
            break
        found, best = climbed
    return found


def _halved(found: Floats, step: Floats, best: float, height: Callable[[Floats], float]) -> tuple[Floats, float] | None:
    """The first point on the way that is higher, its bounds kept; None when no step climbs."""
    while np.abs(step).max() > _SMALLEST_STEP:
        tried = found + step
        tried[1:] = np.maximum(tried[1:], 0.0)
        reached = height(tried)
        if reached > best:
            return tried, reached
        step = step / 2.0
    return None


def _spread(values: Singles, guess: float) -> float:
    mean_square = float((values.astype(np.float64) ** 2).mean()) if values.size else guess**2
    return float(np.sqrt((len(values) * mean_square + _PRIOR_COUNT * guess**2) / (len(values) + _PRIOR_COUNT)))


def _ways(values: Singles, ways: Whole, guess: Floats) -> Floats:
    """Shift and spread of each way in which a number may be known."""
    found = guess.copy()
    for way in range(len(guess)):
        some = values[ways == way].astype(np.float64)
        if len(some):
            count = len(some)
            shift = (count * some.mean() + _PRIOR_COUNT * guess[way, 0]) / (count + _PRIOR_COUNT)
            square = count * ((some - shift) ** 2).mean() + _PRIOR_COUNT * guess[way, 1] ** 2
            found[way] = shift, np.sqrt(square / (count + _PRIOR_COUNT))
    return found


def _rates(cases: Cases, state: State, start: Market) -> Floats:
    """How often factories really can, by kind and standing; a firm no stays what it is."""
    found = start.rates.copy()
    able = state.able.astype(np.float64).mean(axis=1) if len(state.able) else np.zeros(0)
    for kind in range(len(shapes.TERMS)):
        for standing in range(found.shape[1]):
            some = able[(cases.bit_kind == kind) & (cases.bit_standing == standing)]
            if standing != DENIED:
                total = some.sum() + _RATE_COUNT * start.rates[kind, standing]
                found[kind, standing] = total / (len(some) + _RATE_COUNT)
    return found


def _quote_spread(cases: Cases, state: State, guess: float) -> float:
    quoted = np.flatnonzero(np.isfinite(cases.quote))
    off = cases.quote[quoted, None] - state.price[cases.factory[quoted]]
    square = len(quoted) * float((off**2).mean()) if len(quoted) else 0.0
    return float(np.sqrt((square + _PRIOR_COUNT * guess**2) / (len(quoted) + _PRIOR_COUNT)))


def _blended(present: Market, climbed: Market, share: float) -> Market:
    """Later steps count less, so that the sampling noise of single steps averages out."""
    names = Market.__dataclass_fields__
    return Market(**{n: (1.0 - share) * getattr(present, n) + share * getattr(climbed, n) for n in names})


class _Sums:
    """Running sums of the hidden quantities over chains and sweeps."""

    _NAMES = ("willing", "reliable", "ability", "price", "size", "lead", "able")

    def __init__(self) -> None:
        self._count = 0
        self._sums: dict[str, Floats] = {}
        self._squares: dict[str, Floats] = {}

    def add(self, state: State) -> None:
        self._count += state.willing.shape[1]
        for name in self._NAMES:
            values = getattr(state, name)
            self._sums[name] = self._sums.get(name, 0.0) + values.sum(axis=1, dtype=np.float64)
            self._squares[name] = self._squares.get(name, 0.0) + (values**2).sum(axis=1, dtype=np.float64)

    def closed(self) -> Posterior:
        means = {name: found / self._count for name, found in self._sums.items()}
        variances = {
            name: np.maximum(found / self._count - means[name] ** 2, 1e-6) for name, found in self._squares.items()
        }
        return Posterior(means, variances)
