"""Reads of consents, recipes, outlooks and preparations, as frozen rows. Every read names the organisation."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.materials.models import (
    DemandShare,
    KnownMaker,
    MaterialOutlook,
    MaterialUse,
    Preparation,
    PreparationShare,
    SharedNeed,
)
from market.materials.models import MaterialUnit as MaterialUnit
from market.materials.models import PreparationState as PreparationState

GROUP_STANDS: Final = timedelta(days=7)
"""A group that is told of keeps its figures for so long after it was formed, whoever joins or leaves it."""
SILENT_FOR: Final = timedelta(days=14)
"""A factory that says nothing for so long after the time of a preparation is over has used all of it."""
NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class RecipeRow:
    """A line of a recipe; fields as in models.MaterialUse."""

    id: UUID
    category: str
    material: str
    unit: MaterialUnit
    per_piece: Decimal
    sourcing_days: int
    unit_cost: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookRow:
    """A material to prepare; fields as in models.MaterialOutlook."""

    id: UUID
    material: str
    unit: MaterialUnit
    categories: tuple[str, ...]
    p50: Decimal
    p80: Decimal
    p95: Decimal
    by: date | None
    sellers: int
    orders: int
    ordered: Decimal
    prepared: Decimal
    risk_percent: int
    use_within_days: int
    made_at: datetime

    @property
    def still(self) -> Decimal:
        """What lacks of the amount that is enough in eight cases of ten."""
        return max(self.p80 - self.prepared, NOTHING)

    @property
    def most(self) -> Decimal:
        """The most that may be prepared with a share of the risk."""
        return max(self.p95 - self.prepared, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparationRow:
    """What a factory prepared; fields as in models.Preparation."""

    id: UUID
    state: PreparationState
    material: str
    unit: MaterialUnit
    categories: tuple[str, ...]
    quantity: Decimal
    used: Decimal
    by: date | None
    risk_percent: int
    use_until: date
    unit_cost_minor: int | None
    currency: str
    made_at: datetime
    ended_at: datetime | None

    @property
    def left(self) -> Decimal:
        return self.quantity - self.used

    @property
    def borne_by_shops(self) -> Decimal:
        """What the shops bear of what is left, as long as it is left when the account closes."""
        return NOTHING if self.state is PreparationState.RELEASED else self.left * self.risk_percent / 100

    @property
    def borne_by_factory(self) -> Decimal:
        return self.left - self.borne_by_shops

    @property
    def silent_until(self) -> date:
        """Until when the factory may say what was used, once the time is over."""
        return self.use_until + SILENT_FOR

    def is_over(self, today: date) -> bool:
        """Whether the time is over in which it was to be used."""
        return today > self.use_until

    def cost_of(self, amount: Decimal) -> Money | None:
        return cost_of(amount, self.unit_cost_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A consent; fields as in models.DemandShare. counts_until: withdrawn, and still part of figures until that day."""

    id: UUID
    category: str
    maker_id: UUID
    risk_percent: int
    use_within_days: int
    given_at: datetime
    withdrawn_at: datetime | None
    counts_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One shop's part of a preparation; fields as in models.PreparationShare."""

    id: UUID
    maker_id: UUID
    material: str
    unit: MaterialUnit
    categories: tuple[str, ...]
    part: Decimal
    percent: int
    at_most: Decimal
    use_until: date
    borne: Decimal | None
    ended: PreparationState | None
    unit_cost_minor: int | None
    currency: str
    made_at: datetime
    ended_at: datetime | None

    def cost_of(self, amount: Decimal) -> Money | None:
        return cost_of(amount, self.unit_cost_minor, self.currency)


def cost_of(amount: Decimal, unit_cost_minor: int | None, currency: str) -> Money | None:
    """What an amount of a material costs, to the nearest minor unit; None where the cost is not known."""
    return None if unit_cost_minor is None else Money(int((amount * unit_cost_minor).to_integral_value()), currency)


def recipe_rows(session: Session, factory_id: UUID) -> list[RecipeRow]:
    """Every line of a factory's recipes, by category, then in the order in which they were added."""
    statement = select(MaterialUse).where(MaterialUse.organisation_id == factory_id)
    rows = session.scalars(statement.order_by(MaterialUse.category, MaterialUse.id))
    return [
        RecipeRow(row.id, row.category, row.material, row.unit, row.per_piece, row.sourcing_days,
                  None if row.unit_cost_minor is None else Money(row.unit_cost_minor, row.currency))
        for row in rows
    ]  # fmt: skip


def outlook_rows(session: Session, factory_id: UUID) -> list[OutlookRow]:
    """A factory's materials to prepare: what has to be ordered first stands first."""
    statement = select(MaterialOutlook).where(MaterialOutlook.organisation_id == factory_id)
    rows = session.scalars(statement.order_by(MaterialOutlook.by.nulls_last(), MaterialOutlook.material))
    return [_frozen(row, OutlookRow, categories=tuple(row.categories)) for row in rows]


def withheld_categories(session: Session, factory_id: UUID) -> list[str]:
    """The categories of a factory's recipes of which nothing may be told yet."""
    told = {category for row in outlook_rows(session, factory_id) for category in row.categories}
    return sorted({row.category for row in recipe_rows(session, factory_id)} - told)


def preparation_rows(session: Session, factory_id: UUID, most: int = 100) -> list[PreparationRow]:
    """What a factory prepared, newest first."""
    statement = select(Preparation).where(Preparation.organisation_id == factory_id)
    rows = session.scalars(statement.order_by(Preparation.id.desc()).limit(most))
    return [_frozen(row, PreparationRow, categories=tuple(row.categories)) for row in rows]


def share_rows(session: Session, shop_id: UUID) -> list[ShareRow]:
    """The open consents of a shop, and withdrawn ones that figures still hold."""
    frozen = session.scalars(select(SharedNeed).where(SharedNeed.organisation_id == shop_id))
    stands = {(row.maker_id, row.category): row.grouped_on + GROUP_STANDS for row in frozen}
    statement = select(DemandShare).where(DemandShare.organisation_id == shop_id).order_by(DemandShare.id)
    latest = {(row.maker_id, row.category): row for row in session.scalars(statement)}
    return [
        _frozen(row, ShareRow, counts_until=stands.get(key) if row.withdrawn_at else None)
        for key, row in latest.items()
        if row.withdrawn_at is None or key in stands
    ]


def known_makers(session: Session, shop_id: UUID) -> dict[UUID, int]:
    """The factories that orders of a shop went to, each with how many."""
    statement = select(KnownMaker.maker_id, func.count()).where(KnownMaker.organisation_id == shop_id)
    return dict(session.execute(statement.group_by(KnownMaker.maker_id)).all())


def part_rows(session: Session, shop_id: UUID, most: int = 100) -> list[PartRow]:
    """A shop's parts of what was prepared, newest first."""
    statement = select(PreparationShare).where(PreparationShare.organisation_id == shop_id)
    rows = session.scalars(statement.order_by(PreparationShare.made_at.desc(), PreparationShare.id).limit(most))
    return [_frozen(row, PartRow, categories=tuple(row.categories)) for row in rows]


def _frozen(row: Any, kind: Any, **made: Any) -> Any:
    """A frozen row of the kind: fields by their names, but for those made here."""
    return kind(**{name: getattr(row, name) for name in kind.__slots__ if name not in made}, **made)
