"""Faults of input files: collected while reading, told all at once."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

FAULTS_TOLD = 100
WHOLE_FILE = "*"


def show(value: str, longest: int = 60) -> str:
    """A value from a file as it may stand inside one line of an error message."""
    cut = value if len(value) <= longest else value[: longest - 1] + "…"
    return "'" + "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in cut) + "'"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in one cell.

    row: 1 is the header, 2 the first row of data, as a spreadsheet counts them; 0 is the file as a whole.
    column: the name of the column, or `*` for the row or file as a whole.
    problem: what is wrong and what is accepted, in one line.
    """

    file: str
    row: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}:{self.column}: {self.problem}"


class BadInput(Exception):
    """Input that was refused: the faults to tell, and how many more there are beyond these."""

    def __init__(self, faults: tuple[Fault, ...], more: int = 0) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
        self.more = more

    def lines(self) -> list[str]:
        """What a command prints on stderr."""
        told = [str(fault) for fault in self.faults]
        return [*told, f"… and {self.more} more faults"] if self.more else told


def print_warning(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)


@dataclass(slots=True)
class Faults:
    """Collects the faults of all tables of one command; the first hundred are kept, the rest counted.

    warn: where a warning goes (something ignored, nothing refused); stderr unless told.
    """

    warn: Callable[[str], None] = print_warning
    kept: list[Fault] = field(default_factory=list)
    more: int = 0

    def add(self, fault: Fault) -> None:
        if len(self.kept) < FAULTS_TOLD:
            self.kept.append(fault)
        else:
            self.more += 1

    def __len__(self) -> int:
        return len(self.kept) + self.more

    def refuse_if_any(self) -> None:
        """Raises BadInput with everything that was collected; does nothing when there is no fault."""
        if self.kept:
            raise BadInput(tuple(self.kept), self.more)


def refuse(file: str, problem: str, row: int = 0, column: str = WHOLE_FILE) -> BadInput:
    """A refusal for one single fault, to be raised."""
    return BadInput((Fault(file, row, column, problem),))
