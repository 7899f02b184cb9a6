"""A list of numbers for each row, of any length: the terms a factory offers, the words its profile uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
NOTHING: Final = 0
"""The one item of an empty list, so that every list has a beginning and none needs a case of its own."""

_GONE: Final = 1
FIRST_ITEM: Final = 2
_FIRST_SIZE: Final = 64


@dataclass(frozen=True, slots=True)
class CutLists:
    """The lists of some rows, one after another. starts: where each begins. owners: the place of each item's row."""

    items: NDArray[np.int32]
    starts: NDArray[np.int64]
    owners: NDArray[np.int64]

    def known(self) -> NDArray[np.bool_]:
        """Rows whose list is not empty."""
        return np.asarray(self.items[self.starts] != NOTHING)

    def best(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each row the highest value of its items, 0 or more. values: one number for each item there is.

        Few items are worth anything to any one wish, so only these are looked at row by row.
        """
        found = np.zeros(len(self.starts))
        worth = values[self.items]
        places = np.flatnonzero(worth)
        np.maximum.at(found, self.owners[places], worth[places])
        return found


class ListColumn:
    """Lists of whole numbers from FIRST_ITEM on, in one array in the order in which they were written.

    A list that is written anew leaves a gap behind; when gaps fill half of the array, the lists move together.
    """

    def __init__(self) -> None:
        self._starts = np.zeros(0, dtype=np.int64)
        self._lengths = np.zeros(0, dtype=np.int64)
        self._items = np.full(_FIRST_SIZE, _GONE, dtype=np.int32)
        self._end = 0
        self._gaps = 0

    def resize(self, rows: int) -> None:
        """Room for so many rows; new ones have empty lists."""
        before = len(self._starts)
        self._starts, self._lengths = grown(self._starts, rows, 0), grown(self._lengths, rows, 1)
        start = self._room_for(rows - before)
        places = np.arange(start, self._end)
        self._starts[before:], self._items[places] = places, NOTHING

    def write(self, row: int, items: Sequence[int]) -> None:
        """Replaces the list of one row."""
        kept = items or (NOTHING,)
        start, length = int(self._starts[row]), int(self._lengths[row])
        if len(kept) > length:
            self._leave(start, length)
            start = self._room_for(len(kept))
        else:
            self._leave(start + len(kept), length - len(kept))
        self._items[start : start + len(kept)] = kept
        self._starts[row], self._lengths[row] = start, len(kept)

    def of(self, row: int) -> list[int]:
        """The list of one row."""
        start = int(self._starts[row])
        items: list[int] = self._items[start : start + int(self._lengths[row])].tolist()
        return [] if items == [NOTHING] else items

    def cut(self, rows: Rows) -> CutLists:
        """The lists of these rows, in their order."""
        lengths = self._lengths[rows]
        ends = np.cumsum(lengths)
        starts = ends - lengths
        total = int(ends[-1]) if len(ends) else 0
        owners = np.repeat(np.arange(len(rows)), lengths)
        places = np.arange(total) + (self._starts[rows] - starts)[owners]
        return CutLists(self._items[places], starts, owners)

    def _leave(self, start: int, length: int) -> None:
        self._items[start : start + length] = _GONE
        self._gaps += length

    def _room_for(self, length: int) -> int:
        if self._end + length > len(self._items):
            if 2 * self._gaps > self._end:
                self._move_together()
            size = max(len(self._items), 2 * (self._end + length))
            self._items = grown(self._items, size, _GONE)
        start = self._end
        self._end += length
        return start

    def _move_together(self) -> None:
        kept = np.flatnonzero(self._items[: self._end] != _GONE)
        moved = np.cumsum(self._items[: self._end] != _GONE) - 1
        self._starts = moved[self._starts]
        self._items[: len(kept)] = self._items[kept]
        self._items[len(kept) :] = _GONE
        self._end, self._gaps = len(kept), 0


Numbers = TypeVar("Numbers", bound=np.generic)


def grown(array: NDArray[Numbers], size: int, fill: float) -> NDArray[Numbers]:
    """The array at a larger size, its new places filled."""
    return np.append(array, np.full(size - len(array), fill, dtype=array.dtype))
