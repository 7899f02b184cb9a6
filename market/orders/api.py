"""Orders as JSON: the verbs of the seller's pages."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from market.kit.api import Answer, MoneyValue, PageQuery, Record, api_blueprint, money_or_none, needs, once
from market.kit.edge import part, read_id, work
from market.orders import queries, service
from market.orders.drafts import DEFAULT_INSPECTION, MaterialShare, OrderDraft
from market.orders.models import OrderState
from market.orders.queries import OrderRow
from matching.verticals.pack import Vocabulary

bp = api_blueprint("orders", "Orders")


class MaterialValue(Record):
    """A material of the packs; share in per cent."""

    id: str
    share: int | None = Field(None, ge=1, le=100)


class OrderInput(Record):
    """What a seller wants made. Ids are those of the vertical packs."""

    title: str
    quantity: int = Field(strict=True)
    unit: str = "piece"
    reference: str | None = None
    description: str = ""
    vertical: str | None = None
    category: str | None = None
    processes: list[str] = Field(default_factory=list)
    materials: list[MaterialValue] = Field(default_factory=list)
    certifications: list[str] = Field(default_factory=list)
    attributes: dict[str, str] = Field(default_factory=dict)
    colours: list[str] = Field(default_factory=list)
    target_unit_price: MoneyValue | None = None
    due_on: date | None = None
    grace_days: int = 0
    region: str | None = None
    inspection: str = DEFAULT_INSPECTION
    wants_pool: bool = True

    def draft(self) -> OrderDraft:
        price = self.target_unit_price
        return OrderDraft(
            title=self.title,
            quantity=self.quantity,
            unit=self.unit,
            source="api",
            reference=self.reference,
            description=self.description,
            vertical=self.vertical,
            category=self.category,
            processes=tuple(self.processes),
            materials=tuple(MaterialShare(material.id, material.share) for material in self.materials),
            certifications=tuple(self.certifications),
            attributes=tuple(sorted(self.attributes.items())),
            colours=tuple(self.colours),
            target_price_minor=price.minor if price else None,
            currency=price.currency if price else "CNY",
            due_on=self.due_on,
            grace_days=self.grace_days,
            region=self.region,
            inspection=self.inspection,
            wants_pool=self.wants_pool,
        )


class OrderOutput(Record):
    """An order as its seller reads it."""

    id: UUID
    number: str
    state: str
    version: int
    source: str
    reference: str | None
    title: str
    description: str
    vertical: str | None
    category: str | None
    processes: list[str]
    materials: list[MaterialValue]
    certifications: list[str]
    attributes: dict[str, str]
    colours: list[str]
    quantity: int
    unit: str
    target_unit_price: MoneyValue | None
    due_on: date | None
    grace_days: int
    region: str | None
    inspection: str
    wants_pool: bool
    created_at: datetime
    posted_at: datetime | None


class OrderPage(Record):
    orders: list[OrderOutput]
    next_cursor: str | None


class OrderQuery(PageQuery):
    """state: only orders in this state. words: part of title, number or reference."""

    state: OrderState | None = None
    words: str = ""


class TermsInput(Record):
    """New terms; what is absent stays. version: that of the order you read last."""

    version: int = Field(strict=True)
    quantity: int | None = Field(None, strict=True)
    due_on: date | None = None
    grace_days: int | None = None
    target_unit_price: MoneyValue | None = None


class WhyInput(Record):
    why: str


@bp.post("/orders")
@needs("orders:write", "seller")
@bp.input(OrderInput, arg_name="order")
@bp.output(OrderOutput, status_code=201)
@bp.doc(summary="Post an order", security="key")
@once
def post_order(order: OrderInput) -> Answer:
    """Puts an order on the market. Pooling and matching start within seconds."""
    return as_json(service.post_order(work(), order.draft(), vocabulary=part(Vocabulary))), 201


@bp.get("/orders")
@needs("orders:read", "seller")
@bp.input(OrderQuery, location="query", arg_name="query")
@bp.output(OrderPage)
@bp.doc(summary="List orders", security="key")
def list_orders(query: OrderQuery) -> dict[str, Any]:
    states = [query.state] if query.state else []
    page = queries.orders_page(
        work().session, work().organisation_id, states, query.cursor, query.limit, words=query.words
    )
    return {"orders": [as_json(row) for row in page.rows], "next_cursor": page.next_cursor}


@bp.get("/orders/<order_id>")
@needs("orders:read", "seller")
@bp.output(OrderOutput)
@bp.doc(summary="Read an order", security="key")
def read_order(order_id: str) -> dict[str, Any]:
    return as_json(queries.order_row(work().session, work().organisation_id, read_id(order_id)))


@bp.post("/orders/<order_id>/terms")
@needs("orders:write", "seller")
@bp.input(TermsInput, arg_name="terms")
@bp.output(OrderOutput)
@bp.doc(summary="Change the terms of an open order", security="key")
@once
def change_terms(order_id: str, terms: TermsInput) -> Answer:
    """Open quotes become void and the factories are asked again."""
    price = terms.target_unit_price
    change = service.TermsChange(
        version=terms.version,
        quantity=terms.quantity,
        due_on=terms.due_on,
        grace_days=terms.grace_days,
        target_price_minor=price.minor if price else None,
    )
    return as_json(service.change_terms(work(), read_id(order_id), change, vocabulary=part(Vocabulary))), 200


@bp.post("/orders/<order_id>/withdraw")
@needs("orders:write", "seller")
@bp.input(WhyInput, arg_name="reason")
@bp.output(OrderOutput)
@bp.doc(summary="Withdraw an order", security="key")
@once
def withdraw_order(order_id: str, reason: WhyInput) -> Answer:
    return as_json(service.withdraw_order(work(), read_id(order_id), reason.why)), 200


def as_json(row: OrderRow) -> dict[str, Any]:
    """An order in the fields of OrderOutput."""
    output = OrderOutput(
        id=row.id,
        number=row.code,
        state=row.state.value,
        version=row.version,
        source=row.source,
        reference=row.reference,
        title=row.title,
        description=row.description,
        vertical=row.vertical,
        category=row.category,
        processes=list(row.processes),
        materials=[MaterialValue(id=material.id, share=material.share) for material in row.materials],
        certifications=list(row.certifications),
        attributes=dict(row.attributes),
        colours=list(row.colours),
        quantity=row.quantity,
        unit=row.unit,
        target_unit_price=money_or_none(row.target_price),
        due_on=row.due_on,
        grace_days=row.grace_days,
        region=row.region,
        inspection=row.inspection,
        wants_pool=row.wants_pool,
        created_at=row.created_at,
        posted_at=row.posted_at,
    )
    return output.model_dump(mode="json")
