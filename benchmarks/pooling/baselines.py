"""What a planner would do without an optimiser."""

import heapq
from collections import defaultdict

import numpy as np

from matching.pooling.problem import OUTSIDE, Places, PoolingProblem


def alone(problem: PoolingProblem) -> Places:
    """Each order at its best pool, whoever else comes; pools that stay short do not run, full ones turn away."""
    planner = _Planner(problem)
    for order in planner.best_first():
        planner.seat(order, only_best=True)
    for pool, held in enumerate(planner.held):
        if held < planner.minimum[pool]:
            planner.close(pool)
    return np.array(planner.pool_of, dtype=np.int64)


def greedy(problem: PoolingProblem) -> Places:
    """Each order at its best pool with room; while a pool is short, the emptiest closes, and its orders move on."""
    planner = _Planner(problem)
    for order in planner.best_first():
        planner.seat(order)
    waiting = [(planner.fill(pool), pool) for pool in range(len(planner.held))]
    heapq.heapify(waiting)
    while waiting:
        fill, pool = heapq.heappop(waiting)
        if planner.fill(pool) > fill:
            heapq.heappush(waiting, (planner.fill(pool), pool))
        elif fill < 1.0:
            for order in planner.close(pool):
                planner.seat(order)
    return np.array(planner.pool_of, dtype=np.int64)


class _Planner:
    """Who sits where, how much each pool holds, and which pools are closed."""

    def __init__(self, problem: PoolingProblem) -> None:
        self.quantity: list[int] = problem.quantity.tolist()
        self.minimum: list[int] = problem.minimum.tolist()
        self.capacity: list[int] = problem.capacity.tolist()
        self.wishes: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
        for order, pool, score in zip(
            problem.candidate_order.tolist(),
            problem.candidate_pool.tolist(),
            problem.candidate_score.tolist(),
            strict=True,
        ):
            self.wishes[order].append((-score, pool))
        for wishes in self.wishes.values():
            wishes.sort()
        self.pool_of = [OUTSIDE] * len(self.quantity)
        self.held = [0] * len(self.minimum)
        self.members: defaultdict[int, list[int]] = defaultdict(list)
        self.closed: set[int] = set()

    def best_first(self) -> list[int]:
        return sorted(self.wishes, key=lambda order: (self.wishes[order][0][0], order))

    def fill(self, pool: int) -> float:
        return self.held[pool] / max(self.minimum[pool], 1)

    def seat(self, order: int, *, only_best: bool = False) -> None:
        """Puts an order that sits nowhere into the best of its pools that runs and has room."""
        for _, pool in self.wishes[order][:1] if only_best else self.wishes[order]:
            if pool not in self.closed and self.held[pool] + self.quantity[order] <= self.capacity[pool]:
                self.pool_of[order] = pool
                self.held[pool] += self.quantity[order]
                self.members[pool].append(order)
                return

    def close(self, pool: int) -> list[int]:
        """Closes a pool for good and returns the orders that sat in it."""
        left = self.members.pop(pool, [])
        self.closed.add(pool)
        self.held[pool] = 0
        for order in left:
            self.pool_of[order] = OUTSIDE
        return left
