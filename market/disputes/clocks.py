"""The deadlines of disputes, as sweeps over what is due. Each may run at any time, and again: it finds what is left."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select

from market.disputes.deciding import decide_by_clock
from market.disputes.flows import tell
from market.disputes.models import Dispute, DisputeState, Outcome
from market.disputes.rows import ALIVE, conclude, lock_dispute
from market.disputes.talking import escalate
from market.identity.service import MARKET_ID
from market.kit import history, notices
from market.kit.work import Work
from market.production.clocks import close_settled_deals

AT_ONCE: Final = 200
LOOK_AT_REMADE_FOR: Final = timedelta(days=10)


def remind_negotiating(work: Work) -> int:
    """Both sides had three days: they are told that either may call for a decision. Returns how many disputes."""
    count = 0
    over = (Dispute.state == DisputeState.OPEN, Dispute.negotiate_until <= work.now, Dispute.reminded_at.is_(None))
    for dispute_id in _due(work, *over):
        row = lock_dispute(work, dispute_id)
        if row.state is DisputeState.OPEN and row.reminded_at is None:
            row.reminded_at = work.now
            work.session.flush()
            tell(work, row, "dispute_reminder", {"until": row.escalates_at.isoformat()})
            count += 1
    return count


def escalate_due(work: Work) -> int:
    """Nothing agreed after seven days: the market decides. Returns how many disputes."""
    count = 0
    for dispute_id in _due(work, Dispute.state == DisputeState.OPEN, Dispute.escalates_at <= work.now):
        row = lock_dispute(work, dispute_id)
        if row.state is DisputeState.OPEN:
            escalate(work, row, "nothing was agreed")
            count += 1
    return count


def alarm_late_decisions(work: Work) -> int:
    """A decision that is not made in its two working days alarms the operators, once. Returns how many."""
    count = 0
    late = (Dispute.state == DisputeState.ESCALATED, Dispute.decide_by <= work.now, Dispute.late_told_at.is_(None))
    for dispute_id in _due(work, *late):
        row = lock_dispute(work, dispute_id)
        if row.state is DisputeState.ESCALATED and row.late_told_at is None and row.decide_by is not None:
            row.late_told_at = work.now
            work.session.flush()
            history.record(work, row, what="decision is late")
            told = {"code": row.code, "until": row.decide_by.isoformat()}
            notices.notify(work, MARKET_ID, "dispute_late", told, link=f"/operator/disputes/{row.id}")
            count += 1
    return count


def close_old_deals(work: Work) -> int:
    """Deals close 30 days after their payout, those that are still disputed once that is over. Returns how many."""
    disputed = work.session.scalars(select(Dispute.deal_id).where(Dispute.state.in_(ALIVE)).distinct()).all()
    return close_settled_deals(work, disputed)


def end_remakes(work: Work) -> int:
    """Remade goods that are not there the day after their day count against the factory; those that the shop looked at
    for ten days without a word count as accepted. Returns how many."""
    count = 0
    missing = (Dispute.remade_at.is_(None), Dispute.remake_by < work.today)
    for dispute_id in _due(work, Dispute.state == DisputeState.REMAKING, *missing):
        row = lock_dispute(work, dispute_id)
        if row.state is DisputeState.REMAKING and row.remade_at is None:
            decide_by_clock(work, row, "the goods were not made again in time")
            count += 1
    silent = Dispute.remade_at <= work.now - LOOK_AT_REMADE_FOR
    for dispute_id in _due(work, Dispute.state == DisputeState.REMAKING, silent):
        row = lock_dispute(work, dispute_id)
        if row.state is DisputeState.REMAKING and row.remade_at is not None:
            conclude(work, row, DisputeState.REMADE, Outcome.REMAKE, 0, why="the time to look at them is over")
            count += 1
    return count


def _due(work: Work, *conditions: ColumnElement[bool]) -> Sequence[UUID]:
    """What a sweep has to look at now, in a fixed order so that two sweeps never wait for each other."""
    return work.session.scalars(select(Dispute.id).where(*conditions).order_by(Dispute.id).limit(AT_ONCE)).all()
