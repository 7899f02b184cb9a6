"""Heartbeats of the sweeps: when each last ran to its end, and how often it should, so that silence is noticed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from market.kit.db import Base

LATE_AFTER_TIMES = 5
"""How many of its periods a sweep may miss before it counts as silent; the audit's SQL says the same."""


class SweepRun(Base):
    """One row a sweep. organisation_id is the market's, whose work a sweep is."""

    __tablename__ = "sweep_runs"
    __table_args__ = (CheckConstraint("every_seconds > 0", name="has_a_period"),)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    last_ran_at: Mapped[datetime]
    every_seconds: Mapped[int]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sweep as monitors and operators see it. silent: it missed too many of its periods."""

    name: str
    last_ran_at: datetime
    every: timedelta
    silent: bool


def beat(session: Session, organisation_id: UUID, name: str, every: timedelta, now: datetime) -> None:
    """Note that a sweep ran to its end, in the transaction of its work, so that a failed run leaves no note."""
    seconds = int(every.total_seconds())
    statement = insert(SweepRun).values(
        organisation_id=organisation_id, name=name, last_ran_at=now, every_seconds=seconds
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "name"], set_={"last_ran_at": now, "every_seconds": seconds}
        )
    )


def heartbeats(session: Session, now: datetime) -> list[Heartbeat]:
    """Every sweep that ever ran, by name."""
    return [
        Heartbeat(row.name, row.last_ran_at, every, now - row.last_ran_at > every * LATE_AFTER_TIMES)
        for row in session.scalars(select(SweepRun).order_by(SweepRun.name))
        for every in [timedelta(seconds=row.every_seconds)]
    ]
