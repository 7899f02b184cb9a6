"""The orders as their buyers truly mean them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.market.parameters import Parameters
from benchmarks.market.population import REGIONS, Bools, Floats, Ints, Places
from benchmarks.market.trade import KINDS, Kind, Trade

ANYWHERE: Final = -1
_COUNTS: Final[dict[Kind, tuple[float, ...]]] = {
    "process": (0.20, 0.45, 0.35),
    "material": (0.0, 0.85, 0.15),
    "certificate": (0.55, 0.35, 0.10),
}
_SMALLEST: Final = 20


@dataclass(frozen=True, slots=True)
class Orders:
    """One row an order, by week.

    needs: by kind, orders × terms. quantity: pieces. target: log of the price that the buyer can pay over the usual one
    of `usual_price` (yuan). days: from posting to the due date. region: ANYWHERE when the buyer does not mind.
    """

    week: Ints
    group: Ints
    category: Ints
    needs: dict[Kind, Bools]
    quantity: Ints
    usual_price: Floats
    target: Floats
    days: Ints
    region: Ints
    waited: Ints

    def __len__(self) -> int:
        return len(self.week)

    def of_week(self, week: int) -> Ints:
        """The numbers of the orders that are offered on the week's Monday."""
        return np.flatnonzero(self.week == week)


def draw_orders(parameters: Parameters, trade: Trade, places: Places) -> Orders:
    random = np.random.default_rng([parameters.seed, 3])
    week = np.repeat(np.arange(1, parameters.weeks + 1), parameters.orders_a_week)
    group = random.choice(len(trade.groups), len(week), p=places.group_share)
    needs: dict[Kind, Bools] = {kind: np.zeros((len(week), trade.count(kind)), dtype=np.bool_) for kind in KINDS}
    category = np.zeros(len(week), dtype=np.int64)
    for order, number in enumerate(group):
        members = trade.groups[number].members
        category[order] = _some(random, members["category"], 1, places.popularity["category"])[0]
        needs["category"][order, category[order]] = True
        for kind, chances in _COUNTS.items():
            count = min(int(random.choice(len(chances), p=chances)), len(members[kind]))
            needs[kind][order, _some(random, members[kind], count, places.popularity[kind])] = True
    quantity = np.exp(places.quantity[group] + random.normal(0.0, 0.9, len(week)))
    middle = np.array([one.middle_price for one in trade.groups])
    return Orders(
        week=week,
        group=group,
        category=category,
        needs=needs,
        quantity=np.maximum(np.rint(quantity).astype(np.int64), _SMALLEST),
        usual_price=middle[group] * np.exp(places.price[category]),
        target=random.normal(0.06, 0.18, len(week)),
        days=np.maximum(np.rint(np.exp(random.normal(np.log(38.0), 0.35, len(week)))).astype(np.int64), 10),
        region=np.where(random.random(len(week)) < 0.25, random.integers(0, REGIONS, len(week)), ANYWHERE),
        waited=random.integers(0, 5, len(week)),
    )


def _some(random: np.random.Generator, members: tuple[int, ...], count: int, popularity: Floats) -> list[int]:
    weights = popularity[list(members)]
    return [int(one) for one in random.choice(members, count, replace=False, p=weights / weights.sum())]
