"""Candidates for the ranking, and how each would have ranked. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class CandidateState(StrEnum):
    SHADOW = "shadow"
    PROMOTED = "promoted"
    ENDED = "ended"


CANDIDATE_TRANSITIONS: Transitions = {
    CandidateState.SHADOW: frozenset({CandidateState.PROMOTED, CandidateState.ENDED}),
    CandidateState.PROMOTED: frozenset({CandidateState.SHADOW}),
    CandidateState.ENDED: frozenset({CandidateState.SHADOW}),
}


class Candidate(TenantRow, Base):
    """A ranker that ranks every request beside the live one, unseen. organisation_id is the market's.

    version: the model's name, as leads would carry it. parameters: the model. encoder: what it ranks with. from_file:
    whether an operator uploaded it.
    """

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("organisation_id", "version"),)
    version: Mapped[str]
    parameters: Mapped[dict[str, Any]]
    encoder: Mapped[str]
    from_file: Mapped[bool]
    state: Mapped[CandidateState]
    added_at: Mapped[datetime]


class ShadowRanking(TenantRow, Base):
    """How a candidate would have ranked one request that the live ranker ranked.

    live, ours: the places of both, each a list of {factory: chance of being shown}. forecasts: the chance of a deal by
    the live ranker of then, for every factory in either. chances: the candidate's, for those that were shown.
    obstacle: why it could not be told; then all of these are empty.
    """

    __tablename__ = "shadow_rankings"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "candidate_id"], ["candidates.organisation_id", "candidates.id"]),
        UniqueConstraint("organisation_id", "candidate_id", "ranking_id"),
        Index("ix_shadow_rankings_candidate", "candidate_id", "made_at"),
    )
    candidate_id: Mapped[UUID]
    ranking_id: Mapped[UUID]
    offering_id: Mapped[UUID]
    made_at: Mapped[datetime]
    live: Mapped[list[dict[str, float]]]
    ours: Mapped[list[dict[str, float]]]
    forecasts: Mapped[dict[str, float]]
    chances: Mapped[dict[str, float]]
    obstacle: Mapped[str] = mapped_column(default="")
