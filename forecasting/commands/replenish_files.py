"""Reads items.csv and stock.csv, and says what of them cannot be planned."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from forecasting.panel import Sale
from forecasting.replenishment.items import Item, Stock
from matching.tables import Column, Faults, Row, Table, number, read_table, text, whole

_LONGEST_DAYS: Final = 3_650.0
_MOST_PIECES: Final = 1_000_000_000
_USUAL_REVIEW: Final = 7.0

ITEMS: Final = Table(
    (
        Column("sku", text(200), required=True),
        Column("lead_time_days", number(least=0.0, most=_LONGEST_DAYS), required=True),
        Column("lead_time_sd_days", number(least=0.0, most=_LONGEST_DAYS)),
        Column("review_days", number(most=_LONGEST_DAYS, above=0.0)),
        Column("unit_cost", number(least=0.0, most=1e9)),
        Column("unit_price", number(least=0.0, most=1e9)),
        Column("holding_rate_per_year", number(least=0.0, most=100.0)),
        Column("moq", whole(0, _MOST_PIECES)),
        Column("pack_size", whole(1, _MOST_PIECES)),
        Column("critical_ratio", number(most=0.9999, above=0.0)),
    ),
    key=("sku",),
)
STOCK: Final = Table(
    (
        Column("sku", text(200), required=True),
        Column("on_hand", whole(0, _MOST_PIECES), required=True),
        Column("on_order", whole(0, _MOST_PIECES)),
    ),
    key=("sku",),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An item, and the row of items.csv that it stands in."""

    item: Item
    row: Row


def read_items(path: Path, faults: Faults, with_budget: bool) -> list[Listed]:
    """All items without fault, in the file's order."""
    listed = []
    for row in read_table(path, ITEMS, faults):
        before = len(faults)
        _refuse_costs(row, faults, with_budget)
        if len(faults) == before:
            listed.append(Listed(_item(row), row))
    return listed


def read_stock(path: Path, faults: Faults) -> dict[str, tuple[Stock, Row]]:
    """The stock of each item without fault; what is on the way counts as nothing where the cell is empty."""
    found: dict[str, tuple[Stock, Row]] = {}
    unknown = 0
    for row in read_table(path, STOCK, faults):
        on_order = row.whole("on_order")
        unknown += on_order is None
        found[row.required_text("sku")] = (Stock(row.required_whole("on_hand"), on_order or 0), row)
    if unknown:
        faults.warn(f"{path}: on_order is unknown in {unknown} rows; they are planned as if nothing were on the way")
    return found


def refuse_strangers(listed: list[Listed], stock: dict[str, tuple[Stock, Row]], faults: Faults) -> None:
    """Every item needs a row of stock, and every row of stock an item."""
    known = {one.item.sku for one in listed}
    for sku, (_, row) in stock.items():
        if sku not in known:
            faults.add(row.fault("sku", f"'{sku}' is not among the items; accepted: a sku of the items table"))
    for one in listed:
        if one.item.sku not in stock:
            faults.add(
                one.row.fault("sku", f"'{one.item.sku}' has no row of stock; accepted: a sku of the stock table")
            )


def refuse_long_waits(listed: list[Listed], sales: list[Sale], as_of: date, faults: Faults) -> None:
    """An order that has to last longer than the whole history says nothing can be told from it."""
    days = (as_of - min(sale.day for sale in sales)).days + 1
    for one in listed:
        if one.item.protected_days > days:
            problem = (
                f"lead time and review are {one.item.protected_days:g} days, longer than the history of {days} days; "
                "accepted: less, or older sales"
            )
            faults.add(one.row.fault("lead_time_days", problem))


def _refuse_costs(row: Row, faults: Faults, with_budget: bool) -> None:
    cost, price = row.number_in("unit_cost"), row.number_in("unit_price")
    if cost is not None and price is not None and price <= cost and row.number_in("critical_ratio") is None:
        problem = f"{price:g} leaves no margin above the unit_cost of {cost:g}; accepted: more, or a critical_ratio"
        faults.add(row.fault("unit_price", problem))
    if with_budget and cost is None:
        faults.add(
            row.fault("unit_cost", "the cell is empty; accepted: a value, a budget needs the cost of every item")
        )


def _item(row: Row) -> Item:
    review = row.number_in("review_days")
    return Item(
        sku=row.required_text("sku"),
        lead_time_days=row.required_number("lead_time_days"),
        lead_time_sd_days=row.number_in("lead_time_sd_days") or 0.0,
        review_days=_USUAL_REVIEW if review is None else review,
        unit_cost=row.number_in("unit_cost"),
        unit_price=row.number_in("unit_price"),
        holding_rate_per_year=row.number_in("holding_rate_per_year"),
        minimum=row.whole("moq") or 0,
        pack_size=row.whole("pack_size") or 1,
        critical_ratio=row.number_in("critical_ratio"),
    )
