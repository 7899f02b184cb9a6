"""The factories that could make a run: what they ask at least, how fast they are, and what they charge."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

import numpy as np

from matching.engine.coverage import NEAR, coverage
from matching.pooling.problem import Floats
from matching.records import FactoryRecord, OrderRecord
from matching.verticals.pack import Kind, Vocabulary

_LARGEST_FACTOR: Final = 3.0
_LEAST_FACTOR: Final = 0.25


@dataclass(frozen=True, slots=True)
class PriceEstimate:
    """A unit price that was estimated, never quoted. factories: how many price ranges it rests on."""

    amount: float
    currency: str | None
    factories: int


@dataclass(frozen=True)
class Makers:
    """Factories that declare the goods of an order, or all its processes, as far as they say."""

    factories: tuple[FactoryRecord, ...]

    def typical_minimum(self) -> int | None:
        """Median of the declared minima in pieces; None when nobody declares one."""
        minima = [factory.minimum_quantity for factory in self.factories if factory.minimum_quantity is not None]
        return math.ceil(median(minima)) if minima else None

    def days_needed(self, pieces: int) -> int | None:
        """Days until such a run is ready at the typical factory: its lead time, or more where its capacity asks it."""
        lead_days, per_week = self._speeds
        if not len(lead_days):
            return None
        days = np.sort(np.maximum(lead_days, np.ceil(7 * pieces / per_week)))
        return math.ceil(float(days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2)

    def largest_run(self, days: int) -> int | None:
        """Pieces that the fastest factory makes in so many days; None when a capacity is not declared anywhere."""
        return None if self._fastest is None else int(self._fastest * max(days, 0) / 7)

    def unit_price(self, quantity: int, minimum: int, setup_share: float, currency: str | None) -> PriceEstimate | None:
        """The price at `quantity` pieces when the middle of the declared ranges is the price at `minimum` pieces.

        Set-up is spread over the run and the rest is not: price x (1 - share + share x minimum / quantity), held
        between a quarter and three times the middle. Only ranges in one currency count: the given one, else the most
        common one. None when no factory declares a price in it.
        """
        if currency is None:
            currency = self._usual_currency
        middle, ranges = self._middles_in(currency)
        if not ranges or quantity < 1:
            return None
        factor = 1.0 - setup_share + setup_share * minimum / quantity
        amount = middle * min(max(factor, _LEAST_FACTOR), _LARGEST_FACTOR)
        return PriceEstimate(round(amount, 4), currency, ranges)

    @cached_property
    def _speeds(self) -> tuple[Floats, Floats]:
        """Lead times and pieces a week (infinite where unknown) of the factories that say either."""
        told = [one for one in self.factories if one.capacity_per_week is not None or one.lead_time_days is not None]
        lead_days = [one.lead_time_days or 0 for one in told]
        return np.array(lead_days, dtype=np.float64), np.array([one.capacity_per_week or np.inf for one in told])

    @cached_property
    def _fastest(self) -> float | None:
        capacities = [one.capacity_per_week for one in self.factories if one.capacity_per_week is not None]
        return max(capacities, default=None)

    @cached_property
    def _usual_currency(self) -> str | None:
        known = Counter(one.currency for one in self.factories if one.currency and _middle(one) is not None)
        return min(known, key=lambda code: (-known[code], code), default=None)

    @cached_property
    def _middles(self) -> dict[str | None, tuple[float, int]]:
        return {}

    def _middles_in(self, currency: str | None) -> tuple[float, int]:
        """The median of the middles of the price ranges in a currency, and how many there are."""
        if currency not in self._middles:
            middles = [
                middle
                for one in self.factories
                if (middle := _middle(one)) is not None and one.currency in (currency, None)
            ]
            self._middles[currency] = (median(middles) if middles else 0.0, len(middles))
        return self._middles[currency]


def makers_of(order: OrderRecord, factories: Sequence[FactoryRecord], vocabulary: Vocabulary) -> Makers:
    """The factories whose categories come near the order's, or that name one of its processes where they name no goods.

    Without a category in the order its processes decide; with neither, nobody is known to make it.
    """
    goods = _ids(vocabulary, "category", () if order.category is None else (order.category,))
    processes = _ids(vocabulary, "process", order.processes)
    return Makers(tuple(factory for factory in factories if _makes(factory, goods, processes, vocabulary)))


def _makes(factory: FactoryRecord, goods: tuple[str, ...], processes: tuple[str, ...], vocabulary: Vocabulary) -> bool:
    offered_goods = _ids(vocabulary, "category", factory.categories)
    if goods and offered_goods:
        return _near(vocabulary, "category", goods, offered_goods)
    return _near(vocabulary, "process", processes, _ids(vocabulary, "process", factory.processes))


def _near(vocabulary: Vocabulary, kind: Kind, wanted: tuple[str, ...], offered: tuple[str, ...]) -> bool:
    return any(coverage(vocabulary, kind, one, other) >= NEAR for one in wanted for other in offered)


def _ids(vocabulary: Vocabulary, kind: Kind, words: tuple[str, ...]) -> tuple[str, ...]:
    found = (vocabulary.resolve(kind, word) for word in words)
    return tuple(term.id for term in found if term is not None)


def _middle(factory: FactoryRecord) -> float | None:
    bounds = [bound for bound in (factory.unit_price_low, factory.unit_price_high) if bound is not None]
    return sum(bounds) / len(bounds) if bounds else None
