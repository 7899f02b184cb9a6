"""The bare pooling problem as arrays, its value, and a checker that trusts nothing.

Maximise the sum of quantity x score over orders in pools that run. A pool that runs holds at least its minimum and at
most its capacity of pieces. An order is in at most one pool, whole, and only in one of its candidates. This is a
generalised assignment problem with minimum quantities (Krumke and Thielen 2013), NP-hard.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

OUTSIDE: Final = -1
"""The pool of an order that is in none."""


@dataclass(frozen=True, slots=True)
class PoolingProblem:
    """Orders, pools and candidates, by place.

    quantity: pieces of each order, at least 1. minimum, capacity: pieces of each pool. Candidates are parallel arrays:
    candidate_order, candidate_pool (places) and candidate_score (finite, 0 or more; a candidate worth 0 is allowed).
    Raises ValueError when these do not hold, a place does not exist, or a pair stands twice.
    """

    quantity: Places
    minimum: Places
    capacity: Places
    candidate_order: Places
    candidate_pool: Places
    candidate_score: Floats

    def __post_init__(self) -> None:
        orders, pools, pairs = len(self.quantity), len(self.minimum), len(self.candidate_order)
        if len(self.capacity) != pools or len(self.candidate_pool) != pairs or len(self.candidate_score) != pairs:
            raise ValueError("the arrays of pools or of candidates have different lengths")
        if (self.quantity < 1).any() or (self.minimum < 0).any() or (self.capacity < 0).any():
            raise ValueError("a quantity is below 1, or a minimum or capacity below 0")
        if pairs and (
            self.candidate_order.min() < 0
            or self.candidate_order.max() >= orders
            or self.candidate_pool.min() < 0
            or self.candidate_pool.max() >= pools
        ):
            raise ValueError("a candidate names an order or a pool that does not exist")
        if not np.isfinite(self.candidate_score).all() or (self.candidate_score < 0).any():
            raise ValueError("a score is below 0 or not finite")
        together = np.sort(self.candidate_order * max(pools, 1) + self.candidate_pool)
        if (together[1:] == together[:-1]).any():
            raise ValueError("an order and a pool stand together twice among the candidates")


def value_of(problem: PoolingProblem, assignment: Places) -> float:
    """Sum of quantity x score over the assigned orders. assignment: the pool of each order, or OUTSIDE."""
    taken = assignment[problem.candidate_order] == problem.candidate_pool
    return float((problem.quantity[problem.candidate_order] * problem.candidate_score)[taken].sum())


def breaches_of(problem: PoolingProblem, assignment: Sequence[int]) -> Iterator[str]:
    """One sentence for each rule that the assignment breaks; nothing when it is feasible.

    Written apart from the solver, with plain loops, so that it does not share its mistakes.
    """
    if len(assignment) != len(problem.quantity):
        yield f"{len(assignment)} orders are assigned; there are {len(problem.quantity)}"
        return
    allowed = set(zip(problem.candidate_order.tolist(), problem.candidate_pool.tolist(), strict=True))
    held: defaultdict[int, int] = defaultdict(int)
    for order, pool in enumerate(int(pool) for pool in assignment):
        if pool == OUTSIDE:
            continue
        if (order, pool) not in allowed:
            yield f"order {order} is in pool {pool}, which is none of its candidates"
        held[pool] += int(problem.quantity[order])
    for pool, pieces in sorted(held.items()):
        if not 0 <= pool < len(problem.minimum):
            continue
        if pieces < problem.minimum[pool]:
            yield f"pool {pool} holds {pieces} pieces; its minimum is {problem.minimum[pool]}"
        if pieces > problem.capacity[pool]:
            yield f"pool {pool} holds {pieces} pieces; its capacity is {problem.capacity[pool]}"
