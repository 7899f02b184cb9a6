"""Output files that appear whole or not at all."""

import csv
import gzip
import io
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TextIO, cast

from matching.tables.faults import refuse


class Outputs:
    """The outputs of one command: written beside their places, renamed together when the `with` block ends well.

    When the block ends with an exception nothing is written or changed. A path that cannot be written is refused
    (BadInput) when it is opened, so open the outputs before the long work. Devices and pipes are written directly.
    """

    def __init__(self) -> None:
        self._files = ExitStack()
        self._renames: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def text(self, path: Path) -> TextIO:
        """A UTF-8 text output with `\\n` line ends; compressed when the path ends in .gz (without a time stamp)."""
        stream = self.binary(path)
        if path.suffix == ".gz":
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0)
            stream = cast(BinaryIO, self._files.enter_context(packed))
        return self._files.enter_context(io.TextIOWrapper(stream, encoding="utf-8", newline="\n"))

    def binary(self, path: Path) -> BinaryIO:
        """An output of bytes."""
        target = Path(os.path.realpath(path))
        try:
            if target.exists() and not target.is_file() and not target.is_dir():
                return self._files.enter_context(target.open("wb"))
            if target.is_dir():
                raise refuse(str(path), "is a folder; accepted: the path of a file to write")
            beside = target.with_name(f".{target.name}.{os.getpid()}.{len(self._renames)}.part")
            stream = self._files.enter_context(beside.open("wb"))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise refuse(
                str(path), f"cannot be written ({reason}); accepted: a path in a folder that exists"
            ) from error
        self._renames.append((beside, target))
        return stream

    def table(self, path: Path, header: Iterable[str]) -> "TableWriter":
        """A CSV output with a header."""
        return TableWriter(self.text(path), header)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._files.close()
            if kind is None:
                for beside, target in self._renames:
                    beside.replace(target)
        finally:
            for beside, _ in self._renames:
                beside.unlink(missing_ok=True)


class TableWriter:
    """Writes rows of a CSV output. None is an empty cell; a float reads back as the same number."""

    def __init__(self, stream: TextIO, header: Iterable[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(header)

    def row(self, *cells: Any) -> None:
        self._writer.writerow(cells)

    def rows(self, rows: Iterable[Iterable[Any]]) -> None:
        self._writer.writerows(rows)
