"""Reading the summaries: sums over a part of the market and some days, by what keys one likes. One statement each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.measures.columns import TABLES
from market.measures.slices import Span

Row = Mapping[str, Any]
GROUPED: Final = {
    "week": "CAST(date_trunc('week', day) AS date)",
    "month": "CAST(date_trunc('month', day) AS date)",
}


def sums(
    session: Session, table: str, counts: Sequence[str], span: Span, keys: Mapping[str, str], by: Sequence[str] = ()
) -> list[Row]:
    """The sums of `counts` over some days, of the rows whose keys are as said; a row for each combination of `by`.

    Without `by` there is exactly one row, of zeros where nothing was counted.
    """
    known_keys, known_counts = TABLES[table]
    assert set(by) <= {*known_keys} and set(counts) <= {*known_counts} and set(keys) <= {*known_keys}
    told: dict[str, Any] = {"market": MARKET_ID, **{f"key_{name}": value for name, value in keys.items()}}
    pieces = []
    for place, (grain, first, end) in enumerate(span.pieces()):
        told |= {f"first_{place}": first, f"end_{place}": end}
        pieces.append(f"grain = '{grain}' AND day >= :first_{place} AND day < :end_{place}")
    summed = ", ".join(f"CAST(coalesce(sum({name}), 0) AS bigint) AS {name}" for name in counts)
    where = "".join(f" AND {name} = :key_{name}" for name in keys)
    grouping = f" GROUP BY {', '.join(by)}" if by else ""
    statement = (
        f"SELECT {', '.join((*by, summed))} FROM {table} WHERE organisation_id = :market "
        f"AND (({') OR ('.join(pieces)})){where}{grouping}"
    )
    return [dict(row) for row in session.execute(text(statement), told).mappings()]


def by_week(session: Session, table: str, counts: Sequence[str], span: Span, keys: Mapping[str, str]) -> list[Row]:
    """The sums of each week that the days touch, oldest first; weeks begin on Mondays."""
    told: dict[str, Any] = {
        "market": MARKET_ID, "first": span.first, "end": span.end,
        **{f"key_{name}": value for name, value in keys.items()},
    }  # fmt: skip
    summed = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in counts)
    where = "".join(f" AND {name} = :key_{name}" for name in keys)
    statement = (
        f"SELECT {GROUPED['week']} AS week, {summed} FROM {table} WHERE organisation_id = :market AND grain = 'day' "
        f"AND day >= :first AND day < :end{where} GROUP BY 1 ORDER BY 1"
    )
    return [dict(row) for row in session.execute(text(statement), told).mappings()]


def freshness(session: Session) -> tuple[datetime | None, int]:
    """Since when the sums have been what they are (None before anything was counted), and how many changed days wait
    to be counted anew."""
    counted = session.scalar(text("SELECT max(counted_at) FROM measure_days"))
    waiting = session.scalar(text("SELECT count(DISTINCT day) FROM measure_touched"))
    return counted, int(waiting or 0)


def regions(session: Session, span: Span) -> list[str]:
    """The regions that requests of these days named, the most frequent first."""
    found = sums(session, "measure_runs", ("offered", "posted"), span, {}, ("region",))
    ordered = sorted(found, key=lambda row: (-row["offered"] - row["posted"], row["region"]))
    return [row["region"] for row in ordered if row["region"]]


def exposure(session: Session, span: Span, keys: Mapping[str, str]) -> list[Row]:
    """(week, leads, factories): how many factories got so many leads, in each whole week of these days."""
    first = span.first + timedelta(days=-span.first.weekday() % 7)
    where = " AND vertical = :vertical" if "vertical" in keys else ""
    statement = (
        "SELECT week, leads, CAST(sum(factories) AS bigint) AS factories FROM measure_exposure "
        f"WHERE organisation_id = :market AND week >= :first AND week <= :last{where} "
        "GROUP BY week, leads ORDER BY 1, 2"
    )
    told = {"market": MARKET_ID, "first": first, "last": span.end - timedelta(days=7), **keys}
    return [dict(row) for row in session.execute(text(statement), told).mappings()]


def factories_by(session: Session, days: Sequence[date], keys: Mapping[str, str]) -> dict[date, int]:
    """How many factories had joined by the end of each of these days."""
    where = " WHERE vertical = :vertical" if "vertical" in keys else ""
    counts = ", ".join(f"count(*) FILTER (WHERE joined_on <= :day_{place}) AS n_{place}" for place in range(len(days)))
    if not days:
        return {}
    told = {**{f"day_{place}": day for place, day in enumerate(days)}, **keys}
    row = session.execute(text(f"SELECT {counts} FROM factories{where}"), told).one()
    return dict(zip(days, row, strict=True))
