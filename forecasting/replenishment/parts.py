"""Why an order is as large as it is: parts in whole pieces that sum exactly to it, and the sentence made of them."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_DAYS_A_WEEK: Final = 7


class Kind(StrEnum):
    """What a part of an order is for, in the order in which it is told."""

    EXPECTED = "expected"
    SAFETY = "safety"
    ON_HAND = "on_hand"
    ON_ORDER = "on_order"
    SURPLUS = "surplus"
    MINIMUM = "minimum"
    PACK = "pack"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces that one cause adds to an order (or takes from it, when negative)."""

    kind: Kind
    pieces: int


@dataclass(frozen=True, slots=True)
class Reason:
    """An order taken apart. parts: they sum to the quantity.

    days: how long the order has to last. chance: the forecast's chance that the order-up-to level lasts so long.
    minimum, pack_size: the terms that rounding comes from.
    """

    parts: tuple[Part, ...]
    days: float
    chance: float
    minimum: int
    pack_size: int

    @property
    def quantity(self) -> int:
        return sum(part.pieces for part in self.parts)

    def pieces(self, kind: Kind) -> int:
        """Pieces of one cause, 0 where it plays no part."""
        return sum(part.pieces for part in self.parts if part.kind is kind)

    def cut_to(self, quantity: int) -> "Reason":
        """The same order when a budget allows only so many pieces."""
        kept = tuple(part for part in self.parts if part.kind is not Kind.BUDGET)
        rest = quantity - sum(part.pieces for part in kept)
        cut = (Part(Kind.BUDGET, rest),) if rest else ()
        return Reason((*kept, *cut), self.days, self.chance, self.minimum, self.pack_size)


def reason_of(
    expected: float, level: int, on_hand: int, on_order: int, days: float, chance: float, minimum: int, pack_size: int
) -> Reason:
    """Takes an order up to a level apart. expected: mean demand over `days`; level, stock: whole pieces."""
    wanted = round(expected)
    parts = [
        Part(Kind.EXPECTED, wanted),
        Part(Kind.SAFETY, level - wanted),
        Part(Kind.ON_HAND, -on_hand),
        Part(Kind.ON_ORDER, -on_order),
    ]
    gap = level - on_hand - on_order
    if gap <= 0:
        parts.append(Part(Kind.SURPLUS, -gap))
        return Reason(tuple(part for part in parts if _is_told(part)), days, chance, minimum, pack_size)
    least = max(gap, minimum)
    packed = math.ceil(least / pack_size) * pack_size
    parts += [Part(Kind.MINIMUM, least - gap), Part(Kind.PACK, packed - least)]
    return Reason(tuple(part for part in parts if _is_told(part)), days, chance, minimum, pack_size)


def worded(reason: Reason) -> str:
    """One sentence of sums that a seller can check by hand, in English."""
    safety = reason.pieces(Kind.SAFETY)
    enough = f"so that {_times(reason.chance)} you do not run out"
    phrases = {
        Kind.EXPECTED: f"expected in {_period(reason.days)}",
        Kind.SAFETY: f"extra {enough}" if safety >= 0 else f"that would cost more to keep than to miss ({enough})",
        Kind.ON_HAND: "in stock",
        Kind.ON_ORDER: "on the way",
        Kind.SURPLUS: "more there than needed, so nothing to order",
        Kind.MINIMUM: f"up to the minimum of {reason.minimum}",
        Kind.PACK: f"to fill packs of {reason.pack_size}",
        Kind.BUDGET: "left for more urgent items by the budget",
    }
    told = ""
    for part in reason.parts:
        if told:
            told += " + " if part.pieces > 0 or (part.kind is Kind.SAFETY and not part.pieces) else " - "
        elif part.pieces < 0:
            told += "-"
        told += f"{abs(part.pieces)} {phrases[part.kind]}"
    return f"{told} = {reason.quantity}"


def _is_told(part: Part) -> bool:
    """The first four are told even when they are nothing, for a seller looks for them."""
    return part.pieces != 0 or part.kind in {Kind.EXPECTED, Kind.SAFETY, Kind.ON_HAND, Kind.ON_ORDER}


def _period(days: float) -> str:
    whole = round(days)
    if whole % _DAYS_A_WEEK == 0 and whole:
        weeks = whole // _DAYS_A_WEEK
        return "1 week" if weeks == 1 else f"{weeks} weeks"
    return "1 day" if whole == 1 else f"{whole} days"


def _times(chance: float) -> str:
    """A chance as a count of times out of ten, or out of a hundred where ten is too coarse."""
    if chance >= 0.945:
        return f"{min(math.floor(chance * 100 + 0.5), 99)} in 100 times"
    return f"{max(math.floor(chance * 10 + 0.5), 0)} in 10 times"
