"""What a factory declined before, and so wants less of.

A decline takes points off the factory's score for requests like the declined one, so it comes less often there and as
often as before for everything else. What is like it depends on the reason: no room counts for every request and fades
within weeks; a process, material or price counts for requests that share it and fades within months. The first decline
costs a 32nd of the scale (.6 of the log odds), further ones less each, never more than a 16th. What the live ranker
has learned from is in its own chances and is not taken off a second time.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.leads.models import DeclineReason, Lead, LeadState
from market.ranking.queries import VersionLine
from matching.records import OrderRecord

REMEMBERED: Final = timedelta(days=180)
MOST_READ: Final = 5_000
MOST_POINTS: Final = 0.0625
DAY_SECONDS: Final = 86_400.0
HALF_LIFE_DAYS: Final[Mapping[DeclineReason, float]] = {
    DeclineReason.CAPACITY: 10.0,
    DeclineReason.PRICE: 60.0,
    DeclineReason.PROCESS: 120.0,
    DeclineReason.MATERIAL: 120.0,
    DeclineReason.QUANTITY: 60.0,
    DeclineReason.TIME: 30.0,
    DeclineReason.OTHER: 30.0,
}

Declined = Mapping[str, Any]
"""The request that was declined, as it stands in the features of its lead."""


def decline_penalties(
    session: Session, order: OrderRecord, now: datetime, live: VersionLine | None
) -> dict[UUID, float]:
    """Points to take off the score of each factory that has declined requests like this one, unless the live ranker
    has learned from it. Needs the system scope."""
    statement = (
        select(Lead.factory_id, Lead.decline_reason, Lead.features, Lead.first_reply_at)
        .where(Lead.state == LeadState.DECLINED, Lead.first_reply_at > now - REMEMBERED)
        .order_by(Lead.first_reply_at.desc())
        .limit(MOST_READ)
    )
    weights: defaultdict[UUID, float] = defaultdict(float)
    for factory_id, reason, features, declined_at in session.execute(statement):
        declined = features.get("order")
        if live is not None and live.has_learned(date.fromisoformat(features["as_of"]), declined_at):
            continue
        if declined and declined_at and is_alike(DeclineReason(reason or "other"), declined, order, declined_at.date()):
            days = (now - declined_at).total_seconds() / DAY_SECONDS
            weights[factory_id] += 0.5 ** (days / HALF_LIFE_DAYS[DeclineReason(reason or "other")])
    return {factory_id: points_of(weight) for factory_id, weight in weights.items()}


def points_of(weight: float) -> float:
    """Points for so many declines, each counted by its age: 0 for none, a 32nd for one, a 16th at most."""
    return MOST_POINTS * (1.0 - math.pow(0.5, weight))


def is_alike(reason: DeclineReason, declined: Declined, order: OrderRecord, declined_on: date) -> bool:
    """Whether a request falls under what was declined for this reason."""
    if reason is DeclineReason.CAPACITY:
        return True
    if reason is DeclineReason.PROCESS:
        return _shares(declined, "processes", order.processes) or (
            not declined.get("processes") and _same_category(declined, order)
        )
    if reason is DeclineReason.MATERIAL:
        return _shares(declined, "materials", order.materials)
    return _same_category(declined, order) and _NARROWER[reason](declined, order, declined_on)


def _no_better_price(declined: Declined, order: OrderRecord, _on: date) -> bool:
    target, before = order.target_unit_price, declined.get("target_unit_price")
    if target is None or before is None or order.currency != declined.get("currency"):
        return True
    return target <= float(before) * 1.1


def _no_larger(declined: Declined, order: OrderRecord, _on: date) -> bool:
    return order.quantity <= int(declined["quantity"]) * 1.25


def _no_more_time(declined: Declined, order: OrderRecord, on: date) -> bool:
    due_on = declined.get("due_on")
    if order.due_on is None or due_on is None:
        return False
    had = (date.fromisoformat(str(due_on)) - on).days
    starts_on = order.posted_on or on
    return (order.due_on - max(starts_on, on)).days <= had + 3


_NARROWER: Final[Mapping[DeclineReason, Callable[[Declined, OrderRecord, date], bool]]] = {
    DeclineReason.PRICE: _no_better_price,
    DeclineReason.QUANTITY: _no_larger,
    DeclineReason.TIME: _no_more_time,
    DeclineReason.OTHER: lambda _declined, _order, _on: True,
}


def _same_category(declined: Declined, order: OrderRecord) -> bool:
    return order.category is not None and declined.get("category") == order.category


def _shares(declined: Declined, field: str, wanted: tuple[str, ...]) -> bool:
    return bool(set(declined.get(field) or ()) & set(wanted))
