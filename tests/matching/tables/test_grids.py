"""Raw tables of unknown origin: what is sniffed, and which files are refused before they do harm."""

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from matching.tables import UPLOAD_LIMITS, Limits, TableError, decode, read_grid

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def workbook(cells: dict[tuple[int, int], object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for (row, column), value in cells.items():
            sheet.write(row, column, value)
    return content.getvalue()


def archive(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return content.getvalue()


def bomb_that_lies() -> bytes:
    """A workbook whose sheet unpacks to 300 MB while every header says 10 bytes."""
    honest = workbook({(0, 0): "id"})
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(honest)) as source, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, bytes(300 << 20) if name.endswith("sheet1.xml") else source.read(name))
    size = (300 << 20).to_bytes(4, "little")
    return content.getvalue().replace(size, (10).to_bytes(4, "little"))


def test_cells_of_a_workbook_read_as_text_with_the_row_numbers_of_the_sheet() -> None:
    grid = read_grid(workbook({(0, 0): "id", (0, 1): "n", (3, 0): 7, (3, 1): 1.5, (4, 0): True}), "a.xlsx")
    assert grid.header == ("id", "n")
    assert [(row.number, row.cells) for row in grid.rows] == [(4, ("7", "1.5")), (5, ("1", ""))]


def test_the_header_decides_the_delimiter() -> None:
    grid = read_grid("编号;标签\nA;一,二,三\n".encode("gb18030"), "a.csv")
    assert (grid.delimiter, grid.encoding) == (";", "gb18030")
    assert grid.rows[0].cells == ("A", "一,二,三")


REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "picture named csv": ("a.csv", lambda: PNG, "is a picture"),
    "picture named xlsx": ("a.xlsx", lambda: PNG, "is a picture"),
    "pdf": ("a.csv", lambda: b"%PDF-1.7 ...", "is a PDF"),
    "old excel": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old .xls"),
    "csv named xlsx": ("a.xlsx", lambda: b"id,n\n1,2\n", "is named .xlsx but is no workbook"),
    "workbook named csv": ("a.csv", lambda: workbook({(0, 0): "id"}), "is named .csv but holds a zip archive"),
    "csv named gz": ("a.csv.gz", lambda: b"id,n\n1,2\n", "is named .gz"),
    "cut gz": ("a.csv.gz", lambda: gzip.compress(b"id,n\n" + bytes(range(32, 127)) * 99)[:-30], "damaged .gz"),
    "zip of something else": ("a.xlsx", lambda: archive(readme=b"hello"), "is a zip archive but no Excel workbook"),
    "cut workbook": ("a.xlsx", lambda: workbook({(0, 0): "id"})[:-200], "damaged workbook"),
    "workbook with a damaged sheet": ("a.xlsx", lambda: archive(**{"[Content_Types].xml": b"<"}), "cannot be read"),
    "web page": ("a.csv", lambda: b"<!DOCTYPE html><table></table>", "HTML"),
    "binary": ("a.csv", lambda: b"id,n\n\x00\x01\x02", "U+0000"),
    "neither encoding": ("a.csv", lambda: "名,n\n".encode() + b"\xff\xff\xff", "no UTF-8 or GB18030 text"),
    "broken utf-8": (
        "a.csv",
        lambda: "这是一个很长的表头名称,n\n\n".encode() + b"caf\xe9t\xe9,1\n",
        "line 3 holds bytes",
    ),
    "empty": ("a.csv", lambda: b"", "is empty"),
    "empty workbook": ("a.xlsx", lambda: workbook({}), "is empty"),
    "far corners": ("a.xlsx", lambda: workbook({(0, 0): "id", (1048575, 16383): "x"}), "spans 1048576 rows"),
    "gz bomb": ("a.csv.gz", lambda: gzip.compress(b"a," * (40 << 20)), "more than"),
    "workbook bomb": ("a.xlsx", bomb_that_lies, "unpacks to more"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_and_says_what_is_accepted(case: str) -> None:
    name, content, problem = REFUSED[case]
    made = content()
    tracemalloc.start()
    with pytest.raises(TableError) as refusal:
        read_grid(made, name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem in refusal.value.problem
    assert "accepted" in refusal.value.problem
    assert peak < 40 << 20


@pytest.mark.parametrize(
    ("limits", "content"),
    [
        (Limits(rows=2), b"id\n1\n2\n3\n"),
        (Limits(columns=2), b"a,b,c\n1,2,3\n"),
        (Limits(bytes=5), b"id\n1\n2\n3\n"),
    ],
    ids=["rows", "columns", "bytes"],
)
def test_holds_to_its_limits(limits: Limits, content: bytes) -> None:
    with pytest.raises(TableError, match="accepted"):
        read_grid(content, "a.csv", limits)
    assert read_grid(content, "a.csv", UPLOAD_LIMITS).rows


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("起订量".encode(), ("起订量", "utf-8")),
        ("起订量".encode("utf-8-sig"), ("起订量", "utf-8-sig")),
        ("起订量,面料".encode("gb18030"), ("起订量,面料", "gb18030")),
        ("𠮷".encode("gb18030"), ("𠮷", "gb18030")),
        (b"plain", ("plain", "utf-8")),
    ],
)
def test_decodes_and_names_the_encoding(content: bytes, expected: tuple[str, str]) -> None:
    assert decode(content) == expected
