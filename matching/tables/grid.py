"""Raw tables: a header and rows of text cells, from CSV, TSV or .xlsx, before any meaning is given to them."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from matching.tables.decoding import TableError, find_encoding
from matching.tables.workbook import read_sheet

ACCEPTED = "accepted: CSV (UTF-8 or GB18030, also .gz) or .xlsx"
DELIMITERS = (",", "\t", ";", "|")
_LONGEST_HEADER = 1 << 20
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHER_KINDS = (
    (_OLE, "is an old .xls (or another Office) file; save it as .xlsx"),
    (b"%PDF", "is a PDF document"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"Rar!", "is a RAR archive"),
    (b"7z\xbc\xaf", "is a 7z archive"),
    (b"\x7fELF", "is a program"),
    (b"MZ\x90", "is a program"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader is willing to unpack. bytes: after decompression; cells: the rectangle a sheet spans."""

    bytes: int = 16 << 30
    rows: int = 100_000_000
    columns: int = 1_000
    cells: int = 50_000_000


UPLOAD_LIMITS = Limits(bytes=64 << 20, rows=100_000, columns=200, cells=4_000_000)
COMMAND_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row that is not empty. number: as a spreadsheet counts, so the first row of the file is 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole raw table. encoding is "xlsx" and delimiter "" for a workbook; cells are stripped of outer blanks."""

    header: tuple[str, ...]
    rows: tuple[GridRow, ...]
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class GridStream:
    """A raw table whose rows are read while they are asked for (once). `rows` may raise TableError midway."""

    header: tuple[str, ...]
    header_row: int
    rows: Iterator[GridRow]
    encoding: str
    delimiter: str


def read_grid(content: bytes, filename: str, limits: Limits = UPLOAD_LIMITS) -> Grid:
    """A raw table from the bytes of an upload. Raises TableError for no table, a false type, or too much of it."""
    stream = open_grid(io.BytesIO(content), filename, limits)
    return Grid(stream.header, tuple(stream.rows), stream.encoding, stream.delimiter)


def open_grid(source: BinaryIO, filename: str, limits: Limits = COMMAND_LIMITS) -> GridStream:
    """A raw table from an open file, in memory bounded by one row (CSV). Raises TableError as `read_grid` does."""
    seekable = source if source.seekable() else io.BytesIO(source.read())
    start = seekable.read(8)
    seekable.seek(0)
    _refuse_other_kinds(start, filename)
    if start.startswith(_ZIP):
        numbered = read_sheet(seekable, limits.bytes, limits.cells)
        return _with_header(numbered, "xlsx", "", limits)
    unpacked: BinaryIO = seekable
    if start.startswith(_GZIP):
        unpacked = gzip.GzipFile(fileobj=seekable)  # type: ignore[assignment]  # GzipFile is a BinaryIO in all but name.
    try:
        encoding = find_encoding(unpacked, limits.bytes)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise TableError(f"is a damaged .gz file ({error}); {ACCEPTED}") from error
    text = io.TextIOWrapper(unpacked, encoding=encoding, newline="")
    delimiter = _sniff_delimiter(text)
    return _with_header(_read_csv(text, delimiter), encoding, delimiter, limits)


def _refuse_other_kinds(start: bytes, filename: str) -> None:
    if not start:
        raise TableError(f"is empty; accepted: a table whose first row names the columns, {ACCEPTED[10:]}")
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic):
            raise TableError(f"{kind}; {ACCEPTED}")
    name = filename.lower()
    suffix = Path(name.removesuffix(".gz")).suffix
    if start.startswith(_ZIP) and suffix in {".csv", ".tsv", ".txt"}:
        raise TableError(f"is named {suffix} but holds a zip archive or workbook; rename it to .xlsx; {ACCEPTED}")
    if suffix in {".xlsx", ".xlsm"} and not start.startswith(_ZIP):
        raise TableError(f"is named {suffix} but is no workbook; {ACCEPTED}")
    if suffix == ".xls":
        raise TableError(f"is named .xls; save it as .xlsx; {ACCEPTED}")
    if name.endswith(".gz") and not start.startswith(_GZIP):
        raise TableError(f"is named .gz but is not compressed by gzip; {ACCEPTED}")
    if start.lstrip().lower().startswith((b"<!doc", b"<html", b"<?xml")):
        raise TableError(f"is an HTML or XML page; {ACCEPTED}")


def _sniff_delimiter(text: io.TextIOWrapper) -> str:
    """The delimiter that the header uses most, outside quotes; a list in a cell cannot mislead it there."""
    line = ""
    while not line.strip():
        line = text.readline(_LONGEST_HEADER)
        if not line:
            break
    text.seek(0)
    outside = "".join(line.split('"')[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _read_csv(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                f"the quotes of this row do not match, or a cell is too long ({error}); "
                'accepted: a quote inside a quoted cell is doubled ("")',
                number,
            ) from error
        yield number, tuple(cells)


def _with_header(
    numbered: Iterator[tuple[int, tuple[str, ...]]], encoding: str, delimiter: str, limits: Limits
) -> GridStream:
    rows = _without_empty(numbered, limits)
    first = next(rows, None)
    if first is None:
        raise TableError(f"is empty; accepted: a table whose first row names the columns, {ACCEPTED[10:]}")
    header = first.cells
    while header and not header[-1]:
        header = header[:-1]
    return GridStream(header, first.number, rows, encoding, delimiter)


def _without_empty(numbered: Iterator[tuple[int, tuple[str, ...]]], limits: Limits) -> Iterator[GridRow]:
    kept = 0
    for number, cells in numbered:
        if len(cells) > limits.columns:
            raise TableError(f"the row has {len(cells)} cells; accepted: at most {limits.columns} columns", number)
        stripped = tuple(cell.strip() for cell in cells)
        if not any(stripped):
            continue
        kept += 1
        if kept > limits.rows + 1:
            raise TableError(f"holds more than {limits.rows} rows; accepted: a smaller table, or several", number)
        yield GridRow(number, stripped)
