"""What would be ordered if a term were another: from kept scenarios, in microseconds, without any model."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist
from typing import Final

import numpy as np

from forecasting.panel import Floats
from forecasting.replenishment.advice import Paths
from forecasting.replenishment.items import Stock
from forecasting.replenishment.parts import Reason, reason_of

_DAYS: Final = 7.0
_EVEN: Final = 100
_FURTHEST: Final = 730
_NORMAL: Final = NormalDist().inv_cdf


@dataclass(frozen=True, slots=True)
class Supply:
    """How an item comes: days from an order to its pieces, days between two looks, and the chance that it lasts."""

    lead_time_days: float
    review_days: float
    chance: float

    @property
    def protected_days(self) -> float:
        return self.lead_time_days + self.review_days


@dataclass(frozen=True, slots=True)
class Told:
    """The order that was told: its level, the mean demand that it has to last for, and the terms it was told for."""

    level: int
    expected: float
    supply: Supply


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The order under other terms. order_by: the last day on which it is in time, None for no order."""

    quantity: int
    order_by: date | None
    order_up_to: int
    reason: Reason


def what_if(paths: Paths, told: Told, other: Supply, stock: Stock, minimum: int, pack_size: int, as_of: date) -> WhatIf:
    """Moves an order-up-to level and its mean demand as the scenarios move from the terms told to other terms.

    The same terms give the same order again. Scenarios end after a number of weeks and go on at their own mean;
    chances beyond the last scenario follow the normal law.
    """
    level = _moved(told.level, _quantile(paths, told.supply), _quantile(paths, other))
    expected = _moved(told.expected, *(expected_until(paths, each.protected_days) for each in (told.supply, other)))
    at = _at(paths, other.protected_days)
    chance = other.chance if level >= at[-1] else float(np.interp(level, at, paths.chances))
    whole = math.ceil(max(level, 0.0) - 1e-9)
    days = other.protected_days
    reason = reason_of(expected, whole, int(stock.on_hand), int(stock.on_order), days, chance, minimum, pack_size)
    if not reason.quantity:
        return WhatIf(0, None, whole, reason)
    spare = stock.position - math.ceil(whole - expected * other.review_days / days)
    in_time = math.floor(spare / max(expected / days, 1e-9)) if spare > 0 else 0
    return WhatIf(reason.quantity, as_of + timedelta(days=min(in_time, _FURTHEST)), whole, reason)


def _moved(told: float, before: float, after: float) -> float:
    """A figure moved as another one moves: in proportion, or by the difference where there was none."""
    return told * after / before if before > 0 else told + after


def expected_until(paths: Paths, days: float) -> float:
    """Mean pieces wanted within so many days."""
    return float(_evenly(paths, days).mean())


def band_until(paths: Paths, days: float, low: float = 0.1, high: float = 0.9) -> tuple[float, float]:
    """Between how many pieces demand over so many days lies with the chance `high` - `low`."""
    at = _at(paths, days)
    return float(np.interp(low, paths.chances, at)), float(np.interp(high, paths.chances, at))


def shortage(paths: Paths, days: float, position: float) -> float:
    """Pieces that lack on average within so many days when `position` pieces are there or on their way."""
    return float(np.maximum(_evenly(paths, days) - position, 0.0).mean())


def _at(paths: Paths, days: float) -> Floats:
    """Pieces of each scenario until a number of days from now."""
    cumulated = np.array(paths.cumulated, dtype=np.float64)
    weeks, last = days / _DAYS, cumulated.shape[1] - 1
    if weeks > last:
        return np.asarray(cumulated[:, -1] * weeks / max(last, 1), dtype=np.float64)
    return np.array([np.interp(weeks, np.arange(last + 1), row) for row in cumulated])


def _evenly(paths: Paths, days: float) -> Floats:
    """Equally likely pieces out of scenarios at uneven chances."""
    return np.interp((np.arange(_EVEN) + 0.5) / _EVEN, paths.chances, _at(paths, days))


def _quantile(paths: Paths, supply: Supply) -> float:
    at, last = _at(paths, supply.protected_days), paths.chances[-1]
    if supply.chance <= last:
        return float(np.interp(supply.chance, paths.chances, at))
    middle = float(np.interp(0.5, paths.chances, at))
    return middle + (float(at[-1]) - middle) * _NORMAL(supply.chance) / _NORMAL(last)
