"""What factories declare, as columns that follow the rows of a part: logs of numbers, and how each stands to a term."""

from typing import Final

import numpy as np

from matching.engine.columns import Floats, Rows
from matching.engine.coverage import NEAR
from matching.engine.index import TablePart
from matching.learning.market import ABSENT, CONFIRMED, DECLARED, DENIED, NEARBY, REMOTE, SILENT
from matching.verticals.pack import Kind

_REMOTE_FROM: Final = 0.2
_DECLARED_FROM: Final = 0.75


def standing_of(part: TablePart, kind: Kind, wanted: str, usual: bool = True) -> Rows:
    """How each row stands to a term by what it lists and tells: see `matching.learning.market`.

    usual: whether a process is one that the goods imply; a factory that names no process is silent on all others.
    """

    def stand() -> Rows:
        _, weighed = part.match(kind, wanted)
        known = part.names_processes if kind == "process" and not usual else part.known(kind)
        levels = (weighed >= _DECLARED_FROM, weighed >= NEAR, weighed >= _REMOTE_FROM)
        graded = np.select(levels, (DECLARED, NEARBY, REMOTE), ABSENT)
        graded = np.where(known | (weighed > 0.0), graded, SILENT)
        graded = np.where(part.confirmed(kind, wanted), CONFIRMED, graded)
        return np.where(part.denied(kind, wanted), DENIED, graded)

    return part.derived(("standing", kind, wanted, usual), stand)


def minimum_of(part: TablePart) -> Floats:
    """Log of each factory's minimum."""
    return part.derived("minimum", lambda: _log(part.number("minimum_quantity")))


def lead_of(part: TablePart) -> Floats:
    """Log of each factory's lead time."""
    return part.derived("lead", lambda: _log(part.number("lead_time_days")))


def size_of(part: TablePart) -> Floats:
    """The order size that a factory is made for: between its minimum and its weekly capacity; the one that is known."""
    return part.derived("size", lambda: _middle(part, "minimum_quantity", "capacity_per_week"))


def ways_of(part: TablePart) -> dict[str, Rows]:
    """How the numbers of each factory are known: see `matching.learning.market.Market`."""
    return part.derived("ways", lambda: _ways(part))


def _ways(part: TablePart) -> dict[str, Rows]:
    minimum = np.isfinite(part.number("minimum_quantity")).astype(np.int64)
    capacity = np.isfinite(part.number("capacity_per_week")).astype(np.int64)
    return {
        "size": minimum + 2 * capacity,
        "price": np.isfinite(middle_price_of(part)).astype(np.int64),
        "lead": np.isfinite(part.number("lead_time_days")).astype(np.int64),
    }


def middle_price_of(part: TablePart) -> Floats:
    """Log of the middle of the declared price range, or of its one known end."""
    return part.derived("middle price", lambda: _middle(part, "unit_price_low", "unit_price_high"))


def _middle(part: TablePart, low: str, high: str) -> Floats:
    """The mean of the logs of two numbers, or of the one that is known."""
    ends = np.stack([_log(part.number(low)), _log(part.number(high))])
    known = np.isfinite(ends)
    total = np.where(known, ends, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _log(values: Floats) -> Floats:
    """Logs of numbers of one or more; smaller ones count as one, save prices, which may be small."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(values, 1e-3))
    return np.asarray(np.where(np.isnan(values), np.nan, logs))
