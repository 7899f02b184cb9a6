"""What is wrong with the rows of an uploaded table: told once a kind, given back as a file to be mended. Pure."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from market.kit.wording import Sentence

MOST_KINDS = 200
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class CellFault:
    """One cell that cannot be taken. column: the header in the file, "" when no column holds the field."""

    column: str
    field: str
    value: str
    problem: Sentence
    accepted: Sentence


@dataclass(frozen=True, slots=True)
class FaultKind:
    """Rows with the same fault in the same column: the first as the example, and how many there are."""

    row: int
    column: str
    field: str
    value: str
    problem: Sentence
    accepted: Sentence
    count: int


class FaultKinds:
    """Gathers the faults of a file by kind."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], dict[str, Any]] = {}

    def add(self, row: int, fault: CellFault) -> None:
        """row: as a spreadsheet counts."""
        key = (fault.column, fault.field, fault.problem.template)
        told = self._kinds.get(key)
        if told is None:
            told = self._kinds[key] = _told(row, fault)
        told["count"] += 1

    def most_first(self) -> list[dict[str, Any]]:
        """The kinds as plain JSON, the commonest first, at most MOST_KINDS of them."""
        return sorted(self._kinds.values(), key=lambda told: (-told["count"], told["row"]))[:MOST_KINDS]


def fault_kinds(stored: Iterable[Mapping[str, Any]]) -> tuple[FaultKind, ...]:
    """The kinds again, from the JSON that `most_first` gave."""
    return tuple(
        FaultKind(
            row=entry["row"],
            column=entry["column"],
            field=entry["field"],
            value=entry["value"],
            problem=Sentence(entry["problem"], **entry["problem_values"]),
            accepted=Sentence(entry["accepted"], **entry["accepted_values"]),
            count=entry["count"],
        )
        for entry in stored
    )


def write_faulty_rows(header: Sequence[str], rows: Iterator[tuple[Sequence[str], str]], fault_header: str) -> str:
    """Rows with what is wrong with each as CSV with one more column; no cell can act as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    # A file that was written by this function and mended only in part holds the column already.
    kept = [place for place, name in enumerate(header) if name != fault_header]
    writer.writerow([*(_harmless(header[place]) for place in kept), fault_header])
    for cells, told in rows:
        shown = (cells[place] if place < len(cells) else "" for place in kept)
        writer.writerow([*(_harmless(cell) for cell in shown), told])
    return out.getvalue()


def _told(row: int, fault: CellFault) -> dict[str, Any]:
    """A kind of fault as an import keeps it: its first row as the example, and how many rows have it."""
    return {
        "row": row,
        "column": fault.column,
        "field": fault.field,
        "value": fault.value[:80],
        "problem": fault.problem.template,
        "problem_values": fault.problem.values,
        "accepted": fault.accepted.template,
        "accepted_values": fault.accepted.values,
        "count": 0,
    }


def _harmless(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet could take it for a formula; numbers stay."""
    if not cell.startswith(_FORMULA_SIGNS):
        return cell
    bare = cell[1:].replace(",", "")
    is_number = cell[0] in "+-" and bare.replace(".", "", 1).isascii() and bare.replace(".", "", 1).isdigit()
    return cell if is_number else f"'{cell}"
