"""What an operator looks at across all capabilities, as counts and history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from market.kit.history import HistoryEntry, chain_is_whole

STATE_COUNTS = {
    "orders": "SELECT state, count(*) FROM orders GROUP BY state",
    "pools": "SELECT state, count(*) FROM pools GROUP BY state",
    "leads": "SELECT state, count(*) FROM leads GROUP BY state",
    "quotes": "SELECT state, count(*) FROM quotes WHERE state <> 'superseded' GROUP BY state",
    "awards": "SELECT 'awarded', count(*) FROM awards HAVING count(*) > 0",
    "factories": "SELECT state, count(*) FROM factories GROUP BY state",
    "organisations": "SELECT kind, count(*) FROM organisations GROUP BY kind",
}
JOB_COUNTS = "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"
AGGREGATES = (
    "orders", "pools", "offerings", "leads", "quotes", "awards", "deals", "samples", "disputes", "reviews", "rooms",
    "dues", "payments", "refunds", "remittances", "payouts", "payout_accounts", "factories", "factory_records",
    "organisations", "moderation_cases", "api_keys", "order_imports", "suggestions", "preparations", "ranker_versions",
    "exposure", "candidates", "splits", "vocabularies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StateCounts:
    """How many objects of one kind stand in which state (organisations: are of which kind), the largest first."""

    kind: str
    counts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _state, count in self.counts)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the history, with where it belongs."""

    id: UUID
    organisation_id: UUID
    aggregate: str
    aggregate_id: UUID
    sequence: int
    what: str
    from_state: str | None
    to_state: str | None
    actor_name: str
    why: str
    details: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class ObjectHistory:
    """Every entry of one object, newest first. whole: nothing in its chain of hashes was changed or is missing."""

    events: tuple[Event, ...]
    whole: bool


def state_counts(session: Session) -> list[StateCounts]:
    """Counts of everything by state; an empty market gives empty counts."""
    found = []
    for kind, statement in STATE_COUNTS.items():
        rows = [(str(state), int(count)) for state, count in session.execute(text(statement))]
        found.append(StateCounts(kind, tuple(sorted(rows, key=lambda row: (-row[1], row[0])))))
    return found


def job_counts(session: Session) -> StateCounts:
    rows = [(str(status), int(count)) for status, count in session.execute(text(JOB_COUNTS))]
    return StateCounts("jobs", tuple(sorted(rows)))


def object_history(session: Session, aggregate: str, aggregate_id: UUID) -> ObjectHistory:
    """The whole history of one object, checked link by link."""
    rows: Sequence[HistoryEntry] = session.scalars(
        select(HistoryEntry)
        .where(HistoryEntry.aggregate == aggregate, HistoryEntry.aggregate_id == aggregate_id)
        .order_by(HistoryEntry.sequence)
    ).all()
    return ObjectHistory(tuple(event_of(row) for row in reversed(rows)), chain_is_whole(list(rows)))


def event_of(row: HistoryEntry) -> Event:
    """An entry as a frozen row."""
    return Event(
        row.id,
        row.organisation_id,
        row.aggregate,
        row.aggregate_id,
        row.sequence,
        row.what,
        row.from_state,
        row.to_state,
        row.actor_name,
        row.why,
        row.details,
        row.at,
    )
