"""Sales of many items over equal periods, from lines of sales that come in any order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from forecasting.periods import Frequency, first_day, last_whole, number_of

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Number = TypeVar("Number", bound="np.generic[Any]")

MOST_PERIODS: Final = 4_000
_LEAST_IN_STOCK: Final = 0.5
"""A period in which the item was for sale less than this share of its days says too little of its demand."""
_NEIGHBOURS: Final = 4
_PRIOR_PERIODS: Final = 0.25
"""Periods of an item's usual demand that weigh as much as what it sold in the part of a period it was in stock."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One line of sales. quantity is negative for returned goods; None is not known.

    in_stock: False where the item could not be bought on that day, so that nothing sold says nothing of demand.
    """

    sku: str
    day: date
    quantity: float
    price: float | None = None
    promoted: bool = False
    in_stock: bool = True


@dataclass(frozen=True)
class Lost:
    """What is left of periods in which items could hardly be bought. Goods run out when they sell best, so what was
    sold before says more of such a period than its neighbours do.

    sold: pieces sold in each period. out: the share of its days on which the item was out of stock.
    """

    sold: Floats
    out: Floats

    def estimated(self, usual: Floats) -> Floats:
        """Demand of each period, of items that usually sell so much: what was sold, and the same rate while out.

        The rate is that of the days in stock, shrunk to the usual one (Gamma prior and Poisson demand).
        """
        rate = (self.sold + _PRIOR_PERIODS * usual) / (1 - self.out + _PRIOR_PERIODS)
        return self.sold + self.out * rate


@dataclass(frozen=True)
class Panel:
    """Demand of items (rows) over periods (columns), the last of which has just ended.

    first: the number of the first column's period. begun: the column of each item's first line of sales; what stands
    before it says nothing. demand: pieces a period, never negative; an estimate where known is False. price: money a
    piece, the last one known, NaN before the first. promoted: the share of a period's days with a promotion. lost: what
    is seen of periods that are not known; None where nothing is.
    """

    frequency: Frequency
    first: int
    skus: tuple[str, ...]
    demand: Floats
    known: Flags
    begun: Wholes
    price: Floats
    promoted: Floats
    lost: Lost | None = None

    @property
    def end(self) -> int:
        """The number of the first period that nothing is known of."""
        return self.first + int(self.demand.shape[1])

    def __len__(self) -> int:
        return len(self.skus)

    @cached_property
    def ages(self) -> Wholes:
        """Periods of history of each item."""
        return np.asarray(self.demand.shape[1] - self.begun, dtype=np.int64)

    @property
    def seen(self) -> Floats:
        """The share of each period in which demand could show; 0 before an item began."""
        if self.lost is None:
            return self.known.astype(np.float64)
        lived = np.arange(self.demand.shape[1]) >= self.begun[:, None]
        return np.where(lived, 1 - self.lost.out, 0.0)

    def until(self, column: int) -> Self:
        """What was known when that column began: columns before it; an item that had not begun has age 0.

        Estimates of unknown demand are made anew, from what had come by then.
        """
        known, begun = self.known[:, :column], np.minimum(self.begun, column)
        lost = Lost(self.lost.sold[:, :column], self.lost.out[:, :column]) if self.lost else None
        return replace(
            self,
            demand=_filled(self.demand[:, :column], known, begun, lost),
            known=known,
            begun=begun,
            price=self.price[:, :column],
            promoted=self.promoted[:, :column],
            lost=lost,
        )

    def only(self, rows: NDArray[np.int64]) -> Self:
        """Some of the items, in the order of `rows`."""
        return replace(
            self,
            skus=tuple(self.skus[row] for row in rows.tolist()),
            demand=self.demand[rows],
            known=self.known[rows],
            begun=self.begun[rows],
            price=self.price[rows],
            promoted=self.promoted[rows],
            lost=Lost(self.lost.sold[rows], self.lost.out[rows]) if self.lost else None,
        )

    def named(self, skus: Sequence[str]) -> Self:
        """The rows of these items in their order; one that never sold is a row without history."""
        places = {sku: place for place, sku in enumerate(self.skus)}
        rows = np.array([places.get(sku, len(self)) for sku in skus], dtype=np.int64)
        return replace(
            self,
            skus=tuple(skus),
            demand=_told(self.demand, rows, 0.0),
            known=_told(self.known, rows, False),
            begun=_told(self.begun, rows, self.demand.shape[1]),
            price=_told(self.price, rows, np.nan),
            promoted=_told(self.promoted, rows, 0.0),
            lost=Lost(_told(self.lost.sold, rows, 0.0), _told(self.lost.out, rows, 1.0)) if self.lost else None,
        )


def _told(table: NDArray[Number], rows: Wholes, unsold: float) -> NDArray[Number]:
    """Rows of a table, and `unsold` throughout for the row beyond its last."""
    empty = np.full((1, *table.shape[1:]), unsold, dtype=table.dtype)
    return np.asarray(np.concatenate([table, empty])[rows])


class PanelTooLong(ValueError):
    """The sales span more periods than are kept."""


def make_panel(sales: Sequence[Sale], frequency: Frequency, as_of: date) -> Panel:
    """The panel of all items with a sale up to the end of `as_of`; nothing later is read, nor an unfinished period.

    Several lines of an item and a day add up; returns are netted inside their period, which never falls below zero.
    An item whose lines all stand in the unfinished period has no history and age 0. Items are sorted by name.
    Raises PanelTooLong when the sales span more than MOST_PERIODS.
    """
    read = [sale for sale in sales if sale.day <= as_of]
    skus = tuple(sorted({sale.sku for sale in read}))
    last = last_whole(frequency, as_of)
    places = {sku: place for place, sku in enumerate(skus)}
    rows = np.array([places[sale.sku] for sale in read], dtype=np.int64)
    numbers = np.array([number_of(frequency, sale.day) for sale in read], dtype=np.int64)
    first = min(int(numbers.min(initial=last)), last)
    width = last - first + 1
    if width > MOST_PERIODS:
        raise PanelTooLong(f"the sales begin {width} periods before {as_of}; accepted: at most {MOST_PERIODS}")
    kept = numbers <= last
    columns = numbers - first
    begun = np.full(len(skus), width, dtype=np.int64)
    np.minimum.at(begun, rows[kept], columns[kept])
    cells = rows[kept] * width + columns[kept]
    shape = (len(skus), width)

    def summed(values: Sequence[float]) -> Floats:
        pieces = np.array(values, dtype=np.float64)[kept]
        return np.asarray(np.bincount(cells, pieces, minlength=shape[0] * width), dtype=np.float64).reshape(shape)

    sold = np.maximum(summed([sale.quantity for sale in read]), 0.0)
    days = np.array([_days(frequency, first + column) for column in range(width)])
    out = np.minimum(summed(_first_of_day(read, [not sale.in_stock for sale in read])) / days, 1.0)
    promoted = np.minimum(summed(_first_of_day(read, [sale.promoted for sale in read])) / days, 1.0)
    known = (out <= 1 - _LEAST_IN_STOCK) & (np.arange(width) >= begun[:, None])
    lost = Lost(sold, out) if out.any() else None
    demand = _filled(sold / np.maximum(1 - out, _LEAST_IN_STOCK), known, begun, lost)
    price = _last_known(read, rows, columns, shape, kept)
    return Panel(frequency, first, skus, demand, known, begun, price, promoted, lost)


def _days(frequency: Frequency, number: int) -> int:
    return first_day(frequency, number + 1).toordinal() - first_day(frequency, number).toordinal()


def _first_of_day(sales: Sequence[Sale], said: Sequence[bool]) -> list[float]:
    """1.0 for the first line of an item and a day that says so, else 0.0."""
    seen: set[tuple[str, date]] = set()
    counted = []
    for sale, says in zip(sales, said, strict=True):
        key = (sale.sku, sale.day)
        counted.append(1.0 if says and key not in seen else 0.0)
        if says:
            seen.add(key)
    return counted


def _last_known(sales: Sequence[Sale], rows: Wholes, columns: Wholes, shape: tuple[int, int], kept: Flags) -> Floats:
    """The price of the last line of each period, carried on until the next one that is known."""
    price = np.full(shape, np.nan)
    ordered = sorted(
        (place for place in np.flatnonzero(kept).tolist() if sales[place].price is not None),
        key=lambda place: sales[place].day,
    )
    for place in ordered:
        price[rows[place], columns[place]] = sales[place].price
    known_at = np.where(np.isnan(price), -1, np.arange(shape[1]))
    latest = np.maximum.accumulate(known_at, axis=1) if shape[1] else known_at
    carried = np.take_along_axis(price, np.maximum(latest, 0), axis=1) if shape[1] else price
    return np.where(latest >= 0, carried, np.nan)


def _filled(demand: Floats, known: Flags, begun: Wholes, lost: Lost | None) -> Floats:
    """Demand with an estimate where it is not known, and nothing before an item began."""
    width = demand.shape[1]
    lived = np.arange(width) >= begun[:, None]
    if not (lived & ~known).any():
        return np.where(known, demand, 0.0)
    usual = _around(demand, known)
    estimated = usual if lost is None else lost.estimated(usual)
    return np.where(known, demand, np.where(lived, estimated, 0.0))


def _around(demand: Floats, known: Flags) -> Floats:
    """The mean of the known periods around each period, two on each side where there are; 0 where none is known."""
    nearest = np.argsort(~known, axis=1, kind="stable")
    kept = np.take_along_axis(np.where(known, demand, 0.0), nearest, axis=1)
    total = np.pad(np.cumsum(kept, axis=1), ((0, 0), (1, 0)))
    count = known.sum(axis=1)[:, None]
    start = np.clip(np.cumsum(known, axis=1) - known - _NEIGHBOURS // 2, 0, np.maximum(count - _NEIGHBOURS, 0))
    stop = np.minimum(start + _NEIGHBOURS, count)
    summed = np.take_along_axis(total, stop, axis=1) - np.take_along_axis(total, start, axis=1)
    return np.asarray(summed / np.maximum(stop - start, 1), dtype=np.float64)
