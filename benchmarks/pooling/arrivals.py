"""Orders that arrive over time: each waits for a few windows and is then placed for good, or lost."""

from typing import Final

import numpy as np

from benchmarks.pooling.instances import of_orders
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem
from matching.pooling.windows import Committed, place_waiting

WINDOWS: Final = 10
PATIENCE: Final = 3
"""An order is placed at the end of its third window at the latest."""


def placed_on_arrival(problem: PoolingProblem, seed: int) -> Places:
    """The assignment when every order was placed knowing only what had arrived by then, and how many pieces a window
    brings on average. Pools that stay short in the end do not run."""
    orders, pools = len(problem.quantity), len(problem.minimum)
    arrival = np.random.default_rng(seed).integers(WINDOWS, size=orders)
    rate = float(problem.quantity.sum()) / WINDOWS
    place = np.full(orders, OUTSIDE, dtype=np.int64)
    waits = np.zeros(orders, dtype=np.bool_)
    for window in range(WINDOWS):
        waits |= arrival == window
        waiting = np.flatnonzero(waits)
        last = window == WINDOWS - 1
        found = place_waiting(
            of_orders(problem, waiting), _committed(problem, place, pools), rate * (WINDOWS - 1 - window)
        )
        decided = np.ones(len(waiting), dtype=np.bool_) if last else arrival[waiting] <= window - PATIENCE + 1
        place[waiting[decided]] = found[decided]
        waits[waiting[decided]] = False
    short = _committed(problem, place, pools).pieces < problem.minimum
    return np.where((place != OUTSIDE) & short[place], OUTSIDE, place)


def _committed(problem: PoolingProblem, place: Places, pools: int) -> Committed:
    pairs = np.flatnonzero(place[problem.candidate_order] == problem.candidate_pool)
    pieces = problem.quantity[problem.candidate_order[pairs]]
    pool = problem.candidate_pool[pairs]
    held = np.bincount(pool, pieces, minlength=pools).astype(np.int64)
    value = np.bincount(pool, pieces * problem.candidate_score[pairs], minlength=pools)
    return Committed(held, value.astype(np.float64))
