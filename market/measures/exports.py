"""Tables of figures as CSV: one line a row, shares as plain decimals, and nothing that a spreadsheet would run."""

from decimal import Decimal
from typing import Any

from market.quotes.exports import Cell, harmless
from market.quotes.exports import as_csv as write_csv

DIGITS = 6


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """The names of the columns, then the rows. A table without rows holds nothing but its byte order mark."""
    names: list[Cell] = list(rows[0]) if rows else []
    return write_csv([names, *([_cell(value) for value in row.values()] for row in rows)] if rows else [])


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return Decimal(str(round(value, DIGITS)))
    return harmless(value) if isinstance(value, str) else value
