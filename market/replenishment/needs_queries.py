"""What shops will want made of a product line, for whoever prepares materials. Needs the system's scope."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.replenishment.models import Item, Suggestion
from market.replenishment.queries import CURRENT


@dataclass(frozen=True, slots=True)
class ItemNeed:
    """Pieces of an item that its shop will want made: points of the distribution, what is suggested now, by when."""

    organisation_id: UUID
    sku: str
    chances: tuple[float, ...]
    pieces: tuple[float, ...]
    quantity: int
    order_by: date | None


def current_needs(session: Session, organisation_ids: Collection[UUID], category: str) -> list[ItemNeed]:
    """What these shops will want made of their items of one category, by their current suggestions. System scope."""
    statement = (
        select(Item.organisation_id, Item.sku, Suggestion.needs, Suggestion.quantity, Suggestion.order_by)
        .join(Suggestion, CURRENT)
        .where(Item.organisation_id.in_(organisation_ids), Item.category == category, Item.retired_at.is_(None))
        .where(Item.on_hand.is_not(None))
        .order_by(Item.organisation_id, Item.sku)
    )
    return [
        ItemNeed(shop, sku, tuple(needs["chances"]), tuple(needs["pieces"]), quantity, order_by)
        for shop, sku, needs, quantity, order_by in session.execute(statement)
    ]
