"""The door of the bare pooling problem."""

from typing import Final

from matching.pooling.polish import improve, repair, shake
from matching.pooling.prices import PriceSearch
from matching.pooling.problem import Places, PoolingProblem
from matching.pooling.runs import Runs

_SHAKES_A_POOL: Final = 3
_MOST_SHAKES: Final = 6_000


def assign(problem: PoolingProblem, *, seed: int = 0) -> Places:
    """The pool of each order, or OUTSIDE. Always feasible (see `breaches_of`); near the best, not proven so.

    Prices decide which pools run, whole orders are then repaired into them, and local search polishes. The same
    problem and seed give the same answer.
    """
    search = PriceSearch(problem)
    search.search()
    runs = Runs(problem, search.leaning())
    repair(runs)
    improve(runs)
    shake(runs, min(_SHAKES_A_POOL * len(problem.minimum), _MOST_SHAKES), seed)
    improve(runs)
    return runs.assignment()
