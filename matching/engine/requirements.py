"""How well factories meet each wish of one order, as arrays with one number a factory.

Each function answers a `Measure`: values from 0 to 1 (NaN where the factory does not say), and where it plainly misses.
Every array follows the rows of a part of the table. Nothing here decides what is shown; feasibility, model and
verdicts do.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.coverage import NEAR, PROPERTIES_OF_GOODS
from matching.engine.index import TablePart
from matching.engine.reading import ReadOrder
from matching.engine.thresholds import (
    CAPACITY_NEAR,
    LATE_HOPELESS_DAYS,
    LATE_NEAR_DAYS,
    PRICE_HOPELESS,
    QUANTITY_HOPELESS,
    QUANTITY_NEAR,
    UNDATED_WEEKS,
)
from matching.verticals.pack import Kind

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAYS_A_WEEK: Final = 7.0


@dataclass(frozen=True, slots=True)
class Measure:
    """values: 0 to 1, NaN = unknown. misses: rows that plainly do not meet the wish; never where unknown."""

    values: Floats
    misses: Flags


@dataclass(frozen=True, slots=True)
class TermMeasure:
    """As Measure, for wished terms. covered: mean coverage without regard to evidence. known: rows that say anything.
    absent: rows that say something, and for at least one wished term nothing near it."""

    values: Floats
    covered: Floats
    known: Flags
    absent: Flags


@dataclass(frozen=True, slots=True)
class Window:
    """The days that a factory has: from the later of as_of and the posting, to the due date and its grace."""

    starts_on: date
    due_on: date | None
    grace_days: int

    @property
    def days(self) -> int | None:
        """Days to the due date, negative when it has passed; None without a due date."""
        return None if self.due_on is None else (self.due_on - self.starts_on).days

    @property
    def weeks(self) -> float:
        """Weeks of work, grace included; UNDATED_WEEKS without a due date."""
        return UNDATED_WEEKS if self.days is None else max(self.days + self.grace_days, 0) / DAYS_A_WEEK

    @property
    def is_over(self) -> bool:
        return self.days is not None and self.days + self.grace_days <= 0

    def ready_on(self, lead_time_days: float) -> date:
        return self.starts_on + timedelta(days=min(int(lead_time_days), 36_500))


def window_of(order: ReadOrder, as_of: date) -> Window:
    posted_on = order.record.posted_on
    starts_on = as_of if posted_on is None else max(as_of, posted_on)
    return Window(starts_on, order.due_on, order.record.grace_days)


def term_measure(part: TablePart, kind: Kind, order: ReadOrder) -> TermMeasure:
    """Wished terms against offered ones: the mean over the wishes, weighted by how surely each was wished.

    A factory that names no process is known by the usual ones of its goods. These tell what it does not do of the
    usual ones of the order's goods (a shirt maker does not knit), but nothing of what the buyer wants beyond them.
    """
    wishes = order.wishes[kind]
    known = part.known(kind)
    values, covered = np.zeros(len(known)), np.zeros(len(known))
    absent, usual_absent, denied = np.zeros((3, len(known)), dtype=np.bool_)
    total = sum(wish.weight for wish in wishes)
    for wish in wishes:
        best, weighed = part.match(kind, wish.id)
        covered += wish.weight / total * best
        values += wish.weight / total * weighed
        if wish.id not in PROPERTIES_OF_GOODS:
            absent |= best < NEAR
        denied |= part.denied(kind, wish.id)
        if wish.id in order.usual_processes:
            usual_absent |= best < NEAR
    if kind == "process":
        known &= part.names_processes | usual_absent | ~absent
    known |= denied
    absent |= denied
    return TermMeasure(np.where(known, values, np.nan), covered, known, absent & known)


def quantity_measure(order: ReadOrder, part: TablePart) -> Measure:
    """Full up to the factory's minimum, then falling with the logarithm of what is missing."""
    ratio = part.number("minimum_quantity") / order.quantity
    short = np.log(np.maximum(ratio, 1.0)) / np.log(QUANTITY_HOPELESS)
    values = np.clip(1.0 - short, 0.0, 1.0)
    return Measure(np.where(np.isnan(ratio), np.nan, values), np.asarray(ratio > QUANTITY_NEAR))


def capacity_measure(order: ReadOrder, part: TablePart, window: Window) -> Measure:
    """Full while the run fits well into the weeks there are; misses when it cannot be made in them."""
    capacity = part.number("capacity_per_week")
    used = used_capacity(order, window, capacity)
    tight = (used - CAPACITY_NEAR) / (1.0 - CAPACITY_NEAR)
    values = np.where(used <= CAPACITY_NEAR, 1.0, np.where(used <= 1.0, 1.0 - 0.5 * tight, 0.0))
    unknown = np.isnan(capacity)
    return Measure(np.where(unknown, np.nan, values), np.asarray((used > 1.0) & ~unknown))


def used_capacity(order: ReadOrder, window: Window, capacity_per_week: Floats) -> Floats:
    """The share of the weeks there are that the run fills at each capacity; NaN where that is unknown."""
    if window.weeks <= 0:
        return np.full(len(capacity_per_week), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(order.quantity / capacity_per_week / window.weeks)


def due_measure(part: TablePart, window: Window) -> Measure:
    """Full when the lead time fits before the due date, a little less inside the grace, none three weeks beyond it."""
    lead = part.number("lead_time_days")
    days = window.days
    if days is None:
        return Measure(np.full(len(lead), np.nan), np.zeros(len(lead), dtype=np.bool_))
    late = np.maximum(lead - days, 0.0)
    grace = max(window.grace_days, LATE_NEAR_DAYS)
    beyond = np.maximum(late - grace, 0.0)
    values = np.clip(1.0 - 0.3 * np.minimum(late / grace, 1.0) - 0.7 * beyond / LATE_HOPELESS_DAYS, 0.0, 1.0)
    return Measure(np.where(np.isnan(lead), np.nan, values), np.asarray(beyond > 0))


def price_measure(order: ReadOrder, part: TablePart) -> Measure:
    """Full at or above the factory's upper price, .85 at its lower one, none when that is half as much again.

    A price in another currency is unknown: the engine holds no rates. A single known bound stands for both, but an
    upper bound alone cannot miss.
    """
    low, high = part.number("unit_price_low"), part.number("unit_price_high")
    target = order.target_unit_price
    if target is None:
        return Measure(np.full(len(low), np.nan), np.zeros(len(low), dtype=np.bool_))
    only_high = np.isnan(low) & ~np.isnan(high)
    low = np.where(only_high, high, low)
    high = np.where(np.isnan(high), low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(high > low, (target - low) / (high - low), 1.0)
        above = np.clip(1.0 - (low / target - 1.0) / (PRICE_HOPELESS - 1.0), 0.0, 1.0)
    values = np.where(target >= low, 0.85 + 0.15 * np.clip(inside, 0.0, 1.0), 0.85 * above)
    unknown = np.isnan(low) | part.other_currency(order.currency) | (only_high & (target < high))
    return Measure(np.where(unknown, np.nan, values), np.asarray((target < low) & ~unknown))


def region_measure(order: ReadOrder, part: TablePart) -> Measure:
    """1 in the same region or inside it, some for a neighbour in the tree of regions, 0 elsewhere."""
    values = np.full(len(part), np.nan) if order.region is None else part.region(order.region)
    return Measure(values, np.asarray(values < NEAR))


def attribute_measure(order: ReadOrder, part: TablePart) -> Measure:
    """The mean over the wished attributes that a factory says anything about."""
    total, told = np.zeros((2, len(part)))
    for name, wanted in order.attributes:
        found = part.attribute(name, wanted)
        known = ~np.isnan(found)
        told += known
        total[known] += found[known]
    with np.errstate(invalid="ignore"):
        values = total / told
    return Measure(values, np.asarray(values < NEAR))
