"""Factories as JSON: the public list, and a factory's own availability."""

from datetime import date
from typing import Any
from uuid import UUID

from market.factories import queries, service
from market.factories.queries import FactoryFilters, FactoryProfile
from market.kit.api import Answer, EmptyInput, MoneyValue, PageQuery, Record, api_blueprint, money_or_none, needs, once
from market.kit.edge import read_id, work
from market.kit.errors import NotFound
from market.kit.paging import decode_cursor

bp = api_blueprint("factories", "Factories")


class FactoryOutput(Record):
    """What a factory declares of itself. Lists hold ids of the vertical packs; null is unknown."""

    id: UUID
    name: str
    synthetic: bool
    state: str
    description: str
    region: str | None
    vertical: str
    categories: list[str]
    processes: list[str]
    materials: list[str]
    certifications: list[str]
    attributes: dict[str, list[str]]
    minimum_quantity: int | None
    capacity_per_week: int | None
    lead_time_days: int | None
    sample_days: int | None
    unit_price_low: MoneyValue | None
    unit_price_high: MoneyValue | None
    joined_on: date


class FactoryPage(Record):
    factories: list[FactoryOutput]
    next_cursor: str | None


class FactoryQuery(PageQuery):
    """words: part of name or description. The others are ids of the packs."""

    words: str = ""
    vertical: str | None = None
    category: str | None = None
    process: str | None = None
    material: str | None = None
    region: str | None = None


class FullInput(Record):
    """until: the first day on which leads come again; absent means next Monday."""

    until: date | None = None


class AvailabilityOutput(Record):
    state: str
    full_until: date | None


@bp.get("/factories")
@needs("factories:read")
@bp.input(FactoryQuery, location="query", arg_name="query")
@bp.output(FactoryPage)
@bp.doc(summary="List factories", security="key")
def list_factories(query: FactoryQuery) -> dict[str, Any]:
    filters = FactoryFilters(
        text=query.words,
        vertical=query.vertical,
        category=query.category,
        process=query.process,
        material=query.material,
        region=query.region,
    )
    page = queries.factories_page(work().session, filters, after=decode_cursor(query.cursor), size=query.limit)
    return {"factories": [as_json(row) for row in page.rows], "next_cursor": page.next_cursor}


@bp.get("/factories/<factory_id>")
@needs("factories:read")
@bp.output(FactoryOutput)
@bp.doc(summary="Read a factory", security="key")
def read_factory(factory_id: str) -> dict[str, Any]:
    found = queries.profile(work().session, read_id(factory_id))
    if found is None:
        raise NotFound
    return as_json(found)


@bp.post("/factory/full")
@needs("leads:write", "factory")
@bp.input(FullInput, arg_name="full")
@bp.output(AvailabilityOutput)
@bp.doc(summary="Say that your factory is full", security="key")
@once
def say_full(full: FullInput) -> Answer:
    """No new leads come until that day."""
    return availability(service.say_full(work(), full.until)), 200


@bp.post("/factory/open")
@needs("leads:write", "factory")
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(AvailabilityOutput)
@bp.doc(summary="Say that your factory takes leads", security="key")
@once
def say_open(nothing: EmptyInput) -> Answer:  # noqa: ARG001 (an empty object is the body)
    return availability(service.say_open(work())), 200


def availability(row: FactoryProfile) -> dict[str, Any]:
    return AvailabilityOutput(state=row.state.value, full_until=row.full_until).model_dump(mode="json")


def as_json(row: FactoryProfile) -> dict[str, Any]:
    """A factory in the fields of FactoryOutput."""
    output = FactoryOutput(
        id=row.id,
        name=row.name,
        synthetic=row.synthetic,
        state=row.state.value,
        description=row.description,
        region=row.region,
        vertical=row.vertical,
        categories=list(row.categories),
        processes=list(row.processes),
        materials=list(row.materials),
        certifications=list(row.certifications),
        attributes={name: list(values) for name, values in row.attributes.items()},
        minimum_quantity=row.minimum_quantity,
        capacity_per_week=row.capacity_per_week,
        lead_time_days=row.lead_time_days,
        sample_days=row.sample_days,
        unit_price_low=money_or_none(row.unit_price_low),
        unit_price_high=money_or_none(row.unit_price_high),
        joined_on=row.joined_on,
    )
    return output.model_dump(mode="json")
