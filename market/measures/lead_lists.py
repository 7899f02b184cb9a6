"""The leads behind a number: the newest first, narrowed just as the number was.

The summaries say on which days such leads were offered; only those days are read, and at most DAYS_A_PAGE of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.errors import FieldFault, Invalid, invalid_field
from market.measures.columns import CHANCE_BINS, ENDS, REASONS, STEPS
from market.measures.counting import moments
from market.measures.facts import LEAD_ROWS
from market.measures.slices import Asked

DAYS_A_PAGE: Final = 3
ROWS_A_PAGE: Final = 50
WHERE: Final = {
    **{step: step for step in (*STEPS, *ENDS) if step != "offered"},
    "offered": "true",
}
"""Step -> the condition on a row of facts.LEAD_ROWS."""
LEADS: Final = """
    WITH {rows} SELECT lead_rows.id, lead_rows.organisation_id, lead_rows.order_id, lead_rows.pool_id,
        lead_rows.factory_id, factory.name AS factory, lead_rows.state, lead_rows.rank, lead_rows.ranker,
        lead_rows.offered_at, lead_rows.day, CASE WHEN lead_rows.calibrated THEN lead_rows.chance END AS chance,
        offering.title, coalesce(offering.brief ->> 'code', '') AS code
    FROM lead_rows
    JOIN leads lead ON lead.organisation_id = lead_rows.organisation_id AND lead.id = lead_rows.id
    JOIN offerings offering
        ON offering.organisation_id = lead.organisation_id AND offering.id = lead.offering_id
    LEFT JOIN factories factory
        ON factory.organisation_id = lead_rows.factory_id AND factory.id = lead_rows.factory_id
    WHERE {where} ORDER BY lead_rows.offered_at DESC, lead_rows.id DESC LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Behind:
    """Which of the leads of a part of the market a number counts. bin: of CHANCE_BINS, of closed calibrated leads."""

    step: str = "offered"
    reason: str | None = None
    bin: int | None = None
    rank: int | None = None

    @property
    def counted_as(self) -> str:
        """The column of the summaries that counts them."""
        if self.bin is not None:
            return f"chance_n_{self.bin}"
        return f"declined_{self.reason}" if self.reason else self.step

    @property
    def condition(self) -> str:
        found = [WHERE[self.step]]
        if self.reason:
            found.append("reason = :reason")
        if self.bin is not None:
            found.append("closed AND calibrated AND bin = :bin")
        if self.rank is not None:
            found.append("rank = :rank")
        return " AND ".join(found)

    @property
    def address(self) -> dict[str, Any]:
        told = {"step": self.step, "reason": self.reason, "bin": self.bin, "rank": self.rank}
        return {name: value for name, value in told.items() if value not in {None, "offered"}}


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead as operators list it; fields as in the tables. chance: None unless it was calibrated."""

    id: UUID
    organisation_id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    factory_id: UUID
    factory: str | None
    state: str
    rank: int
    ranker: str
    offered_at: Any
    day: date
    chance: float | None
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class LeadLines:
    """total: how many there are in all, None where the summaries do not count such leads. older: the day and the lead
    after which the next page begins."""

    rows: tuple[LeadLine, ...]
    total: int | None
    older: str | None


def leads_behind(session: Session, asked: Asked, behind: Behind, after: str | None) -> LeadLines:
    """One page of the leads behind a number. Raises Invalid for a cursor that is none."""
    start, last_id = _read_cursor(after)
    counted = _days(session, asked, behind.counted_as)
    days = [day for day in sorted(counted, reverse=True) if start is None or day <= start]
    rows: list[LeadLine] = []
    read: list[date] = []
    for day in days[:DAYS_A_PAGE]:
        read.append(day)
        rows += _of_day(session, asked, behind, day, last_id if day == start else None)
        if len(rows) > ROWS_A_PAGE:
            break
    total = sum(counted.values()) if behind.rank is None else None
    if len(rows) > ROWS_A_PAGE:
        last = rows[ROWS_A_PAGE - 1]
        return LeadLines(tuple(rows[:ROWS_A_PAGE]), total, f"{last.day.isoformat()}.{last.id}")
    left = days[len(read) :]
    return LeadLines(tuple(rows), total, f"{left[0].isoformat()}." if left else None)


def read_behind(arguments: Mapping[str, str]) -> Behind:
    """Which leads the arguments of an address name. Raises Invalid with every argument that is none."""
    faults = []
    step, reason = arguments.get("step") or "offered", arguments.get("reason") or None
    if step not in WHERE:
        faults.append(FieldFault("step", f"{step[:40]!r} is unknown", ", ".join(WHERE)))
    if reason is not None and reason not in REASONS:
        faults.append(FieldFault("reason", f"{reason[:40]!r} is unknown", ", ".join(REASONS)))
    numbers = {}
    for name, known in (("bin", CHANCE_BINS), ("rank", tuple(range(1, 100)))):
        said = arguments.get(name, "")
        if said and said not in set(map(str, known)):
            faults.append(FieldFault(name, f"{said[:40]!r} is unknown", f"{known[0]} to {known[-1]}"))
        elif said:
            numbers[name] = int(said)
    if faults:
        raise Invalid("This list cannot be narrowed so.", tuple(faults))
    return Behind("declined" if reason else step, reason, **numbers)


def _days(session: Session, asked: Asked, column: str) -> dict[date, int]:
    """The days on which such leads were offered, and how many."""
    keys = asked.part.chosen
    where = "".join(f" AND {key} = :key_{key}" for key in keys)
    told = {
        "market": MARKET_ID, "first": asked.span.first, "end": asked.span.end,
        **{f"key_{key}": value for key, value in keys.items()},
    }  # fmt: skip
    statement = (
        f"SELECT day, CAST(sum({column}) AS bigint) AS found FROM measure_leads WHERE organisation_id = :market "
        f"AND grain = 'day' AND day >= :first AND day < :end{where} GROUP BY day HAVING sum({column}) > 0"
    )
    return {row.day: row.found for row in session.execute(text(statement), told)}


def _of_day(session: Session, asked: Asked, behind: Behind, day: date, last_id: UUID | None) -> list[LeadLine]:
    keys = asked.part.chosen
    where = [behind.condition, *(f"lead_rows.{key} = :key_{key}" for key in keys)]
    told: dict[str, Any] = {
        **moments(day, day + timedelta(days=1)), **{f"key_{key}": value for key, value in keys.items()},
        "most": ROWS_A_PAGE + 1, "reason": behind.reason, "bin": behind.bin, "rank": behind.rank,
    }  # fmt: skip
    if last_id is not None:
        where.append("(lead_rows.offered_at, lead_rows.id) < (SELECT offered_at, id FROM leads WHERE id = :last_id)")
        told["last_id"] = last_id
    statement = LEADS.format(rows=LEAD_ROWS.replace("{", "{{").replace("}", "}}"), where=" AND ".join(where))
    found = session.execute(text(statement), told).mappings()
    return [LeadLine(**row) for row in found]


def _read_cursor(said: str | None) -> tuple[date | None, UUID | None]:
    if not said:
        return None, None
    day, _dot, lead = said.partition(".")
    try:
        return date.fromisoformat(day), UUID(lead) if lead else None
    except ValueError:
        raise invalid_field(
            "This page cannot be found.", "after", f"{said[:60]!r} is no place in the list", ""
        ) from None
