"""Makes suggestions: reads what changed, asks the engine, keeps a version of each answer. Done by a worker.

Reading, asking and keeping are three steps, so that no transaction stands open while models are fitted. What changes in
between is not lost: a suggestion notes which change it knows, and a later one asks again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from forecasting.panel import Sale
from forecasting.replenishment.advice import Advice, Asking, advise, last_whole_week
from forecasting.replenishment.items import Item as Terms
from forecasting.replenishment.items import Stock, critical_ratio
from forecasting.replenishment.parts import Part
from forecasting.replenishment.what_if import shortage
from market.kit import live, notices, outbox
from market.kit.work import Work
from market.orders.queries import OrderState, order_rows
from market.replenishment.events import SuggestionsMade
from market.replenishment.models import DailySale, Item, Suggestion, SuggestionState
from matching.ports import Mapper

WEEKS_TOLD: Final = 8
ITEMS_AT_ONCE: Final = 1_000
COMPANY: Final = 200
"""Items that are forecast together at least, where a shop has so many: they learn from each other."""
_NEWS: Final = 0.2
"""A suggestion that moved by more than this share of itself is news."""
_DUE: Final = timedelta(days=7)
_USUAL_WEEKS: Final = 8
_ON_THE_WAY: Final = (
    *(OrderState.POSTED, OrderState.POOLED, OrderState.OFFERED, OrderState.QUOTING, OrderState.CLARIFYING),
    OrderState.AWARDED,
)

Units = Callable[[], AbstractContextManager[Work]]
"""Gives a unit of work of the system, committed when it ends."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """An item as it was read: what it was asked with, and which change that knows."""

    id: UUID
    terms: Terms
    stock: Stock
    stock_known: bool
    price_minor: int
    currency: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class _Question:
    """One shop's items that changed, and others that keep them company so that models have something to learn from."""

    as_of: date
    changed: tuple[_Asked, ...]
    company: tuple[_Asked, ...]
    sales: tuple[Sale, ...]


def shops_with_changes(session: Session) -> list[UUID]:
    """The shops that have an item which no current suggestion knows as it is. System scope."""
    return list(
        session.scalars(select(Item.organisation_id).where(_is_changed()).distinct().order_by(Item.organisation_id))
    )


def suggest_for_shop(units: Units, mapper: Mapper, organisation_id: UUID) -> int:
    """Forecast the items of a shop that changed, and keep a new version of each one's suggestion; returns how many.

    The setting `forecaster` names the one model to ask; otherwise models are chosen and blended. Asking again without
    a change does nothing. What is read and what is kept are transactions of their own.
    """
    with units() as work:
        question = _read(work, organisation_id)
    if question is None:
        return 0
    parts = _parted(question)
    answers = mapper.map(advise, [_asking(question, part, work.settings.forecaster) for part in parts])
    kept = 0
    for part, advice in zip(parts, answers, strict=True):
        with units() as work:
            kept += _keep(work, organisation_id, question, part, advice)
    return kept


def _is_changed() -> Any:
    never = or_(Item.planned_at.is_(None), Item.planned_at < Item.changed_at)
    return (Item.retired_at.is_(None)) & never


def _read(work: Work, organisation_id: UUID) -> _Question | None:
    session = work.session
    as_of = _known_until(session, organisation_id, work.today)
    if as_of is None:
        return None
    _mark_new_weeks(session, organisation_id, as_of)
    changed = list(session.scalars(_items(organisation_id).where(_is_changed())))
    if not changed:
        return None
    company = _company(session, organisation_id, changed)
    coming = _on_order(session, organisation_id, as_of)
    gone = _sold_since_counts(session, organisation_id, as_of)
    rows = [_asked(item, coming.get(item.id, 0), gone.get(item.id, 0)) for item in (*changed, *company)]
    sales = tuple(_sales(session, organisation_id, {row.id: row.terms.sku for row in rows}, as_of))
    return _Question(as_of, tuple(rows[: len(changed)]), tuple(rows[len(changed) :]), sales)


def _known_until(session: Session, organisation_id: UUID, today: date) -> date | None:
    """The last day that the shop's sales tell of: that of the last sale, or the Sunday after it.

    A shop that hardly ever sells on the days that are left of a week has told of the whole week when it is over.
    """
    statement = select(func.max(DailySale.day)).where(DailySale.organisation_id == organisation_id)
    last = session.scalar(statement.where(DailySale.day <= today))
    sunday = None if last is None else last + timedelta(days=6 - last.weekday())
    if last is None or sunday is None or sunday >= today:
        return last
    rest = select(func.count(func.date_trunc("week", DailySale.day).distinct())).where(
        DailySale.organisation_id == organisation_id,
        DailySale.day > last - timedelta(weeks=_USUAL_WEEKS),
        DailySale.day <= last,
        func.extract("isodow", DailySale.day) > last.isoweekday(),
    )
    return sunday if (session.scalar(rest) or 0) <= 1 else last


def _items(organisation_id: UUID) -> Any:
    return select(Item).where(Item.organisation_id == organisation_id, Item.retired_at.is_(None)).order_by(Item.sku)


def _mark_new_weeks(session: Session, organisation_id: UUID, as_of: date) -> None:
    """A week that ended since an item was looked at is news of it, even one in which nothing was sold."""
    known = select(Suggestion.id).where(
        Suggestion.organisation_id == organisation_id, Suggestion.as_of < last_whole_week(as_of)
    )
    session.execute(
        update(Item)
        .where(Item.organisation_id == organisation_id, Item.suggestion_id.in_(known))
        .values(changed_at=func.greatest(Item.changed_at, Item.planned_at + timedelta(microseconds=1)))
        .execution_options(synchronize_session=False)
    )


def _company(session: Session, organisation_id: UUID, changed: Sequence[Item]) -> list[Item]:
    """The items of the shop that sold last, as many as are missing to COMPANY."""
    missing = COMPANY - len(changed)
    if missing <= 0:
        return []
    sold = (
        select(DailySale.item_id, func.max(DailySale.day).label("last"))
        .where(DailySale.organisation_id == organisation_id)
        .group_by(DailySale.item_id)
        .subquery()
    )
    statement = (
        _items(organisation_id)
        .join(sold, sold.c.item_id == Item.id)
        .where(Item.id.not_in([item.id for item in changed]))
        .order_by(None)
        .order_by(sold.c.last.desc(), Item.sku)
        .limit(missing)
    )
    return list(session.scalars(statement))


def _asked(item: Item, coming: int, gone: int) -> _Asked:
    terms = Terms(
        sku=item.sku,
        lead_time_days=float(item.lead_time_days),
        lead_time_sd_days=item.lead_time_sd_days,
        review_days=float(item.review_days),
        unit_cost=None if item.unit_cost_minor is None else float(item.unit_cost_minor),
        unit_price=None if item.unit_price_minor is None else float(item.unit_price_minor),
        minimum=item.minimum,
        pack_size=item.pack_size,
        critical_ratio=item.service,
    )
    stock = Stock(float(max((item.on_hand or 0) - gone, 0)), float(item.on_order + coming))
    known = item.on_hand is not None
    return _Asked(item.id, terms, stock, known, item.unit_price_minor or 0, item.currency, item.changed_at)


def _sold_since_counts(session: Session, organisation_id: UUID, as_of: date) -> dict[UUID, int]:
    """Pieces of each item that went out after its stock was counted."""
    statement = (
        select(DailySale.item_id, func.sum(DailySale.quantity))
        .join(Item, (Item.organisation_id == DailySale.organisation_id) & (Item.id == DailySale.item_id))
        .where(DailySale.organisation_id == organisation_id)
        .where(DailySale.day > Item.stocked_on, DailySale.day <= as_of)
        .group_by(DailySale.item_id)
    )
    return {item_id: int(sold) for item_id, sold in session.execute(statement)}


def _on_order(session: Session, organisation_id: UUID, as_of: date) -> dict[UUID, int]:
    """Pieces of each item that are on their way by orders placed here, until the day they are due at the latest."""
    statement = select(Suggestion.order_id, Suggestion.item_id).where(
        Suggestion.organisation_id == organisation_id, Suggestion.state == SuggestionState.ORDERED
    )
    items = {order_id: item_id for order_id, item_id in session.execute(statement) if order_id is not None}
    coming: dict[UUID, int] = {}
    for order_id, row in order_rows(session, organisation_id, list(items)).items():
        is_late = row.due_on is not None and row.due_on + timedelta(days=row.grace_days) < as_of
        if row.state in _ON_THE_WAY and not is_late:
            coming[items[order_id]] = coming.get(items[order_id], 0) + row.quantity
    return coming


def _sales(session: Session, organisation_id: UUID, skus: dict[UUID, str], as_of: date) -> Iterator[Sale]:
    statement = (
        select(
            DailySale.item_id,
            DailySale.day,
            DailySale.quantity,
            DailySale.price_minor,
            DailySale.promoted,
            DailySale.in_stock,
        )
        .where(DailySale.organisation_id == organisation_id, DailySale.day <= as_of)
        .where(DailySale.item_id.in_(list(skus)))
        .order_by(DailySale.item_id, DailySale.day, DailySale.channel)
    )
    for item_id, day, quantity, price, promoted, in_stock in session.execute(statement):
        yield Sale(skus[item_id], day, float(quantity), None if price is None else float(price), promoted, in_stock)


def _parted(question: _Question) -> list[tuple[_Asked, ...]]:
    """The changed items in parts of one size, each a sample of all."""
    count = -(-len(question.changed) // ITEMS_AT_ONCE)
    return [question.changed[first::count] for first in range(count)]


def _asking(question: _Question, part: Sequence[_Asked], model: str) -> Asking:
    asked = (*part, *question.company)
    skus = {one.terms.sku for one in asked}
    return Asking(
        tuple(sale for sale in question.sales if sale.sku in skus),
        tuple(one.terms for one in asked),
        tuple(one.stock for one in asked),
        question.as_of,
        WEEKS_TOLD,
        model,
    )


def _keep(
    work: Work, organisation_id: UUID, question: _Question, part: Sequence[_Asked], advice: Sequence[Advice]
) -> int:
    """Store a version for each item that no newer one knows, make it the current one, and tell the shop the news."""
    statement = select(Item).where(Item.organisation_id == organisation_id, Item.id.in_([one.id for one in part]))
    items = {item.id: item for item in work.session.scalars(statement.with_for_update().order_by(Item.id))}
    before = _current(work.session, organisation_id, items)
    made: list[tuple[Item, Suggestion]] = []
    for one, told in zip(part, advice, strict=False):
        item = items.get(one.id)
        if item is None or (item.planned_at is not None and item.planned_at >= one.changed_at):
            continue
        suggestion = _suggestion(work, organisation_id, question.as_of, one, told, before.get(one.id))
        work.session.add(suggestion)
        made.append((item, suggestion))
        item.suggestion_id, item.planned_at = suggestion.id, one.changed_at
    _supersede(work.session, organisation_id, [before[item.id].id for item, _new in made if item.id in before])
    work.session.flush()
    _tell(work, organisation_id, [(item, new, before.get(item.id)) for item, new in made])
    return len(made)


def _current(session: Session, organisation_id: UUID, items: dict[UUID, Item]) -> dict[UUID, Suggestion]:
    wanted = [item.suggestion_id for item in items.values() if item.suggestion_id is not None]
    statement = select(Suggestion).where(Suggestion.organisation_id == organisation_id, Suggestion.id.in_(wanted))
    return {found.item_id: found for found in session.scalars(statement)}


def _supersede(session: Session, organisation_id: UUID, suggestion_ids: Sequence[UUID]) -> None:
    """Nobody moves these by hand: the newer version is the record of it, so no history row is written for each."""
    waiting = Suggestion.state.in_((SuggestionState.OPEN, SuggestionState.DRAFTED))
    session.execute(
        update(Suggestion)
        .where(Suggestion.organisation_id == organisation_id, Suggestion.id.in_(suggestion_ids), waiting)
        .values(state=SuggestionState.SUPERSEDED)
    )


def _suggestion(
    work: Work, organisation_id: UUID, as_of: date, asked: _Asked, told: Advice, before: Suggestion | None
) -> Suggestion:
    parts = [_plain(part) for part in told.reason.parts] if asked.stock_known else []
    short = shortage(told.paths, asked.terms.protected_days, asked.stock.position) if asked.stock_known else 0.0
    return Suggestion(
        organisation_id=organisation_id,
        id=work.new_id(),
        item_id=asked.id,
        state=SuggestionState.OPEN,
        as_of=as_of,
        quantity=told.quantity if asked.stock_known else 0,
        order_by=told.order_by if asked.stock_known else None,
        stockout_on_p10=told.stockout_on_p10 if asked.stock_known else None,
        stockout_on_p50=told.stockout_on_p50 if asked.stock_known else None,
        stockout_on_p90=told.stockout_on_p90 if asked.stock_known else None,
        days_of_cover=told.days_of_cover if asked.stock_known else None,
        reorder_point=told.reorder_point,
        order_up_to=told.order_up_to,
        on_hand=int(asked.stock.on_hand) if asked.stock_known else None,
        on_order=int(asked.stock.on_order),
        terms={**asdict(asked.terms), "critical_ratio": critical_ratio(asked.terms)},
        parts=parts,
        lasts_days=told.reason.days,
        chance=told.reason.chance,
        weeks=[{**asdict(week), "first_day": week.first_day.isoformat()} for week in told.weeks],
        paths={"chances": list(told.paths.chances), "cumulated": [list(row) for row in told.paths.cumulated]},
        needs={"chances": list(told.paths.chances), "pieces": list(told.needs)},
        model=told.model,
        backtest_error=told.backtest_error,
        baseline_error=told.baseline_error,
        tried=told.tried,
        short=round(short, 2),
        risk_minor=round(short * asked.price_minor),
        currency=asked.currency,
        changes=_moved(before.parts, parts) if before is not None else [],
        order_id=None,
        made_at=work.now,
    )


def _plain(part: Part) -> dict[str, Any]:
    return {"kind": part.kind.value, "pieces": part.pieces}


def _moved(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Why an order differs from the one before: the difference of each part, which sum to the difference of both."""
    pieces: dict[str, int] = {}
    for sign, parts in ((-1, before), (1, after)):
        for part in parts:
            pieces[part["kind"]] = pieces.get(part["kind"], 0) + sign * part["pieces"]
    return [{"kind": kind, "pieces": moved} for kind, moved in pieces.items() if moved]


def _tell(work: Work, organisation_id: UUID, made: Sequence[tuple[Item, Suggestion, Suggestion | None]]) -> None:
    """Ring the open pages, publish what stands, and put what is new and due into the bell as one line."""
    if not made:
        return
    outbox.publish(work, SuggestionsMade(organisation_id, len(made)))
    live.announce(work.session, organisation_id, "restock", organisation_id)
    news = [(item, new) for item, new, old in made if _is_news(new, old)]
    if not news:
        return
    item, first = max(news, key=lambda each: (each[1].risk_minor, each[1].quantity))
    day = None if first.order_by is None else first.order_by.isoformat()
    details = {"count": len(news), "name": item.name or item.sku, "quantity": first.quantity, "day": day}
    notices.notify(work, organisation_id, "restock_news", details, link="/restock")


def _is_news(new: Suggestion, old: Suggestion | None) -> bool:
    due = new.quantity > 0 and new.order_by is not None and new.order_by <= new.as_of + _DUE
    if not due or old is None or old.state is SuggestionState.ORDERED:
        return due
    was_due = old.quantity > 0 and old.order_by is not None and old.order_by <= old.as_of + _DUE
    return not was_due or abs(new.quantity - old.quantity) > _NEWS * old.quantity
