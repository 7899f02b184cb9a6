"""Forecasts that were made before their outcomes: what the map is fitted on and checked against.

Which lead is offered is decided by whoever knows most that day. Leads of much later days than a trial learned from were
chosen with more knowledge, do better than the trial says, and would bend the map upwards. So several trials each
forecast only the days that follow what they learned from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.learning.cases import UNKNOWN, Cases
from matching.learning.check import LEAST_HELD_OUT
from matching.learning.fitting import FEWEST_SWEEPS, fit
from matching.learning.market import Market
from matching.learning.outlook import outlook, weights_of
from matching.learning.pairs import case_fits
from matching.learning.shapes import Floats

_LEARNED_SHARES: Final = (0.55, 0.7, 0.85)
"""The shares of the closed cases, by day, that the trials learn from."""

_DAYS_AHEAD: Final = 7
_CELLS: Final = 60_000
_FEWEST_CHAINS, _MOST_CHAINS = 8, 16
"""Sixteen chains instead of eight move the map by no more than another seed does: see decisions/0005."""

_MOST_CASES: Final = 10_000
"""Two numbers and a check need no more cases; beyond, some factories stand for all."""


@dataclass(frozen=True, slots=True)
class Trials:
    """forecasts: raw probabilities of a deal. deals: what became of them (1, 0). base_rate: share of deals before."""

    forecasts: Floats
    deals: Floats
    base_rate: float


def hold_trials(cases: Cases, ripe_until: int, start: Market) -> Trials | None:
    """The forecasts of all trials; None when there are too few closed cases to tell anything.

    ripe_until: ordinal of the last day whose leads are nearly all closed; only those are forecast.
    """
    every = -(-len(cases) // _MOST_CASES)
    cases = cases.of_factories(np.arange(cases.factories) % every == 0)
    won = cases.accepted & (cases.won == 1)
    closed = (~cases.accepted | (cases.won != UNKNOWN)) & (cases.day <= ripe_until)
    if closed.sum() * (1.0 - _LEARNED_SHARES[0]) < LEAST_HELD_OUT:
        return None
    forecasts, deals, before = [], [], []
    for earlier, later in rounds(cases.day, closed):
        chains = int(np.clip(_CELLS // int(earlier.sum()), _FEWEST_CHAINS, _MOST_CHAINS))
        market, posterior = fit(cases.only(earlier), start, chains, FEWEST_SWEEPS)
        held_out = cases.only(later)
        forecasts.append(outlook(weights_of(market), case_fits(held_out, market, posterior)).deal)
        deals.append(won[later].astype(np.float64))
        before.append(float(won[closed & earlier].mean()) if (closed & earlier).any() else 0.5)
    if not forecasts:
        return None
    return Trials(np.concatenate(forecasts), np.concatenate(deals), before[0])


def rounds(day: NDArray[np.int64], closed: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each trial the cases that it learns from and those that it forecasts: a week, or more where leads are few."""
    days = np.sort(day[closed])
    splits = np.unique([days[int(len(days) * share)] for share in _LEARNED_SHARES])
    fewest = LEAST_HELD_OUT // len(_LEARNED_SHARES)
    for split, following in zip(splits, [*splits[1:], days[-1] + 1], strict=True):
        enough = days[min(int(np.searchsorted(days, split)) + fewest, len(days) - 1)] + 1
        until = min(max(split + _DAYS_AHEAD, enough), following)
        earlier, later = day < split, closed & (day >= split) & (day < until)
        if earlier.any() and later.any():
            yield earlier, later
