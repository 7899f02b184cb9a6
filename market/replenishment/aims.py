"""Why a level of stock lasts more or less often than the shop asked for: what was asked, chosen, and would do.

The level comes from what rules would have cost in the past (docs/decisions/0015), its chance from the forecast; the two
need not agree, and a seller who sees both wants to know why.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from market.replenishment.queries import ItemRow, SuggestionRow

_ALIKE: Final = 0.01
"""Chances that differ by less are told as the same one."""


class Asker(StrEnum):
    """Who says how often an item should last: the shop, its cost and price, or nobody (then the usual share)."""

    SHOP = "shop"
    COSTS = "costs"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Aim:
    """How often a level lasts, beside how often it should.

    asked: the share of rounds without running out that is wanted. chance: the forecast's, that the level lasts.
    surer_chance: as asked, or the surest that is kept where more was asked; surer: pieces that the forecast would want
    for it, None where all that is there is enough. missed_counts: pieces kept for a round that a missed one counts as.
    """

    asked: float
    asker: Asker
    chance: float
    level: int
    surer_chance: float
    surer: int | None
    missed_counts: int


def aim_of(item: ItemRow, told: SuggestionRow) -> Aim | None:
    """How a version's level compares with what was asked of it; None where both say the same or nothing is told."""
    asked = float(told.terms.get("critical_ratio", 0.0))
    if told.on_hand is None or not told.order_up_to or not asked or abs(asked - told.chance) < _ALIKE:
        return None
    surest = min(asked, float(told.needs["chances"][-1]))
    missing = math.ceil(float(np.interp(surest, told.needs["chances"], told.needs["pieces"])) - 1e-9)
    return Aim(
        asked=asked,
        asker=_asker(item, told, asked),
        chance=told.chance,
        level=told.order_up_to,
        surer_chance=surest,
        surer=told.position + missing if missing else None,
        missed_counts=round(asked / (1 - asked)),
    )


def _asker(item: ItemRow, told: SuggestionRow, asked: float) -> Asker:
    cost, price = told.terms["unit_cost"], told.terms["unit_price"]
    if item.service == asked:
        return Asker.SHOP
    return Asker.COSTS if cost is not None and price is not None and price > cost else Asker.NOBODY
