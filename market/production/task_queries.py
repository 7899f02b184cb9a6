"""What waits for a shop or a factory in its deals, and by when, as far as its session may see."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from market.production.models import (
    UNPAID,
    Choice,
    Deal,
    DealShare,
    DealState,
    Inspection,
    PaymentAsk,
    Purpose,
    Sample,
    SampleState,
    Shipment,
    Voice,
)
from market.quotes.holding import ACCEPTANCE_DAYS

DECIDE_WITHIN = timedelta(days=5)
ACCEPT_WITHIN = timedelta(days=ACCEPTANCE_DAYS)
_BY_BOTH = (DealState.PRODUCING, DealState.INSPECTING, DealState.BALANCE_DUE)
_BY_FACTORY = (DealState.SAMPLING, DealState.MATERIALS, *_BY_BOTH)
Shares = dict[UUID, tuple[DealShare, Deal]]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One thing to do about one deal.

    what: make_sample | buy_materials | report_stage | inspect | ship | confirm_delivery | decide_sample |
    pay_sample_fee | pay_deposit | pay_balance | decide_inspection | accept | answer_cancelling. share_id: None where it
    concerns the whole run. by: until when; None where only the due day of the run counts.
    """

    deal_id: UUID
    share_id: UUID | None
    code: str
    title: str
    what: str
    by: datetime | None


def tasks_of_factory(session: Session, factory_id: UUID) -> tuple[TaskRow, ...]:
    """What a factory has to do in its deals, the most urgent first."""
    statement = select(Deal).where(Deal.factory_id == factory_id, Deal.state.in_(_BY_FACTORY))
    deals = {row.id: row for row in session.scalars(statement)}
    return _in_order(_of_factory(session, deals))


def tasks_of_shop(session: Session, organisation_id: UUID) -> tuple[TaskRow, ...]:
    """What a shop has to do in the deals that it has a share in, the most urgent first."""
    found = session.execute(
        select(DealShare, Deal)
        .join(Deal, Deal.id == DealShare.deal_id)
        .where(DealShare.organisation_id == organisation_id, DealShare.left_at.is_(None))
        .order_by(DealShare.id)
    )
    shares = {share.id: (share, deal) for share, deal in found}
    said = select(Voice.subject_id).where(Voice.organisation_id == organisation_id)
    return _in_order(
        (
            *_decisions(session, shares, set(session.scalars(said))),
            *_payments(session, shares),
            *_parcels(session, shares),
        )
    )


def _of_factory(session: Session, deals: dict[UUID, Deal]) -> Iterator[TaskRow]:
    samples = _by_deal(session, select(Sample).where(Sample.state == SampleState.ASKED), deals)
    waiting = _by_deal(session, select(Inspection).where(Inspection.decision.is_(None)), deals)
    owed = select(PaymentAsk).where(PaymentAsk.purpose == Purpose.BALANCE, PaymentAsk.state.in_(UNPAID))
    unpaid = _by_deal(session, owed, deals)
    asked = _by_deal(session, select(Voice).where(Voice.choice == Choice.CANCEL), deals)
    simple = {DealState.MATERIALS: "buy_materials", DealState.PRODUCING: "report_stage"}
    for deal in deals.values():
        if deal.state is DealState.SAMPLING and deal.id in samples:
            yield _task(deal, "make_sample", samples[deal.id].due_at)
        elif deal.state in simple:
            yield _task(deal, simple[deal.state])
        elif deal.state is DealState.INSPECTING and deal.id not in waiting:
            yield _task(deal, "inspect")
        elif deal.state is DealState.BALANCE_DUE and deal.id not in unpaid:
            yield _task(deal, "ship")
        if deal.id in asked and not deal.factory_cancels and deal.state in _BY_BOTH:
            yield _task(deal, "answer_cancelling")


def _decisions(session: Session, shares: Shares, said: set[UUID]) -> Iterator[TaskRow]:
    """Each deal once, though a shop may have more than one order in it."""
    deals = {deal.id: deal for _share, deal in shares.values()}
    samples = _by_deal(session, select(Sample).where(Sample.state == SampleState.MADE), deals)
    waiting = _by_deal(session, select(Inspection).where(Inspection.decision.is_(None)), deals)
    for deal in deals.values():
        sample, inspection = samples.get(deal.id), waiting.get(deal.id)
        if deal.state is DealState.SAMPLING and sample is not None and sample.id not in said:
            yield _task(deal, "decide_sample", sample.made_at + DECIDE_WITHIN)
        if deal.state is DealState.INSPECTING and inspection is not None and inspection.id not in said:
            yield _task(deal, "decide_inspection", inspection.reported_at + DECIDE_WITHIN)
        if deal.factory_cancels and deal.state in _BY_BOTH and deal.id not in said:
            yield _task(deal, "answer_cancelling")


def _payments(session: Session, shares: Shares) -> Iterator[TaskRow]:
    statement = select(PaymentAsk).where(PaymentAsk.share_id.in_(shares), PaymentAsk.state.in_(UNPAID))
    for ask in session.scalars(statement.where(PaymentAsk.authorised_at.is_(None)).order_by(PaymentAsk.id)):
        yield _task_of_share(*shares[ask.share_id], f"pay_{ask.purpose.value}", ask.cure_until or ask.due_at)


def _parcels(session: Session, shares: Shares) -> Iterator[TaskRow]:
    statement = select(Shipment).where(Shipment.share_id.in_(shares)).order_by(Shipment.id)
    for parcel in session.scalars(statement):
        share, deal = shares[parcel.share_id]
        if deal.state not in (DealState.SHIPPED, DealState.DELIVERED) or share.accepted_at is not None:
            continue
        if parcel.delivered_at is None:
            yield _task_of_share(share, deal, "confirm_delivery", None)
        else:
            yield _task_of_share(share, deal, "accept", parcel.delivered_at + ACCEPT_WITHIN)


def _by_deal(session: Session, statement: Select[Any], deals: Collection[UUID]) -> dict[UUID, Any]:
    """The rows that a statement finds in these deals, one a deal."""
    kind = statement.column_descriptions[0]["entity"]
    rows = session.scalars(statement.where(kind.deal_id.in_(deals)).order_by(kind.id))
    return {row.deal_id: row for row in rows}


def _task(deal: Deal, what: str, by: datetime | None = None) -> TaskRow:
    return TaskRow(deal.id, None, deal.code, deal.title, what, by)


def _task_of_share(share: DealShare, deal: Deal, what: str, by: datetime | None) -> TaskRow:
    return TaskRow(deal.id, share.id, share.code, share.title, what, by)


def _in_order(tasks: Iterator[TaskRow] | tuple[TaskRow, ...]) -> tuple[TaskRow, ...]:
    """Those with a deadline first, by it."""
    return tuple(sorted(tasks, key=lambda task: (task.by is None, task.by.timestamp() if task.by else 0, task.deal_id)))
