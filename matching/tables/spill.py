"""Holds more pieces of output than memory should, written in any order and read back in the order of their keys."""

import mmap
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import Self


class Spill:
    """Pieces of bytes in a nameless file; only their keys and places stay in memory.

    To be used in a `with` block, after which the file is gone.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  Closed by __exit__.
        self._keys: list[str] = []
        self._ends = array("q", [0])

    def __enter__(self) -> Self:
        return self

    def add(self, key: str, piece: bytes) -> None:
        self._file.write(piece)
        self._keys.append(key)
        self._ends.append(self._ends[-1] + len(piece))

    def sorted(self) -> Iterator[bytes]:
        """The pieces in the order of their keys, equal keys in the order in which they were added."""
        self._file.flush()
        if not self._ends[-1]:
            return
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as pieces:
            for place in sorted(range(len(self._keys)), key=self._keys.__getitem__):
                yield pieces[self._ends[place] : self._ends[place + 1]]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
