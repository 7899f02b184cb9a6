"""The door of the bare pooling problem."""

from typing import Final

import numpy as np

from matching.pooling.parts import Part, parts_of
from matching.pooling.polish import improve, repair, shake
from matching.pooling.prices import PriceSearch
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem
from matching.pooling.runs import Runs

_SHAKES_A_POOL: Final = 3
_MOST_SHAKES: Final = 6_000


def assign(problem: PoolingProblem, *, seed: int = 0) -> Places:
    """The pool of each order, or OUTSIDE. Always feasible (see `breaches_of`); near the best, not proven so.

    Part by part: prices decide which pools run, whole orders are then repaired into them, and local search polishes.
    The same problem and seed give the same answer.
    """
    shakes = min(_SHAKES_A_POOL, _MOST_SHAKES / max(len(problem.minimum), 1))
    places = np.full(len(problem.quantity), OUTSIDE, dtype=np.int64)
    for part in parts_of(problem):
        found = _assign_part(part, round(shakes * len(part.pools)), seed)
        inside = found != OUTSIDE
        places[part.orders[inside]] = part.pools[found[inside]]
    return places


def _assign_part(part: Part, shakes: int, seed: int) -> Places:
    search = PriceSearch(part.problem, part.family)
    search.search()
    runs = Runs(part.problem, search.leaning())
    repair(runs)
    improve(runs)
    shake(runs, shakes, seed)
    improve(runs)
    return runs.assignment()
