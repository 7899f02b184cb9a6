"""Rows of a file of sales or stock, read one after the other by one mapping. Pure.

An order of several lines may carry its number, day and state in its first row alone, as Shopify's exports and merged
cells of a workbook do: its other rows take them from there. Orders that were closed or never paid are no sales, and
what was given back is taken off the day on which it had been sold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from market.kit.cells import Amount, Unreadable, narrow
from market.kit.money import CURRENCIES
from market.kit.row_faults import CellFault
from market.kit.uploads import LEFT_OUT
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.replenishment.import_cells import (
    LARGEST_COUNT,
    Remembered,
    day_reader,
    is_no_sale,
    is_refunded,
    is_sum,
    read_count,
    read_currency,
    read_in_stock,
    read_least,
    read_price_cell,
    read_promotion,
    read_stock,
)
from market.replenishment.import_columns import FileKind, kind_of

LONGEST_SKU = 100
LONGEST_ITEM_NAME = 200
_CARRIED = ("order", "day", "paid_on", "status", "cancelled_on", "currency")


class Line(NamedTuple):
    """What one row says of one item. day: an ordinal, 0 where a stock file names none. quantity: pieces, what came
    back taken off. price: minor units for one piece, or None. values: whatever else the row says, by field."""

    sku: str
    day: int
    quantity: int
    price: int | None
    currency: str
    promoted: bool
    in_stock: bool
    values: dict[str, Any]


@dataclass(slots=True)
class LeftOut:
    """How many rows were no sales, by reason. carried: those that took their day from the first row of their order."""

    carried: int = 0
    no_sales: int = 0
    refunded: int = 0
    sums: int = 0


class SalesReader:
    """Reads the rows of one file in their order; what it looked up once it remembers, so long files stay quick."""

    def __init__(self, headers: Sequence[str], mapping: Mapping[str, str], today: date, encoding: str = "") -> None:
        """encoding: "xlsx" for a workbook, whose merged cells leave all but their first row empty."""
        self.counts = LeftOut()
        self.kind = kind_of(mapping)
        readers = {field: Remembered(read) for field, read in _readers(today).items()}
        self._columns = [
            (place, header, field, readers.get(field))
            for place, header in enumerate(headers)
            if (field := mapping.get(header, LEFT_OUT)) != LEFT_OUT
        ]
        self._header_of = {field: header for _, header, field, _reader in self._columns}
        self._numbered, self._merged = "order" in self._header_of, encoding == "xlsx"
        self._first: dict[str, Any] = {}
        self._sums = Remembered(is_sum)
        self._no_sales, self._refunds = Remembered(is_no_sale), Remembered(is_refunded)

    def read(self, cells: Sequence[str]) -> tuple[Line | None, Sequence[CellFault]]:
        """What a row says, or what is wrong with it; neither for a row that is no sale."""
        values: dict[str, Any] = {}
        faults: list[CellFault] = []
        width = len(cells)
        for place, header, field, known in self._columns:
            cell = cells[place] if place < width else ""
            if not cell:
                continue
            try:
                values[field] = cell if known is None else known[_day_of(cell) if field in _DAYS else cell]
            except Unreadable as fault:
                faults.append(CellFault(header, field, cell, fault.problem, fault.accepted))
        self._carry(values)
        if "cancelled_on" in values or self._no_sales[values.get("status", "")]:
            self.counts.no_sales += 1
            return None, ()
        line = self._line(values, faults)
        # A total under the table is looked for where the rest of the row makes no sense, or stands for the item.
        if (faults and any(self._sums[cell] for cell in cells)) or (line and self._sums[line.sku]):
            self.counts.sums += 1
            return None, ()
        return (None, faults) if faults else (line, ())

    def _carry(self, values: dict[str, Any]) -> None:
        """Give a further line of an order what only its first row says."""
        dated = "day" in values or "paid_on" in values
        if self._numbered:
            same = values["order"] == self._first.get("order") if "order" in values else not dated
        else:
            same = self._merged and not dated and self.kind is not FileKind.STOCK
        if not same:
            self._first = {field: values[field] for field in _CARRIED if field in values}
            return
        missing = [field for field in _CARRIED if field not in values and field in self._first]
        for field in missing:
            values[field] = self._first[field]
        self.counts.carried += "day" in missing or "paid_on" in missing

    def _line(self, values: dict[str, Any], faults: list[CellFault]) -> Line | None:
        sku = values.get("sku") or values.get("name", "")
        if not sku and not self._is_faulty(faults, "sku", "name"):
            field = "sku" if "sku" in self._header_of else "name"
            faults.append(self._missing(field, _("names no item"), _("the code of an item")))
        day = values.get("paid_on") or values.get("day", 0)
        if not day and self.kind is not FileKind.STOCK and not self._is_faulty(faults, "day", "paid_on"):
            field = "day" if "day" in self._header_of else "paid_on"
            faults.append(self._missing(field, _("has no day"), _("a day like 2026-12-03")))
        counted = "quantity" in values or "on_hand" in values or self.kind is FileKind.STOCK
        if not counted and not self._is_faulty(faults, "quantity"):
            faults.append(self._missing("quantity", _("says no quantity"), _("a whole number, like 12")))
        if faults:
            return None
        quantity = values.get("quantity", 0)
        price, currency = _price_of(values, quantity)
        quantity -= self._given_back(values, quantity, price)
        in_stock = values.get("in_stock", quantity > 0 or values.get("on_hand") != 0)
        return Line(sku, day, quantity, price, currency, values.get("promotion", False), in_stock, values)

    def _given_back(self, values: dict[str, Any], quantity: int, price: int | None) -> int:
        """Pieces of a row that came back: as counted, or all of them, or as many as the money given back paid for."""
        if "returned" in values:
            return abs(int(values["returned"]))
        told = values.get("refund_status", "")
        refunded = self._refunds[told] or self._refunds[values.get("status", "")]
        money: Amount | None = values.get("refund_amount")
        if quantity <= 0 or not (refunded or (money and not told)):
            return 0
        self.counts.refunded += 1
        return min(quantity, money.minor // price) if money and price else quantity if refunded else 0

    def _is_faulty(self, faults: Sequence[CellFault], *fields: str) -> bool:
        return any(fault.field in fields for fault in faults)

    def _missing(self, field: str, problem: Sentence, accepted: Sentence) -> CellFault:
        return CellFault(self._header_of.get(field, ""), field, "", problem, accepted)


_DAYS = frozenset(("day", "paid_on"))


def _day_of(cell: str) -> str:
    """A day without its time and zone, where it plainly has them, so that equal days are read once."""
    return cell[:10] if len(cell) > 13 and cell[10] in " T" and cell[13] == ":" else cell


def _readers(today: date) -> dict[str, Callable[[str], Any]]:
    """Field -> reader of its cells; a field without one is taken as it stands."""
    day = day_reader(today)
    return {
        "sku": _read_sku,
        "name": lambda text: " ".join(text.split())[:LONGEST_ITEM_NAME],
        "day": day,
        "paid_on": day,
        "quantity": read_count,
        "returned": read_count,
        "price": read_price_cell,
        "amount": read_price_cell,
        "refund_amount": read_price_cell,
        "cost": read_price_cell,
        "currency": read_currency,
        "promotion": read_promotion,
        "in_stock": read_in_stock,
        "on_hand": read_stock,
        "on_order": read_stock,
        "lead_time_days": read_least(0, 730),
        "minimum": read_least(0, LARGEST_COUNT),
        "pack_size": read_least(1, LARGEST_COUNT),
    }


def _read_sku(text: str) -> str:
    sku = " ".join(narrow(text).split())
    if len(sku) > LONGEST_SKU:
        accepted = _("at most %(most)s characters", most=LONGEST_SKU)
        raise Unreadable(_("is too long for the code of an item"), accepted)
    return sku


def _price_of(values: Mapping[str, Any], quantity: int) -> tuple[int | None, str]:
    """The price of one piece in minor units, also from the money of the whole row, and its currency."""
    amount: Amount | None = values.get("price")
    minor = amount.minor if amount else None
    if amount is None:
        amount = values.get("amount")
        minor = (2 * amount.minor + quantity) // (2 * quantity) if amount and quantity > 0 else None
    currency = values.get("currency") or (amount.currency if amount else "") or ""
    return (minor and in_units_of(minor, currency, amount)) or None, currency


def in_units_of(minor: int, currency: str, amount: Amount | None) -> int:
    """Minor units of a currency that the cell itself did not name, and that was therefore read with two decimals."""
    digits = CURRENCIES[currency or "CNY"][1]
    return minor if digits == 2 or (amount and amount.currency) else round(minor / 10 ** (2 - digits))
