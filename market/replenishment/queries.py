"""Reads of items, their sales and what was suggested, as frozen rows. Every read names the organisation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Select, and_, cast, func, literal, or_, select, true
from sqlalchemy.orm import Session

from forecasting.replenishment.advice import Paths, Week
from forecasting.replenishment.parts import Kind, Part
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, decode_cursor, make_page
from market.replenishment.models import DailySale, Item, Suggestion
from market.replenishment.models import SuggestionState as SuggestionState

SOON: Final = timedelta(days=14)
"""An order that has to be placed within so many days of the last known sales is to be placed now."""

_ANSWERED: Final = (SuggestionState.ORDERED, SuggestionState.DISMISSED)


class Verdict(StrEnum):
    """What a list says of an item: order now, enough, far more than needed, stock unknown, not yet looked at."""

    ORDER = "order"
    ENOUGH = "enough"
    TOO_MANY = "too_many"
    STOCK_UNKNOWN = "stock_unknown"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item; fields as in models.Item."""

    organisation_id: UUID
    id: UUID
    sku: str
    name: str
    category: str | None
    on_hand: int | None
    on_order: int
    stocked_on: date | None
    lead_time_days: int
    lead_time_sd_days: float
    review_days: int
    minimum: int
    pack_size: int
    unit_cost_minor: int | None
    unit_price_minor: int | None
    currency: str
    service: float | None
    suggestion_id: UUID | None
    changed_at: datetime
    planned_at: datetime | None
    retired_at: datetime | None

    @property
    def label(self) -> str:
        """The shop's code and name in one line."""
        return f"{self.sku} {self.name}".strip() if self.name != self.sku else self.sku

    @property
    def is_waiting(self) -> bool:
        """Whether something changed that no suggestion knows of yet."""
        return self.retired_at is None and (self.planned_at is None or self.planned_at < self.changed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRow:
    """One version of what to do about an item; fields as in models.Suggestion."""

    organisation_id: UUID
    id: UUID
    item_id: UUID
    state: SuggestionState
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
    terms: dict[str, Any]
    parts: tuple[Part, ...]
    needs: dict[str, Any]
    lasts_days: float
    chance: float
    weeks: tuple[Week, ...]
    model: str
    backtest_error: float | None
    baseline_error: float | None
    tried: int
    short: float
    risk: Money
    changes: tuple[Part, ...]
    order_id: UUID | None
    made_at: datetime

    @property
    def position(self) -> int:
        """Pieces that were there or on their way."""
        return (self.on_hand or 0) + self.on_order

    @property
    def verdict(self) -> Verdict:
        if self.on_hand is None:
            return Verdict.STOCK_UNKNOWN
        is_due = self.quantity > 0 and self.order_by is not None and self.order_by <= self.as_of + SOON
        if is_due and self.state not in _ANSWERED:
            return Verdict.ORDER
        return Verdict.TOO_MANY if self.position > 2 * max(self.order_up_to, 1) else Verdict.ENOUGH

    @property
    def is_to_answer(self) -> bool:
        """Whether the shop may still order what it suggests, or decline it."""
        return self.quantity > 0 and self.state in (SuggestionState.OPEN, SuggestionState.DRAFTED)


@dataclass(frozen=True, slots=True)
class RestockLine:
    """An item with its current suggestion; None while none was made."""

    item: ItemRow
    suggestion: SuggestionRow | None

    @property
    def verdict(self) -> Verdict:
        return Verdict.WAITING if self.suggestion is None else self.suggestion.verdict


@dataclass(frozen=True, slots=True)
class RestockSummary:
    """A shop's items at a glance. to_order: those whose verdict says so; waiting: changed since they were looked at;
    told_until: the last day of sales that all suggestions of those know, None where none was made; as_of: the last day
    of known sales; began: the first; stocked_on: the newest count of stock."""

    items: int
    to_order: int
    stock_unknown: int
    waiting: int
    told_until: date | None
    began: date | None
    as_of: date | None
    stocked_on: date | None


def item_row(session: Session, organisation_id: UUID, item_id: UUID) -> ItemRow:
    """One item of the organisation. Raises NotFound."""
    found = session.get(Item, (organisation_id, item_id))
    if found is None:
        raise NotFound
    return item_row_of(found)


def item_row_of(item: Item) -> ItemRow:
    return ItemRow(**{name: getattr(item, name) for name in ItemRow.__slots__})


def restock_line(session: Session, organisation_id: UUID, item_id: UUID) -> RestockLine:
    """One item with its current suggestion. Raises NotFound."""
    item = item_row(session, organisation_id, item_id)
    found = None if item.suggestion_id is None else session.get(Suggestion, (organisation_id, item.suggestion_id))
    return RestockLine(item, None if found is None else suggestion_row_of(found))


def restock_page(
    session: Session,
    organisation_id: UUID,
    *,
    only: Verdict | None = None,
    words: str = "",
    retired: bool = False,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[RestockLine]:
    """Items of a shop, those with the most sales at risk first. only: ORDER, STOCK_UNKNOWN or WAITING alone.

    words: part of the code or name. retired: the items that are no longer sold instead. Raises Invalid for a cursor
    that is none.
    """
    # Narrow rows are sorted, and only those of the page are read whole.
    found = select(Item.id).outerjoin(Suggestion, CURRENT).where(Item.organisation_id == organisation_id)
    found = found.where(
        Item.retired_at.is_not(None) if retired else Item.retired_at.is_(None), _only(only), _named(words)
    )
    last = decode_cursor(cursor)
    if last is not None:
        found = found.where(_after(organisation_id, last))
    page = found.order_by(_RISK.desc(), Item.id).limit(size + 1).subquery()
    statement = _with_suggestions(organisation_id).join(page, page.c.id == Item.id).order_by(_RISK.desc(), Item.id)
    rows = [_line(row.Item, row.Suggestion) for row in session.execute(statement)]
    return make_page(rows, size, lambda line: line.item.id) if rows else Page((), None)


def _line(item: Item, found: Suggestion | None) -> RestockLine:
    return RestockLine(item_row_of(item), None if found is None else suggestion_row_of(found))


def restock_summary(session: Session, organisation_id: UUID) -> RestockSummary:
    counted = select(
        func.count(),
        func.count().filter(_only(Verdict.ORDER)),
        func.count().filter(Item.on_hand.is_(None)),
        func.count().filter(_WAITING),
        func.min(Suggestion.as_of).filter(_WAITING),
        func.max(Item.stocked_on),
    )
    statement = counted.select_from(Item).outerjoin(Suggestion, CURRENT)
    statement = statement.where(Item.organisation_id == organisation_id, Item.retired_at.is_(None))
    items, to_order, unknown, waiting, told_until, stocked_on = session.execute(statement).one()
    began, as_of = sales_days(session, organisation_id)
    return RestockSummary(items, to_order, unknown, waiting, told_until, began, as_of, stocked_on)


def sales_days(session: Session, organisation_id: UUID) -> tuple[date | None, date | None]:
    """The first and the last day with a line of sales."""
    statement = select(func.min(DailySale.day), func.max(DailySale.day))
    row = session.execute(statement.where(DailySale.organisation_id == organisation_id)).one()
    return row[0], row[1]


def categories_of_items(session: Session, organisation_id: UUID) -> dict[str, int]:
    """The categories of a shop's items that are still sold, each with how many there are."""
    statement = (
        select(Item.category, func.count())
        .where(Item.organisation_id == organisation_id, Item.category.is_not(None), Item.retired_at.is_(None))
        .group_by(Item.category)
        .order_by(Item.category)
    )
    return {str(category): count for category, count in session.execute(statement)}


def suggestion_row(session: Session, organisation_id: UUID, item_id: UUID, suggestion_id: UUID) -> SuggestionRow:
    """One version, current or not. Raises NotFound."""
    found = session.get(Suggestion, (organisation_id, suggestion_id))
    if found is None or found.item_id != item_id:
        raise NotFound
    return suggestion_row_of(found)


def versions_of(session: Session, organisation_id: UUID, item_id: UUID, most: int = 60) -> list[SuggestionRow]:
    """Every version of an item's suggestion, newest first."""
    statement = (
        select(Suggestion)
        .where(Suggestion.organisation_id == organisation_id, Suggestion.item_id == item_id)
        .order_by(Suggestion.id.desc())
        .limit(most)
    )
    return [suggestion_row_of(found) for found in session.scalars(statement)]


def paths_of(session: Session, organisation_id: UUID, suggestion_ids: Collection[UUID]) -> dict[UUID, Paths]:
    """The scenarios that suggestions were made from, by suggestion."""
    statement = select(Suggestion.id, Suggestion.paths).where(
        Suggestion.organisation_id == organisation_id, Suggestion.id.in_(suggestion_ids)
    )
    return {
        found: Paths(tuple(kept["chances"]), tuple(tuple(row) for row in kept["cumulated"]))
        for found, kept in session.execute(statement)
    }


def suggestion_row_of(found: Suggestion) -> SuggestionRow:
    plain = {name: getattr(found, name) for name in SuggestionRow.__slots__ if name not in _MADE}
    return SuggestionRow(
        **plain,
        parts=tuple(Part(Kind(part["kind"]), part["pieces"]) for part in found.parts),
        changes=tuple(Part(Kind(part["kind"]), part["pieces"]) for part in found.changes),
        weeks=tuple(
            Week(date.fromisoformat(each["first_day"]), *(each[name] for name in _BAND)) for each in found.weeks
        ),
        risk=Money(found.risk_minor, found.currency),
    )


@dataclass(frozen=True, slots=True)
class WeekSold:
    """A week of an item: pieces sold, days with a promotion, and days on which it could not be bought."""

    first_day: date
    sold: int
    promoted_days: int
    days_out: int


def weeks_sold(session: Session, organisation_id: UUID, item_id: UUID, since: date, until: date) -> list[WeekSold]:
    """Whole weeks, Monday first, from the one that holds `since` to the last that ended by `until`; none left out."""
    # date_trunc gives a moment in the session's zone, so a plain timestamp goes in.
    week = cast(func.date_trunc("week", cast(DailySale.day, DateTime)), Date)
    statement = (
        select(
            week,
            func.sum(DailySale.quantity),
            func.count(DailySale.day.distinct()).filter(DailySale.promoted),
            func.count(DailySale.day.distinct()).filter(DailySale.in_stock.is_(False)),
        )
        .where(DailySale.organisation_id == organisation_id, DailySale.item_id == item_id)
        .where(DailySale.day >= monday(since), DailySale.day < monday(until + timedelta(days=1)))
        .group_by(week)
    )
    found = {
        first: WeekSold(first, int(sold), promoted, out) for first, sold, promoted, out in session.execute(statement)
    }
    first, weeks = monday(since), []
    while first < monday(until + timedelta(days=1)):
        weeks.append(found.get(first, WeekSold(first, 0, 0, 0)))
        first += timedelta(days=7)
    return weeks


def monday(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


_BAND = ("mean", "low", "high")
_MADE = {"parts", "changes", "weeks", "risk"}
CURRENT = and_(Suggestion.organisation_id == Item.organisation_id, Suggestion.id == Item.suggestion_id)
_WAITING = or_(Item.planned_at.is_(None), Item.planned_at < Item.changed_at)
_RISK = func.coalesce(Suggestion.risk_minor, 0)


def _with_suggestions(organisation_id: UUID) -> Select[Item, Suggestion]:
    statement = select(Item, Suggestion).outerjoin(Suggestion, CURRENT)
    return statement.where(Item.organisation_id == organisation_id)


def _only(verdict: Verdict | None) -> ColumnElement[bool]:
    if verdict is Verdict.ORDER:
        soon = Suggestion.order_by <= Suggestion.as_of + SOON.days
        is_answered = Suggestion.state.in_(_ANSWERED)
        return and_(Suggestion.quantity > 0, soon, Suggestion.on_hand.is_not(None), ~is_answered)
    if verdict is Verdict.STOCK_UNKNOWN:
        return Item.on_hand.is_(None)
    if verdict is Verdict.WAITING:
        return Item.suggestion_id.is_(None)
    return true()


def _named(words: str) -> ColumnElement[bool]:
    wanted = words.strip().lower()
    if not wanted:
        return true()
    return func.lower(Item.sku + literal(" ") + Item.name).contains(wanted, autoescape=True)


def _after(organisation_id: UUID, last: UUID) -> ColumnElement[bool]:
    """Rows behind one item in the order of restock_page."""
    risk = (
        select(_RISK)
        .select_from(Item)
        .outerjoin(Suggestion, CURRENT)
        .where(Item.organisation_id == organisation_id, Item.id == last)
        .scalar_subquery()
    )
    return or_(risk > _RISK, and_(risk == _RISK, Item.id > last))
