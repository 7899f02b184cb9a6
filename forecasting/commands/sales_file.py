"""Reads sales.csv: what was sold of every item, day by day."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from forecasting.panel import Panel, PanelTooLong, Sale, make_panel
from forecasting.periods import Frequency
from matching.tables import Column, Faults, Row, Table, day, flag, iterate_table, number, refuse, text

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


def panel_of_sales(path: Path, sales: list[Sale], frequency: Frequency, as_of: date | None) -> tuple[Panel, date]:
    """The panel of all items, and the day up to which it was read: that of the newest line unless told.

    Raises BadInput when the file holds no sales up to that day, or sales over too many periods.
    """
    file = str(path)
    if not sales:
        raise refuse(file, "holds no sales; accepted: at least one row")
    last = as_of or max(sale.day for sale in sales)
    try:
        panel = make_panel(sales, frequency, last)
    except PanelTooLong as error:
        raise refuse(file, str(error), column="date") from error
    if not len(panel):
        raise refuse(file, f"holds no sales up to {last}; accepted: a later --as-of", column="date")
    return panel, last
