"""What goods usually cost in a market: the level from which a factory's own prices are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

_SHRINKAGE: Final = 3.0
_SLOPE_STRENGTH: Final = 20.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A price that was asked or quoted. path: the goods and their wider terms, nearest first. price, quantity: logs."""

    currency: str
    path: tuple[str, ...]
    price: float
    quantity: float


@dataclass(frozen=True, slots=True)
class UsualPrices:
    """Logs of usual prices by currency and goods, at the log quantity `at`; slope: how they change with it."""

    level: Mapping[tuple[str, str], float] = field(default_factory=dict)
    slope: float = 0.0
    at: float = 0.0

    def of(self, currency: str, path: Sequence[str], quantity: float | None = None) -> float:
        """The usual price of the goods, or of the nearest wider ones that are known; NaN when none is."""
        for goods in path:
            found = self.level.get((currency, goods))
            if found is not None:
                return found if quantity is None else found + self.slope * (quantity - self.at)
        return float("nan")

    def to_plain(self) -> dict[str, Any]:
        rows = [[currency, goods, round(level, 5)] for (currency, goods), level in sorted(self.level.items())]
        return {"level": rows, "slope": self.slope, "at": self.at}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "UsualPrices":
        level = {(str(currency), str(goods)): float(found) for currency, goods, found in plain["level"]}
        return cls(level, float(plain["slope"]), float(plain["at"]))


def usual_prices(seen: Iterable[Seen]) -> UsualPrices:
    """Means by goods, each shrunk towards that of the next wider goods, and one slope on the quantity for all."""
    prices = sorted(seen, key=lambda one: (one.currency, one.path, one.price, one.quantity))
    if not prices:
        return UsualPrices()
    at = float(np.mean([one.quantity for one in prices]))
    slope = _slope(prices)
    level: dict[tuple[str, str], float] = {}
    by_goods: dict[tuple[str, str], list[float]] = {}
    wider: dict[tuple[str, str], tuple[str, str] | None] = {}
    for one in prices:
        for place, goods in enumerate(one.path):
            by_goods.setdefault((one.currency, goods), []).append(one.price - slope * (one.quantity - at))
            wider[one.currency, goods] = (one.currency, one.path[place + 1]) if place + 1 < len(one.path) else None
    for key in by_goods:
        _settle(key, by_goods, wider, level)
    return UsualPrices(level, slope, at)


def _settle(
    key: tuple[str, str],
    by_goods: Mapping[tuple[str, str], Sequence[float]],
    wider: Mapping[tuple[str, str], tuple[str, str] | None],
    level: dict[tuple[str, str], float],
) -> float:
    """The level of goods, after that of the wider ones that it leans on."""
    if key not in level:
        above = wider[key]
        found = by_goods[key]
        if above is None:
            level[key] = float(np.mean(found))
        else:
            leaned_on = _settle(above, by_goods, wider, level)
            level[key] = (sum(found) + _SHRINKAGE * leaned_on) / (len(found) + _SHRINKAGE)
    return level[key]


def _slope(prices: Sequence[Seen]) -> float:
    """Of the log price on the log quantity within the same goods, shrunk towards none."""
    groups: dict[tuple[str, tuple[str, ...]], list[Seen]] = {}
    for one in prices:
        groups.setdefault((one.currency, one.path[:1]), []).append(one)
    product = square = 0.0
    for group in groups.values():
        quantities, logs = np.array([(one.quantity, one.price) for one in group]).T
        off = quantities - quantities.mean()
        product += float(off @ (logs - logs.mean()))
        square += float(off @ off)
    return product / (square + _SLOPE_STRENGTH)
