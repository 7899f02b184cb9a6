"""Events: written in the transaction that caused them, delivered by the worker at least once.

`publish` stores the event and enqueues its delivery in the same transaction, so neither exists without the other.
A handler runs in its own transaction that also marks the event handled, so its effect happens once.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, get_type_hints
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.work import Work


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in the past tense. Subclasses are frozen dataclasses of plain fields."""

    organisation_id: UUID


class OutboxEvent(TenantRow, Base):
    """organisation_id: whose event it is. payload: the fields of the dataclass, as JSON text values."""

    __tablename__ = "outbox_events"
    name: Mapped[str]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class HandledEvent(Base):
    """One row a handler that has had its effect, so that a second delivery does nothing."""

    __tablename__ = "handled_events"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "event_id"], ["outbox_events.organisation_id", "outbox_events.id"]),
    )
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    handler: Mapped[str] = mapped_column(primary_key=True)
    handled_at: Mapped[datetime]


Handler = Callable[[Work, Any], None]
Handlers = Mapping[type[Event], Sequence[Handler]]


class Unreadable(ValueError):
    """A stored event whose name or fields no longer fit any event class."""


LONG_JOBS = "long"
FILES = "files"
OUTSIDE = "outside"
DEFER = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW(CAST(:queue AS text), :task, :priority, :lock, NULL, CAST(:arguments AS jsonb), :due)
            ::procrastinate_job_to_defer_v1
    ])
"""


def defer(
    session: Session,
    task: str,
    arguments: Mapping[str, Any],
    *,
    due: datetime | None = None,
    priority: int = 0,
    lock: str | None = None,
    queue: str = "default",
) -> None:
    """Enqueue a job of the worker inside the session's transaction: it exists only if the transaction commits.

    lock: of all jobs with this lock, in all workers, one runs at a time, in the order in which they were enqueued.
    queue: LONG_JOBS for one that may take more than a second or two, so that nobody waits behind it; FILES for one
    that reads a file, for which a person waits; OUTSIDE for one that waits for a server of somebody else.
    """
    told = {"task": task, "arguments": json.dumps(dict(arguments)), "due": due}
    session.execute(text(DEFER), {**told, "priority": priority, "lock": lock, "queue": queue})


def newest_job(session: Session) -> int:
    """The number of the job that was enqueued last; jobs that are enqueued later have greater ones."""
    return session.scalar(text("SELECT max(id) FROM procrastinate_jobs")) or 0


def is_job_open(session: Session, task: str, newest: int) -> bool:
    """Whether a job of this task, enqueued no later than the job `newest`, is waiting or under way."""
    statement = (
        "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = :task AND id <= :newest "
        "AND status IN ('todo', 'doing'))"
    )
    return bool(session.scalar(text(statement), {"task": task, "newest": newest}))


def forget_deliveries(session: Session, event_ids: Sequence[UUID]) -> None:
    """Take the waiting deliveries of events that were handled at once out of the queue."""
    session.execute(
        text(
            "DELETE FROM procrastinate_jobs WHERE task_name = 'deliver' AND status = 'todo' "
            "AND args ->> 'event_id' = ANY(:ids)"
        ),
        {"ids": [str(event_id) for event_id in event_ids]},
    )


def publish(work: Work, event: Event) -> None:
    """Store `event` and enqueue its delivery, both in the transaction of the work."""
    row = OutboxEvent(
        organisation_id=event.organisation_id,
        id=work.new_id(),
        name=type(event).__name__,
        payload={key: _plain(value) for key, value in asdict(event).items()},
        occurred_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    defer(work.session, "deliver", {"organisation_id": str(row.organisation_id), "event_id": str(row.id)})


def read_event(row: OutboxEvent, kinds: Mapping[str, type[Event]]) -> Event:
    """Build the event again from its row. Raises Unreadable when no class fits."""
    kind = kinds.get(row.name)
    if kind is None:
        raise Unreadable(f"no event is named {row.name!r}")
    hints = get_type_hints(kind)
    names = {field.name for field in fields(kind)}
    if names != set(row.payload):
        raise Unreadable(f"{row.name} has the fields {sorted(names)}, the stored one {sorted(row.payload)}")
    return kind(**{name: _restored(hints[name], row.payload[name]) for name in names})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else str(value) if isinstance(value, UUID) else value


def _restored(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint in (UUID, UUID | None):
        return UUID(value)
    if hint in (date, date | None):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if hint in (datetime, datetime | None) else value
