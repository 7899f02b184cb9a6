"""Reading the queue of moderation, as frozen rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from market.kit.errors import NotFound
from market.moderation.models import CaseState as CaseState
from market.moderation.models import ModerationCase
from market.records.buyers import BuyerRecord, buyer_records
from market.records.parts import Part

SHOWN: Final = 50
ORDERS = text("""
    SELECT sold.organisation_id, sold.id, 'R-' || sold.number AS code, sold.title, sold.state, sold.posted_at,
        shop.name AS shop, shop.state AS shop_state, shop.created_at AS shop_since
    FROM orders sold JOIN organisations shop ON shop.id = sold.organisation_id
    WHERE sold.id = ANY (:ids)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case; fields as in models.ModerationCase, the request it is about, and the record of its shop."""

    organisation_id: UUID
    id: UUID
    order_id: UUID
    state: CaseState
    signals: tuple[dict[str, Any], ...]
    weight: int
    decision: str
    why: str
    raised_at: datetime
    decided_at: datetime | None
    code: str
    title: str
    order_state: str
    shop: str
    shop_state: str
    shop_since: datetime
    record: BuyerRecord


def moderation_count(session: Session) -> int:
    """How many cases wait for an operator."""
    statement = select(func.count()).where(ModerationCase.state == CaseState.WAITING)
    return session.scalar(statement) or 0


def false_alarms(session: Session) -> Part:
    """Cases that were called fine, of all that operators decided."""
    statement = select(ModerationCase.state, func.count()).group_by(ModerationCase.state)
    counts = dict(session.execute(statement).all())
    fine = counts.get(CaseState.DISMISSED, 0)
    return Part(fine, fine + counts.get(CaseState.DECIDED, 0))


def waiting_cases(session: Session, now: datetime) -> list[CaseRow]:
    """Those that wait, the weightiest first, the oldest first of one weight; at most SHOWN."""
    order = (ModerationCase.weight.desc(), ModerationCase.raised_at, ModerationCase.id)
    return _rows(session, now, ModerationCase.state == CaseState.WAITING, order)


def decided_cases(session: Session, now: datetime) -> list[CaseRow]:
    """The last that were decided, the newest first; at most SHOWN."""
    order = (ModerationCase.decided_at.desc(), ModerationCase.id)
    return _rows(session, now, ModerationCase.state != CaseState.WAITING, order)


def case_of(session: Session, case_id: UUID) -> tuple[UUID, UUID]:
    """The shop and the order of a case. Raises NotFound."""
    statement = select(ModerationCase.organisation_id, ModerationCase.order_id).where(ModerationCase.id == case_id)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _rows(session: Session, now: datetime, condition: Any, order: tuple[Any, ...]) -> list[CaseRow]:
    cases = session.scalars(select(ModerationCase).where(condition).order_by(*order).limit(SHOWN)).all()
    orders = {row.id: row for row in session.execute(ORDERS, {"ids": [case.order_id for case in cases]})}
    records = buyer_records(session, {case.organisation_id for case in cases}, now) if cases else {}
    names = ("organisation_id", "id", "order_id", "state", "weight", "decision", "why", "raised_at", "decided_at")
    return [
        CaseRow(
            **{name: getattr(case, name) for name in names},
            signals=tuple(case.signals),
            code=orders[case.order_id].code,
            title=orders[case.order_id].title,
            order_state=orders[case.order_id].state,
            shop=orders[case.order_id].shop,
            shop_state=orders[case.order_id].shop_state,
            shop_since=orders[case.order_id].shop_since,
            record=records[case.organisation_id],
        )
        for case in cases
        if case.order_id in orders
    ]
