"""The lines of a file summed up item by item and day by day while they are read. Pure.

A million lines stand in a handful of columns of whole numbers, never as a million objects.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.replenishment.import_columns import TERMS, FileKind
from market.replenishment.import_reading import Line, in_units_of

MOST_ITEMS = 100_000
_LARGEST_PRICE = 10**9
_HEAVIEST = 10_000
_PROMOTED, _IN_STOCK = 1, 2
_DAY_BITS = 24
_STOCK = ("on_hand", "on_order")
Wholes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class TooManyItems(ValueError):
    """More different items than one file can hold: most likely the wrong column was taken for the item's code."""


@dataclass(slots=True)
class ItemFound:
    """An item as a file knows it. stocked: the ordinal of the day on whose end the stock was counted, 0 for a file
    without days, -1 while no stock was read. terms: cost in minor units, days and pieces by field."""

    sku: str
    name: str = ""
    currency: str = ""
    stocked: int = -1
    on_hand: int | None = None
    on_order: int | None = None
    terms: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Daily:
    """Sales by item and day, one entry each, ordered by item and then by day. item: its place in the list of items.
    price: minor units for one piece, 0 where none was read."""

    item: Wholes
    day: Wholes
    quantity: Wholes
    price: Wholes
    promoted: Flags
    in_stock: Flags

    def __len__(self) -> int:
        return len(self.item)

    def spans(self, items: int) -> tuple[Wholes, Wholes]:
        """The first and the last day of each item's sales, 0 for an item that has none."""
        first, last = np.zeros(items, dtype=np.int64), np.zeros(items, dtype=np.int64)
        # Of entries with the same place the last one written stays, so the first day is written backwards.
        first[self.item[::-1]], last[self.item] = self.day[::-1], self.day
        return first, last


class Totals:
    """Takes lines in and sums them up. same: sku -> the sku that it is another writing of."""

    def __init__(self, kind: FileKind, same: Mapping[str, str] | None = None) -> None:
        self.items: list[ItemFound] = []
        self.other_currency = 0
        self.kind = kind
        self._same = same or {}
        self._places: dict[str, int] = {}
        self._columns = tuple(array("q") for _ in range(4))

    def add(self, line: Line) -> None:
        """Raises TooManyItems."""
        sku = self._same.get(line.sku, line.sku) if self._same else line.sku
        place = self._places.get(sku)
        if place is None:
            place = self._new_place(sku)
        item = self.items[place]
        if not item.name and line.sku == sku and "name" in line.values:
            item.name = line.values["name"]
        if not item.currency:
            item.currency = line.currency
        if "on_hand" in line.values or "on_order" in line.values:
            self._take_stock(item, line)
        if self.kind is FileKind.STOCK:
            _take_terms(item, line)
            return
        price = line.price or 0
        if line.currency and line.currency != item.currency and price:
            self.other_currency += 1
            price = 0
        flags = _PROMOTED * line.promoted + _IN_STOCK * line.in_stock
        columns = self._columns
        columns[0].append(place << _DAY_BITS | line.day)
        columns[1].append(line.quantity)
        columns[2].append(price if price <= _LARGEST_PRICE else 0)
        columns[3].append(flags)

    def lines(self) -> Wholes:
        """How many lines of sales each item has."""
        return np.bincount(np.frombuffer(self._columns[0], np.int64) >> _DAY_BITS, minlength=len(self.items))

    def daily(self) -> Daily:
        """The sums; equal days of an item are one entry, sold if it was sold in any line and at their mean price."""
        keys, quantity, price, flags = (np.frombuffer(column, np.int64) for column in self._columns)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.int64)

        def total(values: Wholes) -> Wholes:
            return np.add.reduceat(values[order], starts) if len(starts) else np.empty(0, np.int64)

        weight = np.where(price > 0, np.clip(quantity, 1, _HEAVIEST), 0)
        weights = total(weight)
        return Daily(
            item=keys[starts] >> _DAY_BITS,
            day=keys[starts] & ((1 << _DAY_BITS) - 1),
            quantity=total(quantity),
            price=(total(price * weight) + weights // 2) // np.maximum(weights, 1),
            promoted=total(flags & _PROMOTED) > 0,
            in_stock=total(flags & _IN_STOCK) > 0,
        )

    def _new_place(self, sku: str) -> int:
        if len(self.items) >= MOST_ITEMS:
            raise TooManyItems
        self.items.append(ItemFound(sku))
        self._places[sku] = len(self.items) - 1
        return len(self.items) - 1

    def _take_stock(self, item: ItemFound, line: Line) -> None:
        """The stock of the latest day; a stock file's lines of one day are places of storage, which add up."""
        if line.day < item.stocked:
            return
        adds = self.kind is FileKind.STOCK and line.day == item.stocked
        for name in _STOCK:
            if name in line.values:
                before = getattr(item, name) if adds else None
                setattr(item, name, line.values[name] + (before or 0))
        item.stocked = line.day


def _take_terms(item: ItemFound, line: Line) -> None:
    for name in TERMS:
        value: Any = line.values.get(name)
        if value is None:
            continue
        if name == "cost":
            currency = line.values.get("currency") or value.currency
            item.currency = item.currency or currency
            # A cost in another money than the item's own says nothing that could be compared.
            if currency and currency != item.currency:
                continue
            value = in_units_of(value.minor, item.currency, value)
        if value:
            item.terms[name] = value


def spread_over_months(daily: Daily, until: int) -> Daily:
    """Sums of whole months given to their days in equal parts, the remainder to the first ones, so that they still sum
    to the month. until: the ordinal of the last day that a month still running may reach."""
    months = {day: _month_of(day) for day in np.unique(daily.day).tolist()}
    parts = [(first, max(first, min(last, until))) for first, last in (months[day] for day in daily.day.tolist())]
    counts = np.array([last - first + 1 for first, last in parts], dtype=np.int64)
    firsts = np.array([first for first, _last in parts], dtype=np.int64)
    place = np.repeat(np.arange(len(daily)), counts)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    each, rest = daily.quantity[place] // counts[place], daily.quantity[place] % counts[place]
    return Daily(
        item=daily.item[place],
        day=firsts[place] + offset,
        quantity=each + (offset < rest),
        price=daily.price[place],
        promoted=daily.promoted[place],
        in_stock=daily.in_stock[place],
    )


def with_lost_days(daily: Daily, items: int, gaps: Iterable[Sequence[int]]) -> Daily:
    """The sales with days of which nothing is known, for every item that sold both before and after them.

    gaps: the first and the last day of each, as ordinals; the file holds no line of any item between them.
    """
    first, last = daily.spans(items)
    added: list[tuple[Wholes, Wholes]] = []
    for begin, end in gaps:
        known = np.flatnonzero((first > 0) & (first < begin) & (last > end))
        days = np.arange(begin, end + 1, dtype=np.int64)
        added.append((np.repeat(known, len(days)), np.tile(days, len(known))))
    if not added:
        return daily
    count = sum(len(item) for item, _day in added)
    merged = Daily(
        item=np.concatenate([daily.item, *(item for item, _day in added)]),
        day=np.concatenate([daily.day, *(day for _item, day in added)]),
        quantity=np.append(daily.quantity, np.zeros(count, np.int64)),
        price=np.append(daily.price, np.zeros(count, np.int64)),
        promoted=np.append(daily.promoted, np.zeros(count, np.bool_)),
        in_stock=np.append(daily.in_stock, np.zeros(count, np.bool_)),
    )
    order = np.lexsort((merged.day, merged.item))
    return replace(merged, **{name: getattr(merged, name)[order] for name in Daily.__dataclass_fields__})


def _month_of(ordinal: int) -> tuple[int, int]:
    """The first and the last day of the month that a day lies in, as ordinals."""
    day = date.fromordinal(ordinal)
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.replace(day=1).toordinal(), following.toordinal() - 1
