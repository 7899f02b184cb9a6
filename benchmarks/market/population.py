"""The factories as they truly are, which no policy but the oracle may see."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.market.parameters import Parameters
from benchmarks.market.trade import KINDS, Kind, Trade

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REGIONS: Final = 10
NO_GROUP: Final = -1
MIDDLE_QUANTITY: Final = 400.0
_SECOND_GROUP: Final = 0.4
_SECOND_SHARE: Final = 0.6
_STRAY_SHARE: Final = 0.03
_SHARE_LIMITS: Final = ((1, 0.35), (2, 0.40), (3, 0.17), (0, 0.08))


@dataclass(frozen=True, slots=True)
class Factories:
    """One row a factory.

    main, second: its product groups (second may be NO_GROUP). able: by kind, factories × terms. willingness,
    reliability: logits. strength: factories × groups, logits. drift: factories × weeks, added to willingness. price:
    log of its price over the market's. size: log of its preferred quantity, half_width: logs around it that it declares
    as minimum and weekly capacity. lead: log days. joined: week, 0 or less when it was there before. limit: leads a
    week, 0 for no limit.
    """

    main: Ints
    second: Ints
    able: dict[Kind, Bools]
    willingness: Floats
    reliability: Floats
    strength: Floats
    drift: Floats
    price: Floats
    size: Floats
    half_width: Floats
    lead: Floats
    region: Ints
    joined: Ints
    limit: Ints

    def __len__(self) -> int:
        return len(self.main)


@dataclass(frozen=True, slots=True)
class Places:
    """What the market as a whole is like. group_share: of orders. price: log of each category's price over its group's
    middle. quantity: log of the middle quantity of each group. certified: share of factories by certificate."""

    group_share: Floats
    price: Floats
    quantity: Floats
    certified: Floats
    popularity: dict[Kind, Floats]


def draw_places(parameters: Parameters, trade: Trade) -> Places:
    random = np.random.default_rng([parameters.seed, 1])
    share = random.uniform(0.6, 1.4, len(trade.groups))
    return Places(
        group_share=share / share.sum(),
        price=random.uniform(-0.3, 0.3, trade.count("category")),
        quantity=np.log(MIDDLE_QUANTITY) + random.normal(0.0, 0.3, len(trade.groups)),
        certified=random.uniform(0.25, 0.70, trade.count("certificate")),
        popularity={kind: random.uniform(0.4, 1.6, trade.count(kind)) for kind in KINDS},
    )


def draw_factories(parameters: Parameters, trade: Trade, places: Places) -> Factories:
    random = np.random.default_rng([parameters.seed, 2])
    count, groups = parameters.factories, len(trade.groups)
    supply = places.group_share * random.uniform(0.85, 1.15, groups)
    main = random.choice(groups, count, p=supply / supply.sum())
    second = np.array([_second_group(random, trade, int(group)) for group in main])
    limits, shares = zip(*_SHARE_LIMITS, strict=True)
    steps = random.normal(0.0, parameters.drift, (count, parameters.weeks))
    new = random.random(count) < parameters.newcomers
    return Factories(
        main=main,
        second=second,
        able=_abilities(random, parameters, trade, places, main, second),
        willingness=random.normal(0.0, parameters.spread_willingness, count),
        reliability=random.normal(0.0, parameters.spread_reliability, count),
        strength=random.normal(0.0, parameters.spread_strength, (count, groups)),
        drift=np.cumsum(steps, axis=1),
        price=random.normal(0.0, 0.20, count),
        size=places.quantity[main] + random.normal(0.0, 0.8, count),
        half_width=random.uniform(0.9, 1.7, count),
        lead=np.log(22.0) + random.normal(0.0, 0.35, count),
        region=random.integers(0, REGIONS, count),
        joined=np.where(new, random.integers(1, parameters.weeks + 1, count), -random.integers(4, 150, count)),
        limit=random.choice(limits, count, p=shares),
    )


def _second_group(random: np.random.Generator, trade: Trade, main: int) -> int:
    near = [
        number
        for number, group in enumerate(trade.groups)
        if group.vertical == trade.groups[main].vertical and number != main
    ]
    return int(random.choice(near)) if random.random() < _SECOND_GROUP else NO_GROUP


def _abilities(
    random: np.random.Generator, parameters: Parameters, trade: Trade, places: Places, main: Ints, second: Ints
) -> dict[Kind, Bools]:
    """A factory masters much of its main group, less of its second, and now and then a thing of its wider trade."""
    shares: dict[Kind, float] = {
        "category": parameters.able_category,
        "process": parameters.able_process,
        "material": parameters.able_material,
    }
    able: dict[Kind, Bools] = {kind: np.zeros((len(main), trade.count(kind)), dtype=np.bool_) for kind in KINDS}
    for factory, (first, other) in enumerate(zip(main, second, strict=True)):
        for kind, share in shares.items():
            chance = np.zeros(trade.count(kind))
            for group in trade.groups:
                if group.vertical == trade.groups[first].vertical:
                    chance[list(group.members[kind])] = _STRAY_SHARE
            if other != NO_GROUP:
                chance[list(trade.groups[other].members[kind])] = share * _SECOND_SHARE
            chance[list(trade.groups[first].members[kind])] = share
            able[kind][factory] = random.random(len(chance)) < np.minimum(chance, 0.95)
            able[kind][factory, random.choice(trade.groups[first].members[kind])] = True
        certificates = list(trade.groups[first].members["certificate"])
        able["certificate"][factory, certificates] = random.random(len(certificates)) < places.certified[certificates]
    return able
