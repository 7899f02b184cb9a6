"""Order requests, files and imports. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class OrderState(StrEnum):
    DRAFT = "draft"
    POSTED = "posted"
    POOLED = "pooled"
    OFFERED = "offered"
    QUOTING = "quoting"
    AWARDED = "awarded"
    CLOSED = "closed"
    CLARIFYING = "clarifying"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REJECTED = "rejected"


_ASIDE = frozenset({OrderState.CLARIFYING, OrderState.WITHDRAWN, OrderState.EXPIRED, OrderState.REJECTED})
ORDER_TRANSITIONS: Transitions = {
    OrderState.DRAFT: frozenset({OrderState.POSTED, OrderState.WITHDRAWN}),
    OrderState.POSTED: frozenset({OrderState.POOLED, OrderState.OFFERED}) | _ASIDE,
    OrderState.POOLED: frozenset({OrderState.POSTED, OrderState.OFFERED, OrderState.QUOTING}) | _ASIDE,
    OrderState.OFFERED: frozenset({OrderState.POSTED, OrderState.POOLED, OrderState.QUOTING}) | _ASIDE,
    OrderState.QUOTING: frozenset({OrderState.POSTED, OrderState.POOLED, OrderState.OFFERED, OrderState.AWARDED})
    | _ASIDE,
    OrderState.AWARDED: frozenset({OrderState.CLOSED}),
    OrderState.CLARIFYING: frozenset(
        {OrderState.POSTED, OrderState.WITHDRAWN, OrderState.EXPIRED, OrderState.REJECTED}
    ),
    OrderState.CLOSED: frozenset(),
    OrderState.WITHDRAWN: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.REJECTED: frozenset({OrderState.POSTED}),
}
OPEN_STATES = frozenset(
    {OrderState.POSTED, OrderState.POOLED, OrderState.OFFERED, OrderState.QUOTING, OrderState.CLARIFYING}
)
ORDER_NUMBERS = text("nextval('order_numbers')")


class Order(TenantRow, Base):
    """What a seller wants made.

    source: words | form | import | api | demo | reorder. words: the free text as typed. readings: what was read of it,
    with the source words, as matching.understanding gives it. materials: list of {"id", "share"} (per cent or null).
    attributes: attribute id -> value. reference: the seller's own number, unique in the shop where given.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("target_price_minor > 0", name="price_positive"),
        CheckConstraint("grace_days >= 0", name="grace_not_negative"),
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_orders_state", "organisation_id", "state", "id"),
    )
    number: Mapped[int] = mapped_column(server_default=ORDER_NUMBERS)
    state: Mapped[OrderState]
    source: Mapped[str]
    reference: Mapped[str | None]
    words: Mapped[str] = mapped_column(default="")
    readings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    vertical: Mapped[str | None]
    category: Mapped[str | None]
    processes: Mapped[list[str]] = mapped_column(default=list)
    materials: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    certifications: Mapped[list[str]] = mapped_column(default=list)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    colours: Mapped[list[str]] = mapped_column(default=list)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(default="piece")
    target_price_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    due_on: Mapped[date | None]
    grace_days: Mapped[int] = mapped_column(default=0)
    region: Mapped[str | None]
    inspection: Mapped[str] = mapped_column(default="AQL 2.5")
    wants_pool: Mapped[bool] = mapped_column(default=True)
    max_acceptances: Mapped[int]
    origin: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    moderation_note: Mapped[str] = mapped_column(default="")


class OrderFile(TenantRow, Base):
    """A tech pack or photo: its content lives in the database, the one truth."""

    __tablename__ = "order_files"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "order_id"], ["orders.organisation_id", "orders.id"]),
        Index("ix_order_files_order", "organisation_id", "order_id"),
    )
    order_id: Mapped[UUID]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[datetime]


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    DONE = "done"
    DISCARDED = "discarded"


IMPORT_TRANSITIONS: Transitions = {
    ImportState.UPLOADED: frozenset({ImportState.CHECKED, ImportState.DISCARDED}),
    ImportState.CHECKED: frozenset({ImportState.UPLOADED, ImportState.DONE, ImportState.DISCARDED}),
    ImportState.DONE: frozenset(),
    ImportState.DISCARDED: frozenset(),
}


class OrderImport(TenantRow, Base):
    """A file of orders on its way in: uploaded, columns mapped and every row checked, then taken in at once.

    mapping: column header -> field. faults: list of {"row", "column", "problem"}.
    """

    __tablename__ = "order_imports"
    __table_args__ = (Index("ix_order_imports_recent", "organisation_id", "id"),)
    state: Mapped[ImportState]
    file_name: Mapped[str]
    encoding: Mapped[str]
    headers: Mapped[list[str]]
    content: Mapped[bytes] = mapped_column(deferred=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    row_count: Mapped[int] = mapped_column(default=0)
    good_count: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class ColumnMap(Base):
    """The mapping a shop chose for files with these headers, remembered for the next file."""

    __tablename__ = "order_column_maps"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    headers_hash: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]]
    used_at: Mapped[datetime]
