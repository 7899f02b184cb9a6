"""What disputes do when something happened: the handlers that the worker calls, in the system's scope."""

from typing import Any
from uuid import UUID

from market.disputes.events import DisputeEscalated, DisputeOpened, DisputeSettled, DisputeTold
from market.disputes.models import Dispute, DisputeState, Side
from market.disputes.opening import open_for_rejected_run
from market.disputes.rows import ALIVE, lock_dispute
from market.disputes.settling import as_far_as_paid, let_deal_go, move_money
from market.identity.service import MARKET_ID
from market.kit import live, notices
from market.kit.money import Money
from market.kit.work import Work
from market.production import queries as production
from market.production.events import DealRejected
from market.rooms import alarm_queries
from market.rooms import service as rooms
from market.rooms.flows import room_of_order
from market.settlement.gateway_flows import send_back, settle_if_over
from market.settlement.releasing import freeze_at_most

ALARM = "disputed"


def dispute_rejected_run(work: Work, event: DealRejected) -> None:
    """A run was rejected at its inspection: every share that paid something is disputed."""
    for share in production.shares_of_deal(work.session, event.deal_id):
        open_for_rejected_run(work, event.deal_id, share.id)


def freeze_disputed(work: Work, event: DisputeOpened) -> None:
    """Keep the disputed part back, as far as it was not paid out, and tell everybody."""
    row = lock_dispute(work, event.dispute_id)
    if row.frozen_minor is None:
        amount = Money(row.amount_minor, row.currency)
        row.frozen_minor = freeze_at_most(work, row.share_id, f"dispute {row.id}", amount, "disputed").minor
        work.session.flush()
    told = {"by": row.opened_by.value, "reason": row.reason.value, **_amount(row), "frozen_minor": row.frozen_minor}
    note(work, row, "opened", told)
    tell(work, row, "dispute_opened", told, but=row.opened_by)


def pass_on(work: Work, event: DisputeTold) -> None:
    """The room and the other side hear what a side did."""
    row = lock_dispute(work, event.dispute_id)
    told = {"by": event.by, **event.details}
    note(work, row, event.what, told)
    tell(work, row, f"dispute_{event.what}", told, but=Side(event.by))


def call_market(work: Work, event: DisputeEscalated) -> None:
    """Operators come into the room and have until the day that stands in the dispute."""
    row = lock_dispute(work, event.dispute_id)
    if row.state is not DisputeState.ESCALATED or row.decide_by is None:
        return
    told: dict[str, Any] = {"dispute_id": str(row.id), "reason": row.reason.value, **_amount(row)}
    told["decide_by"] = row.decide_by.isoformat()
    rooms.raise_room(work, _room(work, row), ALARM, told)
    show(work, row)


def settle_dispute(work: Work, event: DisputeSettled) -> None:
    """Do what the end of a dispute says, once, and let a deal go that stood still for it."""
    row = lock_dispute(work, event.dispute_id)
    if row.state not in ALIVE:
        if row.money_moved_at is None:
            row.refund_minor = as_far_as_paid(work, row, row.refund_minor or 0)
            send_back(work, move_money(work, row, row.refund_minor))
        let_deal_go(work, row)
        settle_if_over(work, row.deal_id)
    _end_alarm(work, row)
    told: dict[str, Any] = {
        "state": row.state.value,
        "outcome": row.outcome.value if row.outcome else "",
        "why": row.why,
    }
    told |= {"minor": row.refund_minor or 0, "currency": row.currency}
    if row.remake_by is not None:
        told["by_day"] = row.remake_by.isoformat()
    note(work, row, "ended" if row.ended_at else "remaking", told)
    tell(work, row, "dispute_ended" if row.ended_at else "dispute_remaking", told)


def note(work: Work, row: Dispute, what: str, told: dict[str, Any]) -> None:
    """Write into the room of the share what happened, and let open pages look again."""
    rooms.note_event(work, _room(work, row), f"dispute_{what}", {"dispute_id": str(row.id), **told})
    show(work, row)


def tell(work: Work, row: Dispute, kind: str, told: dict[str, Any], *, but: Side | None = None) -> None:
    """Put a notice into the bells of both sides, or of the other than `but`."""
    title = production.share(work.session, row.share_id).title
    sides = {Side.SHOP: (row.organisation_id, title), Side.FACTORY: (row.factory_id, "")}
    for side, (organisation_id, name) in sides.items():
        if side is not but:
            told_here = {"code": row.code, "title": name, **told}
            notices.notify(work, organisation_id, kind, told_here, link=f"/disputes/{row.id}")


def show(work: Work, row: Dispute) -> None:
    """Open pages about the deal look again."""
    for organisation_id in (row.organisation_id, row.factory_id, MARKET_ID):
        live.announce(work.session, organisation_id, "deal", row.deal_id)


def _amount(row: Dispute) -> dict[str, Any]:
    return {"minor": row.amount_minor, "currency": row.currency}


def _room(work: Work, row: Dispute) -> UUID:
    share = production.share(work.session, row.share_id)
    return room_of_order(work, row.organisation_id, share.order_id).id


def _end_alarm(work: Work, row: Dispute) -> None:
    room_id = _room(work, row)
    for alarm in alarm_queries.alarms_of(work.session, room_id):
        if alarm.why == ALARM and alarm.ended_at is None:
            rooms.end_alarm(work, room_id, alarm.id, row.why or row.state.value)
