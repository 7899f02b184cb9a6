"""Quotes as JSON: a factory submits, a seller compares and awards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from market.kit.api import Answer, MoneyValue, Record, api_blueprint, money_or_none, money_value, needs, once
from market.kit.edge import read_id, work
from market.kit.errors import NotFound
from market.leads.queries import offering_of_order
from market.quotes import queries, service
from market.quotes.ladder import QuoteDraft
from market.quotes.queries import AwardRow, QuoteRow

bp = api_blueprint("quotes", "Quotes")


class StepValue(Record):
    """From this many pieces on, this price for one piece."""

    from_quantity: int = Field(strict=True)
    unit_price: MoneyValue


class QuoteInput(Record):
    """A price ladder and its conditions. The first step stands at the minimum quantity; prices never rise."""

    steps: list[StepValue]
    lead_time_days: int = Field(strict=True)
    minimum_quantity: int = Field(strict=True)
    valid_days: int = Field(14, strict=True)
    sample_fee: MoneyValue | None = None
    sample_days: int | None = Field(None, strict=True)
    note: str = ""

    def draft(self) -> QuoteDraft:
        return QuoteDraft(
            steps=tuple((step.from_quantity, step.unit_price.money()) for step in self.steps),
            lead_time_days=self.lead_time_days,
            minimum_quantity=self.minimum_quantity,
            valid_days=self.valid_days,
            sample_fee=self.sample_fee.money() if self.sample_fee else None,
            sample_days=self.sample_days,
            note=self.note,
        )


class QuoteOutput(Record):
    id: UUID
    lead_id: UUID
    factory_id: UUID
    version: int
    state: str
    steps: list[StepValue]
    lead_time_days: int
    minimum_quantity: int
    sample_fee: MoneyValue | None
    sample_days: int | None
    note: str
    valid_until: datetime
    submitted_at: datetime


class QuoteList(Record):
    quotes: list[QuoteOutput]


class AwardInput(Record):
    """terms_version: the order's version that you read last, so that changed terms are not awarded unseen."""

    quote_id: UUID
    terms_version: int = Field(strict=True)


class AwardOutput(Record):
    id: UUID
    order_id: UUID
    quote_id: UUID
    factory_id: UUID
    quantity: int
    unit_price: MoneyValue
    total: MoneyValue
    lead_time_days: int
    awarded_at: datetime


@bp.post("/leads/<lead_id>/quotes")
@needs("quotes:write", "factory")
@bp.input(QuoteInput, arg_name="quote")
@bp.output(QuoteOutput, status_code=201)
@bp.doc(summary="Quote on a lead of your factory", security="key")
@once
def submit_quote(lead_id: str, quote: QuoteInput) -> Answer:
    """Accepts the lead first where a place is left. A new quote takes the place of the open one."""
    return as_json(service.submit_quote(work(), read_id(lead_id), quote.draft())), 201


@bp.get("/orders/<order_id>/quotes")
@needs("quotes:read", "seller")
@bp.output(QuoteList)
@bp.doc(summary="List the open quotes on an order", security="key")
def quotes_of_order(order_id: str) -> dict[str, Any]:
    offering = offering_of_order(work().session, work().organisation_id, read_id(order_id))
    rows = queries.quotes_of_offering(work().session, offering.id) if offering else []
    return {"quotes": [as_json(row) for row in rows]}


@bp.post("/orders/<order_id>/award")
@needs("quotes:write", "seller")
@bp.input(AwardInput, arg_name="award")
@bp.output(AwardOutput, status_code=201)
@bp.doc(summary="Award an order that stands alone", security="key")
@once
def award_order(order_id: str, award: AwardInput) -> Answer:
    row = service.award_quote(work(), read_id(order_id), award.quote_id, award.terms_version)
    return award_json(row), 201


@bp.get("/orders/<order_id>/award")
@needs("quotes:read", "seller")
@bp.output(AwardOutput)
@bp.doc(summary="Read the award of an order", security="key")
def read_award(order_id: str) -> dict[str, Any]:
    row = queries.award_of_order(work().session, work().organisation_id, read_id(order_id))
    if row is None:
        raise NotFound
    return award_json(row)


def award_json(row: AwardRow) -> dict[str, Any]:
    return AwardOutput(
        id=row.id,
        order_id=row.order_id,
        quote_id=row.quote_id,
        factory_id=row.factory_id,
        quantity=row.quantity,
        unit_price=money_value(row.unit_price),
        total=money_value(row.total),
        lead_time_days=row.lead_time_days,
        awarded_at=row.awarded_at,
    ).model_dump(mode="json")


def as_json(row: QuoteRow) -> dict[str, Any]:
    """A quote in the fields of QuoteOutput."""
    output = QuoteOutput(
        id=row.id,
        lead_id=row.lead_id,
        factory_id=row.factory_id,
        version=row.version,
        state=row.state.value,
        steps=[
            StepValue(from_quantity=step.from_quantity, unit_price=money_value(step.unit_price)) for step in row.steps
        ],
        lead_time_days=row.lead_time_days,
        minimum_quantity=row.minimum_quantity,
        sample_fee=money_or_none(row.sample_fee),
        sample_days=row.sample_days,
        note=row.note,
        valid_until=row.valid_until,
        submitted_at=row.submitted_at,
    )
    return output.model_dump(mode="json")
