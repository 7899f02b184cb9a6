"""Which run an order would join if it were posted now: what a seller sees before it decides."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.money import Money
from market.orders.drafts import OrderDraft
from market.orders.queries import OrderRow, order_row
from market.pooling.constraints import Constraint, constraint_of, estimate_prices, pieces_of
from market.pooling.fitting import Wanted, best_fitting, closing_time, run_due_on
from market.pooling.models import GATHERING, Pool
from market.pooling.queries import PoolRow, PoolView, pool_of_order, row_of
from matching.records import OrderRecord
from matching.verticals.pack import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPreview:
    """The run that an order fits in. pool_id None: none gathers yet, and this order would open it.

    yours, others, missing: pieces, counted as if the order were in. Prices are estimates in minor units a piece, and
    rest on `factories` declared price ranges (0: on the seller's own target).
    """

    pool_id: UUID | None
    number: int | None
    vertical: str
    cause: str
    shared: dict[str, list[str]]
    yours: int
    others: int
    others_count: int
    minimum: int
    missing: int
    closes_at: datetime
    alone_price_minor: int | None
    pooled_price_minor: int | None
    factories: int
    currency: str

    @property
    def code(self) -> str | None:
        return None if self.number is None else f"P-{self.number}"

    @property
    def saving(self) -> Money | None:
        """What the pooled price saves on all pieces of this order."""
        if self.alone_price_minor is None or self.pooled_price_minor is None:
            return None
        return Money(max(self.alone_price_minor - self.pooled_price_minor, 0) * self.yours, self.currency)


def fitting_pool(
    session: Session, draft: OrderDraft | OrderRow, vocabulary: Vocabulary, now: datetime, pool_days: int
) -> PoolPreview | None:
    """The pool that `gather_order` would choose for this draft; None when it would be left alone or says too little."""
    if not draft.wants_pool or not draft.quantity or draft.quantity < 1:
        return None
    constraint = constraint_of(_record(draft, draft.quantity), vocabulary)
    pieces = pieces_of(draft.quantity, draft.unit, vocabulary)
    if constraint is None or pieces >= constraint.minimum:
        return None
    wanted = Wanted(pieces, draft.due_on, draft.region)
    found = best_fitting(wanted, gathering_pools(session, constraint.key), now, vocabulary)
    if found:
        return _preview(session, draft, constraint, pieces, found[0], found[0].closes_at)
    closes_at = closing_time(now, draft.due_on, pool_days)
    return None if closes_at is None else _preview(session, draft, constraint, pieces, None, closes_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedPool:
    """What other terms of one member do to its run. Pieces; prices are estimates in minor units a piece.

    stays: the order keeps its place; else it leaves, and `alone` says that it is large enough by itself.
    due_on: when the run must be ready at the latest; the others' own dates stay unseen.
    """

    stays: bool
    alone: bool
    yours: int
    quantity: int
    missing: int
    due_on: date | None
    alone_price_minor: int | None
    pooled_price_minor: int | None


def moved_pool(session: Session, changed: OrderRow, vocabulary: Vocabulary) -> MovedPool | None:
    """What the run of an order would be if its terms were `changed`. None when it is in none, or nothing is shared."""
    pool = pool_of_order(session, changed.organisation_id, changed.id)
    constraint = constraint_of(_record(changed, changed.quantity), vocabulary)
    if pool is None or constraint is None:
        return None
    yours = pieces_of(changed.quantity, changed.unit, vocabulary)
    quantity = pool.others + yours
    estimate = estimate_prices(session, changed, constraint, yours)
    before = order_row(session, changed.organisation_id, changed.id)
    return MovedPool(
        stays=pool.is_gathering and yours < constraint.minimum and quantity <= pool.capacity,
        alone=yours >= constraint.minimum,
        yours=yours,
        quantity=quantity,
        missing=max(pool.minimum - quantity, 0),
        due_on=_moved_due_on(pool, before.due_on, changed.due_on),
        alone_price_minor=estimate.alone_minor,
        pooled_price_minor=pool.pooled_price_minor or estimate.pooled_minor,
    )


def gathering_pools(session: Session, shared_key: str) -> list[PoolRow]:
    """The pools of one constraint that still take orders, oldest first."""
    statement = select(Pool).where(
        Pool.organisation_id == MARKET_ID,
        Pool.state.in_(GATHERING),
        Pool.shared_key == shared_key,
        Pool.closed_at.is_(None),
    )
    pools = session.scalars(statement.order_by(Pool.id).execution_options(populate_existing=True))
    return [row_of(pool) for pool in pools]


def _preview(
    session: Session,
    draft: OrderDraft | OrderRow,
    constraint: Constraint,
    pieces: int,
    pool: PoolRow | None,
    closes_at: datetime,
) -> PoolPreview:
    estimate = estimate_prices(session, draft, constraint, pieces)
    others = 0 if pool is None else pool.quantity
    minimum = constraint.minimum if pool is None else pool.minimum
    return PoolPreview(
        pool_id=None if pool is None else pool.id,
        number=None if pool is None else pool.number,
        vertical=constraint.vertical,
        cause=constraint.cause,
        shared=constraint.shared,
        yours=pieces,
        others=others,
        others_count=0 if pool is None else pool.member_count,
        minimum=minimum,
        missing=max(minimum - others - pieces, 0),
        closes_at=closes_at,
        alone_price_minor=estimate.alone_minor,
        pooled_price_minor=estimate.pooled_minor,
        factories=estimate.factories,
        currency=draft.currency,
    )


def _moved_due_on(pool: PoolView, before: date | None, after: date | None) -> date | None:
    """The run's date with one member's moved: another member's earlier one still holds."""
    held_by_others = pool.others_count and pool.due_on is not None and pool.due_on != before
    return run_due_on([after, pool.due_on]) if held_by_others else after


def _record(draft: OrderDraft | OrderRow, quantity: int) -> OrderRecord:
    """As much of the draft as decides with whom it can be pooled."""
    return OrderRecord(
        order_id="preview",
        quantity=quantity,
        category=draft.category,
        processes=draft.processes,
        materials=tuple(material.id for material in draft.materials),
        attributes=draft.attributes + tuple(("colour", colour) for colour in draft.colours),
    )
