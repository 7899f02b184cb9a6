"""Turns each line of a text file into a vector: float32 rows of unit length, as a NumPy file.

A blank line gets the same unit vector as every other blank line (all its components are equal).
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from numpy.lib import format as numpy_format

from matching.command_line.progress import track
from matching.encoder.load import load_embedder
from matching.tables import Outputs, TableError, refuse
from matching.tables.jsonlines import iterate_lines

EXAMPLE: Final = "encode --texts matching/examples/texts.txt --out vectors.npy"
_LINES_AT_ONCE: Final = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--texts", type=Path, required=True, help="text file (.gz too), one text a line")
    parser.add_argument("--out", type=Path, required=True, help="NumPy file to write")
    parser.add_argument("--embedder", default="", help="name or path of another sentence-transformers model")


def run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.texts
    try:
        lines = sum(1 for _ in iterate_lines(path))
    except OSError as error:
        raise refuse(str(path), f"cannot be opened ({error.strerror}); accepted: a file that may be read") from error
    except TableError as error:
        raise refuse(str(path), error.problem) from error
    with Outputs() as outputs:
        out = outputs.binary(arguments.out)
        embedder = load_embedder(arguments.embedder)
        _write_header(out, lines, embedder.dimensions)
        for texts in track(_batches(path), "batches", -(-lines // _LINES_AT_ONCE)):
            out.write(embedder.encode(texts).astype("<f4", copy=False).tobytes())
    return 0


def _write_header(out: BinaryIO, rows: int, columns: int) -> None:
    """The NumPy header for the whole matrix, so that its rows can be written as they are made."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
    numpy_format.write_array_header_1_0(out, header)


def _batches(path: Path) -> Iterator[list[str]]:
    lines = (line for _, line in iterate_lines(path))
    while batch := list(islice(lines, _LINES_AT_ONCE)):
        yield batch
