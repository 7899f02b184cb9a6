"""Acceptance sampling by attributes: how many pieces of a lot are inspected, and with how many defects it passes. Pure.

The figures are those of the single sampling plans for normal inspection of ISO 2859-1:1999 (the same as ANSI/ASQ Z1.4
and GB/T 2828.1): table 1 for code letters, table 2-A for sample sizes, acceptance and rejection numbers.
"""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LEVELS: Final = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
LARGEST_LOTS: Final = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000)
CODE_LETTERS: Final = (
    "AAAAAAB",
    "AAAAABC",
    "AABBBCD",
    "ABBCCDE",
    "BBCCCEF",
    "BBCDDFG",
    "BCDEEGH",
    "BCDEFHJ",
    "CCEFGJK",
    "CDEGHKL",
    "CDFGJLM",
    "CDFHKMN",
    "DEGJLNP",
    "DEGJMPQ",
    "DEHKNQR",
)
"""One row a range of lots, up to LARGEST_LOTS and then without end; one letter a level, in the order of LEVELS."""

LETTERS: Final = "ABCDEFGHJKLMNPQR"
SAMPLE_SIZES: Final = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1_250, 2_000)
AQLS: Final = ("0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0", "6.5")
PLAIN_FROM: Final = ("L", "K", "J", "H", "G", "F", "E", "D", "C", "B", "A")
"""For each AQL the letter of its plan that accepts no defect. Every column of table 2-A is one sequence, which begins
there and is shifted by one letter from AQL to AQL: arrows down before it, then DOWN_THE_COLUMN, then arrows up."""

UP: Final = -1
DOWN: Final = -2
DOWN_THE_COLUMN: Final = (0, UP, DOWN, 1, 2, 3, 5, 7, 10, 14, 21)


class NoSuchPlan(ValueError):
    """The standard has no plan for this; the message says what it has plans for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a lot is inspected: `sampled` pieces, accepted with up to `accept` defective ones, rejected from `reject` on.

    letter: of the plan that is used, after the arrows. whole: the sample is the lot, as no smaller one would do.
    """

    letter: str
    sampled: int
    accept: int
    reject: int
    whole: bool


def code_letter(lot: int, level: str = "II") -> str:
    """The code letter of a lot of so many pieces. Raises NoSuchPlan below two pieces or for an unknown level."""
    if lot < 2:
        raise NoSuchPlan(f"a lot of {lot} pieces is not sampled; lots begin at 2")
    if level not in LEVELS:
        raise NoSuchPlan(f"{level!r} is no inspection level; there are {', '.join(LEVELS)}")
    return CODE_LETTERS[bisect_left(LARGEST_LOTS, lot)][LEVELS.index(level)]


def sampling_plan(lot: int, aql: str, level: str = "II") -> Plan:
    """The single sampling plan for normal inspection of a lot.

    lot: pieces. aql: per cent of defective pieces, written as anyone writes it ("1", "1.0", ".65"). A sample that
    would be as large as the lot, or larger, is the whole lot. Raises NoSuchPlan for what the tables do not hold.
    """
    column = AQLS.index(_known_aql(aql))
    row = LETTERS.index(code_letter(lot, level))
    while (accept := acceptance_number(row, column)) < 0:
        row += 1 if accept == DOWN else -1
    size = SAMPLE_SIZES[row]
    return Plan(LETTERS[row], min(size, lot), accept, accept + 1, size >= lot)


def acceptance_number(row: int, column: int) -> int:
    """What stands in table 2-A: the acceptance number, or UP or DOWN for an arrow. row, column: places in LETTERS and
    AQLS."""
    below = row - LETTERS.index(PLAIN_FROM[column])
    if below < 0:
        return DOWN
    return DOWN_THE_COLUMN[below] if below < len(DOWN_THE_COLUMN) else UP


def _known_aql(aql: str) -> str:
    try:
        asked = Decimal(aql)
    except ArithmeticError:
        asked = Decimal(0)
    for known in AQLS:
        if Decimal(known) == asked:
            return known
    raise NoSuchPlan(f"{aql!r} is no acceptance quality limit of the tables; there are {', '.join(AQLS)}")
