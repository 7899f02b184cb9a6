"""Who stands behind a material, and with how much: read by the worker alone, told to nobody but each shop itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forecasting.replenishment.materials import Need
from market.materials.figures import expected_pieces
from market.materials.models import MaterialUse, SharedNeed
from market.replenishment.needs_queries import ItemNeed

Material = tuple[str, str]
"""A name and a unit."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """shops: in a fixed order; parts: what each is expected to need, in the unit; percents: of what is left of its part
    each agreed to bear; use_within_days: the shortest time that one of them agreed to."""

    shops: tuple[UUID, ...]
    parts: tuple[float, ...]
    percents: tuple[int, ...]
    use_within_days: int


@dataclass(frozen=True, slots=True)
class Ground:
    """A factory's recipes and the frozen needs of the shops that share with it."""

    uses: Sequence[MaterialUse]
    frozen: Sequence[SharedNeed]

    def needs(self) -> list[Need]:
        """The frozen needs as the engine pools them: an item is named by its category, whose recipe it follows."""
        return [need_of(row, plain) for row in self.frozen for plain in row.needs]

    def behind(self, material: Material) -> Iterator[tuple[MaterialUse, SharedNeed]]:
        """Every line of a recipe that takes the material, with every shop that needs what is made by it."""
        for use in self.uses:
            if (use.material, use.unit.value) == material:
                yield from ((use, row) for row in self.frozen if row.category == use.category)

    def categories(self, material: Material) -> list[str]:
        return sorted({use.category for use, _row in self.behind(material)})

    def stakes(self, material: Material) -> Stakes:
        """Shops that are expected to need none are left out."""
        parts: dict[UUID, float] = defaultdict(float)
        borne: dict[UUID, float] = defaultdict(float)
        days = []
        for use, row in self.behind(material):
            amount = float(use.per_piece) * sum(expected_pieces(need_of(row, plain)) for plain in row.needs)
            parts[row.organisation_id] += amount
            borne[row.organisation_id] += amount * row.risk_percent
            days.append(row.use_within_days)
        shops = sorted(shop for shop, amount in parts.items() if amount > 0)
        percents = tuple(int(borne[shop] / parts[shop] + 1e-9) for shop in shops)
        return Stakes(tuple(shops), tuple(parts[shop] for shop in shops), percents, min(days))

    def order_by(self, material: Material) -> date | None:
        """Monday of the week in which the material has to be ordered, so that no shop's own day is told."""
        days = [
            date.fromisoformat(plain["order_by"]) - timedelta(days=use.sourcing_days)
            for use, row in self.behind(material)
            for plain in row.needs
            if plain["order_by"] and plain["quantity"] > 0
        ]
        first = min(days, default=None)
        return None if first is None else first - timedelta(days=first.weekday())


def ground_of(session: Session, maker_id: UUID) -> Ground:
    uses = session.scalars(
        select(MaterialUse).where(MaterialUse.organisation_id == maker_id).order_by(MaterialUse.id)
    ).all()
    frozen = session.scalars(
        select(SharedNeed)
        .where(SharedNeed.maker_id == maker_id)
        .order_by(SharedNeed.category, SharedNeed.organisation_id)
    ).all()
    return Ground(uses, frozen)


def plain_need(need: ItemNeed) -> dict[str, Any]:
    """A need as it is frozen; which item it is of is not kept."""
    return {
        "chances": list(need.chances),
        "pieces": list(need.pieces),
        "quantity": need.quantity,
        "order_by": need.order_by.isoformat() if need.order_by else None,
    }


def need_of(row: SharedNeed, plain: Mapping[str, Any]) -> Need:
    by = date.fromisoformat(plain["order_by"]) if plain["order_by"] else None
    chances, pieces = tuple(plain["chances"]), tuple(plain["pieces"])
    return Need(str(row.organisation_id), row.category, chances, pieces, plain["quantity"], by)
