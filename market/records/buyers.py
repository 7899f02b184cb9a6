"""What a buyer's past says, as factories read it on a lead: read-only SQL over other folders' tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.records.parts import Part

RECORD_SPAN: Final = timedelta(days=365)
MOST_ANSWERS: Final = 200
ORDERS = text("""
    SELECT organisation_id, count(*) FILTER (WHERE state <> 'draft') AS orders,
        count(*) FILTER (WHERE state IN ('awarded', 'closed')) AS awards
    FROM orders WHERE organisation_id = ANY (:ids) GROUP BY organisation_id
""")
REPLIES = text("""
    SELECT told.organisation_id, count(*) AS replies, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM
        (told.counter ->> 'answered_at')::timestamptz - (told.counter ->> 'proposed_at')::timestamptz)) AS seconds
    FROM unnest(CAST(:ids AS uuid[])) AS shop (id)
    CROSS JOIN LATERAL (
        SELECT lead.organisation_id, lead.counter FROM leads lead
        WHERE lead.organisation_id = shop.id AND lead.offered_at > :since
            AND lead.counter ->> 'answered_at' IS NOT NULL
        ORDER BY lead.id DESC LIMIT :most) AS told
    GROUP BY told.organisation_id
""")
PAYMENTS = text("""
    SELECT due.organisation_id, count(*) AS payments, count(*) FILTER (WHERE paid.at <= due.due_at) AS on_time
    FROM dues due
    LEFT JOIN LATERAL (SELECT min(moved.at) AS at FROM ledger_transactions moved
        WHERE moved.share_id = due.share_id AND moved.due_id = due.id AND moved.kind = 'taken') AS paid ON true
    WHERE due.organisation_id = ANY (:ids) AND due.state <> 'dropped'
        AND (paid.at IS NOT NULL OR due.due_at < :now)
    GROUP BY due.organisation_id
""")
ENDS = text("""
    SELECT share.organisation_id, count(*) AS shares,
        count(*) FILTER (WHERE share.left_at IS NOT NULL OR told.why IN ('buyer', 'deposit_unpaid')) AS cancelled
    FROM deal_shares share
    JOIN deals deal ON deal.id = share.deal_id
    LEFT JOIN LATERAL (SELECT line.why FROM history line WHERE deal.state = 'cancelled'
        AND line.organisation_id = deal.organisation_id AND line.aggregate = 'deals' AND line.aggregate_id = deal.id
        AND line.to_state = 'cancelled' LIMIT 1) AS told ON true
    WHERE share.organisation_id = ANY (:ids) GROUP BY share.organisation_id
""")
DISPUTES = text("""
    SELECT organisation_id, count(*) AS decided,
        count(*) FILTER (WHERE opened_by = 'shop' AND outcome = 'reject') AS lost
    FROM disputes WHERE organisation_id = ANY (:ids) AND state = 'decided' GROUP BY organisation_id
""")


@dataclass(frozen=True, slots=True)
class BuyerRecord:
    """What is known of a buyer, each figure with its n. reply_hours: median time to answer a counter-offer.

    payments: that were made or should have been, of which paid_on_time in time. deals: shares of runs, of which
    cancelled ended by the buyer or for want of its money. disputes: that the market decided, of which disputes_lost
    were the buyer's complaints that it turned down.
    """

    orders: int = 0
    awards: int = 0
    replies: int = 0
    reply_hours: float | None = None
    payments: int = 0
    paid_on_time: int = 0
    deals: int = 0
    cancelled: int = 0
    disputes: int = 0
    disputes_lost: int = 0

    @property
    def paid(self) -> Part:
        return Part(self.paid_on_time, self.payments)


def buyer_records(session: Session, organisation_ids: set[UUID], now: datetime) -> dict[UUID, BuyerRecord]:
    """Shop -> its record, in five statements for all of them. Needs a scope that sees all of their past."""
    ids = {"ids": list(organisation_ids)}
    found: dict[UUID, dict[str, float | None]] = {organisation_id: {} for organisation_id in organisation_ids}
    for row in session.execute(ORDERS, ids):
        found[row.organisation_id] |= {"orders": row.orders, "awards": row.awards}
    for row in session.execute(REPLIES, {**ids, "since": now - RECORD_SPAN, "most": MOST_ANSWERS}):
        found[row.organisation_id] |= {"replies": row.replies, "reply_hours": round(float(row.seconds) / 3600, 1)}
    for row in session.execute(PAYMENTS, {**ids, "now": now}):
        found[row.organisation_id] |= {"payments": row.payments, "paid_on_time": row.on_time}
    for row in session.execute(ENDS, ids):
        found[row.organisation_id] |= {"deals": row.shares, "cancelled": row.cancelled}
    for row in session.execute(DISPUTES, ids):
        found[row.organisation_id] |= {"disputes": row.decided, "disputes_lost": row.lost}
    return {organisation_id: BuyerRecord(**values) for organisation_id, values in found.items()}  # type: ignore[arg-type]  # each name has its type


def buyer_record(session: Session, organisation_ids: set[UUID], now: datetime) -> BuyerRecord:
    """The record of one buyer, or of the members of a pool together (reply_hours: of the typical one of them, by how
    many answers each gave). Scope as of `buyer_records`."""
    found = list(buyer_records(session, organisation_ids, now).values())
    told = sorted((row.reply_hours, row.replies) for row in found if row.reply_hours is not None)
    names = [name for name in BuyerRecord.__slots__ if name != "reply_hours"]
    sums = {name: sum(getattr(row, name) for row in found) for name in names}
    return BuyerRecord(**sums, reply_hours=_middle(told))


def _middle(told: list[tuple[float, int]]) -> float | None:
    """The weighted median."""
    half, seen = sum(count for _hours, count in told) / 2, 0
    for hours, count in told:
        seen += count
        if seen >= half:
            return hours
    return None
