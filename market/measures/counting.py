"""Counting: days whose rows changed are counted anew, months are summed up from their days.

`count_touched_days` is the worker's sweep, `recount` counts everything, `differences` says whether both agree. What a
statement counts is written once, in `facts.py`; here it is grouped.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.clock import day_begins
from market.kit.work import Work
from market.measures.columns import (
    CHANCE_BINS,
    FACET_KEYS,
    LEAD_KEYS,
    REASONS,
    TABLES,
    WAIT_BINS,
)
from market.measures.facts import DEAL_ROWS, LEAD_ROWS, RUN_ROWS

DAYS_AT_ONCE: Final = 10
NOTES_AT_ONCE: Final = 50_000
COUNTING_LOCK: Final = 7_335_171
SPAN: Final = timedelta(days=1)

_DECLINES = ", ".join(f"count(*) FILTER (WHERE reason = '{reason}') AS declined_{reason}" for reason in REASONS)
_BIN = "closed AND calibrated AND bin = {place}"
_CHANCES = ", ".join(
    f"count(*) FILTER (WHERE {_BIN}) AS chance_n_{{place}}, coalesce(sum(p) FILTER (WHERE {_BIN}), 0) AS "
    f"chance_p_{{place}}, count(*) FILTER (WHERE {_BIN} AND won) AS chance_y_{{place}}".format(place=place)
    for place in CHANCE_BINS
)
LEAD_SUMS: Final = f"""count(*) AS offered, count(*) FILTER (WHERE viewed) AS viewed,
    count(*) FILTER (WHERE accepted) AS accepted, count(*) FILTER (WHERE quoted) AS quoted,
    count(*) FILTER (WHERE won) AS won, count(*) FILTER (WHERE countered) AS countered,
    count(*) FILTER (WHERE lost) AS lost, count(*) FILTER (WHERE expired) AS expired,
    count(*) FILTER (WHERE withdrawn) AS withdrawn, count(*) FILTER (WHERE declined) AS declined,
    count(*) FILTER (WHERE closed) AS closed, {_DECLINES}, {_CHANCES},
    coalesce(sum(square) FILTER (WHERE closed AND calibrated), 0) AS chance_squares"""
_WAITS = ", ".join(f"count(*) FILTER (WHERE wait = {place}) AS wait_{place}" for place in WAIT_BINS)
RUN_SUMS: Final = f"""sum(posted) AS posted, sum(offered) AS offered, sum(won) AS won, sum(open) AS open,
    sum(quoted) AS quoted, sum(quoted_in_a_day) AS quoted_in_a_day, {_WAITS}"""
DEAL_SUMS: Final = "count(*) AS deals, count(*) FILTER (WHERE again) AS again, sum(minor) AS minor"
FACET_ROWS: Final = """(
        SELECT lead_rows.*, facet.name AS facet, facet.value FROM lead_rows CROSS JOIN LATERAL (VALUES
            ('rank', CAST(place AS text)), ('ranker', ranker), ('similarity', CAST(alike AS text))
        ) AS facet (name, value)
        WHERE facet.value IS NOT NULL) AS faceted"""

COUNTS: Final = {
    "measure_leads": (LEAD_ROWS, f"SELECT day, {', '.join(LEAD_KEYS)}, {LEAD_SUMS} FROM lead_rows"),
    "measure_facets": (LEAD_ROWS, f"SELECT day, {', '.join(FACET_KEYS)}, {LEAD_SUMS} FROM {FACET_ROWS}"),
    "measure_runs": (RUN_ROWS, f"SELECT day, vertical, region, language, buyer, {RUN_SUMS} FROM run_rows"),
    "measure_deals": (
        DEAL_ROWS,
        f"SELECT day, vertical, region, language, buyer, currency, {DEAL_SUMS} FROM deal_rows",
    ),
}
"""Summary table -> the rows that it is counted from, and how."""

EXPOSURE: Final = """
    SELECT CAST(:week AS date) AS week, vertical, leads, count(*) AS factories FROM (
        SELECT coalesce(factory.vertical, '') AS vertical, count(*) AS leads
        FROM leads lead LEFT JOIN factories factory
            ON factory.organisation_id = lead.factory_id AND factory.id = lead.factory_id
        WHERE lead.offered_at >= :from AND lead.offered_at < :to GROUP BY lead.factory_id, factory.vertical) AS asked
    GROUP BY vertical, leads"""
FIRST_AND_LAST: Final = """
    SELECT min(day), max(day) FROM (
        SELECT market_day(min(offered_at)) AS day FROM leads UNION SELECT market_day(max(offered_at)) FROM leads
        UNION SELECT market_day(min(created_at)) FROM offerings UNION SELECT market_day(max(created_at)) FROM offerings
        UNION SELECT market_day(min(posted_at)) FROM orders UNION SELECT market_day(max(posted_at)) FROM orders
        UNION SELECT market_day(min(awarded_at)) FROM awards UNION SELECT market_day(max(awarded_at)) FROM awards
    ) AS ends"""


def count_touched_days(work: Work) -> int:
    """Count the days anew whose rows changed, at most DAYS_AT_ONCE, those that wait longest first; returns how many.

    Notes are taken before the rows are read, so what changes meanwhile leaves a note for the next time. One counts at
    a time; a second one finds nothing to do. Needs the system scope.
    """
    session = work.session
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": COUNTING_LOCK}):
        return 0
    notes = session.execute(
        text("SELECT id, day FROM measure_touched ORDER BY id LIMIT :most"), {"most": NOTES_AT_ONCE}
    ).all()
    days = list(dict.fromkeys(row.day for row in notes))[:DAYS_AT_ONCE]
    if days:
        session.execute(
            text("DELETE FROM measure_touched WHERE day = ANY(:days) AND id <= :last"),
            {"days": days, "last": notes[-1].id},
        )
        count_days(work, days)
    return len(days)


def recount(work: Work) -> int:
    """Count every day anew from nothing; returns how many there are. Needs the system scope."""
    session = work.session
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": COUNTING_LOCK})
    for table in (*TABLES, "measure_exposure", "measure_days", "measure_touched"):
        session.execute(text(f"DELETE FROM {table}"))
    days = list(_all_days(session))
    count_days(work, days)
    return len(days)


def count_days(work: Work, days: Sequence[date]) -> None:
    """Count these days anew, then the months and weeks that they belong to."""
    session = work.session
    for day in days:
        for table in TABLES:
            _count(session, table, day)
        session.execute(
            text(
                "INSERT INTO measure_days (organisation_id, day, counted_at) VALUES (:market, :day, :now) "
                "ON CONFLICT (organisation_id, day) DO UPDATE SET counted_at = excluded.counted_at"
            ),
            {"market": MARKET_ID, "day": day, "now": work.now},
        )
    for month in sorted({day.replace(day=1) for day in days}):
        for table in TABLES:
            _sum_month(session, table, month)
    for week in sorted({day - timedelta(days=day.weekday()) for day in days}):
        _count_exposure(session, week)


def differences(session: Session) -> Iterator[tuple[date, str, int]]:
    """Each day and summary that a fresh count gives otherwise, with the number of rows that differ. Days that wait to
    be counted anew are left out, as nobody says of them that they are right. Needs the system scope."""
    waiting = set(session.scalars(text("SELECT DISTINCT day FROM measure_touched")))
    for day in _all_days(session):
        if day in waiting:
            continue
        for table, (keys, counts) in TABLES.items():
            rows, grouped = COUNTS[table]
            names = ", ".join(("day", *keys, *counts))
            kept = f"SELECT {names} FROM {table} WHERE grain = 'day' AND day = :day"
            fresh = f"SELECT {names} FROM fresh"
            wrong = session.scalar(
                text(
                    f"WITH {rows}, fresh AS ({grouped} GROUP BY {', '.join(('day', *keys))}) SELECT count(*) FROM ("
                    f"(({fresh}) EXCEPT ALL ({kept})) UNION ALL (({kept}) EXCEPT ALL ({fresh}))) AS differing"
                ),
                {**moments(day, day + SPAN), "day": day},
            )
            if wrong:
                yield day, table, int(wrong)


def moments(first: date, end: date) -> dict[str, datetime]:
    """When a span of market days begins, and when it is over. end: the first day after it."""
    return {"from": day_begins(first), "to": day_begins(end)}


def _all_days(session: Session) -> Iterable[date]:
    """Every day from the first to the last on which anything was posted, offered or awarded."""
    first, last = session.execute(text(FIRST_AND_LAST)).one()
    return [] if first is None else [first + timedelta(days=after) for after in range((last - first).days + 1)]


def _count(session: Session, table: str, day: date) -> None:
    keys, counts = TABLES[table]
    rows, grouped = COUNTS[table]
    session.execute(text(f"DELETE FROM {table} WHERE grain = 'day' AND day = :day"), {"day": day})
    session.execute(
        text(
            f"INSERT INTO {table} (organisation_id, grain, day, {', '.join((*keys, *counts))}) "
            f"WITH {rows} SELECT CAST(:market AS uuid), 'day', sums.* FROM ({grouped} "
            f"GROUP BY {', '.join(('day', *keys))}) AS sums"
        ),
        {**moments(day, day + SPAN), "market": MARKET_ID},
    )


def _sum_month(session: Session, table: str, month: date) -> None:
    keys, counts = TABLES[table]
    following = (month + timedelta(days=31)).replace(day=1)
    told: dict[str, Any] = {"market": MARKET_ID, "month": month, "following": following}
    session.execute(text(f"DELETE FROM {table} WHERE grain = 'month' AND day = :month"), told)
    names, sums = ", ".join(keys), ", ".join(f"sum({count})" for count in counts)
    session.execute(
        text(
            f"INSERT INTO {table} (organisation_id, grain, day, {names}, {', '.join(counts)}) "
            f"SELECT CAST(:market AS uuid), 'month', CAST(:month AS date), {names}, {sums} FROM {table} "
            f"WHERE grain = 'day' AND day >= :month AND day < :following GROUP BY {names}"
        ),
        told,
    )


def _count_exposure(session: Session, week: date) -> None:
    told: dict[str, Any] = {**moments(week, week + timedelta(days=7)), "market": MARKET_ID, "week": week}
    session.execute(text("DELETE FROM measure_exposure WHERE week = :week"), told)
    session.execute(
        text(
            "INSERT INTO measure_exposure (organisation_id, week, vertical, leads, factories) "
            f"SELECT CAST(:market AS uuid), counted.* FROM ({EXPOSURE}) AS counted"
        ),
        told,
    )
