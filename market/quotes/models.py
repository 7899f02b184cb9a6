"""Quotes, their price ladders and awards. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class QuoteState(StrEnum):
    OPEN = "open"
    SUPERSEDED = "superseded"
    VOID = "void"
    AWARDED = "awarded"
    LOST = "lost"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


QUOTE_TRANSITIONS: Transitions = {
    QuoteState.OPEN: frozenset(
        {QuoteState.SUPERSEDED, QuoteState.VOID, QuoteState.AWARDED, QuoteState.LOST, QuoteState.EXPIRED,
         QuoteState.WITHDRAWN}
    ),
    QuoteState.SUPERSEDED: frozenset(),
    QuoteState.VOID: frozenset(),
    QuoteState.AWARDED: frozenset(),
    QuoteState.LOST: frozenset(),
    QuoteState.EXPIRED: frozenset(),
    QuoteState.WITHDRAWN: frozenset(),
}  # fmt: skip


class Quote(TenantRow, Base):
    """One version of one factory's offer. organisation_id is the offering's; terms_version is the order's when quoted.

    void_reason: why the quote no longer binds (the spec changed), shown to the factory.
    """

    __tablename__ = "quotes"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "lead_id"], ["leads.organisation_id", "leads.id"]),
        UniqueConstraint("organisation_id", "lead_id", "version"),
        Index("uq_quotes_one_open", "organisation_id", "lead_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_quotes_id", "id"),
        Index("ix_quotes_offering", "offering_id"),
        Index("ix_quotes_factory", "factory_id", "id"),
        CheckConstraint("lead_time_days > 0", name="lead_time_positive"),
        CheckConstraint("minimum_quantity > 0", name="minimum_positive"),
        CheckConstraint("sample_fee_minor >= 0", name="sample_fee_not_negative"),
    )
    offering_id: Mapped[UUID]
    lead_id: Mapped[UUID]
    pool_id: Mapped[UUID | None]
    factory_id: Mapped[UUID]
    version: Mapped[int]
    state: Mapped[QuoteState]
    currency: Mapped[str]
    lead_time_days: Mapped[int]
    minimum_quantity: Mapped[int]
    sample_fee_minor: Mapped[int | None]
    sample_days: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    valid_until: Mapped[datetime]
    submitted_at: Mapped[datetime]
    void_reason: Mapped[str] = mapped_column(default="")


class QuoteStep(Base):
    """One step of a price ladder: from this many pieces on, this unit price."""

    __tablename__ = "quote_steps"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "quote_id"], ["quotes.organisation_id", "quotes.id"]),
        CheckConstraint("from_quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price_minor > 0", name="price_positive"),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    quote_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_quantity: Mapped[int] = mapped_column(primary_key=True)
    unit_price_minor: Mapped[int]


class Award(TenantRow, Base):
    """The purchase order: one offering goes to one quote. For a pool each member's order has its own award.

    organisation_id is the buyer's. One order is awarded once: the key on (organisation_id, order_id) holds it.
    """

    __tablename__ = "awards"
    __table_args__ = (
        UniqueConstraint("organisation_id", "order_id"),
        Index("ix_awards_factory", "factory_id", "id"),
        Index("ix_awards_at", "currency", "awarded_at"),
        CheckConstraint("quantity > 0 AND unit_price_minor > 0", name="positive"),
        CheckConstraint("total_minor = quantity * unit_price_minor", name="total"),
    )
    order_id: Mapped[UUID]
    pool_id: Mapped[UUID | None]
    quote_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    quantity: Mapped[int]
    unit_price_minor: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str]
    lead_time_days: Mapped[int]
    awarded_at: Mapped[datetime]
