"""Quotes and purchase orders of the whole market, for operators: read-only lists in SQL over other folders' tables."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.kit.paging import Page, make_page


class QuoteState(StrEnum):
    """What a quote may be; as market/quotes has it."""

    OPEN = "open"
    AWARDED = "awarded"
    LOST = "lost"
    VOID = "void"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One version of one factory's offer. unit_price: at the asked quantity; None when it takes no order so small.

    organisation_id, order_id or pool_id: what it is for.
    """

    organisation_id: UUID
    id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    code: str
    title: str
    factory_id: UUID
    factory: str
    synthetic: bool
    version: int
    state: str
    quantity: int
    unit_price: Money | None
    lead_time_days: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class AwardLine:
    """One purchase order: whose order, which factory, what for how much."""

    organisation_id: UUID
    id: UUID
    order_id: UUID
    pool_id: UUID | None
    code: str
    title: str
    shop: str
    factory_id: UUID
    factory: str
    synthetic: bool
    quantity: int
    unit_price: Money
    total: Money
    awarded_at: datetime


QUOTES = """
    SELECT quote.organisation_id, quote.id, offering.order_id, offering.pool_id, offering.brief ->> 'code' AS code,
        offering.title, quote.factory_id, factory.name AS factory, factory.synthetic,
        quote.version, quote.state, offering.quantity,
        (SELECT step.unit_price_minor FROM quote_steps step
            WHERE step.organisation_id = quote.organisation_id AND step.quote_id = quote.id
            AND step.from_quantity <= offering.quantity ORDER BY step.from_quantity DESC LIMIT 1) AS price_minor,
        quote.currency, quote.lead_time_days, quote.submitted_at
    FROM quotes quote
    JOIN offerings offering ON offering.organisation_id = quote.organisation_id AND offering.id = quote.offering_id
    JOIN factories factory ON factory.id = quote.factory_id
    WHERE (CAST(:state AS text) IS NULL AND quote.state <> 'superseded' OR quote.state = :state)
    AND (CAST(:vertical AS text) IS NULL OR offering.vertical = :vertical)
    AND (:words = '' OR strpos(lower(concat_ws(' ', offering.brief ->> 'code', offering.title, factory.name)),
        lower(:words)) > 0)
    AND (CAST(:cursor AS uuid) IS NULL OR quote.id < CAST(:cursor AS uuid))
    ORDER BY quote.id DESC LIMIT :most
"""
AWARDS = """
    SELECT award.organisation_id, award.id, award.order_id, award.pool_id, 'R-' || sold.number AS code, sold.title,
        shop.name AS shop, award.factory_id, factory.name AS factory, factory.synthetic,
        award.quantity, award.unit_price_minor,
        award.total_minor, award.currency, award.awarded_at
    FROM awards award
    JOIN orders sold ON sold.organisation_id = award.organisation_id AND sold.id = award.order_id
    JOIN organisations shop ON shop.id = award.organisation_id
    JOIN factories factory ON factory.id = award.factory_id
    WHERE (CAST(:vertical AS text) IS NULL OR sold.vertical = :vertical)
    AND (:words = '' OR strpos(lower(concat_ws(' ', 'R-' || sold.number, sold.title, shop.name, factory.name)),
        lower(:words)) > 0)
    AND (CAST(:cursor AS uuid) IS NULL OR award.id < CAST(:cursor AS uuid))
    ORDER BY award.id DESC LIMIT :most
"""


def quotes_page(
    session: Session, *, state: QuoteState | None, vertical: str | None, words: str, cursor: UUID | None, size: int
) -> Page[QuoteLine]:
    """Quotes, newest first; versions that a later one replaced only when asked for. words: part of code, title or
    factory."""
    chosen = {"state": state.value if state else None, "vertical": vertical, "words": words}
    rows = session.execute(text(QUOTES), {**chosen, "cursor": cursor, "most": size + 1})
    return make_page([_quote_line(row) for row in rows], size, lambda line: line.id)


def awards_page(
    session: Session, *, vertical: str | None, words: str, cursor: UUID | None, size: int
) -> Page[AwardLine]:
    """Purchase orders, newest first. words: part of code, title, shop or factory."""
    rows = session.execute(text(AWARDS), {"vertical": vertical, "words": words, "cursor": cursor, "most": size + 1})
    return make_page([_award_line(row) for row in rows], size, lambda line: line.id)


def _quote_line(row: Row[tuple[object, ...]]) -> QuoteLine:
    found = dict(row._mapping)
    minor, currency = found.pop("price_minor"), found.pop("currency")
    price = None if minor is None else Money(minor, currency)
    return QuoteLine(**{**found, "code": found["code"] or "", "unit_price": price})


def _award_line(row: Row[tuple[object, ...]]) -> AwardLine:
    found = dict(row._mapping)
    unit, total, currency = found.pop("unit_price_minor"), found.pop("total_minor"), found.pop("currency")
    return AwardLine(**found, unit_price=Money(unit, currency), total=Money(total, currency))
