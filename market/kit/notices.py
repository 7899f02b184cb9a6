"""Notices: one line for one organisation, in the bell. The kind names a template in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.live import announce
from market.kit.work import Work


class Notice(TenantRow, Base):
    """kind: what happened, as a key of market/templates/macros/notices.html. link: the page it is about."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_unread", "organisation_id", "read_at", "created_at"),)
    kind: Mapped[str]
    details: Mapped[dict[str, Any]]
    link: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    id: UUID
    kind: str
    details: dict[str, Any]
    link: str
    created_at: datetime
    read_at: datetime | None


def notify(work: Work, organisation_id: UUID, kind: str, details: Mapping[str, Any], *, link: str) -> None:
    """Put a notice into the bell of an organisation and ring it live."""
    notice = Notice(
        organisation_id=organisation_id,
        id=work.new_id(),
        kind=kind,
        details=dict(details),
        link=link,
        created_at=work.now,
    )
    work.session.add(notice)
    work.session.flush()
    announce(work.session, organisation_id, "notice", notice.id)


def latest_notices(session: Session, organisation_id: UUID, count: int = 50) -> list[NoticeLine]:
    rows = session.scalars(
        select(Notice).where(Notice.organisation_id == organisation_id).order_by(Notice.id.desc()).limit(count)
    )
    return [NoticeLine(row.id, row.kind, row.details, row.link, row.created_at, row.read_at) for row in rows]


def unread_count(session: Session, organisation_id: UUID) -> int:
    statement = select(func.count()).where(Notice.organisation_id == organisation_id, Notice.read_at.is_(None))
    return session.scalar(statement) or 0


def mark_read(session: Session, organisation_id: UUID, now: datetime) -> None:
    session.execute(
        update(Notice).where(Notice.organisation_id == organisation_id, Notice.read_at.is_(None)).values(read_at=now)
    )
