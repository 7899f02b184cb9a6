"""Leads within every factory's limit: candidates of all orders in compact columns, allocated in one go."""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.allocation import allocate_pairs
from matching.engine.exploration import Choice, explore_around
from matching.engine.index import FactoryTable
from matching.engine.shortlist import Shortlist

MOST_CANDIDATES: Final = 400
"""Candidates of one order; more than the possible factories of most markets, so that the allocation is an optimum."""

_PAIRS_IN_MEMORY: Final = 12_000_000
"""Pairs of an order and a candidate that are held at once: with the flow over them about 2 GiB."""


@dataclass(frozen=True, slots=True)
class FoundCandidates:
    """The best possible factories of one order, best first, as places in the sorted ids of all factories.

    possible: how many there are in all.
    """

    order_id: str
    factories: NDArray[np.int32]
    probabilities: NDArray[np.float64]
    possible: int


def candidates_of_each(orders: int, top: int) -> int:
    """How many candidates an order may keep so that those of all orders fit into memory; at least twice its leads."""
    return max(2 * top, min(MOST_CANDIDATES, _PAIRS_IN_MEMORY // max(1, orders)))


def found_candidates(lists: Iterable[Shortlist], table: FactoryTable) -> list[FoundCandidates]:
    """What each shortlist offers to the allocation, in the same order."""
    numbers = np.zeros(len(table.alive), np.int32)
    numbers[[table.rows[factory_id] for factory_id in sorted(table.rows)]] = np.arange(len(table))
    return [
        FoundCandidates(found.order.record.order_id, numbers[found.rows], found.probabilities, found.possible)
        for found in lists
    ]


class Candidates:
    """The candidates of all orders: twelve bytes a pair. cut: orders whose list is shorter than what is possible."""

    def __init__(self) -> None:
        self.cut = 0
        self._orders: list[str] = []
        self._factories = array("i")
        self._probabilities = array("d")
        self._ends = array("q", [0])

    def add(self, found: FoundCandidates) -> None:
        self._orders.append(found.order_id)
        self._factories.frombytes(found.factories.tobytes())
        self._probabilities.frombytes(found.probabilities.tobytes())
        self._ends.append(len(self._factories))
        self.cut += found.possible > len(found.factories)

    def choices(self, table: FactoryTable, top: int, explore: float, seed: int) -> dict[str, tuple[Choice, ...]]:
        """The leads of the best allocation, some of them given to learning, by order."""
        factory_ids = sorted(table.rows)
        limits = [table.at(table.rows[factory_id]).record.leads_per_week for factory_id in factory_ids]
        chosen = self._allocated(limits, top)
        room = dict(zip(factory_ids, limits, strict=True))
        leads: dict[str, list[str]] = {order_id: [] for order_id in self._orders}
        for place in chosen.tolist():
            order = int(np.searchsorted(self._ends, place, side="right")) - 1
            factory_id = factory_ids[self._factories[place]]
            leads[self._orders[order]].append(factory_id)
            left = room[factory_id]
            room[factory_id] = None if left is None else left - 1
        ranked = _Ranked(self._orders, self._factories, self._ends, factory_ids)
        found: dict[str, list[Choice]] = {}
        for choice in explore_around(leads, ranked, explore, seed, room):
            found.setdefault(choice.order_id, []).append(choice)
        return {order_id: tuple(choices) for order_id, choices in found.items()}

    def _allocated(self, limits: Sequence[int | None], top: int) -> NDArray[np.int64]:
        """Places of the chosen pairs. Orders are numbered by their ids: their order in a file does not matter."""
        factories = np.frombuffer(self._factories, np.int32).astype(np.int64)
        ends = np.frombuffer(self._ends, np.int64)
        ranks = np.empty(len(self._orders), np.int64)
        ranks[sorted(range(len(self._orders)), key=self._orders.__getitem__)] = np.arange(len(self._orders))
        orders = np.repeat(ranks, ends[1:] - ends[:-1])
        by_order = np.lexsort((factories, orders))
        room = np.array([len(self._orders) if limit is None else limit for limit in limits], dtype=np.int64)
        probabilities = np.frombuffer(self._probabilities, np.float64)[by_order]
        chosen = allocate_pairs(orders[by_order], factories[by_order], probabilities, top=top, limits=room)
        return np.sort(by_order[chosen])


class _Ranked(Mapping[str, Sequence[str]]):
    """For each order the ids of its candidates, made when they are asked for."""

    def __init__(
        self, orders: Sequence[str], factories: "array[int]", ends: "array[int]", factory_ids: Sequence[str]
    ) -> None:
        self._places = {order_id: place for place, order_id in enumerate(orders)}
        self._factories = factories
        self._ends = ends
        self._factory_ids = factory_ids

    def __getitem__(self, order_id: str) -> Sequence[str]:
        place = self._places[order_id]
        return [self._factory_ids[number] for number in self._factories[self._ends[place] : self._ends[place + 1]]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
