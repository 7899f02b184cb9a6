"""Alarms that were raised, why jobs failed, and the backups that are known. Imported by this folder alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow


class RaisedAlarm(TenantRow, Base):
    """One time that something fell silent. organisation_id: the market's. kind: of alarms.Kind; of each kind one is
    open at most. since: from when on it was silent. cleared_at: when it was seen to be well again."""

    __tablename__ = "health_alarms"
    __table_args__ = (
        Index(
            "uq_health_alarms_open",
            "organisation_id",
            "kind",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )
    kind: Mapped[str]
    since: Mapped[datetime | None]
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


class JobFault(Base):
    """Why a job failed last: one line, as its worker said it. organisation_id: the market's."""

    __tablename__ = "job_faults"
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fault: Mapped[str]
    at: Mapped[datetime]


class Backup(TenantRow, Base):
    """A backup that is known. place: the file, or where somebody says that it is. size_bytes: None where not known."""

    __tablename__ = "backups"
    __table_args__ = (Index("ix_backups_made_at", "made_at"),)
    place: Mapped[str]
    size_bytes: Mapped[int | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
