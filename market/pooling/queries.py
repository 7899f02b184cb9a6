"""Reading pools, as frozen rows. What a member sees holds counts and the shared constraint, never another member."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, decode_cursor, make_page
from market.pooling.models import GATHERING, Pool, PoolMember
from market.pooling.models import PoolState as PoolState


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRow:
    """A pool as the market and operators see it; fields as in models.Pool."""

    organisation_id: UUID
    id: UUID
    number: int
    state: PoolState
    vertical: str
    cause: str
    shared: dict[str, Any]
    shared_key: str
    category: str | None
    minimum: int
    capacity: int
    quantity: int
    member_count: int
    pooled_price_minor: int | None
    currency: str
    due_on: date | None
    region: str | None
    closes_at: datetime
    closed_at: datetime | None
    created_at: datetime

    @property
    def code(self) -> str:
        """The number that people say: P-208."""
        return f"P-{self.number}"

    @property
    def missing(self) -> int:
        return max(self.minimum - self.quantity, 0)

    @property
    def run(self) -> int:
        """Pieces that a factory is asked for: what is gathered, at least the minimum."""
        return max(self.minimum, self.quantity)

    @property
    def is_gathering(self) -> bool:
        return self.state in GATHERING


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMemberRow:
    """One order in a pool. Only its own seller and the market read it."""

    organisation_id: UUID
    pool_id: UUID
    order_id: UUID
    quantity: int
    alone_price_minor: int | None
    relaxed: tuple[dict[str, Any], ...]
    choice: UUID | None
    joined_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """A pool as the seller of one member order sees it. Prices are minor units a piece, estimates both.

    shared: the constraint that all members have in common, field -> id or value. yours, others: pieces. others_count:
    the other member orders. saving_minor: what the pooled price saves on the pieces of this order; None when unknown.
    """

    pool_id: UUID
    number: int
    state: PoolState
    vertical: str
    cause: str
    shared: dict[str, Any]
    yours: int
    others: int
    others_count: int
    member_count: int
    minimum: int
    capacity: int
    missing: int
    closes_at: datetime
    closed_at: datetime | None
    due_on: date | None
    alone_price_minor: int | None
    pooled_price_minor: int | None
    currency: str
    relaxed: tuple[dict[str, Any], ...]
    choice: UUID | None
    left_at: datetime | None

    @property
    def code(self) -> str:
        return f"P-{self.number}"

    @property
    def quantity(self) -> int:
        return self.yours + self.others

    @property
    def reached(self) -> bool:
        return self.missing == 0

    @property
    def is_gathering(self) -> bool:
        return self.state in GATHERING and self.closed_at is None

    @property
    def is_awarded(self) -> bool:
        """Whether a factory has the run, or had it: an order is out of a pool that dissolved before."""
        return self.state in AFTER_AWARD

    @property
    def left_run(self) -> bool:
        """Whether the order left after the award; one that a pool released as it ended left at that moment."""
        return self.left_at is not None and self.closed_at is not None and self.left_at > self.closed_at

    @property
    def saving_minor(self) -> int | None:
        if self.alone_price_minor is None or self.pooled_price_minor is None:
            return None
        return max(self.alone_price_minor - self.pooled_price_minor, 0) * self.yours

    @property
    def saving(self) -> Money | None:
        return None if self.saving_minor is None else Money(self.saving_minor, self.currency)


AFTER_AWARD: Final = frozenset(
    {PoolState.AWARDED, PoolState.SHRUNK, PoolState.PRODUCING, PoolState.ALLOCATED, PoolState.DONE, PoolState.DISSOLVED}
)
_POOL_FIELDS = tuple(name for name in PoolRow.__slots__)
_MEMBER_FIELDS = tuple(name for name in PoolMemberRow.__slots__ if name != "relaxed")


def pool_row(session: Session, pool_id: UUID) -> PoolRow:
    """One pool. Raises NotFound."""
    pool = session.get(Pool, (MARKET_ID, pool_id))
    if pool is None:
        raise NotFound
    return row_of(pool)


def row_of(pool: Pool) -> PoolRow:
    return PoolRow(**{name: getattr(pool, name) for name in _POOL_FIELDS})


def pool_members(session: Session, pool_id: UUID) -> tuple[PoolMemberRow, ...]:
    """The orders that are in a pool now, first come first; a seller's session finds only its own."""
    statement = (
        select(PoolMember)
        .where(PoolMember.pool_id == pool_id, PoolMember.left_at.is_(None))
        .order_by(PoolMember.joined_at, PoolMember.order_id)
    )
    return tuple(_member_row(member) for member in session.scalars(statement))


def pool_of_order(session: Session, organisation_id: UUID, order_id: UUID) -> PoolView | None:
    """The pool that an order is in, as its own seller sees it; None when it is in none."""
    found = session.execute(_membership(organisation_id, order_id)).first()
    return None if found is None else _view(found[0], found[1])


def last_pool_of_order(session: Session, organisation_id: UUID, order_id: UUID) -> PoolView | None:
    """The pool that an order was in last, left or not, so that its page can say how it ended."""
    statement = _memberships(organisation_id, order_id).order_by(PoolMember.joined_at.desc()).limit(1)
    found = session.execute(statement).first()
    return None if found is None else _view(found[0], found[1])


@dataclass(frozen=True, slots=True)
class PoolFilters:
    """What the operator's list is narrowed to; nothing means all."""

    state: PoolState | None = None
    vertical: str | None = None
    number: int | None = None


def pools_page(
    session: Session, filters: PoolFilters, *, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[PoolRow]:
    """Pools, newest first. Raises Invalid for a cursor that is none."""
    statement = select(Pool).where(Pool.organisation_id == MARKET_ID)
    if filters.state is not None:
        statement = statement.where(Pool.state == filters.state)
    if filters.vertical:
        statement = statement.where(Pool.vertical == filters.vertical)
    if filters.number is not None:
        statement = statement.where(Pool.number == filters.number)
    after = decode_cursor(cursor)
    if after is not None:
        statement = statement.where(Pool.id < after)
    pools = session.scalars(statement.order_by(Pool.id.desc()).limit(size + 1))
    return make_page([row_of(pool) for pool in pools], size, lambda row: row.id)


def _membership(organisation_id: UUID, order_id: UUID) -> Select[Pool, PoolMember]:
    return _memberships(organisation_id, order_id).where(PoolMember.left_at.is_(None))


def _memberships(organisation_id: UUID, order_id: UUID) -> Select[Pool, PoolMember]:
    return (
        select(Pool, PoolMember)
        .join(PoolMember, PoolMember.pool_id == Pool.id)
        .where(PoolMember.organisation_id == organisation_id, PoolMember.order_id == order_id)
    )


def _member_row(member: PoolMember) -> PoolMemberRow:
    plain = {name: getattr(member, name) for name in _MEMBER_FIELDS}
    return PoolMemberRow(**plain, relaxed=tuple(member.relaxed))


def _view(pool: Pool, member: PoolMember) -> PoolView:
    present = member.left_at is None
    return PoolView(
        pool_id=pool.id,
        number=pool.number,
        state=pool.state,
        vertical=pool.vertical,
        cause=pool.cause,
        shared=dict(pool.shared),
        yours=member.quantity,
        others=pool.quantity - member.quantity if present else pool.quantity,
        others_count=pool.member_count - 1 if present else pool.member_count,
        member_count=pool.member_count,
        minimum=pool.minimum,
        capacity=pool.capacity,
        missing=max(pool.minimum - pool.quantity, 0),
        closes_at=pool.closes_at,
        closed_at=pool.closed_at,
        due_on=pool.due_on,
        alone_price_minor=member.alone_price_minor,
        pooled_price_minor=pool.pooled_price_minor,
        currency=pool.currency,
        relaxed=tuple(member.relaxed),
        choice=member.choice,
        left_at=member.left_at,
    )
