"""Counting a factory's past from what the market keeps: read-only SQL over other folders' tables.

A session of the factory itself finds its own past, one of the market everybody's.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.records.parts import NOTHING, Part
from market.records.steps import Deed, Event

LEADS = """
    WITH told AS (
        SELECT lead.factory_id, lead.state, lead.offered_at, lead.first_reply_at,
            EXISTS (SELECT 1 FROM quotes quote WHERE quote.organisation_id = lead.organisation_id
                AND quote.lead_id = lead.id AND quote.factory_id = lead.factory_id) AS quoted,
            lead.holds_place OR (lead.state = 'expired' AND lead.first_reply_at IS NOT NULL
                AND (lead.counter IS NULL OR lead.counter ->> 'answer' = 'accepted')) AS taken
        FROM leads lead WHERE lead.factory_id = ANY (:ids)
    )
    SELECT factory_id, count(*) FILTER (WHERE first_reply_at IS NOT NULL) AS answered,
        count(*) FILTER (WHERE first_reply_at IS NOT NULL OR state = 'expired') AS answerable,
        count(*) FILTER (WHERE quoted) AS quoted, count(*) FILTER (WHERE quoted OR taken) AS taken,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_reply_at - offered_at))
            FILTER (WHERE first_reply_at IS NOT NULL) AS reply_seconds
    FROM told GROUP BY factory_id
"""
DEALS = """
    SELECT deal.factory_id, deal.state = 'cancelled' AS cancelled,
        deal.reached ? 'accepted' AS accepted, lost.at AS lost_at,
        coalesce((deal.reached ->> 'accepted')::timestamptz, deal.state_since) AS at,
        coalesce((SELECT max((parcel.shipped_at AT TIME ZONE 'UTC' + interval '8 hours')::date) <= deal.due_on
            FROM shipments parcel WHERE parcel.deal_id = deal.id), false) AS on_time
    FROM deals deal
    LEFT JOIN LATERAL (
        SELECT max(dispute.ended_at) AS at FROM disputes dispute
        WHERE dispute.deal_id = deal.id AND dispute.opened_by = 'shop' AND dispute.state = 'decided'
            AND dispute.outcome <> 'reject') AS lost ON true
    WHERE deal.factory_id = ANY (:ids)
        AND NOT EXISTS (SELECT 1 FROM disputes open WHERE open.deal_id = deal.id AND open.opened_by = 'shop'
            AND open.ended_at IS NULL)
        AND (deal.reached ? 'accepted' OR lost.at IS NOT NULL
        OR (deal.state = 'cancelled' AND EXISTS (
            SELECT 1 FROM history told WHERE told.organisation_id = deal.organisation_id AND told.aggregate = 'deals'
                AND told.aggregate_id = deal.id AND told.to_state = 'cancelled'
                AND told.why IN ('factory', 'third_rejection'))))
"""
SAMPLES = """
    SELECT factory_id, count(*) FILTER (WHERE state = 'approved') AS passed, count(*) AS decided
    FROM samples WHERE factory_id = ANY (:ids) AND version = 1 AND state IN ('approved', 'rejected') GROUP BY factory_id
"""
DISPUTES = """
    SELECT factory_id, count(*) FILTER (WHERE state = 'decided' AND outcome <> 'reject') AS lost,
        count(*) FILTER (WHERE state = 'decided') AS decided, count(*) AS opened
    FROM disputes WHERE factory_id = ANY (:ids) AND opened_by = 'shop' GROUP BY factory_id
"""
REVIEWS = """
    SELECT about_id AS factory_id, count(*) AS reviews, avg(stars) AS stars FROM reviews
    WHERE about_id = ANY (:ids) AND published_at IS NOT NULL AND hidden_at IS NULL GROUP BY about_id
"""


@dataclass(frozen=True, slots=True)
class FactoryCounts:
    """The parts of a factory's record. answered: of leads that had an answer or ran out. quoted: of leads it took on.
    on_time: of accepted deals. samples: first samples that were approved. lost: of disputes against it that the market
    decided; disputes: all that shops opened. cancelled: deals that ended by it.
    """

    answered: Part = NOTHING
    reply_hours: float | None = None
    quoted: Part = NOTHING
    deals: int = 0
    on_time: Part = NOTHING
    samples: Part = NOTHING
    disputes: int = 0
    lost: Part = NOTHING
    cancelled: int = 0
    reviews: int = 0
    stars: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of_json(kept: dict[str, Any]) -> "FactoryCounts":
        """What `as_json` wrote; nothing counted where nothing was written."""
        values: dict[str, Any] = {
            name: Part(**value) if isinstance(value, dict) else value for name, value in kept.items()
        }
        return FactoryCounts(**values)


@dataclass
class _Past:
    values: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


def count_factories(session: Session, factory_ids: Iterable[UUID]) -> dict[UUID, tuple[FactoryCounts, list[Event]]]:
    """Factory -> the parts of its record and the deeds that move its limits, in five statements for all of them."""
    found = {factory_id: _Past() for factory_id in factory_ids}
    ids = {"ids": list(found)}
    for row in session.execute(text(LEADS), ids):
        hours = None if row.reply_seconds is None else round(float(row.reply_seconds) / 3600, 1)
        found[row.factory_id].values |= {
            "answered": Part(row.answered, row.answerable), "reply_hours": hours,
            "quoted": Part(row.quoted, row.taken),
        }  # fmt: skip
    for row in session.execute(text(SAMPLES), ids):
        found[row.factory_id].values["samples"] = Part(row.passed, row.decided)
    for row in session.execute(text(DISPUTES), ids):
        found[row.factory_id].values |= {"lost": Part(row.lost, row.decided), "disputes": row.opened}
    for row in session.execute(text(REVIEWS), ids):
        found[row.factory_id].values |= {"reviews": row.reviews, "stars": round(float(row.stars), 2)}
    _count_deals(session, found)
    return {factory_id: (FactoryCounts(**past.values), past.events) for factory_id, past in found.items()}


def _count_deals(session: Session, found: dict[UUID, _Past]) -> None:
    on_time: dict[UUID, list[bool]] = {}
    for row in session.execute(text(DEALS), {"ids": list(found)}):
        past = found[row.factory_id]
        if row.cancelled:
            past.values["cancelled"] = past.values.get("cancelled", 0) + 1
        elif row.accepted:
            on_time.setdefault(row.factory_id, []).append(row.on_time)
        past.events.append(_event(row.cancelled, row.lost_at, row.at, row.on_time))
    for factory_id, kept in on_time.items():
        found[factory_id].values |= {"deals": len(kept), "on_time": Part(sum(kept), len(kept))}


def _event(cancelled: bool, lost_at: datetime | None, at: datetime, on_time: bool) -> Event:
    if lost_at is not None:
        return Event(lost_at, Deed.LOST)
    if cancelled:
        return Event(at, Deed.CANCELLED)
    return Event(at, Deed.GOOD if on_time else Deed.LATE)
