"""Many orders, each held against a few rows of one part: what `sight_of` tells of each, a column for all at a time.

One order at a time would cost a millisecond, nearly all of it for starting array operations on a handful of numbers.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import Floats, Rows
from matching.engine.declared import middle_price_of, minimum_of, standing_of
from matching.engine.goods import goods_path, group_of
from matching.engine.index import TablePart
from matching.engine.misfits import (
    currencies_of,
    log_use,
    moved_price,
    own_level_of,
)
from matching.engine.model import RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.engine.requirements import Window
from matching.engine.unsaid import Unsaid, unsaid_of, usually_missed
from matching.learning.shapes import PLAIN, TERMS, UNSAID

Key = TypeVar("Key", bound=Hashable)
Column = NDArray[Any]
"""A number or a flag for every row of the part."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What pairs wish for, by order, wish and row. pair: its number. kind: its place in TERMS. term: its place in
    `terms`. standing: how the row stands to it."""

    pair: Rows
    kind: Rows
    term: Rows
    standing: Rows
    weight: Floats
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sights:
    """Pairs of an order and a row, by order; logs throughout, NaN unknown, each as in `Sight`.

    order: the number of the pair's order. row: the place of its row in the part. groups: of goods, one for each order.
    """

    order: Rows
    row: Rows
    wishes: Wishes
    plain: Floats
    overload: Floats
    shortfall: Floats
    price: Floats
    quantity: Floats
    target: Floats
    days: Floats
    groups: tuple[str, ...]


def sights_of(
    orders: Sequence[ReadOrder],
    windows: Sequence[Window],
    chosen: Sequence[Rows],
    texts: Sequence[Floats | None],
    part: TablePart,
    model: RankerModel,
) -> Sights:
    """Holds each order against the rows at its chosen places of the part. windows, chosen, texts: one for each order,
    each as in `sight_of`."""
    pairs = _Pairs(orders, part, chosen)
    quantity = np.log([order.quantity for order in orders])[pairs.order]
    days = [_days(window) for window in windows]
    return Sights(
        order=pairs.order,
        row=pairs.row,
        wishes=_wishes(pairs),
        plain=_plain(pairs, texts, model),
        overload=_overload(pairs, windows),
        shortfall=minimum_of(part)[pairs.row] - quantity,
        price=_prices(pairs, model, quantity),
        quantity=quantity,
        target=np.log([_or_unknown(order.target_unit_price) for order in orders])[pairs.order],
        days=np.log(days)[pairs.order],
        groups=tuple(group_of(part.vocabulary, order) for order in orders),
    )


class _Pairs:
    """Which order and which row each pair is of."""

    def __init__(self, orders: Sequence[ReadOrder], part: TablePart, chosen: Sequence[Rows]) -> None:
        self.orders = orders
        self.part = part
        self._counts = np.array([len(rows) for rows in chosen], dtype=np.int64)
        self.order = np.repeat(np.arange(len(orders)), self._counts)
        self.row = np.concatenate(chosen)

    def __len__(self) -> int:
        return len(self.row)

    def of_each(self, owners: Sequence[int]) -> tuple[Rows, Rows]:
        """Things of orders, once for each pair of their order: their places among all things, and the pairs.

        owners: the order of each thing.
        """
        counts = self._counts[np.array(owners, dtype=np.int64)]
        things = np.repeat(np.arange(len(owners)), counts)
        within = np.arange(len(things)) - np.repeat(np.cumsum(counts) - counts, counts)
        first = np.cumsum(self._counts) - self._counts
        return things, first[np.array(owners, dtype=np.int64)[things]] + within

    def looked_up(self, keys: Sequence[Key], asked: Rows, pairs: Rows, column_of: Callable[[Key], Column]) -> Floats:
        """For each pair what its row has in the column of the key that is asked for; each column is made once."""
        found = np.empty(len(asked))
        by_key = np.argsort(asked, kind="stable")
        ends = np.searchsorted(asked[by_key], np.arange(len(keys) + 1)).tolist()
        for key, (start, end) in zip(keys, pairwise(ends), strict=True):
            places = by_key[start:end]
            found[places] = column_of(key)[self.row[pairs[places]]]
        return found

    def each_looked_up(self, keys: Iterable[Key], column_of: Callable[[Key], Column]) -> Floats:
        """The same with one key for each order."""
        distinct, numbers = _numbered(keys)
        return self.looked_up(distinct, numbers[self.order], np.arange(len(self)), column_of)


def _wishes(pairs: _Pairs) -> Wishes:
    wished = [
        (number, (kind, wish.id, wish.id in order.usual_processes), wish.weight)
        for number, order in enumerate(pairs.orders)
        for kind in TERM_KINDS
        for wish in order.wishes[kind]
    ]
    things, pair = pairs.of_each([number for number, _, _ in wished])
    keys, asked = _numbered(key for _, key, _ in wished)
    standing = pairs.looked_up(keys, asked[things], pair, lambda key: standing_of(pairs.part, *key))
    terms, places = _numbered(term for _, term, _ in keys)
    kinds = np.array([TERMS.index(kind) for kind, _, _ in keys], dtype=np.int64)
    weight = np.array([weight for _, _, weight in wished], dtype=np.float64)
    asked = asked[things]
    return Wishes(pair, kinds[asked], places[asked], standing.astype(np.int64), weight[things], tuple(terms))


def _plain(pairs: _Pairs, texts: Sequence[Floats | None], model: RankerModel) -> Floats:
    """As in `Sight`: zero where the order asks for none of it."""
    plain = np.zeros((len(pairs), len(PLAIN)))
    plain[:, 0] = 1.0 - _attribute_nearness(pairs)
    plain[:, 1] = 1.0 - pairs.each_looked_up([order.region for order in pairs.orders], _region_nearness(pairs.part))
    counts = np.bincount(pairs.order, minlength=len(pairs.orders))
    known = [np.ones(count) if text is None else text for text, count in zip(texts, counts, strict=True)]
    plain[:, 2] = 1.0 - np.concatenate(known)
    names_goods = np.array([bool(order.wishes["category"]) for order in pairs.orders])
    plain[:, 3] = np.where(names_goods[pairs.order], 0.0, plain[:, 2])
    unsaid = zip(*(unsaid_of(order, model, pairs.part.vocabulary) for order in pairs.orders), strict=True)
    for place, of_orders in enumerate(unsaid, len(PLAIN) - len(UNSAID)):
        plain[:, place] = pairs.each_looked_up(of_orders, _usually_missed(pairs.part, model))
    return plain


def _usually_missed(part: TablePart, model: RankerModel) -> Callable[[Unsaid | None], Floats]:
    return lambda unsaid: np.zeros(len(part)) if unsaid is None else usually_missed(part, unsaid, model)


def _attribute_nearness(pairs: _Pairs) -> Floats:
    """The mean over the wished attributes that a row says anything about; 1 without a wish, NaN where about none."""
    wished = [(number, pair) for number, order in enumerate(pairs.orders) for pair in order.attributes]
    things, pair = pairs.of_each([number for number, _ in wished])
    keys, asked = _numbered(key for _, key in wished)
    found = pairs.looked_up(keys, asked[things], pair, lambda key: pairs.part.attribute(*key))
    told = ~np.isnan(found)
    total = np.bincount(pair[told], found[told], len(pairs))
    wishes = np.array([bool(order.attributes) for order in pairs.orders])
    with np.errstate(invalid="ignore"):
        return np.where(wishes[pairs.order], total / np.bincount(pair[told], minlength=len(pairs)), 1.0)


def _region_nearness(part: TablePart) -> Callable[[str | None], Floats]:
    return lambda wanted: np.ones(len(part)) if wanted is None else part.region(wanted)


def _overload(pairs: _Pairs, windows: Sequence[Window]) -> Floats:
    """Log of the share of the weeks there are that the run fills: see `used_capacity`."""
    quantity = np.array([order.quantity for order in pairs.orders], dtype=np.float64)[pairs.order]
    weeks = np.array([window.weeks for window in windows])[pairs.order]
    with np.errstate(divide="ignore", invalid="ignore"):
        used = quantity / pairs.part.number("capacity_per_week")[pairs.row] / weeks
    return log_use(np.where(weeks > 0, used, np.inf))


def _prices(pairs: _Pairs, model: RankerModel, quantity: Floats) -> Floats:
    """As the price in `Sight`: the level of the goods is looked up for each pair of currency and goods once."""
    part, row = pairs.part, pairs.row
    middle = middle_price_of(part)[row]
    foreign = pairs.each_looked_up([order.currency for order in pairs.orders], part.other_currency) > 0.0
    declared = np.where(foreign, np.nan, middle)
    if not model.prices.level:
        return declared
    own, own_currency = own_level_of(part, model)
    goods, number = _numbered(_goods(order) for order in pairs.orders)
    currencies = [*currencies_of(part), *sorted({order.currency for order in pairs.orders if order.currency})]
    places = np.array([currencies.index(order.currency) if order.currency else -1 for order in pairs.orders])
    asked_in = np.where(places[pairs.order] < 0, own_currency[row], places[pairs.order])
    paths = [goods_path(part.vocabulary, one) for one in goods]
    level = np.array([[model.prices.of(currency, path) for path in paths] for currency in currencies])
    usual = level[asked_in, number[pairs.order]] + model.prices.slope * (quantity - model.prices.at)
    names_goods = np.array([bool(one) for one in goods])[number[pairs.order]]
    return np.where(names_goods, moved_price(middle, foreign, usual, own[row]), declared)


def _days(window: Window) -> float:
    return np.nan if window.days is None else float(max(window.days + window.grace_days, 1))


def _goods(order: ReadOrder) -> str:
    """Its category; empty when none is known."""
    return order.wishes["category"][0].id if order.wishes["category"] else ""


def _or_unknown(value: float | None) -> float:
    return np.nan if value is None else value


def _numbered(keys: Iterable[Key]) -> tuple[list[Key], Rows]:
    """The distinct keys as they come first, and for each key its number."""
    numbers: dict[Key, int] = {}
    places = [numbers.setdefault(key, len(numbers)) for key in keys]
    return list(numbers), np.array(places, dtype=np.int64)
