"""Reads of orders and their files, as frozen rows. Every read names the organisation; a foreign row is missing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from market.kit.clock import market_day
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, decode_cursor, make_page
from market.orders.drafts import MaterialShare, OrderDraft
from market.orders.models import OPEN_STATES, Order, OrderFile
from market.orders.models import OrderState as OrderState
from matching.records import OrderRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order as everybody but its own folder sees it; fields as in OrderDraft, and what the market added."""

    organisation_id: UUID
    id: UUID
    number: int
    state: OrderState
    source: str
    reference: str | None
    words: str
    readings: tuple[dict[str, Any], ...]
    title: str
    description: str
    vertical: str | None
    category: str | None
    processes: tuple[str, ...]
    materials: tuple[MaterialShare, ...]
    certifications: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...]
    colours: tuple[str, ...]
    quantity: int
    unit: str
    target_price_minor: int | None
    currency: str
    due_on: date | None
    grace_days: int
    region: str | None
    inspection: str
    wants_pool: bool
    max_acceptances: int
    origin: dict[str, Any]
    version: int
    created_at: datetime
    posted_at: datetime | None
    moderation_note: str

    @property
    def code(self) -> str:
        """The number that people say: R-1042."""
        return f"R-{self.number}"

    @property
    def target_price(self) -> Money | None:
        return None if self.target_price_minor is None else Money(self.target_price_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether factories may still be found for it, and its terms still moved."""
        return self.state in OPEN_STATES


_LISTS = ("readings", "processes", "certifications", "colours")
_SPECIAL = {*_LISTS, "materials", "attributes"}
_PLAIN = tuple(name for name in OrderRow.__slots__ if name not in _SPECIAL)


def row_of(order: Order) -> OrderRow:
    """The frozen row of a loaded order."""
    columns: dict[str, Any] = {name: getattr(order, name) for name in _PLAIN}
    columns |= {name: tuple(getattr(order, name)) for name in _LISTS}
    return OrderRow(
        **columns,
        materials=tuple(MaterialShare(entry["id"], entry.get("share")) for entry in order.materials),
        attributes=tuple((name, str(value)) for name, value in order.attributes.items()),
    )


def draft_of(row: OrderRow) -> OrderDraft:
    """The draft that would make this order again: for editing one, and for ordering the same once more."""
    return OrderDraft(**{name: getattr(row, name) for name in OrderDraft.__slots__})


def as_record(row: OrderRow) -> OrderRecord:
    """The order as the matching engine reads it. Colours travel as attributes named "colour"."""
    price = row.target_price
    return OrderRecord(
        order_id=str(row.id),
        quantity=row.quantity,
        buyer_id=str(row.organisation_id),
        posted_on=market_day(row.posted_at or row.created_at),
        title=row.title,
        description="\n".join(text for text in dict.fromkeys((row.words, row.description)) if text),
        category=row.category,
        processes=row.processes,
        materials=tuple(material.id for material in row.materials),
        certifications=row.certifications,
        target_unit_price=None if price is None else float(price.major()),
        currency=row.currency,
        due_on=row.due_on,
        grace_days=row.grace_days,
        region=row.region,
        attributes=row.attributes + tuple(("colour", colour) for colour in row.colours),
    )


def order_row(session: Session, organisation_id: UUID, order_id: UUID) -> OrderRow:
    """One order of the organisation. Raises NotFound."""
    order = session.scalars(_orders_of(organisation_id).where(Order.id == order_id)).first()
    if order is None:
        raise NotFound
    return row_of(order)


def order_rows(session: Session, organisation_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, OrderRow]:
    """Those of the named orders that belong to the organisation, by id."""
    if not order_ids:
        return {}
    statement = _orders_of(organisation_id).where(Order.id.in_(order_ids))
    return {order.id: row_of(order) for order in session.scalars(statement)}


def orders_page(
    session: Session,
    organisation_id: UUID,
    states: Collection[OrderState] = (),
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    *,
    words: str = "",
) -> Page[OrderRow]:
    """Orders of one shop, newest first. states: only these, all when empty. words: part of the title, number or
    reference. Raises Invalid for a cursor that is none."""
    return _page(session, _with_words(_orders_of(organisation_id), words), states, cursor, size)


def all_orders_page(
    session: Session,
    *,
    states: Collection[OrderState] = (),
    vertical: str | None = None,
    organisation_id: UUID | None = None,
    words: str = "",
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[OrderRow]:
    """Orders of all shops for operators (the session's scope decides what it may see), newest first."""
    statement = select(Order) if organisation_id is None else _orders_of(organisation_id)
    if vertical:
        statement = statement.where(Order.vertical == vertical)
    return _page(session, _with_words(statement, words), states, cursor, size)


def order_counts(session: Session, organisation_id: UUID) -> dict[OrderState, int]:
    """How many orders of a shop stand in which state; states without one are absent."""
    statement = (
        select(Order.state, func.count().label("orders"))
        .where(Order.organisation_id == organisation_id)
        .group_by(Order.state)
    )
    return {row.state: row.orders for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an order without its content. size: bytes."""

    id: UUID
    order_id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


def order_files(session: Session, organisation_id: UUID, order_id: UUID) -> tuple[FileRow, ...]:
    """The files of an order, oldest first; none for a foreign order."""
    statement = (
        select(OrderFile)
        .where(OrderFile.organisation_id == organisation_id, OrderFile.order_id == order_id)
        .order_by(OrderFile.id)
    )
    return tuple(file_row_of(file) for file in session.scalars(statement))


def file_content(session: Session, organisation_id: UUID, order_id: UUID, file_id: UUID) -> tuple[FileRow, bytes]:
    """One file with its bytes. Raises NotFound for a missing or foreign one."""
    file = session.get(OrderFile, (organisation_id, file_id))
    if file is None or file.order_id != order_id:
        raise NotFound
    return file_row_of(file), file.content


def file_row_of(file: OrderFile) -> FileRow:
    return FileRow(file.id, file.order_id, file.name, file.media_type, file.size, file.sha256, file.created_at)


def _orders_of(organisation_id: UUID) -> Select[Order]:
    return select(Order).where(Order.organisation_id == organisation_id)


def _with_words(statement: Select[Order], words: str) -> Select[Order]:
    wanted = words.strip()[:100]
    if not wanted:
        return statement
    number = wanted.upper().removeprefix("R-")
    if number.isascii() and number.isdigit() and len(number) < 10:
        return statement.where((Order.number == int(number)) | (Order.reference == wanted))
    return statement.where(
        Order.title.icontains(wanted, autoescape=True) | Order.reference.icontains(wanted, autoescape=True)
    )


def _page(
    session: Session, statement: Select[Order], states: Collection[OrderState], cursor: str | None, size: int
) -> Page[OrderRow]:
    if states:
        statement = statement.where(Order.state.in_(states))
    after = decode_cursor(cursor)
    if after is not None:
        statement = statement.where(Order.id < after)
    rows = [row_of(order) for order in session.scalars(statement.order_by(Order.id.desc()).limit(size + 1))]
    return make_page(rows, size, lambda row: row.id)
