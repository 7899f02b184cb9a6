"""Plays ordering policies over past demand: review, order up to a level, wait, sell what is there, lose the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from forecasting.panel import Flags, Floats, Wholes
from forecasting.periods import Frequency, days_in
from forecasting.replenishment.items import Item, critical_ratio, safety_factor

Ordering = Callable[[int, Floats], Floats]
"""Pieces ordered in a period, for the position of each policy, seed and item."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of many items as arrays (items), times in periods of the panel.

    lead, lead_sd: mean and standard deviation of the lead time; review: periods between two reviews, at least 1 in a
    simulation. value: money of a piece, by which the costs of items are added up.
    """

    lead: Floats
    lead_sd: Floats
    review: Floats
    minimum: Floats
    pack: Floats
    ratio: Floats
    value: Floats

    @classmethod
    def of(cls, items: Sequence[Item], frequency: Frequency) -> Self:
        """The terms of items; a value that is not known counts as one unit of money."""
        days = days_in(frequency)

        def gathered(values: list[float]) -> Floats:
            return np.array(values, dtype=np.float64)

        return cls(
            gathered([item.lead_time_days / days for item in items]),
            gathered([item.lead_time_sd_days / days for item in items]),
            gathered([item.review_days / days for item in items]),
            gathered([item.minimum for item in items]),
            gathered([item.pack_size for item in items]),
            gathered([critical_ratio(item) for item in items]),
            gathered([item.unit_cost or 1.0 for item in items]),
        )

    @property
    def protected(self) -> Floats:
        """Periods that an order has to last, on average."""
        return self.lead + self.review

    @property
    def factor(self) -> Floats:
        """The safety factor of each item's critical ratio."""
        return np.array([safety_factor(ratio) for ratio in self.ratio.tolist()])

    @property
    def short(self) -> Floats:
        """Cost of a lost piece where holding one for a review costs one: the newsvendor's own proportion."""
        return self.ratio / (1 - self.ratio)

    def cost(self, played: "Played") -> Floats:
        """The cost of each period, in money times the holding rate of a review: holding and lost sales."""
        held = played.held / np.maximum(self.review, 1.0)[:, None]
        return (held + played.lost * self.short[:, None]) * self.value[:, None]


@dataclass(frozen=True, slots=True)
class Played:
    """Pieces left at the end of each period and pieces not sold: policies x items x periods, means over the seeds."""

    held: Floats
    lost: Floats


def lead_times(terms: Terms, periods: int, seeds: int, seed: int = 0) -> Wholes:
    """Sampled lead times of an order placed in each period: seeds x items x periods, in whole periods.

    Normal, never negative; a part of a period is rounded up as often as it is long, so that means stay.
    """
    random = np.random.default_rng(seed)
    shape = (seeds, len(terms.lead), periods)
    drawn = np.maximum(terms.lead[:, None] + terms.lead_sd[:, None] * random.standard_normal(shape), 0.0)
    return np.floor(drawn + random.random(shape)).astype(np.int64)


def play(demand: Floats, levels: Floats, begin: Floats, terms: Terms, lead: Wholes) -> Played:
    """Plays order-up-to levels over demand.

    demand: items x periods. levels: policies x items x periods, the level known when the period begins. begin: items,
    pieces that are there at first. lead: seeds x items x periods. A review comes first in its period, then goods that
    arrive, then demand; an order with a lead time of 0 is there for the demand of its own period.
    """
    every = np.maximum(np.round(terms.review), 1).astype(np.int64)

    def wanted(period: int, position: Floats) -> Floats:
        reviewed: Flags = period % every == 0
        gap = np.where(reviewed, levels[:, None, :, period] - position, 0.0)
        return in_packs(gap, terms.minimum, terms.pack)

    return _played(demand, begin, lead, (len(levels), *lead.shape[:2]), wanted)


def play_orders(demand: Floats, orders: Floats, begin: Floats, lead: Wholes) -> Played:
    """Plays given orders (seeds x items x periods) over demand, as one policy."""
    return _played(demand, begin, lead, (1, *lead.shape[:2]), lambda period, _: orders[None, :, :, period])


def in_packs(gap: Floats, minimum: Floats, pack: Floats) -> Floats:
    """Pieces to order for gaps (last axis items): none for none, else at least the minimum, in whole packs."""
    return np.where(gap > 1e-9, np.ceil(np.maximum(gap, minimum) / pack - 1e-9) * pack, 0.0)


def _played(demand: Floats, begin: Floats, lead: Wholes, shape: tuple[int, int, int], wanted: Ordering) -> Played:
    policies, seeds, items = shape
    periods = demand.shape[1]
    ring = int(lead.max(initial=0)) + 1
    coming = np.zeros((ring, *shape))
    on_hand = np.broadcast_to(begin, shape).copy()
    on_way = np.zeros(shape)
    held, lost = np.zeros((policies, items, periods)), np.zeros((policies, items, periods))
    seed_of, item_of = np.arange(seeds)[:, None], np.arange(items)[None, :]
    for period in range(periods):
        ordered = wanted(period, on_hand + on_way)
        on_way += ordered
        # Each seed and item has one place, so nothing is added twice to one of them.
        places = (period + lead[:, :, period]) % ring
        coming[places, :, seed_of, item_of] += np.moveaxis(ordered, 0, -1)
        arrived = coming[period % ring]
        on_hand += arrived
        on_way -= arrived
        coming[period % ring] = 0.0
        sold = np.minimum(on_hand, demand[:, period])
        on_hand -= sold
        held[..., period] = on_hand.mean(axis=1)
        lost[..., period] = (demand[:, period] - sold).mean(axis=1)
    return Played(held, lost)
