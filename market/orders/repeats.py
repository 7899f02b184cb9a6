"""An order that repeats an earlier purchase: from the same factory, at the price that it agreed to.

What is repeated stands in the order's origin. It holds as long as the terms stay what they were when it was posted;
an order whose terms were moved is like any other.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.kit.money import Money
from market.orders.queries import OrderRow

FIRST_TERMS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """award_id: the purchase order that is repeated, on the quote of this factory. code: the shop's earlier order;
    asked_as: what the factory was asked then, that order or its pool. unit_price: agreed for the pieces of this order.
    """

    award_id: UUID
    factory_id: UUID
    code: str
    asked_as: str
    unit_price: Money


def origin_of(repeat: Repeat) -> dict[str, Any]:
    """The origin of an order that is to repeat a purchase, as plain JSON."""
    told = {
        "award_id": str(repeat.award_id),
        "factory_id": str(repeat.factory_id),
        "code": repeat.code,
        "asked_as": repeat.asked_as,
        "unit_price_minor": repeat.unit_price.minor,
        "currency": repeat.unit_price.currency,
    }
    return {"repeat": told}


def repeat_of(row: OrderRow) -> Repeat | None:
    """What an order repeats; None for every other order, and once its terms were moved."""
    told = row.origin.get("repeat")
    if told is None or row.version != FIRST_TERMS:
        return None
    return Repeat(
        award_id=UUID(told["award_id"]),
        factory_id=UUID(told["factory_id"]),
        code=told["code"],
        asked_as=told["asked_as"],
        unit_price=Money(told["unit_price_minor"], told["currency"]),
    )
