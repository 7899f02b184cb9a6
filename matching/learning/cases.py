"""Leads with their answers as arrays, ready for the model to learn from."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.learning.shapes import Floats

Whole = NDArray[np.int64]

REASONS: Final = (
    "category",
    "process",
    "material",
    "certification",
    "quantity",
    "capacity",
    "price",
    "time",
    "region",
    "other",
)
NO_REASON: Final = -1
UNKNOWN: Final = -1

_WORDS: Final = {
    "certification": ("certif", "audit", "认证", "证书", "验厂"),
    "capacity": ("capacity", "busy", "full", "booked", "产能", "排满", "忙", "爆单"),
    "quantity": (
        "quantity",
        "moq",
        "minimum",
        "small",
        "large",
        "size",
        "volume",
        "数量",
        "起订",
        "量小",
        "量大",
        "太少",
    ),
    "price": ("price", "cost", "budget", "cheap", "margin", "价", "成本", "预算", "利润"),
    "time": (
        "time",
        "lead",
        "date",
        "deadline",
        "deliver",
        "late",
        "urgent",
        "schedule",
        "交期",
        "时间",
        "来不及",
        "赶",
    ),
    "process": ("process", "technique", "capab", "equipment", "machine", "工艺", "设备", "做不了", "机器"),
    "material": ("material", "fabric", "yarn", "材料", "面料", "材质", "原料", "纱"),
    "region": ("region", "distance", "far", "location", "地区", "距离", "太远"),
    "category": ("category", "product", "goods", "trade", "品类", "产品", "不做"),
}


@lru_cache(maxsize=4096)
def reason_number(words: str | None) -> int:
    """Which of REASONS a declined reason means: a code, or free words of either language; NO_REASON for none."""
    if words is None or not words.strip():
        return NO_REASON
    folded = words.strip().casefold()
    if folded in REASONS:
        return REASONS.index(folded)
    for reason, parts in _WORDS.items():
        if any(part in folded for part in parts):
            return REASONS.index(reason)
    return REASONS.index("other")


@dataclass(frozen=True, slots=True)
class Cases:
    """N answered leads of F factories, sorted by factory. Logs throughout; NaN means unknown.

    factory, order: numbers from 0. group: number of the pair of factory and group of goods; group_factory: its factory.
    accepted, won (1, 0, UNKNOWN), reason (of REASONS, NO_REASON), weight (0 to 1, less for old leads),
    day of the offer (ordinal).
    wish_*: W wishes sorted by case: its case, its bit, its kind and weight. A bit is whether one factory really can do
    one term; bit_*: its factory, kind and standing (`matching.learning.market`).
    plain: N x 4; overload, shortfall, quantity, gap, days, quote (over the factory's declared level), quoted_gap (over
    the target): N numbers. size_way, price_way, lead_way: F ways of knowing, as in `Market`; size, lead: F logs.
    """

    factories: int
    factory: Whole
    order: Whole
    group: Whole
    group_factory: Whole
    accepted: NDArray[np.bool_]
    won: Whole
    reason: Whole
    weight: Floats
    day: Whole
    wish_case: Whole
    wish_bit: Whole
    wish_kind: Whole
    wish_weight: Floats
    bit_factory: Whole
    bit_kind: Whole
    bit_standing: Whole
    plain: Floats
    overload: Floats
    shortfall: Floats
    quantity: Floats
    gap: Floats
    days: Floats
    quote: Floats
    quoted_gap: Floats
    size: Floats
    size_way: Whole
    price_way: Whole
    lead: Floats
    lead_way: Whole

    def __len__(self) -> int:
        return len(self.factory)

    def only(self, chosen: NDArray[np.bool_]) -> "Cases":
        """The flagged cases, among the same factories, groups and bits."""
        wished = chosen[self.wish_case]
        places = np.cumsum(chosen) - 1
        kept = {name: getattr(self, name)[chosen] for name in _OF_CASES}
        of_wishes = {name: getattr(self, name)[wished] for name in _OF_WISHES if name != "wish_case"}
        return replace(self, wish_case=places[self.wish_case[wished]], **kept, **of_wishes)

    def of_factories(self, chosen: NDArray[np.bool_]) -> "Cases":
        """The cases of the flagged factories, as if there were no others: all numbers are given anew."""
        groups, bits = chosen[self.group_factory], chosen[self.bit_factory]
        number, group, bit = (np.cumsum(flags) - 1 for flags in (chosen, groups, bits))
        some = self.only(chosen[self.factory])
        kept = {name: getattr(self, name)[chosen] for name in ("size", "size_way", "price_way", "lead", "lead_way")}
        return replace(
            some,
            factories=int(chosen.sum()),
            factory=number[some.factory],
            group=group[some.group],
            group_factory=number[self.group_factory[groups]],
            wish_bit=bit[some.wish_bit],
            bit_factory=number[self.bit_factory[bits]],
            bit_kind=self.bit_kind[bits],
            bit_standing=self.bit_standing[bits],
            **kept,
        )


_OF_CASES: Final = (
    "factory", "order", "group", "accepted", "won", "reason", "weight", "day", "plain", "overload", "shortfall",
    "quantity", "gap", "days", "quote", "quoted_gap",
)  # fmt: skip
_OF_WISHES: Final = ("wish_case", "wish_bit", "wish_kind", "wish_weight")
