"""The shapes by which a misfit costs: hinge pieces whose slopes are learned and whose signs are fixed.

Every column is zero or more and a larger value is a worse fit. A number (a log ratio) is cut into pieces; the piece
from `low` to `high` grows from 0 to high - low while the number passes through it. With a coefficient of zero or more
for each piece the sum is a monotone curve of any shape.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TERMS: Final = ("category", "process", "material", "certification")
PLAIN: Final = ("attribute", "region", "text", "words")
_INFINITE: Final = 99.0


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


def cut(values: NDArray[np.floating], where: NDArray[np.int64]) -> NDArray[np.floating]:
    """The pieces of numbers that are known for sure: one more axis, last, for the columns of `where`."""
    low, high = LOW[where].astype(values.dtype), HIGH[where].astype(values.dtype)
    return np.asarray(np.clip(values[..., None], low, high) - low)


def expected_cut(means: Floats, variances: Floats, where: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The mean of each piece of a number known up to a normal error, and the chance that the number lies in the piece.

    E max(x - a, 0) = s (density(t) + t cumulative(t)) with t = (mean - a) / s.
    """
    spread = np.sqrt(np.maximum(variances, 1e-8))[:, None]
    ends, low, high = _ends(where.tobytes())
    above, inside = _above(means[:, None] - ends, spread)
    return above[:, low] - above[:, high], inside[:, low] - inside[:, high]


@lru_cache(maxsize=64)
def _ends(where: bytes) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """The ends of the pieces, each once though two pieces meet there, and the places of the low and the high ones."""
    columns = np.frombuffer(where, np.int64)
    ends = np.unique([LOW[columns], HIGH[columns]])
    return ends, np.searchsorted(ends, LOW[columns]), np.searchsorted(ends, HIGH[columns])


def _above(distance: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """E max(x, 0) and P(x > 0) of a normal x."""
    t = distance / spread
    beyond = normal_cumulative(t)
    density = np.exp(-0.5 * np.minimum(t * t, 80.0)) / np.sqrt(2.0 * np.pi)
    return np.maximum(spread * density + distance * beyond, 0.0), beyond


def normal_cumulative(t: Floats) -> Floats:
    """The normal distribution function to within .0003 (Page, 1977: a logistic curve of a cubic)."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.7978845608 * t * (1.0 + 0.044715 * t * t))))


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -40.0, 40.0))))
