"""Calls to the provider: written in the transaction that wants them, made by a job after it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from market.kit.outbox import OUTSIDE, defer
from market.kit.work import Work
from market.payments.models import CallKind, CallState, GatewayCall

TASK = "gateway_call"
FIRST_LOOK = timedelta(minutes=1)
AT_ONCE = 500


def ask(
    work: Work, organisation_id: UUID, kind: CallKind, about: UUID, request: Mapping[str, Any], key: UUID | None = None
) -> None:
    """Want a call made; while one of the same kind about the same row waits, this changes nothing.

    key: the id of the call, which is its idempotency key; a new one unless given. request: plain JSON.
    """
    call_id = work.session.scalar(
        insert(GatewayCall)
        .values(
            organisation_id=organisation_id,
            id=key or work.new_id(),
            kind=kind,
            about=about,
            state=CallState.ASKED,
            request=dict(request),
            tries=0,
            asked_at=work.now,
            try_at=work.now + FIRST_LOOK,
            why="",
        )
        .on_conflict_do_nothing(
            index_elements=["organisation_id", "about", "kind"], index_where=text("state = 'asked'")
        )
        .returning(GatewayCall.id)
    )
    if call_id is not None:
        _enqueue(work, organisation_id, call_id)


def try_calls_again(work: Work) -> int:
    """Enqueue again every call whose time has come and that nobody has answered; returns how many."""
    waiting = select(GatewayCall.organisation_id, GatewayCall.id).where(
        GatewayCall.state == CallState.ASKED, GatewayCall.try_at <= work.now
    )
    found = work.session.execute(waiting.order_by(GatewayCall.try_at).limit(AT_ONCE)).all()
    for organisation_id, call_id in found:
        _enqueue(work, organisation_id, call_id)
    return len(found)


def _enqueue(work: Work, organisation_id: UUID, call_id: UUID) -> None:
    told = {"organisation_id": str(organisation_id), "call_id": str(call_id)}
    defer(work.session, TASK, told, queue=OUTSIDE)
