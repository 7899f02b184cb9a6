"""Decides which pools should run by giving each one a price for its places.

A pool that would hold fewer pieces than its minimum pays a subsidy (a negative price) and so draws orders from the
others; one that would overflow asks a price. For fixed prices of the others, the best price of a pool is an exact sort
and cut: each candidate order has the price at which it would just join, and the pool takes them from the dearest down
to its minimum or capacity. What the pool then adds to the whole, subsidies counted, says whether it should run at all.
Pools of different families do not concern each other, so one pool of every family is priced at a time, all at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.pooling.problem import OUTSIDE, Floats, Places, PoolingProblem

_SWEEPS: Final = 12
_SETTLED: Final = 1e-9
_CELLS: Final = 1 << 22

Grid = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Cuts:
    """What some pools would do at the others' prices. gain: minus infinity where the minimum is out of reach."""

    price: Floats
    gain: Floats


class PriceSearch:
    """Prices and running pools of one problem; `search` improves them, `leaning` tells where each order leans.

    family: of each pool; pools that share a candidate order have the same.
    """

    def __init__(self, problem: PoolingProblem, family: Places) -> None:
        self._problem = problem
        self._family = family
        pools, pairs = len(problem.minimum), len(problem.candidate_order)
        self.price = np.zeros(pools)
        self.running = np.zeros(pools, dtype=np.bool_)
        by_order = np.argsort(problem.candidate_order, kind="stable")
        # One pair more than there are stands for nobody: no pieces, and a score that nothing makes up for.
        self._pool = np.append(problem.candidate_pool[by_order], 0)
        self._order = np.append(problem.candidate_order[by_order], 0)
        self._score = np.append(problem.candidate_score[by_order], -np.inf)
        self._pieces = np.append(problem.quantity[self._order[:-1]], 0)
        self._net = np.full(pairs + 1, -np.inf)
        self._choices = _Ragged(np.bincount(self._order[:-1], minlength=len(problem.quantity)), pairs)
        self._by_pool = np.append(np.argsort(self._pool[:-1], kind="stable"), pairs)
        self._members = _Ragged(np.bincount(self._pool[:-1], minlength=pools), pairs)

    def search(self, sweeps: int = _SWEEPS) -> None:
        """Opens every pool that could reach its minimum, then reprices, closes and reopens until nothing changes."""
        reach = np.bincount(self._pool[:-1], self._pieces[:-1], minlength=len(self.price))
        able = (reach >= self._problem.minimum) & (self._members.counts > 0)
        self._set(np.flatnonzero(able), np.zeros(int(able.sum())), np.ones(int(able.sum()), dtype=np.bool_))
        families = np.unique(self._family)
        for _ in range(sweeps):
            families = self._sweep(families)
            if not len(families):
                return

    def leaning(self) -> Places:
        """The pool that each order likes best at these prices, OUTSIDE when none is worth joining."""
        leaning = np.full(len(self._problem.quantity), OUTSIDE, dtype=np.int64)
        chosen = np.flatnonzero(self._choices.counts)
        for orders in _batches(chosen, self._choices.counts):
            pairs = self._choices.places(orders)
            best = pairs[np.arange(len(orders)), self._net[pairs].argmax(axis=1)]
            leaning[orders] = np.where(self._net[best] >= 0.0, self._pool[best], OUTSIDE)
        return leaning

    def _sweep(self, families: Places) -> Places:
        """Reprices every pool of these families once, the emptiest first and closed ones last; returns the families
        where something changed."""
        changed = np.zeros(int(families.max()) + 1, dtype=np.bool_)
        for phase in self._phases(families):
            for pools in _batches(phase, self._members.counts):
                cuts = self._cuts(pools)
                runs = cuts.gain > _SETTLED
                price = np.where(runs, cuts.price, 0.0)
                differs = (runs != self.running[pools]) | (np.abs(price - self.price[pools]) > _SETTLED)
                if differs.any():
                    self._set(pools[differs], price[differs], runs[differs])
                    changed[self._family[pools[differs]]] = True
        return np.flatnonzero(changed)

    def _phases(self, families: Places) -> Iterator[Places]:
        """Every pool of these families once, at most one of each family at a time."""
        leaning = self.leaning()
        inside = leaning != OUTSIDE
        held = np.bincount(leaning[inside], self._problem.quantity[inside], minlength=len(self.price))
        fill = held / np.maximum(self._problem.minimum, 1)
        queue = np.lexsort((fill, ~self.running, self._family))
        queue = queue[np.isin(self._family[queue], families)]
        sizes = np.bincount(self._family[queue])
        turn = np.arange(len(queue)) - np.repeat(sizes.cumsum() - sizes, sizes)
        by_turn = np.argsort(turn, kind="stable")
        return iter(np.split(queue[by_turn], np.flatnonzero(np.diff(turn[by_turn])) + 1))

    def _cuts(self, pools: Places) -> _Cuts:
        """The best price of each pool at the others' prices."""
        pairs = self._by_pool[self._members.places(pools)]
        threshold = self._thresholds(pairs)
        falling = np.argsort(-threshold, axis=1)
        threshold = np.take_along_axis(threshold, falling, axis=1)
        pieces = np.take_along_axis(self._pieces[pairs], falling, axis=1)
        held = pieces.cumsum(axis=1)
        minimum, capacity = self._problem.minimum[pools], self._problem.capacity[pools]
        willing = (threshold >= 0.0).sum(axis=1)
        needed = (held < minimum[:, None]).sum(axis=1) + 1
        fitting = np.maximum((held <= capacity[:, None]).sum(axis=1), 1)
        taken = np.minimum(np.minimum(np.maximum(willing, needed), fitting), self._members.counts[pools])
        row, last = np.arange(len(pools)), threshold.shape[1] - 1
        price = np.where(taken < willing, threshold[row, np.minimum(taken, last)], 0.0)
        price = np.where(taken > willing, threshold[row, taken - 1], price)
        inside = np.arange(threshold.shape[1]) < taken[:, None]
        gain = (pieces * np.where(inside, threshold, 0.0)).sum(axis=1)
        return _Cuts(price, np.where(held[:, -1] < minimum, -np.inf, gain))

    def _thresholds(self, pairs: Grid) -> Floats:
        """The price at which each pair's order would just join its pool, at the prices of the order's other pools."""
        orders = self._order[pairs]
        choices = self._choices.places(orders)
        others = np.where(choices == pairs[..., None], -np.inf, self._net[choices])
        return np.asarray(self._score[pairs] - np.maximum(others.max(axis=-1), 0.0))

    def _set(self, pools: Places, price: Floats, running: NDArray[np.bool_]) -> None:
        self.price[pools], self.running[pools] = price, running
        pairs = self._by_pool[self._members.places(pools)]
        net = np.where(running[:, None], self._score[pairs] - price[:, None], -np.inf)
        self._net[pairs] = net


class _Ragged:
    """Rows of different lengths, one behind the other. counts: of each row; nobody: the place that pads a row."""

    def __init__(self, counts: Places, nobody: int) -> None:
        self.counts = counts
        self._starts = counts.cumsum() - counts
        self._nobody = nobody

    def places(self, rows: Grid) -> Grid:
        """The places of the rows' items along a new last axis, padded to the longest of these rows."""
        counts = self.counts[rows]
        offsets = np.arange(int(counts.max(initial=0)))
        places = self._starts[rows][..., None] + offsets
        return np.asarray(np.where(offsets < counts[..., None], places, self._nobody))


def _batches(rows: Places, counts: Places) -> Iterator[Places]:
    """The rows in batches of similar length (within a factor of two), so that padding costs little."""
    classes = np.frexp(counts[rows].astype(np.float64))[1]
    for size in np.unique(classes):
        alike = rows[classes == size]
        step = max(1, _CELLS >> int(size))
        yield from (alike[start : start + step] for start in range(0, len(alike), step))
