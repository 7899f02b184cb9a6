"""The shapes by which a misfit costs: hinge pieces whose slopes are learned and whose signs are fixed.

Every column is zero or more and a larger value is a worse fit. A number (a log ratio) is cut into pieces; the piece
from `low` to `high` grows from 0 to high - low while the number passes through it. With a coefficient of zero or more
for each piece the sum is a monotone curve of any shape.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TERMS: Final = ("category", "process", "material", "certification")
UNSAID: Final = ("unsaid process", "unsaid material", "unsaid certification")
PLAIN: Final = ("attribute", "region", "text", "words", *UNSAID)
_INFINITE: Final = 99.0
_DENSEST: Final = 1.0 / math.sqrt(2.0 * math.pi)
_LEAST_VARIANCE: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Column:
    """One column of misfit. source: what it is cut from. signal: under which it is told to people.

    accept, win: what one unit is taken to cost on the logit scale before any outcome is known; the spread of that guess
    is three quarters of it and a little. reason: the reason for a "no" that it stands for.
    """

    source: str
    signal: str
    reason: str
    low: float
    high: float
    accept: float
    win: float


COLUMNS: Final = (
    Column("category", "category", "category", 0.0, _INFINITE, 3.0, 1.5),
    Column("process", "process", "process", 0.0, _INFINITE, 1.8, 1.0),
    Column("material", "material", "material", 0.0, _INFINITE, 1.2, 0.8),
    Column("certification", "certification", "certification", 0.0, _INFINITE, 1.5, 1.0),
    Column("attribute", "attribute", "other", 0.0, _INFINITE, 0.6, 0.4),
    Column("region", "region", "region", 0.0, _INFINITE, 0.2, 0.3),
    Column("text", "text", "other", 0.0, _INFINITE, 3.0, 1.5),
    Column("words", "text", "category", 0.0, _INFINITE, 2.0, 1.0),
    Column("unsaid process", "process", "process", 0.0, _INFINITE, 0.4, 0.2),
    Column("unsaid material", "material", "material", 0.0, _INFINITE, 0.4, 0.2),
    Column("unsaid certification", "certification", "certification", 0.0, _INFINITE, 0.2, 0.2),
    Column("overload", "capacity", "capacity", -0.7, 0.0, 0.6, 0.2),
    Column("overload", "capacity", "capacity", 0.0, 1.5, 1.5, 0.5),
    Column("shortfall", "quantity", "quantity", 0.0, 0.4, 1.0, 0.2),
    Column("shortfall", "quantity", "quantity", 0.4, 2.0, 1.0, 0.3),
    Column("small", "quantity", "quantity", 0.0, 0.8, 0.4, 0.1),
    Column("small", "quantity", "quantity", 0.8, 1.8, 0.8, 0.2),
    Column("small", "quantity", "quantity", 1.8, 3.5, 0.8, 0.2),
    Column("large", "quantity", "quantity", 0.0, 0.8, 0.2, 0.1),
    Column("large", "quantity", "quantity", 0.8, 1.8, 0.6, 0.2),
    Column("large", "quantity", "quantity", 1.8, 3.5, 0.8, 0.2),
    Column("gap", "price", "price", -0.8, 0.0, 0.3, 1.0),
    Column("gap", "price", "price", 0.0, 0.3, 2.0, 3.0),
    Column("gap", "price", "price", 0.3, 1.3, 2.0, 2.0),
    Column("cheap", "price", "category", 1.0, 2.5, 1.5, 1.0),
    Column("late", "due", "time", -1.0, 0.0, 0.3, 0.3),
    Column("late", "due", "time", 0.0, 0.4, 2.0, 1.5),
    Column("late", "due", "time", 0.4, 1.6, 2.0, 1.0),
)
WIDTH: Final = len(COLUMNS)
LOW: Final = np.array([column.low for column in COLUMNS])
HIGH: Final = np.array([column.high for column in COLUMNS])
ACCEPT_GUESS: Final = np.array([column.accept for column in COLUMNS])
WIN_GUESS: Final = np.array([column.win for column in COLUMNS])


def places(*sources: str) -> NDArray[np.int64]:
    """The columns that are cut from these sources."""
    return np.array([place for place, column in enumerate(COLUMNS) if column.source in sources])


TERM_PLACES: Final = places(*TERMS)
PLAIN_PLACES: Final = places(*PLAIN)
OVERLOAD: Final = places("overload")
SHORTFALL: Final = places("shortfall")
SMALL: Final = places("small")
LARGE: Final = places("large")
GAP: Final = places("gap")
CHEAP: Final = places("cheap")
"""Of the gap with its sign turned: who asks a third of the target makes other goods."""
LATE: Final = places("late")

_SOURCES: Final = ((0, 1.0, SMALL), (0, -1.0, LARGE), (1, 1.0, GAP), (1, -1.0, CHEAP), (2, 1.0, LATE))
"""The columns of numbers that are not known for sure: which of size, gap and late, and with which sign."""

TERM_COLUMNS, PLAIN_COLUMNS, CUT_COLUMNS, UNCERTAIN = (
    slice(int(found[0]), int(found[-1]) + 1)
    for found in (
        TERM_PLACES,
        PLAIN_PLACES,
        np.append(OVERLOAD, SHORTFALL),
        np.concatenate([c for _, _, c in _SOURCES]),
    )
)
KNOWN: Final = slice(0, UNCERTAIN.start)
"""COLUMNS stand in this order, so that each sort of them is one slice."""

SLOPES: Final = np.array(
    [[sign * (number == one) for number, sign, found in _SOURCES for _ in found] for one in range(3)]
)
"""3 (size, gap, late) x UNCERTAIN: how a column moves with the number while that lies in its piece."""


class _Cuts(NamedTuple):
    """Where numbers are cut, each end once though two pieces meet there. sources, signs, ends: of each cut. low, high:
    the cuts at both ends of each of UNCERTAIN."""

    sources: NDArray[np.int64]
    signs: Floats
    ends: Floats
    low: NDArray[np.int64]
    high: NDArray[np.int64]


def _cuts() -> _Cuts:
    cuts = sorted({(k, end) for k, (_, _, columns) in enumerate(_SOURCES) for end in (*LOW[columns], *HIGH[columns])})
    pieces = [(k, LOW[column], HIGH[column]) for k, (_, _, columns) in enumerate(_SOURCES) for column in columns]
    return _Cuts(
        np.array([_SOURCES[k][0] for k, _ in cuts]),
        np.array([[_SOURCES[k][1]] for k, _ in cuts]),
        np.array([[end] for _, end in cuts]),
        np.array([cuts.index((k, low)) for k, low, _ in pieces]),
        np.array([cuts.index((k, high)) for k, _, high in pieces]),
    )


_CUTS: Final = _cuts()
_SINGLE_CUTS: Final = _CUTS._replace(signs=_CUTS.signs.astype(np.float32), ends=_CUTS.ends.astype(np.float32))


def cut(values: NDArray[np.floating], where: NDArray[np.int64]) -> NDArray[np.floating]:
    """The pieces of numbers that are known for sure: one more axis, last, for the columns of `where`."""
    low, high = LOW[where].astype(values.dtype), HIGH[where].astype(values.dtype)
    return np.asarray(np.clip(values[..., None], low, high) - low)


def known_cuts(overload: Floats, shortfall: Floats) -> Floats:
    """CUT_COLUMNS x N; NaN where the number is."""
    low, high = LOW[CUT_COLUMNS, None], HIGH[CUT_COLUMNS, None]
    numbers = np.empty((len(low), len(overload)))
    numbers[: len(OVERLOAD)], numbers[len(OVERLOAD) :] = overload, shortfall
    return np.asarray(np.minimum(np.maximum(numbers, low), high) - low)


def expected_cuts(means: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """UNCERTAIN x N: the mean of each column, and the chance that the number lies in its piece.

    means, variances: 3 (size, gap, late) x N numbers that are known up to a normal error.
    """
    cuts = _SINGLE_CUTS if means.dtype == np.float32 else _CUTS
    distances = means[cuts.sources] * cuts.signs - cuts.ends
    above, beyond = _above(distances, np.sqrt(np.maximum(variances, _LEAST_VARIANCE))[cuts.sources])
    return above[cuts.low] - above[cuts.high], beyond[cuts.low] - beyond[cuts.high]


def _above(distances: Floats, spreads: Floats) -> tuple[Floats, Floats]:
    """E max(x, 0) and P(x > 0) of a normal x: s (density(t) + t cumulative(t)) with t = distance / s."""
    t = distances / spreads
    beyond = normal_cumulative(t)
    density = np.exp(-0.5 * np.minimum(t * t, 80.0)) * _DENSEST
    return np.maximum(spreads * density + distances * beyond, 0.0), beyond


def normal_cumulative(t: Floats) -> Floats:
    """The normal distribution function to within .0003 (Page, 1977: a logistic curve of a cubic)."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.7978845608 * t * (1.0 + 0.044715 * t * t))))


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.minimum(np.maximum(logits, -40.0), 40.0))))
