"""Orders that arrive over time: each waits for a few windows and is then placed for good, or lost."""

from typing import Final

import numpy as np

from benchmarks.pooling.instances import of_orders
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem
from matching.pooling.windows import Committed, place_waiting

WINDOWS: Final = 10
PATIENCE: Final = 3
"""An order is placed at the end of its third window at the latest."""


def placed_on_arrival(problem: PoolingProblem, seed: int, *, patience: int = PATIENCE, foresees: bool = True) -> Places:
    """The assignment when every order was placed knowing only what had arrived by then, which also tells how much is
    still to come; without foresight, as if nothing were. Pools that stay short in the end do not run.

    patience: windows that an order waits for, the one it arrives in counted; 1 places it at once.
    """
    orders, pools = len(problem.quantity), len(problem.minimum)
    arrival = np.random.default_rng(seed).integers(WINDOWS, size=orders)
    place = np.full(orders, OUTSIDE, dtype=np.int64)
    for window in range(patience - 1, WINDOWS):
        left = WINDOWS - 1 - window
        seen = of_orders(problem, np.flatnonzero(arrival <= window))
        waiting = np.flatnonzero((arrival <= window) & (arrival > window - patience))
        to_come = float(seen.quantity.sum()) / (window + 1) * left if foresees else 0.0
        found = place_waiting(of_orders(problem, waiting), _committed(problem, place, pools), seen, to_come)
        decided = (arrival[waiting] == window - patience + 1) | (left == 0)
        place[waiting[decided]] = found[decided]
    short = _committed(problem, place, pools).pieces < problem.minimum
    return np.where((place != OUTSIDE) & short[place], OUTSIDE, place)


def _committed(problem: PoolingProblem, place: Places, pools: int) -> Committed:
    pairs = np.flatnonzero(place[problem.candidate_order] == problem.candidate_pool)
    pieces = problem.quantity[problem.candidate_order[pairs]]
    pool = problem.candidate_pool[pairs]
    held = np.bincount(pool, pieces, minlength=pools).astype(np.int64)
    value = np.bincount(pool, pieces * problem.candidate_score[pairs], minlength=pools)
    return Committed(held, value.astype(np.float64))
