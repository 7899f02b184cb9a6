"""The terms on which an item is bought and sold, and the share of times that it should not run out."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

USUAL_RATIO: Final = 0.9
"""The critical ratio of an item of which neither a ratio nor costs are known."""
USUAL_HOLDING_RATE: Final = 0.25
"""Cost of keeping stock for a year, as a share of unit_cost, where the seller names none; textbooks name .2 to .3."""
MOST_CERTAIN: Final = 0.999
"""Above it no history says how much stock is enough."""
LEAST_CERTAIN: Final = 0.5
_DAYS_A_YEAR: Final = 365.0


@dataclass(frozen=True, slots=True)
class Item:
    """What a seller knows of an item. None is not known.

    Days are calendar days; lead_time_sd_days is the standard deviation of the lead time. unit_cost and unit_price are
    in one currency. holding_rate_per_year: cost of keeping stock, as a share of unit_cost. minimum: least pieces of an
    order; pack_size: orders are multiples of it. critical_ratio overrides the costs.
    """

    sku: str
    lead_time_days: float
    lead_time_sd_days: float = 0.0
    review_days: float = 7.0
    unit_cost: float | None = None
    unit_price: float | None = None
    holding_rate_per_year: float | None = None
    minimum: int = 0
    pack_size: int = 1
    critical_ratio: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for terms that make no sense."""
        if self.lead_time_days < 0 or self.lead_time_sd_days < 0 or self.review_days <= 0:
            raise ValueError(f"{self.sku}: days are negative or the review is not above zero")
        if self.minimum < 0 or self.pack_size < 1:
            raise ValueError(f"{self.sku}: the minimum is negative or the pack smaller than one piece")
        if self.critical_ratio is not None and not 0 < self.critical_ratio < 1:
            raise ValueError(f"{self.sku}: the critical ratio is not between 0 and 1")

    @property
    def protected_days(self) -> float:
        """Days that an order has to last: until an order placed at the next review has come."""
        return self.lead_time_days + self.review_days


@dataclass(frozen=True, slots=True)
class Stock:
    """Pieces of an item that are there, and pieces that are ordered and have not come."""

    on_hand: float = 0.0
    on_order: float = 0.0

    @property
    def position(self) -> float:
        """Pieces that are there or on their way."""
        return self.on_hand + self.on_order


def critical_ratio(item: Item) -> float:
    """The chance of not running out between two orders that earns most, from .5 to .999.

    A piece short loses the margin; a piece over is kept for one more review: margin / (margin + unit cost x holding
    rate x review / 365), the critical fractile of the newsvendor (Arrow, Harris and Marschak, Optimal inventory
    policy, Econometrica 1951) with lost sales. Without a margin, USUAL_RATIO.
    """
    if item.critical_ratio is not None:
        return _within(item.critical_ratio)
    if item.unit_cost is None or item.unit_price is None or item.unit_price <= item.unit_cost:
        return USUAL_RATIO
    short = item.unit_price - item.unit_cost
    return _within(short / (short + holding_cost(item)))


def holding_cost(item: Item) -> float:
    """Money that one piece costs when it is kept from one review to the next; 0 without a known cost."""
    rate = USUAL_HOLDING_RATE if item.holding_rate_per_year is None else item.holding_rate_per_year
    return (item.unit_cost or 0.0) * rate * item.review_days / _DAYS_A_YEAR


def safety_factor(ratio: float) -> float:
    """Standard deviations above the mean that a normal demand stays below with a chance of `ratio`."""
    return NormalDist().inv_cdf(ratio)


def rounded_up(wanted: float, minimum: int, pack_size: int) -> int:
    """Pieces to order where `wanted` are: none for none, else at least the minimum, in whole packs."""
    if wanted <= 1e-9:
        return 0
    least = max(wanted, float(minimum))
    return math.ceil(least / pack_size - 1e-9) * pack_size


def _within(ratio: float) -> float:
    return min(max(ratio, LEAST_CERTAIN), MOST_CERTAIN)
