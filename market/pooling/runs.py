"""Runs in the making: finding one for an order, counting its pieces, and telling its members."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from market.identity.service import MARKET_ID
from market.kit import history, live, notices
from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.orders.queries import OrderRow, order_row
from market.pooling.constraints import Constraint, estimate_prices
from market.pooling.events import PoolChanged, PoolChosen
from market.pooling.fitting import (
    CAPACITY_IN_MINIMUMS,
    Wanted,
    best_fitting,
    closing_time,
    narrower_region,
    relaxed_by,
    run_due_on,
)
from market.pooling.models import GATHERING, POOL_TRANSITIONS, Pool, PoolMember, PoolState
from market.pooling.preview import gathering_pools
from market.pooling.queries import PoolRow, pool_members, pool_row, row_of
from matching.verticals.pack import Vocabulary


def lock_pool(work: Work, pool_id: UUID) -> Pool:
    statement = select(Pool).where(Pool.organisation_id == MARKET_ID, Pool.id == pool_id).with_for_update()
    pool = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if pool is None:
        raise NotFound
    return pool


def membership(work: Work, organisation_id: UUID, order_id: UUID) -> PoolMember | None:
    statement = select(PoolMember).where(
        PoolMember.organisation_id == organisation_id,
        PoolMember.order_id == order_id,
        PoolMember.left_at.is_(None),
    )
    return work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def wanted_of(row: OrderRow, pieces: int) -> Wanted:
    return Wanted(pieces, row.due_on, row.region)


def find_run(work: Work, row: OrderRow, constraint: Constraint, pieces: int, vocabulary: Vocabulary) -> PoolRow | None:
    """Join or open a pool, one order of a constraint at a time, so that two alike never open two pools."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": constraint.key})
    wanted = wanted_of(row, pieces)
    for candidate in best_fitting(wanted, gathering_pools(work.session, constraint.key), work.now, vocabulary):
        joined = _join(work, row, constraint, candidate, wanted, vocabulary)
        if joined is not None:
            return joined
    return _open(work, row, constraint, wanted)


def settle_dates(work: Work, pool: Pool) -> None:
    """Find out anew when the run must be ready, and what each member gives up for it."""
    members = work.session.scalars(
        select(PoolMember).where(PoolMember.pool_id == pool.id, PoolMember.left_at.is_(None))
    ).all()
    wanted = {
        member.order_id: order_row(work.session, member.organisation_id, member.order_id).due_on for member in members
    }
    pool.due_on = run_due_on(wanted.values())
    for member in members:
        member.relaxed = relaxed_by(wanted[member.order_id], pool.due_on)
    work.session.flush()


def follow_quantity(work: Work, pool: Pool) -> None:
    """Let the state say whether the minimum is reached, and tell everybody that the pool changed."""
    if pool.state is PoolState.OPEN and pool.quantity >= pool.minimum:
        history.move(work, pool, PoolState.REACHED, POOL_TRANSITIONS, details={"quantity": pool.quantity})
        for member in pool_members(work.session, pool.id):
            told = {"pool": f"P-{pool.number}", "quantity": pool.quantity, "minimum": pool.minimum}
            link = f"/orders/{member.order_id}"
            notices.notify(work, member.organisation_id, "pool_reached", told, link=link)
    elif pool.state is PoolState.REACHED and pool.quantity < pool.minimum:
        history.move(work, pool, PoolState.OPEN, POOL_TRANSITIONS, details={"quantity": pool.quantity})
    show_members(work, pool)
    publish(work, PoolChanged(MARKET_ID, pool.id))
    say_when_chosen(work, pool)


def say_when_chosen(work: Work, pool: Pool) -> None:
    chosen = majority_choice(work, pool.id) if pool.state is PoolState.REACHED else None
    if chosen is not None:
        publish(work, PoolChosen(MARKET_ID, pool.id, chosen))


def majority_choice(work: Work, pool_id: UUID) -> UUID | None:
    """The quote that more than half of the pieces of a pool want."""
    members = pool_members(work.session, pool_id)
    wanted: Counter[UUID] = Counter()
    for member in members:
        if member.choice is not None:
            wanted[member.choice] += member.quantity
    whole = sum(member.quantity for member in members)
    return next((quote_id for quote_id, pieces in wanted.items() if pieces * 2 > whole), None)


def show_members(work: Work, pool: Pool) -> None:
    """Let the members' open pages fetch the pool again."""
    for member in pool_members(work.session, pool.id):
        live.announce(work.session, member.organisation_id, "order", member.order_id)


def _join(
    work: Work, row: OrderRow, constraint: Constraint, candidate: PoolRow, wanted: Wanted, vocabulary: Vocabulary
) -> PoolRow | None:
    """Add the order in one conditional statement; None when the pool has filled up or closed meanwhile."""
    joined = work.session.scalars(
        update(Pool)
        .where(
            Pool.organisation_id == MARKET_ID,
            Pool.id == candidate.id,
            Pool.state.in_(GATHERING),
            Pool.closed_at.is_(None),
            Pool.closes_at > work.now,
            Pool.quantity + wanted.quantity <= Pool.capacity,
        )
        .values(
            quantity=Pool.quantity + wanted.quantity,
            member_count=Pool.member_count + 1,
            due_on=run_due_on((wanted.due_on, candidate.due_on)),
            region=narrower_region(vocabulary, wanted.region, candidate.region),
        )
        .returning(Pool.id)
        .execution_options(synchronize_session=False)
    ).first()
    if joined is None:
        return None
    pool = lock_pool(work, candidate.id)
    _add_member(work, row, constraint, wanted, pool)
    settle_dates(work, pool)
    told = {"quantity": pool.quantity, "member_count": pool.member_count}
    history.record(work, pool, what="member joined", details=told)
    follow_quantity(work, pool)
    return row_of(pool)


def _open(work: Work, row: OrderRow, constraint: Constraint, wanted: Wanted) -> PoolRow | None:
    closes_at = closing_time(work.now, wanted.due_on, work.settings.pool_days)
    if closes_at is None:
        return None
    estimate = estimate_prices(work.session, row, constraint, wanted.quantity)
    minimum = constraint.minimum
    pool = Pool(
        organisation_id=MARKET_ID,
        id=work.new_id(),
        state=PoolState.OPEN,
        vertical=constraint.vertical,
        cause=constraint.cause,
        shared=constraint.shared,
        shared_key=constraint.key,
        category=row.category,
        minimum=minimum,
        capacity=minimum * CAPACITY_IN_MINIMUMS,
        quantity=wanted.quantity,
        member_count=1,
        pooled_price_minor=estimate.pooled_minor,
        currency=row.currency,
        due_on=wanted.due_on,
        region=wanted.region,
        closes_at=closes_at,
        created_at=work.now,
    )
    work.session.add(pool)
    work.session.flush()
    history.record(work, pool, what="became open", to_state=PoolState.OPEN, details={"quantity": pool.quantity})
    _add_member(work, row, constraint, wanted, pool)
    publish(work, PoolChanged(MARKET_ID, pool.id))
    return pool_row(work.session, pool.id)


def _add_member(work: Work, row: OrderRow, constraint: Constraint, wanted: Wanted, pool: Pool) -> None:
    estimate = estimate_prices(work.session, row, constraint, wanted.quantity)
    values: dict[str, Any] = {
        "quantity": wanted.quantity,
        "alone_price_minor": estimate.alone_minor,
        "relaxed": relaxed_by(wanted.due_on, pool.due_on),
        "choice": None,
        "counter_answers": {},
        "joined_at": work.now,
        "left_at": None,
    }
    key = {"organisation_id": row.organisation_id, "pool_id": pool.id, "order_id": row.id}
    earlier = work.session.get(PoolMember, tuple(key.values()))
    if earlier is None:
        work.session.add(PoolMember(**key, **values))
    else:
        for name, value in values.items():
            setattr(earlier, name, value)
    work.session.flush()
