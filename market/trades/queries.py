"""Drafts of packs, as frozen rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.errors import NotFound
from market.trades.models import PackDraft


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A pack that somebody works on. sentences: one a line. published_as: None while it is a draft."""

    id: UUID
    file_name: str
    text: str
    sentences: str
    begun_by: str
    changed_at: datetime
    published_as: int | None


def draft(session: Session, draft_id: UUID) -> DraftRow:
    """Raises NotFound."""
    row = session.get(PackDraft, (MARKET_ID, draft_id))
    if row is None:
        raise NotFound
    return _frozen(row)


def open_drafts(session: Session) -> list[DraftRow]:
    """The twenty latest that were not published."""
    asked = select(PackDraft).where(PackDraft.organisation_id == MARKET_ID, PackDraft.published_as.is_(None))
    return [_frozen(row) for row in session.scalars(asked.order_by(PackDraft.changed_at.desc()).limit(20))]


def _frozen(row: PackDraft) -> DraftRow:
    return DraftRow(row.id, row.file_name, row.text, row.sentences, row.begun_by, row.changed_at, row.published_as)
