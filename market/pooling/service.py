"""What is done with pools: orders join, leave and choose; pools close, dissolve and are awarded. No verb commits.

Pools are written by the worker alone, in the system's scope. Every verb may be said twice: the second time changes
nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from market.identity.service import MARKET_ID
from market.kit import history, notices
from market.kit.errors import Conflict, NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.orders.queries import as_record, order_row
from market.orders.service import advance_order
from market.pooling.constraints import constraint_of, estimate_prices, pieces_of
from market.pooling.events import OrderLeftAlone, PoolChosen, PoolClosed, PoolDissolved, PoolLeaveAsked
from market.pooling.models import GATHERING, POOL_TRANSITIONS, Pool, PoolMember, PoolState
from market.pooling.queries import PoolRow, pool_members, row_of
from market.pooling.runs import (
    find_run,
    follow_quantity,
    lock_pool,
    majority_choice,
    membership,
    say_when_chosen,
    settle_dates,
    show_members,
)
from market.verticals.live import live_vocabulary

CLOSED_AT_ONCE: Final = 200
FELL_SHORT: Final = "fell_short"
NO_QUOTE: Final = "no_quote"
EMPTY: Final = "empty"


def gather_order(work: Work, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """Find a run for a posted order: join the pool that fits best, else open one, else leave the order alone.

    An order is pooled when it wants to be, is under the minimum of what causes it, and its due date leaves time to
    wait. Returns the pool; None when the order was left alone, or is not to be gathered (any more).
    """
    row = order_row(work.session, organisation_id, order_id)
    member = membership(work, organisation_id, order_id)
    if member is not None:
        return member.pool_id
    if row.state.value != "posted":
        return None
    vocabulary = live_vocabulary(work.session)
    constraint = constraint_of(as_record(row), vocabulary)
    pieces = pieces_of(row.quantity, row.unit, vocabulary)
    wants = row.wants_pool and constraint is not None and pieces < constraint.minimum
    joined = find_run(work, row, constraint, pieces, vocabulary) if wants and constraint is not None else None
    if joined is None:
        publish(work, OrderLeftAlone(organisation_id, order_id))
        return None
    advance_order(work, organisation_id, order_id, "pooled", why=joined.code)
    told = {"code": row.code, "title": row.title, "pool": joined.code, "missing": joined.missing,
            "closes_at": joined.closes_at.isoformat()}  # fmt: skip
    notices.notify(work, organisation_id, "order_pooled", told, link=f"/orders/{order_id}")
    return joined.id


def change_member(work: Work, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """The terms of a pooled order have changed: keep it in its pool where it still fits, else gather it anew.

    Its choice of a quote falls away. Returns its pool; None when it is in none.
    """
    member = membership(work, organisation_id, order_id)
    if member is None:
        return None
    row = order_row(work.session, organisation_id, order_id)
    vocabulary = live_vocabulary(work.session)
    constraint = constraint_of(as_record(row), vocabulary)
    pool = lock_pool(work, member.pool_id)
    pieces = pieces_of(row.quantity, row.unit, vocabulary)
    stays = (
        pool.state in GATHERING
        and constraint is not None
        and constraint.key == pool.shared_key
        and pieces < constraint.minimum
        and pool.quantity - member.quantity + pieces <= pool.capacity
    )
    if not stays or constraint is None:
        leave_pool(work, organisation_id, order_id, "terms_changed")
        if row.state.value == "pooled":
            advance_order(work, organisation_id, order_id, "posted", why="the terms changed")
        return gather_order(work, organisation_id, order_id)
    pool.quantity += pieces - member.quantity
    member.quantity = pieces
    member.choice = None
    member.alone_price_minor = estimate_prices(work.session, row, constraint, pieces).alone_minor
    work.session.flush()
    settle_dates(work, pool)
    history.record(work, pool, what="member changed", details={"quantity": pool.quantity})
    follow_quantity(work, pool)
    return pool.id


def leave_pool(work: Work, organisation_id: UUID, order_id: UUID, why: str) -> UUID | None:
    """Take an order out of its pool, which dissolves when it was the last; returns the pool, None when in none.

    The order's own state is the caller's business. Raises Conflict once the pool is awarded.
    """
    member = membership(work, organisation_id, order_id)
    if member is None:
        return None
    pool = lock_pool(work, member.pool_id)
    if pool.state not in GATHERING:
        raise Conflict(f"This pool is {pool.state.value}; nobody leaves it any more.")
    member.left_at = work.now
    pool.quantity -= member.quantity
    pool.member_count -= 1
    work.session.flush()
    told = {"quantity": pool.quantity, "member_count": pool.member_count}
    history.record(work, pool, what="member left", why=why, details=told)
    if pool.member_count == 0:
        _end(work, pool, PoolState.DISSOLVED, EMPTY)
    else:
        settle_dates(work, pool)
        follow_quantity(work, pool)
    return pool.id


def leave_for_alone(work: Work, organisation_id: UUID, order_id: UUID) -> None:
    """The seller would rather stand alone: out of the pool, and offered by itself."""
    if leave_pool(work, organisation_id, order_id, "asked_by_seller") is None:
        return
    advance_order(work, organisation_id, order_id, "posted", why="left its pool")
    publish(work, OrderLeftAlone(organisation_id, order_id))


def leave_if_member(work: Work, organisation_id: UUID, order_id: UUID, why: str) -> None:
    """Take an order that ended out of its pool; from an awarded pool nobody is taken."""
    member = membership(work, organisation_id, order_id)
    if member is not None and lock_pool(work, member.pool_id).state in GATHERING:
        leave_pool(work, organisation_id, order_id, why)


def ask_to_leave(work: Work, order_id: UUID) -> None:
    """The acting seller wants an order out of its pool; the worker does it. Raises NotFound, Conflict when in none."""
    order_row(work.session, work.organisation_id, order_id)
    if membership(work, work.organisation_id, order_id) is None:
        raise Conflict("This order is in no pool.")
    publish(work, PoolLeaveAsked(work.organisation_id, order_id))


def choose_quote(work: Work, organisation_id: UUID, pool_id: UUID, order_id: UUID, quote_id: UUID | None) -> None:
    """Note which quote a member wants (None takes its choice back); one that more than half of the pieces of a reached
    pool want is chosen. Raises NotFound when the order is not in the pool, Conflict once the pool is awarded."""
    pool = lock_pool(work, pool_id)
    member = membership(work, organisation_id, order_id)
    if member is None or member.pool_id != pool_id:
        raise NotFound
    if pool.state not in GATHERING:
        raise Conflict(f"This pool is {pool.state.value}; the choice is made.")
    if member.choice == quote_id:
        return
    member.choice = quote_id
    work.session.flush()
    say_when_chosen(work, pool)


def forget_choices(work: Work, pool_id: UUID, quote_ids: Iterable[UUID]) -> None:
    """Quotes that no longer bind are nobody's choice any more."""
    work.session.execute(
        update(PoolMember)
        .where(PoolMember.pool_id == pool_id, PoolMember.choice.in_(list(quote_ids)))
        .values(choice=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class CounterVoices:
    """Pieces of a pool for and against a counter-offer, and in all."""

    agreed: int
    refused: int
    whole: int


def note_counter_answer(
    work: Work, pool_id: UUID, organisation_id: UUID, order_id: UUID, question: str, accept: bool
) -> bool:
    """Keep a member's answer to one counter-offer, its last one counting; False when the order is not in the pool."""
    member = membership(work, organisation_id, order_id)
    if member is None or member.pool_id != pool_id:
        return False
    member.counter_answers = {**member.counter_answers, question: accept}
    work.session.flush()
    return True


def counter_voices(work: Work, pool_id: UUID, question: str) -> CounterVoices:
    members = work.session.execute(
        select(PoolMember.quantity, PoolMember.counter_answers).where(
            PoolMember.pool_id == pool_id, PoolMember.left_at.is_(None)
        )
    ).all()
    return CounterVoices(
        agreed=sum(quantity for quantity, answers in members if answers.get(question) is True),
        refused=sum(quantity for quantity, answers in members if answers.get(question) is False),
        whole=sum(quantity for quantity, _ in members),
    )


def award_pool(work: Work, pool_id: UUID) -> PoolRow:
    """The pool's run is given to a factory. Raises IllegalMove unless it was reached, NotFound."""
    pool = lock_pool(work, pool_id)
    if pool.state is not PoolState.AWARDED:
        pool.closed_at = pool.closed_at or work.now
        history.move(work, pool, PoolState.AWARDED, POOL_TRANSITIONS)
        show_members(work, pool)
    return row_of(pool)


def dissolve_pool(work: Work, pool_id: UUID, why: str) -> None:
    """End a pool that nobody makes; its members stand alone again, with a notice."""
    pool = lock_pool(work, pool_id)
    if pool.state in GATHERING:
        _release_members(work, pool, why)
        _end(work, pool, PoolState.DISSOLVED, why)


def close_due_pools(work: Work) -> int:
    """Close the pools whose time is over; returns how many. For the sweep.

    A pool that fell short expires and its members stand alone again. One that was reached is decided: by the choice of
    more than half of its pieces, else by the rule (PoolClosed).
    """
    due = work.session.scalars(
        select(Pool.id)
        .where(
            Pool.organisation_id == MARKET_ID,
            Pool.state.in_(GATHERING),
            Pool.closed_at.is_(None),
            Pool.closes_at <= work.now,
        )
        .order_by(Pool.id)
        .limit(CLOSED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for pool_id in due:
        _close(work, lock_pool(work, pool_id))
    return len(due)


def _close(work: Work, pool: Pool) -> None:
    pool.closed_at = work.now
    work.session.flush()
    if pool.state is PoolState.OPEN:
        _release_members(work, pool, FELL_SHORT)
        _end(work, pool, PoolState.EXPIRED, FELL_SHORT)
        return
    history.record(work, pool, what="closed", details={"quantity": pool.quantity})
    chosen = majority_choice(work, pool.id)
    publish(work, PoolChosen(MARKET_ID, pool.id, chosen) if chosen else PoolClosed(MARKET_ID, pool.id))
    show_members(work, pool)


def _release_members(work: Work, pool: Pool, why: str) -> None:
    """Every member stands alone again; the pool keeps its counts, as it ended."""
    for row in pool_members(work.session, pool.id):
        member = work.session.get_one(PoolMember, (row.organisation_id, row.pool_id, row.order_id))
        member.left_at = work.now
        work.session.flush()
        if order_row(work.session, row.organisation_id, row.order_id).state.value in {"pooled", "offered", "quoting"}:
            advance_order(work, row.organisation_id, row.order_id, "posted", why=f"pool P-{pool.number} ended: {why}")
        told = {"pool": f"P-{pool.number}", "quantity": pool.quantity, "minimum": pool.minimum, "why": why}
        notices.notify(work, row.organisation_id, "pool_ended", told, link=f"/orders/{row.order_id}")
        publish(work, OrderLeftAlone(row.organisation_id, row.order_id))


def _end(work: Work, pool: Pool, to: PoolState, why: str) -> None:
    pool.closed_at = pool.closed_at or work.now
    history.move(work, pool, to, POOL_TRANSITIONS, why=why)
    publish(work, PoolDissolved(MARKET_ID, pool.id, why))
