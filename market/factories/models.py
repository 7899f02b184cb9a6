"""Factory profiles, their versions and certificates. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class FactoryState(StrEnum):
    OPEN = "open"
    FULL = "full"
    PAUSED = "paused"


FACTORY_TRANSITIONS: Transitions = {
    FactoryState.OPEN: frozenset({FactoryState.FULL, FactoryState.PAUSED}),
    FactoryState.FULL: frozenset({FactoryState.OPEN, FactoryState.PAUSED}),
    FactoryState.PAUSED: frozenset({FactoryState.OPEN}),
}


class Factory(TenantRow, Base):
    """What a factory declares of itself. Its id is its organisation's id; lists hold ids of the vertical packs.

    full_until: while the state is full, the first day on which leads come again.
    attributes: attribute id -> list of values, as the pack names them. denied, confirmed: what it firmly cannot do and
    what it can, as it answered, "kind:id".
    version: rises with every change of what the ranking reads.
    """

    __tablename__ = "factories"
    __table_args__ = (
        CheckConstraint("id = organisation_id", name="own_tenant"),
        CheckConstraint("minimum_quantity > 0", name="minimum_positive"),
        CheckConstraint("capacity_per_week > 0", name="capacity_positive"),
        CheckConstraint("leads_per_week >= 0", name="leads_not_negative"),
        CheckConstraint("unit_price_low_minor <= unit_price_high_minor", name="prices_in_order"),
    )
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    region: Mapped[str | None]
    vertical: Mapped[str]
    categories: Mapped[list[str]] = mapped_column(default=list)
    processes: Mapped[list[str]] = mapped_column(default=list)
    materials: Mapped[list[str]] = mapped_column(default=list)
    certifications: Mapped[list[str]] = mapped_column(default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    denied: Mapped[list[str]] = mapped_column(default=list)
    confirmed: Mapped[list[str]] = mapped_column(default=list)
    equipment: Mapped[str] = mapped_column(default="")
    staff_count: Mapped[int | None]
    minimum_quantity: Mapped[int | None]
    capacity_per_week: Mapped[int | None]
    lead_time_days: Mapped[int | None]
    sample_days: Mapped[int | None]
    unit_price_low_minor: Mapped[int | None]
    unit_price_high_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    leads_per_week: Mapped[int | None]
    joined_on: Mapped[date]
    synthetic: Mapped[bool] = mapped_column(default=False)
    state: Mapped[FactoryState] = mapped_column(default=FactoryState.OPEN)
    full_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class FactoryVersion(Base):
    """The profile as the ranking read it, from `valid_from` until the next version."""

    __tablename__ = "factory_versions"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped[dict[str, Any]]
    valid_from: Mapped[datetime]


class Answer(StrEnum):
    """MOOT: the profile said it before the question was answered."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    MOOT = "moot"


class FactoryQuestion(TenantRow, Base):
    """One capability that a factory is asked about, once for ever; at most one question is open.

    wanted: how many of the `demand` latest requests of its trade named the term when it was asked. listed: whether its
    profile did.
    """

    __tablename__ = "factory_questions"
    __table_args__ = (
        UniqueConstraint("organisation_id", "kind", "term"),
        Index("uq_factory_questions_one_open", "organisation_id", unique=True, postgresql_where=text("answer IS NULL")),
        CheckConstraint("wanted > 0 AND wanted <= demand", name="counted"),
    )
    kind: Mapped[str]
    term: Mapped[str]
    wanted: Mapped[int]
    demand: Mapped[int]
    listed: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[Answer | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class FactoryCertificate(TenantRow, Base):
    """A certificate with its evidence: who issued it, from when to when, and the file that shows it."""

    __tablename__ = "factory_certificates"
    __table_args__ = (CheckConstraint("expires_on >= issued_on", name="dates_in_order"),)
    certification: Mapped[str]
    issuer: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    file_name: Mapped[str | None]
    media_type: Mapped[str | None]
    content: Mapped[bytes | None] = mapped_column(deferred=True)
    created_at: Mapped[datetime]
