"""Decides which pools should run by giving each one a price for its places.

A pool that would hold fewer pieces than its minimum pays a subsidy (a negative price) and so draws orders from the
others; one that would overflow asks a price. For fixed prices of the others, the best price of a pool is an exact sort
and cut: each candidate order has the price at which it would just join, and the pool takes them from the dearest down
to its minimum or capacity. What the pool then adds to the whole, subsidies counted, says whether it should run at all.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from matching.pooling.problem import OUTSIDE, Floats, Places, PoolingProblem

_SWEEPS: Final = 12
_SETTLED: Final = 1e-9


@dataclass(frozen=True, slots=True)
class _Members:
    """The candidates of one pool: order places, which slot of the order's row they stand in, scores and pieces."""

    orders: Places
    slots: Places
    scores: Floats
    pieces: Places


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a pool would do at the others' prices: its own price, its gain for the whole, and who would come."""

    price: float
    gain: float
    members: Places


class PriceSearch:
    """Prices and running pools of one problem; `search` improves them, `leaning` tells where each order leans."""

    def __init__(self, problem: PoolingProblem) -> None:
        self._problem = problem
        pools = len(problem.minimum)
        self.price = np.zeros(pools)
        self.running = np.zeros(pools, dtype=np.bool_)
        self._row_pool, self._row_score = _rows_of_candidates(problem)
        self._net = np.full(self._row_score.shape, -np.inf)
        self._members = _members_of_pools(problem, self._row_pool, self._row_score)

    def search(self, sweeps: int = _SWEEPS) -> None:
        """Opens every pool that could reach its minimum, then reprices, closes and reopens until nothing changes."""
        for pool, members in enumerate(self._members):
            if members.pieces.sum() >= self._problem.minimum[pool] > 0 or (
                self._problem.minimum[pool] == 0 and len(members.orders)
            ):
                self._set(pool, 0.0, running=True)
        for _ in range(sweeps):
            if not self._sweep():
                return

    def leaning(self) -> Places:
        """The pool that each order likes best at these prices, OUTSIDE when none is worth joining."""
        if self._net.size == 0:
            return np.full(len(self._problem.quantity), OUTSIDE, dtype=np.int64)
        slot = self._net.argmax(axis=1)
        rows = np.arange(len(slot))
        return np.where(self._net[rows, slot] >= 0.0, self._row_pool[rows, slot], OUTSIDE)

    def thresholds(self, pool: int) -> tuple[_Members, Floats]:
        """The pool's candidates, and the price at which each would just join at the others' prices."""
        members = self._members[pool]
        others = self._net[members.orders]
        others[np.arange(len(members.orders)), members.slots] = -np.inf
        return members, members.scores - np.maximum(others.max(axis=1, initial=-np.inf), 0.0)

    def _sweep(self) -> bool:
        """Reprices every pool once, the emptiest first; closed pools are asked last whether they would pay."""
        changed = False
        fill = self._fill()
        for pool in np.lexsort((np.arange(len(fill)), fill, ~self.running)).tolist():
            cut = self._cut(pool)
            runs = cut is not None and cut.gain > _SETTLED
            price = cut.price if cut is not None and runs else 0.0
            if runs != self.running[pool] or abs(price - self.price[pool]) > _SETTLED:
                self._set(pool, price, running=runs)
                changed = True
        return changed

    def _fill(self) -> Floats:
        held = np.zeros(len(self.price))
        leaning = self.leaning()
        inside = leaning != OUTSIDE
        np.add.at(held, leaning[inside], self._problem.quantity[inside])
        return held / np.maximum(self._problem.minimum, 1)

    def _cut(self, pool: int) -> _Cut | None:
        """The best price of a pool at the others' prices; None when all its candidates do not reach its minimum."""
        members, threshold = self.thresholds(pool)
        falling = np.argsort(-threshold, kind="stable")
        held = members.pieces[falling].cumsum()
        minimum, capacity = int(self._problem.minimum[pool]), int(self._problem.capacity[pool])
        if not len(held) or held[-1] < minimum:
            return None
        willing = int(np.count_nonzero(threshold >= 0.0))
        needed = int(np.searchsorted(held, minimum)) + 1
        fitting = int(np.searchsorted(held, capacity, side="right"))
        taken = min(max(willing, needed), max(fitting, 1))
        chosen = falling[:taken]
        price = 0.0
        if taken < willing:
            price = float(threshold[falling[taken]])
        elif taken > willing:
            price = float(threshold[falling[taken - 1]])
        gain = float((members.pieces[chosen] * threshold[chosen]).sum())
        return _Cut(price, gain, members.orders[chosen])

    def _set(self, pool: int, price: float, *, running: bool) -> None:
        members = self._members[pool]
        self.price[pool], self.running[pool] = price, running
        self._net[members.orders, members.slots] = members.scores - price if running else -np.inf


def _rows_of_candidates(problem: PoolingProblem) -> tuple[Places, Floats]:
    """Candidates as one row an order, padded with OUTSIDE and minus infinity."""
    order = np.argsort(problem.candidate_order, kind="stable")
    sorted_orders = problem.candidate_order[order]
    counts = np.bincount(sorted_orders, minlength=len(problem.quantity))
    starts = np.concatenate([[0], counts.cumsum()[:-1]]) if len(counts) else counts
    slots = np.arange(len(order)) - starts[sorted_orders]
    width = int(counts.max(initial=0))
    pools = np.full((len(problem.quantity), width), OUTSIDE, dtype=np.int64)
    scores = np.full((len(problem.quantity), width), -np.inf)
    pools[sorted_orders, slots] = problem.candidate_pool[order]
    scores[sorted_orders, slots] = problem.candidate_score[order]
    return pools, scores


def _members_of_pools(problem: PoolingProblem, row_pool: Places, row_score: Floats) -> list[_Members]:
    orders, slots = np.nonzero(row_pool != OUTSIDE)
    by_pool = np.argsort(row_pool[orders, slots], kind="stable")
    orders, slots = orders[by_pool], slots[by_pool]
    starts = np.searchsorted(row_pool[orders, slots], np.arange(1, len(problem.minimum)))
    return [
        _Members(some_orders, some_slots, row_score[some_orders, some_slots], problem.quantity[some_orders])
        for some_orders, some_slots in zip(np.split(orders, starts), np.split(slots, starts), strict=True)
    ][: len(problem.minimum)]
