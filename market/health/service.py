"""What operators do about the machinery: try a failed job again, and note a backup."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from market.health.models import Backup, JobFault
from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, invalid_field
from market.kit.work import Work

LONGEST_REASON: Final = 500
LONGEST_FAULT: Final = 2_000
TRY_AGAIN = """
    UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = now()
    WHERE id = :id AND status = 'failed' RETURNING task_name, queue_name
"""


@dataclass(frozen=True, slots=True)
class Machinery:
    """The aggregate whose history tells what operators did about jobs and backups."""

    __tablename__: ClassVar[str] = "machinery"
    organisation_id: UUID = MARKET_ID
    id: UUID = MARKET_ID


def try_job_again(work: Work, job_id: int, why: str) -> str:
    """Let a worker take a failed job again; returns its task. Whoever does it says why, and the history keeps it.

    Raises Invalid without a reason; Conflict when it is not failed any more (somebody was faster, or it is gone).
    """
    if not why.strip() or len(why) > LONGEST_REASON:
        raise invalid_field(
            "A job is tried again with a reason.", "why", "it is missing or too long", "1 to 500 characters"
        )
    moved = work.session.execute(text(TRY_AGAIN), {"id": job_id}).first()
    if moved is None:
        raise Conflict("This job is not failed any more.")
    details = {"job": job_id, "task": moved.task_name, "queue": moved.queue_name}
    history.record(work, Machinery(), what="job tried again", why=why.strip(), details=details)
    return str(moved.task_name)


def note_fault(work: Work, job_id: int, fault: str) -> None:
    """Keep what a worker said of a job that failed; of several tries the last."""
    row = {"organisation_id": MARKET_ID, "job_id": job_id, "fault": fault[:LONGEST_FAULT], "at": work.now}
    statement = insert(JobFault).values(row)
    renewed = {"fault": row["fault"], "at": work.now}
    work.session.execute(statement.on_conflict_do_update(index_elements=["organisation_id", "job_id"], set_=renewed))


def forget_faults(work: Work) -> int:
    """Remove what was said of jobs that have succeeded or are gone; returns how many."""
    statement = """
        DELETE FROM job_faults fault WHERE NOT EXISTS (
            SELECT FROM procrastinate_jobs job WHERE job.id = fault.job_id)"""
    return int(work.session.execute(text(statement)).rowcount)  # type: ignore[attr-defined]  # a cursor's result


def note_backup(work: Work, place: str, size_bytes: int | None) -> None:
    """Keep that a backup was made, and where. Raises Invalid for a place that is empty or too long."""
    if not place.strip() or len(place) > LONGEST_REASON:
        raise invalid_field("Say where the backup is.", "place", "it is missing or too long", "1 to 500 characters")
    work.session.add(
        Backup(
            organisation_id=MARKET_ID,
            id=work.new_id(),
            place=place.strip(),
            size_bytes=size_bytes,
            made_by=work.actor.name,
            made_at=work.now,
        )
    )
    work.session.flush()
    history.record(work, Machinery(), what="backup noted", details={"place": place.strip(), "bytes": size_bytes})
