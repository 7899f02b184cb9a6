"""The comparison as a file: CSV for everything, XLSX for Excel. Both say what the page says."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import xlsxwriter

Cell = str | int | Decimal | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """The text so that no spreadsheet runs it as a formula: a quote mark goes before what could start one."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) or text.startswith(FORMULA_STARTS) else text


def as_csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    """CSV in UTF-8 with a byte order mark, so that Excel reads the Chinese; dates ISO, money in plain decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Sequence[Cell]], sheet: str) -> bytes:
    """One sheet with a bold first row and column; numbers are numbers, dates are dates, and text is never a formula."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        page = book.add_worksheet(sheet[:31])
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "align": "right"})
        money = book.add_format({"num_format": "#,##0.00"})
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(place, column, cell, day)
                elif isinstance(cell, Decimal):
                    page.write_number(place, column, float(cell), money)
                elif isinstance(cell, int):
                    page.write_number(place, column, cell)
                elif cell is not None:
                    page.write_string(place, column, cell, bold if place == 0 or column == 0 else None)
        page.set_column(0, 0, 24)
        page.set_column(1, max((len(row) for row in rows), default=1), 20)
        page.freeze_panes(1, 1)
    return content.getvalue()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)
