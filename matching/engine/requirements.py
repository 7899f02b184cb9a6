"""What the wishes of one order come to for each factory, as arrays that follow the rows of a part of the table.

Nothing here decides what is shown; feasibility, model and verdicts do.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.index import TablePart
from matching.engine.reading import ReadOrder
from matching.engine.thresholds import UNDATED_WEEKS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAYS_A_WEEK: Final = 7.0


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


def used_capacity(order: ReadOrder, window: Window, capacity_per_week: Floats) -> Floats:
    """The share of the weeks there are that the run fills at each capacity; NaN where that is unknown."""
    if window.weeks <= 0:
        return np.full(len(capacity_per_week), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(order.quantity / capacity_per_week / window.weeks)


def region_nearness(order: ReadOrder, part: TablePart) -> Floats:
    """1 in the same region or inside it, some for a neighbour in the tree of regions, 0 elsewhere, NaN unknown."""
    return np.full(len(part), np.nan) if order.region is None else part.region(order.region)


def attribute_nearness(order: ReadOrder, part: TablePart) -> Floats:
    """The mean, from 0 to 1, over the wished attributes that a factory says anything about; NaN where about none."""
    total, told = np.zeros((2, len(part)))
    for name, wanted in order.attributes:
        found = part.attribute(name, wanted)
        known = ~np.isnan(found)
        told += known
        total[known] += found[known]
    with np.errstate(invalid="ignore"):
        return np.asarray(total / told)
