"""Reads back from a bare plan what it says of the demand behind it."""

import math
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Final

from forecasting.replenishment.materials import Need
from forecasting.replenishment.plan import NEED_CHANCES

_TENTH: Final = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of a plan, as far as it is read back; None is not known."""

    sku: str
    order_quantity: int
    order_by: date | None
    stockout_on_p50: date | None
    stockout_on_p90: date | None
    days_of_cover: float | None
    order_up_to: int | None


def need_of(seller: str, row: PlanRow) -> Need:
    """What may have to be made for a row of a plan: the order, spread by what its stock-out dates say of chance.

    Demand that runs for t days is taken as normal with mean m t and deviation s sqrt(t): with x pieces there, x = m t50
    and x = m t90 - 1.28 s sqrt(t90), which gives s / m; the order covers the days for which mean and 1.28 s come to the
    order-up-to level. A row that does not say so much is taken as certain: the order itself.
    """
    spread = _spread(row)
    if spread is None:
        return Need(seller, row.sku, (0.5,), (float(row.order_quantity),), row.order_quantity, row.order_by)
    mean, deviation = spread
    position = float((row.order_up_to or 0) - row.order_quantity)
    pieces = [max(mean + NormalDist().inv_cdf(chance) * deviation - position, 0.0) for chance in NEED_CHANCES]
    return Need(seller, row.sku, NEED_CHANCES, tuple(pieces), row.order_quantity, row.order_by)


def _spread(row: PlanRow) -> tuple[float, float] | None:
    """Mean and deviation of demand while the order lasts; None where the row says too little."""
    dates = (row.stockout_on_p50, row.stockout_on_p90)
    if None in dates or not row.days_of_cover or row.order_up_to is None or not row.order_quantity:
        return None
    middle, late = (day.toordinal() for day in dates if day is not None)
    position = row.order_up_to - row.order_quantity
    if position <= 0 or late <= middle:
        return None
    a_day = position / row.days_of_cover
    until_late = row.days_of_cover + late - middle
    relative = (late - middle) / (_TENTH * math.sqrt(until_late))
    # With r the root of the days: level / mean = r^2 + 1.28 relative r.
    half = _TENTH * relative / 2
    root = math.sqrt(half**2 + row.order_up_to / a_day) - half
    return a_day * root**2, a_day * relative * root
