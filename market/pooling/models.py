"""Pools and their members. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class PoolState(StrEnum):
    OPEN = "open"
    REACHED = "reached"
    LOCKED = "locked"
    AWARDED = "awarded"
    PRODUCING = "producing"
    ALLOCATED = "allocated"
    DONE = "done"
    EXPIRED = "expired"
    DISSOLVED = "dissolved"
    SHRUNK = "shrunk"


POOL_TRANSITIONS: Transitions = {
    PoolState.OPEN: frozenset({PoolState.REACHED, PoolState.EXPIRED, PoolState.DISSOLVED}),
    PoolState.REACHED: frozenset({PoolState.OPEN, PoolState.LOCKED, PoolState.AWARDED, PoolState.DISSOLVED}),
    PoolState.LOCKED: frozenset({PoolState.AWARDED, PoolState.SHRUNK, PoolState.DISSOLVED}),
    PoolState.SHRUNK: frozenset({PoolState.LOCKED, PoolState.AWARDED, PoolState.PRODUCING, PoolState.DISSOLVED}),
    PoolState.AWARDED: frozenset({PoolState.PRODUCING, PoolState.SHRUNK, PoolState.DISSOLVED}),
    PoolState.PRODUCING: frozenset({PoolState.ALLOCATED, PoolState.DISSOLVED}),
    PoolState.ALLOCATED: frozenset({PoolState.DONE, PoolState.DISSOLVED}),
    PoolState.DONE: frozenset(),
    PoolState.EXPIRED: frozenset(),
    PoolState.DISSOLVED: frozenset(),
}
GATHERING = frozenset({PoolState.OPEN, PoolState.REACHED})
POOL_NUMBERS = text("nextval('pool_numbers')")


class Pool(TenantRow, Base):
    """Orders that share what causes a minimum. organisation_id is the market's.

    cause: id of the pack's minimum cause. shared: field -> value that every member has in common; shared_key: the same
    as one text. pooled_price_minor: estimated unit price at the minimum. due_on: the earliest day that a member needs
    it. closed_at: when gathering ended; from then on nobody joins.
    """

    __tablename__ = "pools"
    __table_args__ = (
        CheckConstraint("minimum > 0", name="minimum_positive"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("capacity >= minimum", name="capacity_holds_minimum"),
        CheckConstraint("quantity <= capacity", name="within_capacity"),
        UniqueConstraint("organisation_id", "number"),
        Index("ix_pools_gathering", "state", "vertical", "cause"),
    )
    number: Mapped[int] = mapped_column(server_default=POOL_NUMBERS)
    state: Mapped[PoolState]
    vertical: Mapped[str]
    cause: Mapped[str]
    shared: Mapped[dict[str, Any]]
    shared_key: Mapped[str]
    category: Mapped[str | None]
    minimum: Mapped[int]
    capacity: Mapped[int]
    quantity: Mapped[int] = mapped_column(default=0)
    member_count: Mapped[int] = mapped_column(default=0)
    pooled_price_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    due_on: Mapped[date | None]
    region: Mapped[str | None]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PoolMember(Base):
    """One order in one pool. organisation_id is the seller's; nobody else reads the row.

    alone_price_minor: estimated unit price of this order without the pool. relaxed: list of {"field", "from", "to"}
    that the member gives up. choice: the quote this member wants. counter_answers: lead id -> whether this member
    agrees to what the factory proposed.
    """

    __tablename__ = "pool_members"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "order_id"], ["orders.organisation_id", "orders.id"]),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_pool_members_pool", "pool_id"),
        Index(
            "uq_pool_members_one_pool",
            "organisation_id",
            "order_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    alone_price_minor: Mapped[int | None]
    relaxed: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    choice: Mapped[UUID | None]
    counter_answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
