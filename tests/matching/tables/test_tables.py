"""What the readers accept, and what they say of everything else."""

import csv
import gzip
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.tables import (
    BadInput,
    Column,
    Faults,
    Row,
    Table,
    currency,
    day,
    flag,
    iterate_table,
    names,
    number,
    read_table,
    text,
    whole,
)

GOODS = Table(
    (
        Column("id", text(20), required=True),
        Column("name", text()),
        Column("tags", names()),
        Column("pieces", whole(1, 1000), required=True),
        Column("price", number(0)),
        Column("share", number(0, 1)),
        Column("due_on", day()),
        Column("won", flag()),
        Column("currency", currency()),
    ),
    key=("id",),
)
SAMPLE = "id,name,tags,pieces,price,due_on\nA1,羊绒衫,横机;绣花,200,12.5,2026-11-22\nB2,mug,,30,,\n"


def quiet() -> Faults:
    return Faults(warn=lambda message: None)


def read(path: Path, faults: Faults | None = None) -> list[tuple[object, ...]]:
    collected = quiet() if faults is None else faults
    rows = read_table(path, GOODS, collected)
    collected.refuse_if_any()
    return [
        (
            row.required_text("id"),
            row.text("name"),
            row.names("tags"),
            row.required_whole("pieces"),
            row.number_in("price"),
            row.day("due_on"),
        )
        for row in rows
    ]


EXPECTED = [
    ("A1", "羊绒衫", ("横机", "绣花"), 200, 12.5, date(2026, 11, 22)),
    ("B2", "mug", (), 30, None, None),
]


def as_workbook() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as workbook:
        sheet = workbook.add_worksheet()
        days = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["id", "name", "tags", "pieces", "price", "due_on"])
        sheet.write_row(1, 0, ["A1", "羊绒衫", "横机;绣花", 200, 12.5])
        sheet.write_datetime(1, 5, datetime(2026, 11, 22), days)  # noqa: DTZ001  A sheet knows no time zones.
        sheet.write_row(3, 0, ["B2", "mug", None, 30])
    return content.getvalue()


FORMS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "utf-8": ("goods.csv", SAMPLE.encode),
    "utf-8 with byte order mark": ("goods.csv", lambda: SAMPLE.encode("utf-8-sig")),
    "gb18030": ("goods.csv", lambda: SAMPLE.encode("gb18030")),
    "utf-16": ("goods.csv", lambda: SAMPLE.encode("utf-16")),
    "compressed": ("goods.csv.gz", lambda: gzip.compress(SAMPLE.encode())),
    "compressed gb18030": ("goods.csv.gz", lambda: gzip.compress(SAMPLE.encode("gb18030"))),
    "line ends of Windows": ("goods.csv", lambda: SAMPLE.replace("\n", "\r\n").encode()),
    "tabs": ("goods.tsv", lambda: SAMPLE.replace(",", "\t").encode()),
    "semicolons, lists quoted": (
        "goods.csv",
        lambda: SAMPLE.replace("横机;绣花", '"横机;绣花"').replace(",", ";").encode(),
    ),
    "blank lines and blanks": ("goods.csv", lambda: SAMPLE.replace("\n", "\n\n").replace(",", " , ").encode()),
    "other column order, capitals": (
        "goods.csv",
        lambda: (
            "PIECES,due_on,Id,name,price,tags\n200,2026-11-22,A1,羊绒衫,12.5,横机；绣花;横机\n30,,B2,mug,,\n".encode()
        ),
    ),
    "numbers as a data frame writes them": ("goods.csv", lambda: SAMPLE.replace("200", "200.0").encode()),
    "workbook": ("goods.xlsx", as_workbook),
}


@pytest.mark.parametrize("form", FORMS)
def test_reads_the_same_rows_from_every_form(tmp_path: Path, form: str) -> None:
    name, content = FORMS[form]
    path = tmp_path / name
    path.write_bytes(content())
    assert read(path) == EXPECTED


FAULTY: dict[str, tuple[str, list[str]]] = {
    "not a number": (
        "id,pieces\nA,many\n",
        ["2:pieces: 'many' is not a whole number; accepted: a whole number from 1"],
    ),
    "zero where one is the least": ("id,pieces\nA,0\n", ["2:pieces: '0' is out of range"]),
    "part of a piece": ("id,pieces\nA,2.5\n", ["2:pieces: '2.5' is not a whole number"]),
    "full-width digits": ("id,pieces\nA,１２\n", ["2:pieces: '１２' is not a whole number"]),
    "thousands": ('id,pieces\nA,"1,000"\n', ["2:pieces: '1,000' is not a whole number"]),
    "nan": ("id,pieces,price\nA,5,NaN\n", ["2:price: 'NaN' is not a number"]),
    "infinity": ("id,pieces,price\nA,5,inf\n", ["2:price: 'inf' is not a number"]),
    "number too large to hold": ("id,pieces,price\nA,5,1e999\n", ["2:price: '1e999' is too large"]),
    "negative price": ("id,pieces,price\nA,5,-1\n", ["2:price: '-1' is out of range; accepted: a number"]),
    "share above one": ("id,pieces,share\nA,5,1.1\n", ["2:share: '1.1' is out of range"]),
    "date the other way round": ("id,pieces,due_on\nA,5,22/11/2026\n", ["2:due_on: '22/11/2026' is not a date"]),
    "no such day": ("id,pieces,due_on\nA,5,2026-02-30\n", ["2:due_on: '2026-02-30' is no day of the calendar"]),
    "neither yes nor no": ("id,pieces,won\nA,5,2\n", ["2:won: '2' is neither yes nor no; accepted: 1, 0 or empty"]),
    "currency": ("id,pieces,currency\nA,5,RMB¥\n", ["2:currency: 'RMB¥' has not the expected form"]),
    "too long": (f"id,pieces\n{'A' * 21},5\n", ["2:id: the text has 21 characters; accepted: at most 20"]),
    "empty required cell": ("id,pieces\n,5\n", ["2:id: the cell is empty; accepted: a value"]),
    "missing required column": (
        "id,name\nA,b\n",
        ["1:pieces: the column is missing; accepted: a header with id, pieces"],
    ),
    "column twice": ("id,pieces,Pieces\nA,5,6\n", ["1:pieces: the column stands twice, in places 2 and 3"]),
    "same id twice": ("id,pieces\nA,5\nB,6\nA,7\n", ["4:id: id 'A' stands already in row 2; accepted: each id once"]),
    "same id twice in faulty rows": (
        "id,pieces\nA,x\nA,y\nA\n",
        [
            "2:pieces: 'x' is not",
            "3:pieces: 'y' is not",
            "3:id: id 'A' stands already in row 2",
            "4:*: the row has 1 cell;",
        ],
    ),
    "too many cells": ("id,pieces\nA,5,6\n", ["2:*: the row has 3 cells; accepted: 2"]),
    "too few cells": ("id,pieces,name\nA,5\n", ["2:*: the row has 2 cells; accepted: 3"]),
    "open quote": ('id,pieces\n"A,5\nB,6\n', ["2:*: the quotes of this row do not match"]),
    "control character": ("id,pieces\nA\x07,5\n", ["0:*: line 2 holds the character U+0007"]),
    "every fault, row by row": (
        "id,pieces,price,due_on\nA,x,y,z\nB,1,2,2026-01-01\n,0,,\n",
        ["2:pieces:", "2:price:", "2:due_on:", "4:id:", "4:pieces:"],
    ),
    "nothing": ("", ["0:*: is empty"]),
    "blank lines only": ("\n\n \n", ["0:*: is empty"]),
}


@pytest.mark.parametrize("case", FAULTY)
def test_tells_file_row_column_and_what_is_accepted(tmp_path: Path, case: str) -> None:
    content, expected = FAULTY[case]
    path = tmp_path / "goods.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(BadInput) as refusal:
        read(path)
    told = refusal.value.lines()
    assert len(told) == len(expected), told
    for line, beginning in zip(told, expected, strict=True):
        assert line.startswith(f"{path}:{beginning}"), line
        assert "accepted: " in line


def test_after_a_hundred_faults_the_rest_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("id,pieces\n" + "".join(f"{row},0\n" for row in range(250)), "utf-8")
    with pytest.raises(BadInput) as refusal:
        read(path)
    lines = refusal.value.lines()
    assert len(lines) == 101
    assert lines[-1] == "… and 150 more faults"


def test_unknown_columns_are_ignored_with_one_warning(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("id,pieces,colour,note\nA,5,red,x\nB,6,blue,y\n", "utf-8")
    warnings: list[str] = []
    assert len(read(path, Faults(warn=warnings.append))) == 2
    assert warnings == [f"{path}: unknown columns are ignored: colour, note"]


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r":0:\*: cannot be opened"):
        read(tmp_path / name)


def test_rows_are_read_while_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "goods.csv"
    path.write_text("id,pieces\n" + "".join(f"{row},5\n" for row in range(1000)) + "bad,0\n", "utf-8")
    faults = quiet()
    rows = iterate_table(path, GOODS, faults)
    assert isinstance(next(rows), Row)
    assert len(faults) == 0
    assert sum(1 for _ in rows) == 999
    assert len(faults) == 1


CELLS = st.text(st.characters(exclude_categories=["C"]), max_size=12).map(str.strip)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CELLS, st.integers(1, 1000), st.none() | st.floats(0, 1e9)), max_size=12))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, float | None]]
) -> None:
    path = tmp_path_factory.mktemp("tables") / "goods.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "pieces", "name", "price"])
        writer.writerows([row, pieces, name, price] for row, (name, pieces, price) in enumerate(rows))
    read_back = read_table(path, GOODS, quiet())
    assert [(row.text("name") or "", row.required_whole("pieces"), row.number_in("price")) for row in read_back] == rows
