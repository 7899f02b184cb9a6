"""Consents, bills of materials, outlooks and preparations. Imported by this folder alone.

A factory reads its own recipes, outlooks and preparations; a shop its own consents and its own part of what was
prepared. Nothing that a factory may read holds a figure of one shop (docs/decisions/0016).
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions

AMOUNT = Numeric(14, 3)


class DemandShare(TenantRow, Base):
    """A shop lets one factory count on the forecast of its items of one category. organisation_id is the shop's.

    maker_id: the factory; no history entry of a consent may be read by it, so it is not called factory_id.
    risk_percent: what the shop bears of that part of a preparation which was made for its forecast and is not used
    within `use_within_days`.
    """

    __tablename__ = "demand_shares"
    __table_args__ = (
        CheckConstraint("risk_percent BETWEEN 0 AND 100", name="risk_is_a_share"),
        CheckConstraint("use_within_days BETWEEN 1 AND 365", name="use_within_possible"),
        Index(
            "uq_demand_shares_one_active",
            "organisation_id",
            "category",
            "maker_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_demand_shares_maker", "maker_id", "category"),
    )
    category: Mapped[str]
    maker_id: Mapped[UUID]
    risk_percent: Mapped[int]
    use_within_days: Mapped[int]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SharedNeed(Base):
    """What one shop's forecast says to one factory about one category, frozen while the figures of its group stand.

    needs: a list of {"chances", "pieces", "quantity", "order_by"}, one an item. risk_percent, use_within_days: as the
    consent had them. grouped_on: since when the same shops make up the group; taken_at: when the needs were read.
    """

    __tablename__ = "shared_needs"
    __table_args__ = (Index("ix_shared_needs_maker", "maker_id", "category"),)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    maker_id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    needs: Mapped[list[dict[str, Any]]]
    risk_percent: Mapped[int]
    use_within_days: Mapped[int]
    grouped_on: Mapped[date]
    taken_at: Mapped[datetime]


class KnownMaker(Base):
    """An order of a shop that went to a factory. organisation_id is the shop's."""

    __tablename__ = "known_makers"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    maker_id: Mapped[UUID]
    category: Mapped[str | None]
    awarded_at: Mapped[datetime]


class MaterialUnit(StrEnum):
    KILOGRAM = "kg"
    METRE = "m"
    SQUARE_METRE = "m2"
    LITRE = "l"
    PIECE = "piece"
    SHEET = "sheet"


class MaterialUse(TenantRow, Base):
    """What one piece of a category takes of a material. organisation_id is the factory's.

    material: an id of the packs, or the factory's own words. sourcing_days: how long before production it has to be
    ordered. unit_cost_minor: of one unit of the material, None where the factory keeps it to itself.
    """

    __tablename__ = "material_uses"
    __table_args__ = (
        CheckConstraint("per_piece > 0", name="per_piece_positive"),
        CheckConstraint("sourcing_days BETWEEN 0 AND 365", name="sourcing_possible"),
        CheckConstraint("unit_cost_minor > 0", name="cost_positive"),
        UniqueConstraint("organisation_id", "category", "material"),
    )
    category: Mapped[str]
    material: Mapped[str]
    unit: Mapped[MaterialUnit]
    per_piece: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    sourcing_days: Mapped[int]
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    changed_at: Mapped[datetime]


class MaterialOutlook(TenantRow, Base):
    """How much of a material a factory may need for the forecasts of its buyers together, rounded to two digits.

    categories: whose needs are in it. p50, p80, p95: quantiles of the pooled total, in the unit. by: Monday of the week
    by which the material has to be ordered, None where no order is due yet. sellers: at least so many shops. orders:
    how many suggested orders are in it. ordered: what the orders take that this factory won and that are not due yet.
    prepared: what is prepared and neither used nor released. risk_percent: what the shops together bear of what is not
    used within `use_within_days`.
    """

    __tablename__ = "material_outlooks"
    __table_args__ = (
        CheckConstraint("0 <= p50 AND p50 <= p80 AND p80 <= p95", name="quantiles_in_order"),
        CheckConstraint("prepared >= 0", name="prepared_not_negative"),
        CheckConstraint("risk_percent BETWEEN 0 AND 100", name="risk_is_a_share"),
        UniqueConstraint("organisation_id", "material", "unit"),
    )
    material: Mapped[str]
    unit: Mapped[MaterialUnit]
    categories: Mapped[list[str]]
    p50: Mapped[Decimal] = mapped_column(AMOUNT)
    p80: Mapped[Decimal] = mapped_column(AMOUNT)
    p95: Mapped[Decimal] = mapped_column(AMOUNT)
    by: Mapped[date | None]
    sellers: Mapped[int]
    orders: Mapped[int]
    ordered: Mapped[Decimal] = mapped_column(AMOUNT)
    prepared: Mapped[Decimal] = mapped_column(AMOUNT)
    risk_percent: Mapped[int]
    use_within_days: Mapped[int]
    made_at: Mapped[datetime]


class PreparationState(StrEnum):
    PREPARED = "prepared"
    USED = "used"
    RELEASED = "released"


PREPARATION_TRANSITIONS: Transitions = {
    PreparationState.PREPARED: frozenset({PreparationState.USED, PreparationState.RELEASED}),
    PreparationState.USED: frozenset(),
    PreparationState.RELEASED: frozenset(),
}


class Preparation(TenantRow, Base):
    """A material that a factory got ready for the forecasts of its buyers. organisation_id is the factory's.

    risk_percent: what the shops bear together of what is not used by `use_until`; frozen. used: what went into orders
    so far. USED: the account is closed, and what was left is borne as agreed. RELEASED: the factory keeps the rest for
    something else, and nobody bears it. unit_cost_minor: None where the factory did not say.
    """

    __tablename__ = "preparations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("used >= 0 AND used <= quantity", name="used_within_quantity"),
        CheckConstraint("risk_percent BETWEEN 0 AND 100", name="risk_is_a_share"),
    )
    state: Mapped[PreparationState]
    material: Mapped[str]
    unit: Mapped[MaterialUnit]
    categories: Mapped[list[str]]
    quantity: Mapped[Decimal] = mapped_column(AMOUNT)
    used: Mapped[Decimal] = mapped_column(AMOUNT)
    by: Mapped[date | None]
    risk_percent: Mapped[int]
    use_until: Mapped[date]
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PreparationShare(TenantRow, Base):
    """One shop's part of a preparation. organisation_id is the shop's; the factory never reads the row.

    part: how much of it was prepared for this shop's forecast. percent: what the shop agreed to bear of its part.
    at_most: what that comes to when nothing is used, never more than percent of part. borne: what it came to, None
    while the preparation is open. unit_cost_minor: None where the cost is not known.
    """

    __tablename__ = "preparation_shares"
    __table_args__ = (
        CheckConstraint("part >= 0 AND at_most >= 0", name="parts_not_negative"),
        CheckConstraint("at_most <= part", name="at_most_within_part"),
        CheckConstraint("borne >= 0 AND borne <= at_most", name="borne_within_agreed"),
        UniqueConstraint("organisation_id", "maker_id", "preparation_id"),
        Index("ix_preparation_shares_preparation", "maker_id", "preparation_id"),
    )
    maker_id: Mapped[UUID]
    preparation_id: Mapped[UUID]
    material: Mapped[str]
    unit: Mapped[MaterialUnit]
    categories: Mapped[list[str]]
    part: Mapped[Decimal] = mapped_column(AMOUNT)
    percent: Mapped[int]
    at_most: Mapped[Decimal] = mapped_column(AMOUNT)
    unit_cost_minor: Mapped[int | None]
    currency: Mapped[str]
    use_until: Mapped[date]
    borne: Mapped[Decimal | None] = mapped_column(AMOUNT)
    ended: Mapped[PreparationState | None]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
