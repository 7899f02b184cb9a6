"""Items, their sales and stock, imports of them, and suggestions. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class Item(TenantRow, Base):
    """What a shop sells again and again.

    sku: the shop's own code, unique in the shop. category: of the packs. on_hand and on_order: pieces at the end of
    `stocked_on`; None is not known. Days are calendar days. unit_cost_minor, unit_price_minor: a piece, in minor units
    of `currency`; the price is that of the last sale unless the shop names one. service: the share of review cycles
    that the item should not run out in; None: what its costs say. changed_at: when sales, stock or terms last
    changed; planned_at: that of the changes which the current suggestion knows. retired_at: no longer sold.
    """

    __tablename__ = "items"
    __table_args__ = (
        CheckConstraint("on_hand >= 0 AND on_order >= 0", name="stock_not_negative"),
        CheckConstraint("lead_time_days BETWEEN 0 AND 730", name="lead_time_possible"),
        CheckConstraint("lead_time_sd_days >= 0", name="lead_time_spread_possible"),
        CheckConstraint("review_days BETWEEN 1 AND 365", name="review_possible"),
        CheckConstraint("minimum >= 0 AND pack_size >= 1", name="order_size_possible"),
        CheckConstraint("unit_cost_minor > 0 AND unit_price_minor > 0", name="money_positive"),
        CheckConstraint("service > 0 AND service < 1", name="service_is_a_share"),
        UniqueConstraint("organisation_id", "sku"),
    )
    sku: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    category: Mapped[str | None]
    on_hand: Mapped[int | None]
    on_order: Mapped[int] = mapped_column(default=0)
    stocked_on: Mapped[date | None]
    lead_time_days: Mapped[int] = mapped_column(default=15)
    lead_time_sd_days: Mapped[float] = mapped_column(default=3.0)
    review_days: Mapped[int] = mapped_column(default=7)
    minimum: Mapped[int] = mapped_column(default=0)
    pack_size: Mapped[int] = mapped_column(default=1)
    unit_cost_minor: Mapped[int | None]
    unit_price_minor: Mapped[int | None]
    currency: Mapped[str] = mapped_column(default="CNY")
    service: Mapped[float | None] = mapped_column(default=0.95)
    suggestion_id: Mapped[UUID | None]
    changed_at: Mapped[datetime]
    planned_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DailySale(Base):
    """What one channel sold of one item on one day, returns already taken off (so it may be below zero).

    in_stock False: nothing could be bought, so that the day says nothing of demand.
    """

    __tablename__ = "daily_sales"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "item_id"], ["items.organisation_id", "items.id"]),
        Index("ix_daily_sales_days", "organisation_id", "day"),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    price_minor: Mapped[int | None]
    promoted: Mapped[bool] = mapped_column(default=False)
    in_stock: Mapped[bool] = mapped_column(default=True)


class SalesImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    TAKING = "taking"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


SALES_IMPORT_TRANSITIONS: Transitions = {
    SalesImportState.UPLOADED: frozenset(
        {SalesImportState.CHECKED, SalesImportState.FAILED, SalesImportState.DISCARDED}
    ),
    SalesImportState.CHECKED: frozenset(
        {SalesImportState.UPLOADED, SalesImportState.TAKING, SalesImportState.DISCARDED}
    ),
    SalesImportState.TAKING: frozenset({SalesImportState.DONE, SalesImportState.FAILED}),
    SalesImportState.DONE: frozenset(),
    SalesImportState.FAILED: frozenset({SalesImportState.DISCARDED}),
    SalesImportState.DISCARDED: frozenset(),
}


class SalesImport(TenantRow, Base):
    """A file of sales or stock on its way in: uploaded, every row checked by the worker, then taken in by the worker.

    mapping: column header -> field. channel: whose sales these are; days of the file replace those that the channel
    had. percent: how far the worker is. faults: kinds of faults with their first row and how many there are. found:
    what the file holds (items, days, gaps, promotions ...), as plain JSON. choices: what the shop said about it.
    failure: why the whole file could not be read. reading: what the check read (import_keeping), until it is taken in.
    """

    __tablename__ = "sales_imports"
    __table_args__ = (Index("ix_sales_imports_recent", "organisation_id", "id"),)
    state: Mapped[SalesImportState]
    file_name: Mapped[str]
    encoding: Mapped[str]
    headers: Mapped[list[str]]
    content: Mapped[bytes] = mapped_column(deferred=True)
    reading: Mapped[bytes | None] = mapped_column(deferred=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    channel: Mapped[str] = mapped_column(default="")
    percent: Mapped[int] = mapped_column(default=0)
    row_count: Mapped[int] = mapped_column(default=0)
    good_count: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    found: Mapped[dict[str, Any]] = mapped_column(default=dict)
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class SalesColumnMap(Base):
    """The mapping a shop chose for files with these headers, remembered for the next file."""

    __tablename__ = "sales_column_maps"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    headers_hash: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]]
    used_at: Mapped[datetime]


class SuggestionState(StrEnum):
    OPEN = "open"
    DRAFTED = "drafted"
    ORDERED = "ordered"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"


SUGGESTION_TRANSITIONS: Transitions = {
    SuggestionState.OPEN: frozenset(
        {SuggestionState.DRAFTED, SuggestionState.ORDERED, SuggestionState.DISMISSED, SuggestionState.SUPERSEDED}
    ),
    SuggestionState.DRAFTED: frozenset(
        {SuggestionState.ORDERED, SuggestionState.DISMISSED, SuggestionState.SUPERSEDED}
    ),
    SuggestionState.ORDERED: frozenset(),
    SuggestionState.DISMISSED: frozenset(),
    SuggestionState.SUPERSEDED: frozenset({SuggestionState.ORDERED}),
}


class Suggestion(TenantRow, Base):
    """One version of what to do about one item, with everything that it was made from; its figures never change.

    as_of: the last day of sales that it knows. quantity: pieces to order, 0 for none; order_by: the last day on which
    that is in time. stockout_on_p10, p50, p90: days by which it has run out with that chance if nothing is ordered.
    on_hand None: the stock was not known, so nothing is suggested. terms: the item's terms at that time. parts: the
    order taken apart ({"kind", "pieces"}), which sum to the quantity. weeks: what is expected of each coming week
    ({"first_day", "mean", "low", "high"}, an 80 % band). paths: scenarios of cumulated demand, for what-ifs. needs:
    pieces that have to be made, by chance. errors are shares of what came in `tried` backtests. short: pieces that
    lack, on average, before an order could help; risk_minor: what they sell for. changes: what moved since the version
    before.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "item_id"], ["items.organisation_id", "items.id"]),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        Index("ix_suggestions_item", "organisation_id", "item_id", "as_of"),
        Index("ix_suggestions_order", "organisation_id", "order_id"),
    )
    item_id: Mapped[UUID]
    state: Mapped[SuggestionState]
    as_of: Mapped[date]
    quantity: Mapped[int]
    order_by: Mapped[date | None]
    stockout_on_p10: Mapped[date | None]
    stockout_on_p50: Mapped[date | None]
    stockout_on_p90: Mapped[date | None]
    days_of_cover: Mapped[float | None]
    reorder_point: Mapped[int]
    order_up_to: Mapped[int]
    on_hand: Mapped[int | None]
    on_order: Mapped[int]
    terms: Mapped[dict[str, Any]]
    parts: Mapped[list[dict[str, Any]]]
    lasts_days: Mapped[float]
    chance: Mapped[float]
    weeks: Mapped[list[dict[str, Any]]]
    paths: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    needs: Mapped[dict[str, Any]]
    model: Mapped[str]
    backtest_error: Mapped[float | None]
    baseline_error: Mapped[float | None]
    tried: Mapped[int] = mapped_column(default=0)
    short: Mapped[float]
    risk_minor: Mapped[int]
    currency: Mapped[str]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    order_id: Mapped[UUID | None]
    made_at: Mapped[datetime]
