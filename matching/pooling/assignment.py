"""The door of the bare pooling problem."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import numpy as np

from matching.pooling.exact import polish_exactly
from matching.pooling.parts import Part, parts_of
from matching.pooling.polish import improve, repair
from matching.pooling.prices import PriceSearch
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem
from matching.pooling.runs import Runs

_MOST_IMPROVED: Final = 200_000
"""Orders up to which an assignment is improved one by one unless a quick answer is asked for."""


class Effort(StrEnum):
    """How much work is spent on the last thousandths; counted, not timed, so that the answer stays the same."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


def assign(
    problem: PoolingProblem,
    *,
    effort: Effort = Effort.STANDARD,
    seed: int = 0,
    follow: Callable[[Iterator[Part]], Iterator[Part]] = iter,
) -> Places:
    """The pool of each order, or OUTSIDE. Always feasible (see `breaches_of`); near the best, not proven so.

    Part by part: prices decide which pools run, and whole orders are repaired into them. Standard effort moves and
    swaps orders while that pays, up to a size; thorough effort solves a few pools at a time almost exactly. The same
    problem, effort and seed give the same answer. follow: passes the parts on, and may tell how far they are.
    """
    improves = effort is Effort.THOROUGH or (effort is Effort.STANDARD and len(problem.quantity) <= _MOST_IMPROVED)
    places = np.full(len(problem.quantity), OUTSIDE, dtype=np.int64)
    for part in follow(parts_of(problem)):
        search = PriceSearch(part.problem, part.family)
        search.search()
        runs = Runs(part.problem, search.leaning())
        repair(runs)
        if improves:
            improve(runs)
        if effort is Effort.THOROUGH:
            polish_exactly(part, runs, seed)
        found = runs.assignment()
        inside = found != OUTSIDE
        places[part.orders[inside]] = part.pools[found[inside]]
    return places
