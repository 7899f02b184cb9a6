"""An assignment that is changed step by step: who is in which pool, how much each holds, and how to take steps back."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.pooling.problem import OUTSIDE, Places, PoolingProblem


@dataclass(frozen=True, slots=True)
class Move:
    """An order that would go into `pool` (or OUTSIDE), and what that adds to the value."""

    order: int
    pool: int
    gain: float


class Runs:
    """The state of a search. Rules are asked for (`may_leave`, `may_join`), not enforced: a repair passes breaches.

    `mark` and `undo_to` take back all moves since a mark, so that a step can be tried and measured.
    """

    def __init__(self, problem: PoolingProblem, assignment: Places) -> None:
        self.quantity: list[int] = problem.quantity.tolist()
        self.minimum: list[int] = problem.minimum.tolist()
        self.capacity: list[int] = problem.capacity.tolist()
        self.wishes: list[dict[int, float]] = [{} for _ in self.quantity]
        self.wished_by: list[list[int]] = [[] for _ in self.minimum]
        best_first = np.lexsort((problem.candidate_pool, -problem.candidate_score))
        for pair in best_first.tolist():
            order, pool = int(problem.candidate_order[pair]), int(problem.candidate_pool[pair])
            self.wishes[order][pool] = float(problem.candidate_score[pair])
            self.wished_by[pool].append(order)
        self.pool_of: list[int] = [OUTSIDE] * len(self.quantity)
        self.held: list[int] = [0] * len(self.minimum)
        self.members: list[dict[int, None]] = [{} for _ in self.minimum]
        self.value = 0.0
        self._journal: list[tuple[int, int]] = []
        for order, pool in enumerate(assignment.tolist()):
            if pool != OUTSIDE:
                self.move(order, pool)
        self._journal.clear()

    def score(self, order: int, pool: int) -> float:
        """Score of an order in one of its candidates; 0 OUTSIDE."""
        return 0.0 if pool == OUTSIDE else self.wishes[order][pool]

    def current(self, order: int) -> float:
        """Score of an order where it is."""
        return self.score(order, self.pool_of[order])

    def move(self, order: int, pool: int) -> None:
        """Puts the order into the pool, or OUTSIDE."""
        before, pieces = self.pool_of[order], self.quantity[order]
        self._journal.append((order, before))
        if before != OUTSIDE:
            self.held[before] -= pieces
            del self.members[before][order]
        if pool != OUTSIDE:
            self.held[pool] += pieces
            self.members[pool][order] = None
        self.value += pieces * (self.score(order, pool) - self.score(order, before))
        self.pool_of[order] = pool

    def mark(self) -> int:
        return len(self._journal)

    def undo_to(self, mark: int) -> None:
        """Takes back every move since the mark, latest first."""
        while len(self._journal) > mark:
            order, before = self._journal.pop()
            self.move(order, before)
            self._journal.pop()

    def runs(self, pool: int) -> bool:
        return self.held[pool] > 0

    def may_leave(self, order: int) -> bool:
        """Whether the order's pool still holds its minimum, or nothing, without it."""
        pool = self.pool_of[order]
        if pool == OUTSIDE:
            return True
        left = self.held[pool] - self.quantity[order]
        return left == 0 or left >= self.minimum[pool]

    def may_join(self, order: int, pool: int) -> bool:
        """Whether the pool runs and has room for the order, or would run with this order alone."""
        held = self.held[pool] + self.quantity[order]
        return held <= self.capacity[pool] and (self.held[pool] > 0 or held >= self.minimum[pool])

    def short(self) -> list[int]:
        """Pools that run below their minimum."""
        return [pool for pool, held in enumerate(self.held) if 0 < held < self.minimum[pool]]

    def best_join(self, order: int, besides: int = OUTSIDE) -> Move:
        """The most valuable pool that the order may join, or OUTSIDE. besides: a pool that is not asked."""
        current, pieces = self.current(order), self.quantity[order]
        for pool, score in self.wishes[order].items():
            if pool != besides and pool != self.pool_of[order] and self.may_join(order, pool):
                return Move(order, pool, pieces * (score - current))
        return Move(order, OUTSIDE, -pieces * current)

    def draw(self, pool: int) -> Iterator[Move]:
        """Orders that may leave where they are for this pool, the least loss (or most gain) a piece first."""
        candidates = [order for order in self.wished_by[pool] if self.pool_of[order] != pool]
        candidates.sort(key=lambda order: (self.current(order) - self.wishes[order][pool], order))
        for order in candidates:
            if self.may_leave(order):
                yield Move(order, pool, self.quantity[order] * (self.wishes[order][pool] - self.current(order)))

    def assignment(self) -> Places:
        return np.array(self.pool_of, dtype=np.int64)
