"""What is put before factories: one order, or one pool, in the words a factory may read before it accepts.

A brief holds no buyer's name and no file. A pool's brief holds the shared constraint and counts alone, because its
members read the offering too and must not learn of each other.
"""

import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from market.identity.queries import organisation_names
from market.kit.clock import market_day
from market.kit.money import Money
from market.orders.queries import OrderRow, as_record
from market.orders.repeats import Repeat, repeat_of
from market.pooling.queries import PoolRow
from matching.records import OrderRecord
from matching.verticals.pack import KINDS, Kind, Vocabulary

BLANK = "…"
SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRequest:
    """A request as the ranker reads it (record) and as factories read it (title, brief). repeat: what it repeats, which
    only the factory that agreed to it may read."""

    organisation_id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    title: str
    vertical: str | None
    brief: dict[str, Any]
    quantity: int
    due_on: date | None
    buyer_count: int
    max_acceptances: int
    record: OrderRecord
    repeat: Repeat | None = None


def request_of_order(session: Session, row: OrderRow) -> OfferRequest:
    """One order; the shop's name is blanked out of its free words."""
    name = organisation_names(session, {row.organisation_id}).get(row.organisation_id, "")
    brief = {
        "code": row.code,
        "title": without_name(row.title, name),
        "description": without_name(row.description or row.words, name),
        "vertical": row.vertical,
        "category": row.category,
        "processes": list(row.processes),
        "materials": [asdict(material) for material in row.materials],
        "certifications": list(row.certifications),
        "attributes": dict(row.attributes),
        "colours": list(row.colours),
        "quantity": row.quantity,
        "unit": row.unit,
        "target_price_minor": row.target_price_minor,
        "currency": row.currency,
        "due_on": None if row.due_on is None else row.due_on.isoformat(),
        "grace_days": row.grace_days,
        "region": row.region,
        "inspection": row.inspection,
        "terms_version": row.version,
    }
    return OfferRequest(
        organisation_id=row.organisation_id,
        order_id=row.id,
        pool_id=None,
        title=str(brief["title"]),
        vertical=row.vertical,
        brief=brief,
        quantity=row.quantity,
        due_on=row.due_on,
        buyer_count=1,
        max_acceptances=row.max_acceptances,
        record=as_record(row),
        repeat=repeat_of(row),
    )


def request_of_pool(pool: PoolRow, max_acceptances: int, vocabulary: Vocabulary) -> OfferRequest:
    """One pool: at least its minimum of pieces, of what its members have in common."""
    return OfferRequest(
        organisation_id=pool.organisation_id,
        order_id=None,
        pool_id=pool.id,
        title=pool.code,
        vertical=pool.vertical,
        brief=_brief_of_pool(pool),
        quantity=pool.run,
        due_on=pool.due_on,
        buyer_count=max(pool.member_count, 1),
        max_acceptances=max_acceptances,
        record=_record_of_pool(pool, vocabulary),
    )


def _brief_of_pool(pool: PoolRow) -> dict[str, Any]:
    shared = shared_terms(pool)
    return {
        "code": pool.code,
        "title": pool.code,
        "description": "",
        "vertical": pool.vertical,
        "category": pool.category,
        "processes": list(shared["process"]),
        "materials": [{"id": material, "share": None} for material in shared["material"]],
        "certifications": list(shared["certification"]),
        "attributes": dict(shared["attributes"]),
        "colours": list(shared["colour"]),
        "quantity": pool.run,
        "unit": "piece",
        "target_price_minor": pool.pooled_price_minor,
        "currency": pool.currency,
        "due_on": None if pool.due_on is None else pool.due_on.isoformat(),
        "grace_days": 0,
        "region": pool.region,
        "inspection": None,
        "cause": pool.cause,
        "gathered": pool.quantity,
        "minimum": pool.minimum,
        "member_count": pool.member_count,
        "closes_at": pool.closes_at.isoformat(),
    }


def _record_of_pool(pool: PoolRow, vocabulary: Vocabulary) -> OrderRecord:
    shared = shared_terms(pool)
    price = None if pool.pooled_price_minor is None else Money(pool.pooled_price_minor, pool.currency)
    return OrderRecord(
        order_id=str(pool.id),
        quantity=pool.run,
        posted_on=market_day(pool.created_at),
        title=_names(pool, vocabulary),
        category=pool.category,
        processes=tuple(shared["process"]),
        materials=tuple(shared["material"]),
        certifications=tuple(shared["certification"]),
        target_unit_price=None if price is None else float(price.major()),
        currency=pool.currency,
        due_on=pool.due_on,
        region=pool.region,
        attributes=tuple(shared["attributes"]) + tuple(("colour", colour) for colour in shared["colour"]),
    )


def shared_terms(pool: PoolRow) -> dict[str, list[Any]]:
    """The shared constraint by kind of term; "attributes" holds (id, value) pairs. Values may be one id or a list."""
    found: dict[str, list[Any]] = {kind: [] for kind in (*KINDS, "attributes")}
    for field, value in sorted(pool.shared.items()):
        values = value if isinstance(value, list) else [value]
        if field.startswith("attribute:"):
            found["attributes"] += [(field.removeprefix("attribute:"), str(entry)) for entry in values]
        elif field in found:
            found[field] += [str(entry) for entry in values]
    return found


def without_name(text: str, name: str) -> str:
    """The text with every occurrence of a name blanked out, whatever its case."""
    return text if len(name.strip()) < SHORTEST_NAME else re.sub(re.escape(name.strip()), BLANK, text, flags=re.I)


def _names(pool: PoolRow, vocabulary: Vocabulary) -> str:
    """The shared terms in both languages, as words for the text signal."""
    shared = shared_terms(pool)
    terms: list[tuple[Kind, str]] = [("category", pool.category)] if pool.category else []
    for kind in KINDS:
        terms += [(kind, identifier) for identifier in shared[kind]]
    found = (vocabulary.term(kind, identifier) for kind, identifier in dict.fromkeys(terms))
    return " ".join(f"{term.name_zh} {term.name_en}" for term in found if term is not None)
