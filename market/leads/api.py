"""Leads as JSON: a factory's inbox and its answers, and the factories that a seller's order was offered to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from market.kit.api import Answer, EmptyInput, MoneyValue, PageQuery, Record, api_blueprint, needs, once
from market.kit.edge import read_id, work
from market.leads import queries, service
from market.leads.models import DeclineReason
from market.leads.queries import LeadRow, OfferingRow

bp = api_blueprint("leads", "Leads")


class RequirementOutput(Record):
    """One requirement held against the factory: meets | near | misses | unknown."""

    name: str
    wanted: str
    offered: str | None
    verdict: str
    difference: float | None = None


class SignalOutput(Record):
    """A part of the score; contributions sum to it."""

    name: str
    value: float
    contribution: float


class ChangeOutput(Record):
    """One change within the factory's power; before and after are numbers, or ids joined by ";"."""

    change: str
    before: str
    after: str
    deal_probability: float | None


class RepeatOutput(Record):
    """What a request repeats: accepting it awards it at once, on the terms of the quote that was given before."""

    code: str
    unit_price: MoneyValue


class LeadOutput(Record):
    """A lead. deal_probability and its range from low to high are null until they are calibrated; evidence counts the
    outcomes behind them. would_win: what the factory could change, and the probability that it would lead to.
    repeats: null unless it is asked of the factory alone, because it made the same before."""

    id: UUID
    state: str
    factory_id: UUID
    title: str
    quantity: int
    due_on: date | None
    buyers: int
    places_left: int
    rank: int
    score: float
    deal_probability: float | None
    low: float | None
    high: float | None
    evidence: int
    would_win: list[ChangeOutput]
    requirements: list[RequirementOutput]
    signals: list[SignalOutput]
    repeats: RepeatOutput | None
    offered_at: datetime
    expires_at: datetime


class LeadPage(Record):
    leads: list[LeadOutput]
    next_cursor: str | None


class LeadList(Record):
    leads: list[LeadOutput]


class InboxQuery(PageQuery):
    """part: waiting | held | ended | all."""

    part: str = "waiting"


class DeclineInput(Record):
    reason: DeclineReason
    note: str = ""


class CounterInput(Record):
    """A later date, another minimum, or both."""

    due_on: date | None = None
    minimum_quantity: int | None = None
    note: str = ""


class AnswerInput(Record):
    """Whether the seller agrees to a counter-offer on this order."""

    order_id: UUID
    accept: bool


class StandingOutput(Record):
    id: UUID
    state: str
    expires_at: datetime


@bp.get("/leads")
@needs("leads:read", "factory")
@bp.input(InboxQuery, location="query", arg_name="query")
@bp.output(LeadPage)
@bp.doc(summary="List the leads of your factory", security="key")
def list_leads(query: InboxQuery) -> dict[str, Any]:
    page = queries.inbox(work().session, work().organisation_id, part=query.part, cursor=query.cursor, size=query.limit)
    return {"leads": [as_json(card.lead, card.offering) for card in page.rows], "next_cursor": page.next_cursor}


@bp.get("/leads/<lead_id>")
@needs("leads:read", "factory")
@bp.output(LeadOutput)
@bp.doc(summary="Read a lead of your factory", security="key")
def read_lead(lead_id: str) -> dict[str, Any]:
    detail = queries.lead_detail(work().session, work().organisation_id, read_id(lead_id))
    return as_json(detail.lead, detail.offering)


@bp.get("/orders/<order_id>/leads")
@needs("leads:read", "seller")
@bp.output(LeadList)
@bp.doc(summary="List the factories that an order was offered to, best fit first", security="key")
def leads_of_order(order_id: str) -> dict[str, Any]:
    found = read_id(order_id)
    offering = queries.offering_of_order(work().session, work().organisation_id, found)
    if offering is None:
        return {"leads": []}
    rows = queries.leads_of_order(work().session, work().organisation_id, found)
    return {"leads": [as_json(row.lead, offering) for row in rows]}


@bp.post("/leads/<lead_id>/accept")
@needs("leads:write", "factory")
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(StandingOutput)
@bp.doc(summary="Accept a lead", security="key")
@once
def accept_lead(lead_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (an empty object is the body)
    """Takes one of the places; 409 when other factories were faster."""
    return standing(service.accept_lead(work(), read_id(lead_id))), 200


@bp.post("/leads/<lead_id>/decline")
@needs("leads:write", "factory")
@bp.input(DeclineInput, arg_name="decline")
@bp.output(StandingOutput)
@bp.doc(summary="Decline a lead with a reason", security="key")
@once
def decline_lead(lead_id: str, decline: DeclineInput) -> Answer:
    return standing(service.decline_lead(work(), read_id(lead_id), decline.reason.value, decline.note)), 200


@bp.post("/leads/<lead_id>/counter")
@needs("leads:write", "factory")
@bp.input(CounterInput, arg_name="counter")
@bp.output(StandingOutput)
@bp.doc(summary="Propose a later date or another minimum", security="key")
@once
def counter_lead(lead_id: str, counter: CounterInput) -> Answer:
    row = service.counter_lead(work(), read_id(lead_id), counter.due_on, counter.minimum_quantity, counter.note)
    return standing(row), 200


@bp.post("/leads/<lead_id>/answer")
@needs("orders:write", "seller")
@bp.input(AnswerInput, arg_name="answer")
@bp.output(StandingOutput)
@bp.doc(summary="Answer a counter-offer as the seller", security="key")
@once
def answer_counter(lead_id: str, answer: AnswerInput) -> Answer:
    row = service.answer_counter(work(), read_id(lead_id), answer.accept, order_id=answer.order_id)
    return standing(row), 200


def standing(row: service.LeadStanding) -> dict[str, Any]:
    output = StandingOutput(id=row.lead_id, state=row.state.value, expires_at=row.expires_at)
    return output.model_dump(mode="json")


def change_output(row: dict[str, Any]) -> ChangeOutput:
    chance = row["deal_probability"]
    return ChangeOutput(change=row["change"], before=row["from_value"], after=row["to_value"], deal_probability=chance)


def as_json(lead: LeadRow, offering: OfferingRow) -> dict[str, Any]:
    """A lead in the fields of LeadOutput."""
    output = LeadOutput(
        id=lead.id,
        state=lead.state.value,
        factory_id=lead.factory_id,
        title=offering.title,
        quantity=offering.quantity,
        due_on=offering.due_on,
        buyers=offering.buyer_count,
        places_left=offering.places_left,
        rank=lead.rank,
        score=lead.score,
        deal_probability=lead.deal_probability,
        low=lead.low,
        high=lead.high,
        evidence=lead.evidence,
        would_win=[change_output(row) for row in lead.would_win],
        requirements=[RequirementOutput(**row) for row in lead.requirements],
        signals=[SignalOutput(**row) for row in lead.signals],
        repeats=_repeat(lead),
        offered_at=lead.offered_at,
        expires_at=lead.expires_at,
    )
    return output.model_dump(mode="json")


def _repeat(lead: LeadRow) -> RepeatOutput | None:
    told = lead.repeats
    if told is None:
        return None
    return RepeatOutput(
        code=told["code"], unit_price=MoneyValue(minor=told["unit_price_minor"], currency=told["currency"])
    )
