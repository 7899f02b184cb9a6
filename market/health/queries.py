"""Reading how the machinery runs: read-only SQL over the queue, the outbox and other folders' tables.

The queue and its workers keep the database's own time; sweeps and events keep the market's, which a test or a demo
moves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

ALIVE_FOR: Final = timedelta(seconds=25)
"""A worker says every ten seconds that it lives."""
REMEMBERED_FOR: Final = timedelta(seconds=90)
"""For how long a worker that fell silent beside others is told of."""
MOST_FAILED: Final = 50

QUEUES = """
    SELECT job.queue_name AS name, count(*) FILTER (WHERE job.status = 'todo' AND due.is_due) AS waiting,
        count(*) FILTER (WHERE job.status = 'todo' AND NOT due.is_due) AS planned,
        count(*) FILTER (WHERE job.status = 'doing') AS running,
        count(*) FILTER (WHERE job.status = 'failed') AS failed,
        CAST(extract(epoch FROM now() - min(coalesce(job.scheduled_at, made.at))
            FILTER (WHERE job.status = 'todo' AND due.is_due)) AS double precision) AS oldest_seconds
    FROM procrastinate_jobs job
    CROSS JOIN LATERAL (SELECT coalesce(job.scheduled_at <= now(), true) AS is_due) AS due
    LEFT JOIN LATERAL (
        SELECT min(told.at) AS at FROM procrastinate_events told WHERE told.job_id = job.id
    ) AS made ON job.status = 'todo'
    WHERE job.status IN ('todo', 'doing', 'failed') GROUP BY job.queue_name ORDER BY job.queue_name
"""
FAILED = """
    SELECT job.id, job.queue_name AS queue, job.task_name AS task, job.attempts, job.args::text AS arguments,
        fault.fault, coalesce(fault.at, (SELECT max(told.at) FROM procrastinate_events told
            WHERE told.job_id = job.id)) AS at
    FROM procrastinate_jobs job LEFT JOIN job_faults fault ON fault.job_id = job.id
    WHERE job.status = 'failed' ORDER BY job.id DESC LIMIT :most
"""
WORKERS = """
    SELECT count(*) FILTER (WHERE last_heartbeat >= now() - CAST(:alive AS interval)) AS alive,
        count(*) FILTER (WHERE last_heartbeat < now() - CAST(:alive AS interval)
            AND last_heartbeat >= now() - CAST(:remembered AS interval)) AS silent,
        max(last_heartbeat) AS last_beat FROM procrastinate_workers
"""
EVENTS = "SELECT count(*) AS waiting, min(occurred_at) AS oldest FROM outbox_events WHERE handled_at IS NULL"
DATABASE = """
    SELECT pg_database_size(current_database()) AS size_bytes, current_setting('server_version') AS version,
        (SELECT version_num FROM alembic_version) AS migration
"""
NEWS = """
    SELECT state, count(*) AS count, min(received_at) AS oldest FROM gateway_news
    WHERE state IN ('received', 'parked') GROUP BY state ORDER BY state
"""
BACKUP = "SELECT place, size_bytes, made_by, made_at FROM backups ORDER BY made_at DESC, id DESC LIMIT 1"
OPEN_FACTORIES = "SELECT count(*) FROM factories WHERE state = 'open'"


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of jobs. waiting: due and not begun. planned: for later. oldest_seconds: how long the first waits."""

    name: str
    waiting: int
    planned: int
    running: int
    failed: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that no try got through. fault: what its worker said last; None where no worker could say anything."""

    id: int
    queue: str
    task: str
    attempts: int
    arguments: str
    fault: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Workers:
    """How many say that they live (one process counts once for each queue), and how many fell silent a moment ago."""

    alive: int
    silent: int
    last_beat: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingEvents:
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseState:
    size_bytes: int
    version: str
    migration: str


@dataclass(frozen=True, slots=True)
class WaitingNews:
    """News of the payment provider that is not handled: received, or parked because it is about nothing of ours."""

    state: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class KnownBackup:
    place: str
    size_bytes: int | None
    made_by: str
    made_at: datetime


def queues(session: Session) -> list[Queue]:
    return [Queue(**row._mapping) for row in session.execute(text(QUEUES))]


def failed_jobs(session: Session) -> list[FailedJob]:
    """The jobs that failed for good, the newest first, MOST_FAILED of them."""
    return [FailedJob(**row._mapping) for row in session.execute(text(FAILED), {"most": MOST_FAILED})]


def workers(session: Session) -> Workers:
    told = {"alive": ALIVE_FOR, "remembered": REMEMBERED_FOR}
    return Workers(**session.execute(text(WORKERS), told).one()._mapping)


def waiting_events(session: Session) -> WaitingEvents:
    return WaitingEvents(**session.execute(text(EVENTS)).one()._mapping)


def database_state(session: Session) -> DatabaseState:
    return DatabaseState(**session.execute(text(DATABASE)).one()._mapping)


def waiting_news(session: Session) -> list[WaitingNews]:
    return [WaitingNews(**row._mapping) for row in session.execute(text(NEWS))]


def last_backup(session: Session) -> KnownBackup | None:
    row = session.execute(text(BACKUP)).first()
    return None if row is None else KnownBackup(**row._mapping)


def open_factories(session: Session) -> int:
    return session.scalar(text(OPEN_FACTORIES)) or 0
