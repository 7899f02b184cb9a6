"""Files of sales that are no tables, rows that cannot be taken in, and odd ones that can."""

import pytest

from market.kit.uploads import UploadedFile
from market.replenishment import imports
from market.replenishment.models import SalesImportState as State
from tests.market.replenishment.counter import Counter, Sold
from tests.market.replenishment.sales_files import table


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "empty"),
        ("日期,货号,销量\n".encode(), "a.csv", "no rows"),
        (b"sku,date\nA,1\n", "a.xlsx", "no workbook"),
        (b"%PDF-1.7", "a.csv", "PDF"),
        (b"sku,sku\nA,B\n", "a.csv", "twice"),
        (b"sku,date,quantity\n" + b"x," * 60_000 + b"\n", "a.csv", "60001 cells"),
    ],
    ids=["empty", "only a header", "wrong type", "a PDF", "twice", "60,000 cells"],
)
def test_what_is_no_table_is_refused_with_the_reason(counter: Counter, content: bytes, name: str, said: str) -> None:
    with pytest.raises(imports.SalesFileRefused) as refusal, counter.work() as work:
        imports.open_import(work, UploadedFile(name, content))
    (fault,) = refusal.value.faults
    assert said in fault.problem and fault.accepted


def test_what_breaks_further_down_fails_with_its_row(counter: Counter) -> None:
    rows = [f"A,2026-11-{1 + number % 20:02},1" for number in range(60)]
    row = counter.check(table("sku,date,quantity", *rows, ",".join("x" * 300)))
    assert row.state is State.FAILED
    told = ("Row 62:", "the row has 300 cells", "Accepted:", "at most 200 columns")
    assert row.failure == told


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ("A,2026-11-24,1,5,9", "date", "lies in the future"),
        ("A,2026-02-30,1,5,9", "date", "no day of the calendar"),
        ("A,05/03/2026,1,5,9", "date", "no day that can be read"),
        ("A,1999-01-01,1,5,9", "date", "ten years back"),
        ("A,,1,5,9", "date", "has no day"),
        (",2026-11-01,1,5,9", "sku", "names no item"),
        ("A,2026-11-01,many,5,9", "quantity", "no number"),
        ("A,2026-11-01,1.5,5,9", "quantity", "no whole number"),
        ("A,2026-11-01,12箱,5,9", "quantity", "no number"),
        ("A,2026-11-01,,5,", "quantity", "says no quantity"),
        ("A,2026-11-01,1,dear,9", "price", "no amount"),
        ("A,2026-11-01,1,5,-4", "on_hand", "stock cannot be negative"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(counter: Counter, cells: str, column: str, said: str) -> None:
    row = counter.check(table("sku,date,quantity,price,on_hand", "A,2026-11-01,2,5,9", cells))
    assert (row.row_count, row.good_count) == (2, 1)
    (fault,) = row.faults
    assert (fault.row, fault.column, fault.count) == (3, column, 1)
    assert said in fault.problem and fault.accepted
    with counter.work() as work:
        _header, rows = imports.faulty_rows(work, row.id)
        assert [list(row_cells) for row_cells, _faults in rows] == [cells.split(",")]
    counter.take(row.id)
    assert counter.sold() == [Sold("A", "2026-11-01", 2, 500)]


@pytest.mark.parametrize(
    ("rows", "sold"),
    [
        (["A,2026-11-01,1"], [("A", "2026-11-01", 1)]),
        (["A,2026-11-01,0", "A,2026-11-02,0"], [("A", "2026-11-01", 0), ("A", "2026-11-02", 0)]),
        (["A,2026-11-01,3", "A,2026-11-01,4", "A,2026-11-01,-2"], [("A", "2026-11-01", 5)]),
        (['A,2026-11-01,"1,200"', "A,2026-11-02,１２ 件"], [("A", "2026-11-01", 1200), ("A", "2026-11-02", 12)]),
        (
            ["A,2026-09-30,90", "A,2026-10-31,93", *(f"A,2026-11-0{day},3" for day in (1, 2))],
            [("A", "2026-09-30", 90), ("A", "2026-10-31", 93), ("A", "2026-11-01", 3), ("A", "2026-11-02", 3)],
        ),
    ],
    ids=["one row", "all zeros", "duplicate days", "ways to write", "mixed frequencies"],
)
def test_odd_but_good_files(counter: Counter, rows: list[str], sold: list[tuple[str, str, int]]) -> None:
    row = counter.take_file(table("sku,date,quantity", *rows))
    assert (row.state, row.faulty_count) == (State.DONE, 0)
    assert [(each.sku, each.day, each.quantity) for each in counter.sold()] == sold
