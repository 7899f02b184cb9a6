"""Finding rankings that were kept: read-only lists in SQL over other folders' tables, for operators."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.kit.clock import day_begins
from market.kit.errors import invalid_field
from market.kit.paging import Page, make_page

CODE: Final = re.compile(r"\s*(?P<kind>[RrPp])-?(?P<number>\d{1,15})\s*")
MOST_OF_A_FACTORY: Final = 500

OFFERINGS_OF_ORDER = """
    SELECT offering.id FROM orders sold JOIN offerings offering
    ON offering.organisation_id = sold.organisation_id AND offering.order_id = sold.id WHERE sold.number = :number
    UNION SELECT offering.id FROM orders sold JOIN pool_members member
    ON member.organisation_id = sold.organisation_id AND member.order_id = sold.id
    JOIN offerings offering ON offering.pool_id = member.pool_id WHERE sold.number = :number
"""
OFFERINGS_OF_POOL = """
    SELECT offering.id FROM pools pool JOIN offerings offering ON offering.pool_id = pool.id
    WHERE pool.number = :number
"""
OFFERINGS_OF_FACTORY = """
    SELECT DISTINCT offering_id FROM (
        SELECT offering_id FROM leads WHERE factory_id = :factory_id ORDER BY id DESC LIMIT :most) AS asked
"""
RANKINGS = """
    SELECT ranking.id, ranking.offering_id, ranking.made_at, ranking.cause, ranking.ranker_version,
        jsonb_array_length(ranking.leads) AS leads, offering.brief ->> 'code' AS code, offering.title
    FROM rankings ranking JOIN offerings offering
    ON offering.organisation_id = ranking.organisation_id AND offering.id = ranking.offering_id
    WHERE (CAST(:offerings AS uuid[]) IS NULL OR ranking.offering_id = ANY (CAST(:offerings AS uuid[])))
    AND (CAST(:factory AS text) IS NULL
        OR ranking.leads @> jsonb_build_array(jsonb_build_object('factory_id', CAST(:factory AS text))))
    AND (CAST(:first AS timestamptz) IS NULL OR ranking.made_at >= :first AND ranking.made_at < :last)
    AND (CAST(:cursor AS uuid) IS NULL OR (ranking.made_at, ranking.id) < (
        SELECT last.made_at, last.id FROM rankings last WHERE last.id = CAST(:cursor AS uuid) LIMIT 1))
    ORDER BY ranking.made_at DESC, ranking.id DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class RankingLine:
    """One ranking in a list. code, title: of what was offered. leads: how many it froze."""

    id: UUID
    offering_id: UUID
    made_at: datetime
    cause: str
    ranker_version: str
    leads: int
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a ranking was about."""

    organisation_id: UUID
    id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    code: str
    title: str
    currency: str
    grace_days: int


def offerings_of_code(session: Session, code: str) -> list[UUID]:
    """The offerings of an order "R-12" (of the pool that it joined, too) or of a pool "P-3"; none for an unknown one.

    Raises Invalid for what is no code.
    """
    found = CODE.fullmatch(code)
    if found is None:
        raise invalid_field("This is no number of an order or a pool.", "code", f"{code[:40]!r}", "R-1024 or P-1024")
    statement = OFFERINGS_OF_ORDER if found["kind"].upper() == "R" else OFFERINGS_OF_POOL
    return list(session.scalars(text(statement), {"number": int(found["number"])}))


def rankings_page(
    session: Session,
    *,
    offerings: list[UUID] | None = None,
    factory_id: UUID | None = None,
    day: date | None = None,
    cursor: UUID | None = None,
    size: int,
) -> Page[RankingLine]:
    """Rankings, newest first. factory_id: only those that offered to it, among its latest leads. day: in China."""
    if factory_id is not None:
        asked = {"factory_id": factory_id, "most": MOST_OF_A_FACTORY}
        of_factory = set(session.scalars(text(OFFERINGS_OF_FACTORY), asked))
        offerings = list(of_factory if offerings is None else of_factory & set(offerings))
    first = None if day is None else day_begins(day)
    told = {
        "offerings": offerings,
        "factory": None if factory_id is None else str(factory_id),
        "first": first,
        "last": None if day is None else day_begins(day + timedelta(days=1)),
        "cursor": cursor,
        "most": size + 1,
    }
    rows = session.execute(text(RANKINGS), told)
    lines = [RankingLine(**{**row._mapping, "code": row.code or ""}) for row in rows]
    return make_page(lines, size, lambda line: line.id)


def offered(session: Session, offering_id: UUID) -> Offered | None:
    """What was offered; None for an unknown one."""
    statement = """
        SELECT organisation_id, id, order_id, pool_id, title, brief ->> 'code' AS code,
            brief ->> 'currency' AS currency, CAST(brief ->> 'grace_days' AS bigint) AS grace_days
        FROM offerings WHERE id = :id"""
    row = session.execute(text(statement), {"id": offering_id}).first()
    if row is None:
        return None
    found = dict(row._mapping)
    told = {"code": found["code"] or "", "currency": found["currency"] or "CNY", "grace_days": found["grace_days"] or 0}
    return Offered(**{**found, **told})


def offering_of(session: Session, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """The latest offering that an order stood in, by itself or through a pool; None before it was offered."""
    statement = """
        SELECT offering.id FROM offerings offering WHERE (offering.organisation_id = :owner AND offering.order_id = :id)
        OR offering.pool_id IN (SELECT pool_id FROM pool_members WHERE organisation_id = :owner AND order_id = :id)
        ORDER BY offering.created_at DESC LIMIT 1"""
    found: UUID | None = session.scalar(text(statement), {"owner": organisation_id, "id": order_id})
    return found


def lead_of(session: Session, offering_id: UUID, factory_id: UUID) -> tuple[str, str | None] | None:
    """State and reason of the lead that a factory has in an offering; None when it was never asked."""
    statement = "SELECT state, decline_reason FROM leads WHERE offering_id = :offering_id AND factory_id = :factory_id"
    row = session.execute(text(statement), {"offering_id": offering_id, "factory_id": factory_id}).first()
    return None if row is None else (row.state, row.decline_reason)
