"""Disputes, what both sides say and show about them, and how they propose to settle. Imported by this folder alone.

Every row is of the shop whose share is disputed (organisation_id); its factory reads and adds too.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class Side(StrEnum):
    SHOP = "shop"
    FACTORY = "factory"
    MARKET = "market"


class DisputeState(StrEnum):
    OPEN = "open"
    ESCALATED = "escalated"
    REMAKING = "remaking"
    AGREED = "agreed"
    WITHDRAWN = "withdrawn"
    REMADE = "remade"
    DECIDED = "decided"


_ALIVE = "state IN ('open', 'escalated', 'remaking')"
_TALKED_OUT = frozenset({DisputeState.AGREED, DisputeState.WITHDRAWN, DisputeState.REMAKING})
DISPUTE_TRANSITIONS: Transitions = {
    DisputeState.OPEN: frozenset({DisputeState.ESCALATED}) | _TALKED_OUT,
    DisputeState.ESCALATED: frozenset({DisputeState.DECIDED}) | _TALKED_OUT,
    DisputeState.REMAKING: frozenset({DisputeState.REMADE, DisputeState.ESCALATED, DisputeState.DECIDED}),
    DisputeState.AGREED: frozenset(),
    DisputeState.WITHDRAWN: frozenset(),
    DisputeState.REMADE: frozenset(),
    DisputeState.DECIDED: frozenset(),
}


class Reason(StrEnum):
    DEFECTS = "defects"
    SHORT = "short"
    LATE = "late"
    WRONG_GOODS = "wrong_goods"
    DAMAGED = "damaged"
    NOT_PAID = "not_paid"
    INSPECTION = "inspection"
    OTHER = "other"


class Outcome(StrEnum):
    """What is done about the disputed part: all of it goes back, a part does, it is made again, or nothing."""

    REFUND = "refund"
    PART_REFUND = "part_refund"
    REMAKE = "remake"
    REJECT = "reject"


class Dispute(TenantRow, Base):
    """One share of a deal, disputed by its shop or its factory. One is alive for a share at a time.

    amount_minor: what is disputed. frozen_minor: how much of it the ledger keeps back; None until the worker froze it,
    less than the amount where it was paid out before. halts: the whole deal stands still until the end. decide_by:
    until when the market decides. outcome, refund_minor, remake_by: how it ended, or what is being remade. remade_at:
    the factory says that the remade goods arrived. money_moved_at: what its end says was posted. preview_hash: of the
    lines that an operator saw before deciding.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "share_id"], ["deal_shares.organisation_id", "deal_shares.id"]),
        Index("uq_disputes_one_alive", "share_id", unique=True, postgresql_where=text(_ALIVE)),
        Index("ix_disputes_id", "id", unique=True),
        Index("ix_disputes_deal", "deal_id"),
        Index("ix_disputes_factory", "factory_id", "id"),
        Index("ix_disputes_state", "state", "escalates_at"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("frozen_minor BETWEEN 0 AND amount_minor", name="frozen_within_amount"),
        CheckConstraint("refund_minor BETWEEN 0 AND amount_minor", name="refund_within_amount"),
        CheckConstraint("pieces >= 0", name="pieces_not_negative"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    share_id: Mapped[UUID]
    award_id: Mapped[UUID]
    code: Mapped[str]
    opened_by: Mapped[Side]
    state: Mapped[DisputeState]
    reason: Mapped[Reason]
    pieces: Mapped[int]
    amount_minor: Mapped[int]
    frozen_minor: Mapped[int | None]
    currency: Mapped[str]
    halts: Mapped[bool]
    opened_at: Mapped[datetime]
    negotiate_until: Mapped[datetime]
    escalates_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    decide_by: Mapped[datetime | None]
    late_told_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    refund_minor: Mapped[int | None]
    remake_by: Mapped[date | None]
    remade_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    money_moved_at: Mapped[datetime | None]
    preview_hash: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")


class DisputeStatement(TenantRow, Base):
    """What one side says about a dispute, with the files that come with it; it stays as it was said."""

    __tablename__ = "dispute_statements"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "dispute_id"], ["disputes.organisation_id", "disputes.id"]),
        Index("ix_dispute_statements_dispute", "dispute_id"),
    )
    dispute_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    side: Mapped[Side]
    person: Mapped[str]
    words: Mapped[str]
    said_at: Mapped[datetime]


class DisputeFile(TenantRow, Base):
    """A photo or paper that came with a statement; it is never changed or removed."""

    __tablename__ = "dispute_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "statement_id"], ["dispute_statements.organisation_id", "dispute_statements.id"]
        ),
        Index("ix_dispute_files_statement", "statement_id"),
        Index("ix_dispute_files_id", "id", unique=True),
    )
    statement_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"


PROPOSAL_TRANSITIONS: Transitions = {
    ProposalState.OPEN: frozenset({ProposalState.ACCEPTED, ProposalState.DECLINED, ProposalState.REPLACED}),
    ProposalState.ACCEPTED: frozenset(),
    ProposalState.DECLINED: frozenset(),
    ProposalState.REPLACED: frozenset(),
}


class DisputeProposal(TenantRow, Base):
    """How one side would settle. One is open at a time; a new one of either side takes its place."""

    __tablename__ = "dispute_proposals"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "dispute_id"], ["disputes.organisation_id", "disputes.id"]),
        Index("uq_dispute_proposals_one_open", "dispute_id", unique=True, postgresql_where=text("state = 'open'")),
        CheckConstraint("refund_minor >= 0", name="refund_not_negative"),
    )
    dispute_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    side: Mapped[Side]
    state: Mapped[ProposalState]
    outcome: Mapped[Outcome]
    refund_minor: Mapped[int]
    remake_by: Mapped[date | None]
    words: Mapped[str]
    proposed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
