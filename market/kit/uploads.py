"""Tables that a person uploads: what the file is called, whether it is a table, and what its header says. Pure."""

import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from matching.tables import GridRow, TableError

LEFT_OUT = ""
LONGEST_NAME = 120
FAULT_HEADERS = ("问题", "problem")
SAMPLES = 3
SAMPLED_ROWS = 50
_BEGINNING = 1 << 22
_GZIP = b"\x1f\x8b"
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_HAN = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What a person chose: the name on his machine and the bytes."""

    name: str
    content: bytes


def clean_name(name: str) -> str:
    """The last part of a path without control characters, at most LONGEST_NAME long, its suffix kept."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    shown = "".join(character for character in base if character.isprintable()).strip(" .") or "file"
    suffix = PurePosixPath(shown).suffix[:10]
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - len(suffix)] + suffix


def why_no_table(fault: TableError, *, with_row: bool = True) -> tuple[Sentence, Sentence]:
    """What is wrong with a file that the reader of tables refused, and what is accepted."""
    problem, _mark, accepted = fault.problem.partition("; accepted: ")
    where = f"row {fault.row}: " if fault.row and with_row else ""
    return Sentence.of(where + problem), Sentence.of(accepted or "a table as CSV or XLSX")


def why_no_header(header: Sequence[str], has_rows: bool) -> tuple[Sentence, Sentence] | None:
    """What is wrong with the header of a table, and what is accepted; None when it can be used."""
    if not has_rows:
        return _("holds a header but no rows"), _("a header and one row at least")
    named = [name for name in header if name]
    if len(named) != len(set(named)):
        twice = next(name for name in named if named.count(name) > 1)
        problem = _("the column “%(column)s” stands twice in the header", column=twice[:40])
        return problem, _("a name of its own for each column")
    return None


def why_too_large(content: bytes, most_bytes: int) -> tuple[Sentence, Sentence] | None:
    """That a file is larger than `most_bytes`, and what is accepted; None when it is not."""
    if len(content) <= most_bytes:
        return None
    accepted = _("at most %(megabytes)s MB a file", megabytes=most_bytes >> 20)
    return _("the file is larger than the most we take"), accepted


def headers_hash(headers: Sequence[str]) -> str:
    """The same for every file with these headers in this order."""
    return hashlib.sha256(json.dumps(list(headers), ensure_ascii=False).encode()).hexdigest()


def match_headers(headers: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Header -> field; each field is given to the first column that names it. known: folded word -> field."""
    mapping: dict[str, str] = {}
    for header in headers:
        found = known.get(folded(header)) or known.get(folded(_BRACKETS.sub("", header)), LEFT_OUT)
        mapping[header] = LEFT_OUT if found in mapping.values() or header in FAULT_HEADERS else found
    return mapping


def is_chinese(headers: Sequence[str]) -> bool:
    """Whether a file speaks Chinese: its faults are then told in Chinese."""
    return any(_HAN.search(header) for header in headers)


def folded(text: str) -> str:
    """A header or a name without case, width, blanks and signs."""
    narrow = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in narrow if character.isalnum())


def unescaped(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking a cell for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell


def beginning(content: bytes) -> bytes:
    """The first whole lines of a text file, unpacked where gzip packed it: enough for its header and first rows."""
    start = content[:_BEGINNING]
    if content.startswith(_GZIP):
        try:
            start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, _BEGINNING)
        except zlib.error:
            return content
    whole = len(start) < _BEGINNING and start == content
    return start if whole else start[: start.rfind(b"\n") + 1] or start


def first_values(rows: Iterable[GridRow], headers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Header -> its first different values."""
    sampled = list(islice(rows, SAMPLED_ROWS))
    samples: dict[str, tuple[str, ...]] = {}
    for place, header in enumerate(headers):
        values = (row.cells[place] for row in sampled if place < len(row.cells) and row.cells[place])
        samples[header] = tuple(dict.fromkeys(value[:40] for value in values))[:SAMPLES]
    return samples
