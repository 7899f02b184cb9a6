"""The short way into large, plain CSV files: whole columns of bytes at a time, and no word about faults.

A plain file is named .csv (or .csv.gz), is printable ASCII without quotes and blanks, names exactly the columns that
are asked for, and has a cell that is not empty for each of them in every row. Whatever differs, however little, raises
NotPlain, and the careful reader (`rows`) decides whether it is a fault, and which. What is plain reads the same both
ways, numbers to the last bit.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

Wholes = NDArray[np.int64]
Words = NDArray[np.uint64]

_CHUNK: Final = 1 << 21
_PAD: Final = 24
_COMMA, _DOT, _LINE_END, _ZERO = 0x2C, 0x2E, 0x0A, 0x30
_PLAIN: Final = bytes(code for code in range(0x21, 0x7F) if code != ord('"')) + b"\n"
_LONGEST_WHOLE: Final = 12
_MOST_DIGITS: Final = 18
_EXACT: Final = 1 << 53
_TENS: Final = 10 ** np.arange(_MOST_DIGITS + 1, dtype=np.int64)
_LONG: Final = np.finfo(np.longdouble).nmant >= 63
"""Whether this machine divides with 64 bits of precision, as x86 does."""
_FIRST_BYTES: Final = np.array([(1 << 64) - (1 << (64 - 8 * kept)) for kept in range(9)], dtype=np.uint64)
_DIGITS: Final = np.uint64(0x0F0F0F0F0F0F0F0F)
_FOLDS: Final = tuple(
    (np.uint64(times), np.uint64(shift), np.uint64(mask))
    for times, shift, mask in ((10, 8, 0x00FF00FF00FF00FF), (100, 16, 0x0000FFFF0000FFFF), (10_000, 32, 0xFFFFFFFF))
)


class NotPlain(Exception):
    """The file needs the careful reader."""


class PlainRows:
    """Some rows of a plain file, read by column. Every method raises NotPlain for cells that are not what it reads."""

    def __init__(self, rows: bytes, header: Sequence[str]) -> None:
        """rows: whole lines, the last one with or without its end."""
        unified = rows.replace(b"\r\n", b"\n").removesuffix(b"\r").removesuffix(b"\n") + b"\n"
        if unified.translate(None, _PLAIN):
            raise NotPlain
        self._header = header
        self._bytes = bytes(_PAD) + unified + bytes(_PAD)
        codes = np.frombuffer(self._bytes, np.uint8)
        self._ends = _ends_of_cells(codes, len(header))
        self._starts = np.append(_PAD, self._ends.ravel()[:-1] + 1).reshape(self._ends.shape)
        if (self._starts == self._ends).any():
            raise NotPlain
        self._dots = np.flatnonzero(codes == _DOT)
        self._dots_before = np.cumsum(codes == _DOT, dtype=np.int32)
        self._digits_before = np.cumsum(codes - np.uint8(_ZERO) < 10, dtype=np.int32)

    def words(self, column: str, longest: int) -> Words:
        """Names as rows of eight letters a word, padded by zeros: equal exactly when the names are."""
        starts, ends = self._cells(column)
        lengths = ends - starts
        if lengths.max() > longest:
            raise NotPlain
        letters = np.ndarray((len(self._bytes) - 7,), ">u8", self._bytes, strides=(1,))
        words = np.empty((len(starts), -(-int(lengths.max()) // 8)), dtype=np.uint64)
        for place in range(words.shape[1]):
            kept = np.clip(lengths - 8 * place, 0, 8)
            words[:, place] = letters[np.minimum(starts + 8 * place, len(letters) - 1)] & _FIRST_BYTES[kept]
        return words

    def wholes(self, column: str) -> Wholes:
        """Cells of digits alone."""
        starts, ends = self._cells(column)
        lengths = ends - starts
        if lengths.max() > _LONGEST_WHOLE or (self._digits_in(starts, ends) != lengths).any():
            raise NotPlain
        return self._value(ends, lengths)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Cells of digits with at most one point among them."""
        starts, ends = self._cells(column)
        lengths = ends - starts
        dots = self._dots_before[ends - 1] - self._dots_before[starts - 1]
        digits = self._digits_in(starts, ends)
        if (dots > 1).any() or (digits < 1).any() or (digits + dots != lengths).any():
            raise NotPlain
        whole_ends = ends.copy()
        whole_ends[dots == 1] = self._dots[self._dots_before[starts[dots == 1] - 1]]
        behind = ends - whole_ends - dots
        short = np.where(digits <= _MOST_DIGITS, behind, 0)
        mantissa = self._value(whole_ends, digits - behind) * _TENS[short] + self._value(ends, short)
        numbers, sure = _divided(mantissa, _TENS[short])
        for row in np.flatnonzero(~sure | (digits > _MOST_DIGITS)).tolist():
            numbers[row] = float(self._bytes[starts[row] : ends[row]])
        return numbers

    def _cells(self, column: str) -> tuple[Wholes, Wholes]:
        place = self._header.index(column)
        return self._starts[:, place], self._ends[:, place]

    def _digits_in(self, starts: Wholes, ends: Wholes) -> Wholes:
        return np.asarray(self._digits_before[ends - 1] - self._digits_before[starts - 1], dtype=np.int64)

    def _value(self, ends: Wholes, digits: Wholes) -> Wholes:
        """The value of up to eighteen digits before each end, eight at a time, by folding neighbours together."""
        letters = np.ndarray((len(self._bytes) - 7,), "<u8", self._bytes, strides=(1,))
        value = np.zeros(len(ends), dtype=np.uint64)
        for before, weight in ((24, 10**16), (16, 10**8), (8, 1)):
            kept = np.clip(digits - before + 8, 0, 8)
            if not kept.any():
                continue
            folded = letters[ends - before].astype(np.uint64) & _DIGITS
            folded &= ~(_FIRST_BYTES[8 - kept].byteswap())
            for times, shift, mask in _FOLDS:
                folded = (folded * times + (folded >> shift)) & mask
            value += folded * np.uint64(weight)
        return value.astype(np.int64)


class PlainNames:
    """The places of names, to be asked for by `PlainRows.words`. Raises NotPlain when a name stands twice."""

    def __init__(self, parts: Sequence[Words]) -> None:
        width = max((part.shape[1] for part in parts), default=1)
        self._words = np.concatenate([np.empty((0, width), np.uint64), *(_widened(part, width) for part in parts)])
        keys = _keys(self._words)
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        if (self._keys[1:] == self._keys[:-1]).any():
            raise NotPlain

    def __len__(self) -> int:
        return len(self._words)

    def texts(self) -> list[str]:
        """The names themselves, by place."""
        width = 8 * self._words.shape[1]
        packed: list[bytes] = self._words.astype(">u8").view(f"S{width}").ravel().tolist()
        return b"\n".join(packed).decode("ascii").split("\n") if packed else []

    def places(self, words: Words) -> Wholes:
        """The place of each name. Raises NotPlain when one is none of them."""
        keys = _keys(words)
        found = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        if not len(self._keys):
            raise NotPlain
        places = self._order[found]
        width = max(words.shape[1], self._words.shape[1])
        if (_widened(words, width) != _widened(self._words, width)[places]).any():
            raise NotPlain
        return np.asarray(places, dtype=np.int64)


def plain_rows(path: Path, names: Sequence[str]) -> Iterator[PlainRows]:
    """The rows of a plain file, some ten thousand at a time. Raises NotPlain, also midway."""
    try:
        with _open(path) as source:
            yield from _rows(source, names)
    except (OSError, EOFError, zlib.error) as error:
        raise NotPlain from error


def _open(path: Path) -> BinaryIO:
    name = path.name.lower()
    if name.endswith(".csv.gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]  # GzipFile is a BinaryIO in all but name.
    if not name.endswith(".csv"):
        raise NotPlain
    return path.open("rb")


def _rows(source: BinaryIO, names: Sequence[str]) -> Iterator[PlainRows]:
    first, end, chunk = source.read(_CHUNK).removeprefix(codecs.BOM_UTF8).partition(b"\n")
    header = first.removesuffix(b"\r").decode("ascii", "replace").lower().split(",")
    if not end or sorted(header) != sorted(names):
        raise NotPlain
    while chunk:
        whole, end, left = chunk.rpartition(b"\n")
        if end:
            yield PlainRows(whole, header)
        more = source.read(_CHUNK)
        if not more and left:
            yield PlainRows(left, header)
        chunk = left + more if more else b""


def _ends_of_cells(codes: NDArray[np.uint8], width: int) -> Wholes:
    """Where each cell ends, one row a line. Raises NotPlain unless every line has as many cells as the header."""
    ends = np.flatnonzero((codes == _COMMA) | (codes == _LINE_END))
    if len(ends) % width:
        raise NotPlain
    by_row = ends.reshape(-1, width)
    if (codes[by_row[:, -1]] != _LINE_END).any() or (codes[by_row[:, :-1]] != _COMMA).any():
        raise NotPlain
    return by_row


def _divided(above: Wholes, below: Wholes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The doubles nearest to above / below, and where they surely are the nearest.

    Below 2**53 both sides are exact doubles, so one division rounds once. Above, a long division and its rounding are
    two, which differ from one only where the long result stands in the middle between two doubles.
    """
    numbers = above / below
    sure = above < _EXACT
    large = np.flatnonzero(~sure)
    if _LONG and len(large):
        long = above[large].astype(np.longdouble) / below[large].astype(np.longdouble)
        numbers[large] = long.astype(np.float64)
        off, gap = np.abs(long - numbers[large]), np.spacing(numbers[large]).astype(np.longdouble)
        sure[large] = (off != gap / 2) & (off != gap / 4)
    return numbers, sure


def _widened(words: Words, width: int) -> Words:
    return words if words.shape[1] == width else np.pad(words, ((0, 0), (0, width - words.shape[1])))


def _keys(words: Words) -> Words:
    """One number a name, which for names of at most eight letters is the name itself."""
    keys = words[:, 0].copy()
    for place in range(1, words.shape[1]):
        keys += words[:, place] * np.uint64(0x9E3779B97F4A7C15 * (2 * place + 1) % (1 << 64) | 1)
    return keys
