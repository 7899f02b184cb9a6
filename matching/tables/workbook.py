"""Reads the first sheet of an .xlsx file, after checking that it unpacks to a sane size."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from matching.tables.decoding import TableError

Cell = int | float | str | bool | time | date | datetime | timedelta
ACCEPTED = "accepted: a workbook saved as .xlsx"
_CHUNK = 1 << 18
_LOCAL_HEADER = 30
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_LONGEST_REFERENCE = 16


def read_sheet(source: BinaryIO, most_bytes: int, most_cells: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows of the first sheet as (row number from 1, cells as text), in the order of the sheet.

    A date becomes ISO text, a whole number loses its `.0`, an empty cell is the empty text.
    Raises TableError for what is no workbook, or one that unpacks to more than the limits.
    """
    _check_sizes(source, most_bytes, most_cells)
    source.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(source)
        if not workbook.sheet_names:
            raise TableError(f"the workbook has no sheet; {ACCEPTED}")
        sheet = workbook.get_sheet_by_index(0)
    except CalamineError as error:
        raise TableError(f"cannot be read as a workbook ({error}); {ACCEPTED}") from error
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, tuple(cell_text(cell) for cell in cells)


def cell_text(cell: Cell) -> str:
    """A cell as the text that a CSV file would hold for it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return str(cell)


def _check_sizes(source: BinaryIO, most_bytes: int, most_cells: int) -> None:
    """Unpacks every member once without keeping it: the sizes that an archive states of itself prove nothing."""
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            if "[Content_Types].xml" not in archive.namelist():
                raise TableError(f"is a zip archive but no Excel workbook; {ACCEPTED}")
        left = most_bytes
        for member in members:
            left -= _unpacked_size(source, member, left, most_cells)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise TableError(f"is a damaged workbook ({error}); {ACCEPTED}") from error


def _unpacked_size(source: BinaryIO, member: zipfile.ZipInfo, most_bytes: int, most_cells: int) -> int:
    source.seek(member.header_offset)
    header = source.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or member.flag_bits & 1:
        raise TableError(f"is a damaged or password-protected workbook; {ACCEPTED}")
    source.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    is_sheet = member.filename.endswith(".xml") and "sheet" in member.filename.lower()
    size, tail, area = 0, b"", _Area(most_cells)
    for piece in _unpack(source, member):
        size += len(piece)
        if size > most_bytes:
            raise TableError("the workbook unpacks to more than the accepted size; accepted: a smaller workbook")
        if is_sheet:
            area.grow(tail + piece)
            tail = piece[-_LONGEST_REFERENCE:]
    return size


def _unpack(source: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    left = member.compress_size
    if member.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (piece := source.read(min(left, _CHUNK))):
            left -= len(piece)
            yield piece
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise TableError(f"the workbook is packed in an unknown way; {ACCEPTED}")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := source.read(min(left, _CHUNK))):
        left -= len(packed)
        while packed:
            yield unpacker.decompress(packed, _CHUNK)
            packed = unpacker.unconsumed_tail


class _Area:
    """The rectangle that a sheet's cells span: two far corners make a small file claim billions of cells."""

    def __init__(self, most_cells: int) -> None:
        self.most_cells = most_cells
        self.last_row = 1
        self.last_column = 1

    def grow(self, sheet: bytes) -> None:
        for letters, digits in _REFERENCE.findall(sheet):
            self.last_row = max(self.last_row, int(digits))
            if letters:
                self.last_column = max(self.last_column, _column_number(letters))
        if self.last_row * self.last_column > self.most_cells:
            raise TableError(
                f"the sheet spans {self.last_row} rows and {self.last_column} columns; "
                f"accepted: at most {self.most_cells} cells, without far empty ones"
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
