"""Exports: what a spreadsheet opens is what the page says, and never a formula."""

import csv
import io
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from market.quotes.exports import Cell, as_csv, as_xlsx, harmless

dangerous = st.sampled_from(["=", "+", "-", "@", "\t", "\r", " ="]).flatmap(
    lambda start: st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])).map(lambda rest: start + rest)
)


@given(dangerous)
def test_no_text_starts_a_formula(text: str) -> None:
    assert harmless(text) == "'" + text
    cell = next(csv.reader(io.StringIO(as_csv([[text]]).decode("utf-8-sig"), newline="")))[0]
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_both_files_hold_the_same_rows_and_read_as_chinese() -> None:
    rows: list[list[Cell]] = [
        ["R-1042", "样例毛织 07 厂", "=HYPERLINK(1)"],
        ["800 件", Decimal("118.00"), "不接"],
        ["交货", date(2026, 12, 10), None],
        ["起订", 100, 500],
    ]
    content = as_csv(rows)
    assert content.startswith("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [
        ["R-1042", "样例毛织 07 厂", "'=HYPERLINK(1)"],
        ["800 件", "118.00", "不接"],
        ["交货", "2026-12-10", ""],
        ["起订", "100", "500"],
    ]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx(rows, "R-1042"))).get_sheet_by_name("R-1042")
    assert sheet.to_python() == [
        ["R-1042", "样例毛织 07 厂", "=HYPERLINK(1)"],
        ["800 件", 118.0, "不接"],
        ["交货", date(2026, 12, 10), ""],
        ["起订", 100.0, 500.0],
    ]
