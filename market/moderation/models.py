"""Cases of moderation and the prints of texts. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class CaseState(StrEnum):
    WAITING = "waiting"
    DISMISSED = "dismissed"
    DECIDED = "decided"


CASE_TRANSITIONS: Transitions = {
    CaseState.WAITING: frozenset({CaseState.DISMISSED, CaseState.DECIDED}),
    CaseState.DISMISSED: frozenset({CaseState.WAITING}),
    CaseState.DECIDED: frozenset({CaseState.WAITING}),
}


class ModerationCase(TenantRow, Base):
    """One request that signals speak about. organisation_id is its shop's.

    signals: list of {"name", "weight", "facts"}, weight: their sum. cleared: names of signals that an operator called
    fine for this request; they do not bring it back. decision: what was done: dismiss | ask | reject | pause.
    """

    __tablename__ = "moderation_cases"
    __table_args__ = (
        UniqueConstraint("organisation_id", "order_id"),
        Index("ix_moderation_cases_id", "id", unique=True),
        Index("ix_moderation_cases_state", "state", "raised_at"),
    )
    order_id: Mapped[UUID]
    state: Mapped[CaseState]
    signals: Mapped[list[dict[str, Any]]]
    weight: Mapped[int]
    cleared: Mapped[list[str]]
    decision: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    raised_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class TextPrint(TenantRow, Base):
    """The fingerprint of what a shop wrote in one request (its id is the order's): the same words give the same one."""

    __tablename__ = "text_prints"
    __table_args__ = (Index("ix_text_prints_digest", "digest"),)
    digest: Mapped[str]
    posted_at: Mapped[datetime]
