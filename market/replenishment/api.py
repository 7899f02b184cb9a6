"""A shop's items and suggestions as JSON: what the seller's pages show."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from market.kit.api import MoneyValue, PageQuery, Record, api_blueprint, money_or_none, money_value, needs
from market.kit.edge import read_id, work
from market.kit.money import Money
from market.replenishment import queries
from market.replenishment.queries import ItemRow, RestockLine, SuggestionRow, Verdict

bp = api_blueprint("restock", "Restock")


class PartOutput(Record):
    """Pieces that one cause adds to an order, or takes from it; the parts sum to the quantity."""

    kind: str
    pieces: int


class WeekOutput(Record):
    """What is expected of one coming week: the mean, and the edges of a band that holds 80 %."""

    first_day: date
    mean: float
    low: float
    high: float


class SuggestionOutput(Record):
    """One version of what to do about an item. days_of_cover: null beyond two years.

    backtest_error, baseline_error: shares of what came, in `tried` backtests; the second by repeating last year.
    """

    id: UUID
    state: str
    as_of: date
    quantity: int
    order_by: date | None
    stockout_on_p10: date | None
    stockout_on_p50: date | None
    stockout_on_p90: date | None
    days_of_cover: float | None
    reorder_point: int
    order_up_to: int
    on_hand: int | None
    on_order: int
    parts: list[PartOutput]
    weeks: list[WeekOutput]
    model: str
    backtest_error: float | None
    baseline_error: float | None
    tried: int
    sales_at_risk: MoneyValue
    order_id: UUID | None
    made_at: datetime


class ItemOutput(Record):
    """An item, its terms and stock, and its current suggestion. verdict: what to do about it."""

    id: UUID
    sku: str
    name: str
    category: str | None
    verdict: str
    on_hand: int | None
    on_order: int
    stocked_on: date | None
    lead_time_days: int
    lead_time_sd_days: float
    review_days: int
    minimum: int
    pack_size: int
    unit_cost: MoneyValue | None
    unit_price: MoneyValue | None
    service: float | None
    retired_at: datetime | None
    suggestion: SuggestionOutput | None


class ItemPage(Record):
    items: list[ItemOutput]
    next_cursor: str | None


class ItemQuery(PageQuery):
    """verdict: only items to order, or without a stock figure. words: part of code or name. retired: those no longer
    sold instead."""

    verdict: Verdict | None = None
    words: str = ""
    retired: bool = False


@bp.get("/restock/items")
@needs("restock:read", "seller")
@bp.input(ItemQuery, location="query", arg_name="query")
@bp.output(ItemPage)
@bp.doc(summary="List items and what to order", security="key")
def list_items(query: ItemQuery) -> dict[str, Any]:
    """The items with the most sales at risk come first."""
    page = queries.restock_page(
        work().session,
        work().organisation_id,
        only=query.verdict,
        words=query.words,
        retired=query.retired,
        cursor=query.cursor,
        size=query.limit,
    )
    return {"items": [as_json(line) for line in page.rows], "next_cursor": page.next_cursor}


@bp.get("/restock/items/<item_id>")
@needs("restock:read", "seller")
@bp.output(ItemOutput)
@bp.doc(summary="Read an item and what to order", security="key")
def read_item(item_id: str) -> dict[str, Any]:
    return as_json(queries.restock_line(work().session, work().organisation_id, read_id(item_id)))


def as_json(line: RestockLine) -> dict[str, Any]:
    """An item in the fields of ItemOutput."""
    item = line.item
    named = {name: getattr(item, name) for name in ItemOutput.model_fields if hasattr(item, name)}
    output = ItemOutput(
        **named,
        verdict=line.verdict.value,
        unit_cost=money_or_none(_money(item, item.unit_cost_minor)),
        unit_price=money_or_none(_money(item, item.unit_price_minor)),
        suggestion=None if line.suggestion is None else _suggestion(line.suggestion),
    )
    return output.model_dump(mode="json")


def _suggestion(told: SuggestionRow) -> SuggestionOutput:
    own = {"parts", "weeks", "state", "sales_at_risk"}
    named = {name: getattr(told, name) for name in SuggestionOutput.model_fields if name not in own}
    return SuggestionOutput(
        **named,
        state=told.state.value,
        parts=[PartOutput(kind=part.kind.value, pieces=part.pieces) for part in told.parts],
        weeks=[
            WeekOutput(first_day=week.first_day, mean=week.mean, low=week.low, high=week.high) for week in told.weeks
        ],
        sales_at_risk=money_value(told.risk),
    )


def _money(item: ItemRow, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor, item.currency)
