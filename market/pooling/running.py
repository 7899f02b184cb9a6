"""A pool whose run a factory makes: it follows the deal, and shrinks where a member leaves it."""

from collections.abc import Set
from typing import Final
from uuid import UUID

from market.kit import history, live
from market.kit.work import Work
from market.pooling.models import POOL_TRANSITIONS, Pool, PoolMember, PoolState
from market.pooling.queries import pool_members
from market.pooling.runs import lock_pool, show_members

WAY: Final = (PoolState.AWARDED, PoolState.PRODUCING, PoolState.ALLOCATED, PoolState.DONE)
OVER: Final = frozenset({PoolState.DONE, PoolState.DISSOLVED})


def follow_run(work: Work, pool_id: UUID, to: str, order_ids: Set[UUID]) -> None:
    """The run of an awarded pool has come to awarded | producing | allocated | done | dissolved, with these orders.

    The pool comes there by every state between, and never goes back; said twice or late, it changes nothing. Members
    whose orders are in the run no longer leave it, and before production began it is shrunk by that. Those of a
    dissolved run stay members of what is over. For the worker. Raises NotFound, IllegalMove for a pool that was not
    awarded.
    """
    pool = lock_pool(work, pool_id)
    if pool.state in OVER:
        return
    _let_go(work, pool, order_ids)
    if to == PoolState.DISSOLVED:
        history.move(work, pool, PoolState.DISSOLVED, POOL_TRANSITIONS, why="the run was cancelled")
    else:
        for state in _states_until(pool, PoolState(to)):
            history.move(work, pool, state, POOL_TRANSITIONS)
    show_members(work, pool)


def _states_until(pool: Pool, to: PoolState) -> tuple[PoolState, ...]:
    """What lies before a pool on its way; a shrunk one stands where awarded ones do."""
    at = WAY.index(pool.state) if pool.state in WAY else 0
    return WAY[at + 1 : WAY.index(to) + 1]


def _let_go(work: Work, pool: Pool, order_ids: Set[UUID]) -> None:
    for row in pool_members(work.session, pool.id):
        if row.order_id in order_ids:
            continue
        member = work.session.get_one(PoolMember, (row.organisation_id, row.pool_id, row.order_id))
        member.left_at = work.now
        pool.quantity -= member.quantity
        pool.member_count -= 1
        work.session.flush()
        told = {"quantity": pool.quantity, "member_count": pool.member_count}
        if pool.state is PoolState.AWARDED:
            history.move(work, pool, PoolState.SHRUNK, POOL_TRANSITIONS, details=told)
        else:
            history.record(work, pool, what="member left", details=told)
        live.announce(work.session, member.organisation_id, "order", member.order_id)
