"""From the bytes of a text file to its words: UTF-8 (with or without BOM), GB18030, and UTF-16 that says so."""

import codecs
import io
import re
from typing import BinaryIO

CHUNK = 1 << 20
ACCEPTED = "accepted: text in UTF-8 or GB18030"
_HAN_THAT_PROVE_UTF8 = 8
_HAN = re.compile(r"[一-鿿]")
# Tab, line feed and carriage return are text; other control characters never stand in a table.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# GB18030 maps byte pairs without a character to the private use area, which no real table holds.
_PRIVATE_USE = re.compile("[\ue000-\uf8ff]")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class TableError(Exception):
    """A file that cannot be read as a table at all. row 0 is the file as a whole; problem says what is accepted."""

    def __init__(self, problem: str, row: int = 0, column: str = "*") -> None:
        super().__init__(problem)
        self.problem = problem
        self.row = row
        self.column = column


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding (utf-8, utf-8-sig, utf-16 or gb18030).

    Raises TableError for bytes that are text in none of these.
    """
    encoding = find_encoding(io.BytesIO(content))
    return content.decode(encoding), encoding


def find_encoding(source: BinaryIO, most_bytes: int | None = None) -> str:
    """The encoding that the whole of a source is valid in, read in bounded memory; the source is left at its start.

    Raises TableError when there is none, when it holds control characters, or more than `most_bytes`.
    """
    start = source.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return _first_valid(source, (encoding,), most_bytes)
    return _first_valid(source, ("utf-8", "gb18030"), most_bytes)


def _first_valid(source: BinaryIO, encodings: tuple[str, ...], most_bytes: int | None) -> str:
    problems: list[tuple[str, bool]] = []
    for encoding in encodings:
        source.seek(0)
        problem, surely = _find_problem(source, encoding, most_bytes)
        source.seek(0)
        if problem is None:
            return encoding
        problems.append((problem, surely))
        if surely:
            break
    raise TableError(problems[-1][0] if problems[-1][1] else problems[0][0])


def _find_problem(source: BinaryIO, encoding: str, most_bytes: int | None) -> tuple[str | None, bool]:
    """The first problem of a source in an encoding, and whether it rules out every other encoding too."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, size, han = 1, 0, 0
    while True:
        chunk = source.read(CHUNK)
        size += len(chunk)
        if most_bytes is not None and size > most_bytes:
            return f"holds more than {most_bytes} bytes; accepted: a smaller file", True
        try:
            text = decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            han += len(_HAN.findall(before.decode(encoding, "ignore")))
            proven = encoding != "utf-8" or han >= _HAN_THAT_PROVE_UTF8
            line += before.count(b"\n")
            name = "UTF-8 or GB18030" if encoding == "gb18030" else encoding.upper().removesuffix("-SIG")
            return f"line {line} holds bytes that are no {name} text; {ACCEPTED}", proven
        strange = _CONTROL.search(text) or (_PRIVATE_USE.search(text) if encoding == "gb18030" else None)
        if strange is not None:
            line += text.count("\n", 0, strange.start())
            return f"line {line} holds the character U+{ord(strange[0]):04X}, which is no text; {ACCEPTED}", True
        line += text.count("\n")
        if encoding == "utf-8" and han < _HAN_THAT_PROVE_UTF8:
            han += len(_HAN.findall(text))
        if not chunk:
            return None, False
