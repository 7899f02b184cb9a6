"""Reads sales.csv: what was sold of every item, day by day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from forecasting.panel import Sale
from matching.tables import Column, Faults, Row, Table, day, flag, iterate_table, number, text

SALES: Final = Table(
    (
        Column("sku", text(200), required=True),
        Column("date", day(), required=True),
        Column("quantity", number(-1e9, 1e9), required=True),
        Column("price", number(least=0.0, most=1e9)),
        Column("promotion", flag()),
        Column("in_stock", flag()),
    )
)


def read_sales(path: Path, faults: Faults) -> list[Sale]:
    """All lines without fault; the faults of the others are added to `faults`."""
    return list(_sales(path, faults))


def _sales(path: Path, faults: Faults) -> Iterator[Sale]:
    names: dict[str, str] = {}
    for row in iterate_table(path, SALES, faults):
        sku = row.required_text("sku")
        yield _sale(row, names.setdefault(sku, sku))


def _sale(row: Row, sku: str) -> Sale:
    return Sale(
        sku,
        row.required_day("date"),
        row.required_number("quantity"),
        row.number_in("price"),
        bool(row.flag("promotion")),
        row.flag("in_stock") is not False,
    )


def last_day(sales: list[Sale]) -> date:
    """The day of the newest line."""
    return max(sale.day for sale in sales)
