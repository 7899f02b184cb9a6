"""Reads JSON Lines: one object a line, also compressed."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from matching.tables.decoding import TableError, find_encoding
from matching.tables.faults import WHOLE_FILE, Fault, Faults
from matching.tables.rows import cannot_open

ACCEPTED = "accepted: one JSON object a line, UTF-8, also .gz"
_GZIP = b"\x1f\x8b"


def iterate_objects(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with their line number from 1. Lines without fault only; empty lines are passed over.

    Refuses what is no JSON, what is no object, and numbers that JSON does not have (NaN, Infinity).
    """
    file = str(path)
    try:
        for number, line in iterate_lines(path):
            if not line.strip():
                continue
            try:
                value = json.loads(line, parse_constant=_refuse_constant)
            except (ValueError, RecursionError) as error:
                faults.add(Fault(file, number, WHOLE_FILE, f"is no JSON ({error}); {ACCEPTED}"))
                continue
            if isinstance(value, dict):
                yield number, value
            else:
                faults.add(Fault(file, number, WHOLE_FILE, f"is JSON but no object; {ACCEPTED}"))
    except TableError as error:
        faults.add(Fault(file, error.row, error.column, error.problem))
    except OSError as error:
        faults.add(cannot_open(file, error))


def iterate_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file (UTF-8 or GB18030, also .gz) without their ends, numbered from 1.

    Raises OSError for a file that cannot be opened and TableError for one that is no text.
    """
    with path.open("rb") as opened:
        source: BinaryIO = opened if opened.seekable() else io.BytesIO(opened.read())
        packed = source.read(2) == _GZIP
        source.seek(0)
        if packed:
            source = gzip.GzipFile(fileobj=source)  # type: ignore[assignment]  # A BinaryIO in all but name.
        try:
            encoding = find_encoding(source)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise TableError(f"is a damaged .gz file ({error})") from error
        for number, line in enumerate(io.TextIOWrapper(source, encoding=encoding), 1):
            yield number, line.rstrip("\n")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
