"""Reading disputes, as frozen rows. Row-level security holds who sees which as well."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from market.disputes.models import Dispute, DisputeFile, DisputeProposal, DisputeState, DisputeStatement, ProposalState
from market.disputes.models import Outcome as Outcome
from market.disputes.models import Reason as Reason
from market.disputes.models import Side as Side
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, make_page

ALIVE: Final = (DisputeState.OPEN, DisputeState.ESCALATED, DisputeState.REMAKING)


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """One dispute; fields as in models.Dispute. frozen: nothing while the worker has not frozen it."""

    organisation_id: UUID
    id: UUID
    deal_id: UUID
    factory_id: UUID
    share_id: UUID
    award_id: UUID
    code: str
    opened_by: Side
    state: DisputeState
    reason: Reason
    pieces: int
    amount: Money
    frozen: Money
    is_frozen: bool
    halts: bool
    opened_at: datetime
    negotiate_until: datetime
    escalates_at: datetime
    escalated_at: datetime | None
    decide_by: datetime | None
    outcome: Outcome | None
    refund: Money | None
    remake_by: date | None
    remade_at: datetime | None
    ended_at: datetime | None
    why: str

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE

    def side_of(self, organisation_id: UUID | None) -> Side | None:
        """Where an organisation stands; None for the market and everybody else."""
        return {self.organisation_id: Side.SHOP, self.factory_id: Side.FACTORY}.get(organisation_id)  # type: ignore[arg-type]  # None stands nowhere

    @property
    def clock(self) -> datetime | None:
        """What it waits for next, as a moment; None once it ended or waits for a day."""
        if self.state is DisputeState.OPEN:
            return self.escalates_at
        return self.decide_by if self.state is DisputeState.ESCALATED else None


@dataclass(frozen=True, slots=True)
class FileRow:
    id: UUID
    name: str
    media_type: str
    size: int

    @property
    def is_photo(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """What one side said, oldest first in lists. person: who of it."""

    id: UUID
    side: Side
    person: str
    words: str
    said_at: datetime
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: UUID
    side: Side
    state: ProposalState
    outcome: Outcome
    refund: Money
    remake_by: date | None
    words: str
    proposed_at: datetime
    answered_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state is ProposalState.OPEN


_SPECIAL = {"amount", "frozen", "is_frozen", "refund"}
_FIELDS = tuple(name for name in DisputeRow.__slots__ if name not in _SPECIAL)


def dispute(session: Session, dispute_id: UUID) -> DisputeRow:
    """One dispute as the session may see it. Raises NotFound."""
    row = session.scalars(select(Dispute).where(Dispute.id == dispute_id)).one_or_none()
    if row is None:
        raise NotFound
    return _row(row)


def disputes_of_share(session: Session, share_id: UUID) -> tuple[DisputeRow, ...]:
    """The disputes about one share, newest first."""
    statement = select(Dispute).where(Dispute.share_id == share_id).order_by(Dispute.id.desc())
    return tuple(map(_row, session.scalars(statement)))


def disputes_of_deal(session: Session, deal_id: UUID) -> tuple[DisputeRow, ...]:
    """The disputes about a deal, newest first, as far as the session may see them."""
    statement = select(Dispute).where(Dispute.deal_id == deal_id).order_by(Dispute.id.desc())
    return tuple(map(_row, session.scalars(statement)))


def disputes_of(
    session: Session, organisation_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[DisputeRow]:
    """One page of the disputes in which an organisation stands on a side, newest first."""
    own = (Dispute.organisation_id == organisation_id) | (Dispute.factory_id == organisation_id)
    statement = select(Dispute).where(own).order_by(Dispute.id.desc()).limit(size + 1)
    if after is not None:
        statement = statement.where(Dispute.id < after)
    return make_page([_row(row) for row in session.scalars(statement)], size, lambda row: row.id)


def desk(session: Session, *, ended: bool = False, size: int = 100) -> tuple[DisputeRow, ...]:
    """Disputes for operators: those that wait for a decision first, then by their clock; or the last that ended."""
    if ended:
        statement = select(Dispute).where(Dispute.state.not_in(ALIVE)).order_by(Dispute.ended_at.desc())
    else:
        urgent = case((Dispute.state == DisputeState.ESCALATED, 0), (Dispute.state == DisputeState.OPEN, 1), else_=2)
        clock = case((Dispute.state == DisputeState.ESCALATED, Dispute.decide_by), else_=Dispute.escalates_at)
        statement = select(Dispute).where(Dispute.state.in_(ALIVE)).order_by(urgent, clock, Dispute.id)
    return tuple(map(_row, session.scalars(statement.limit(size))))


def waiting_for_decision(session: Session) -> int:
    """How many disputes wait for the market."""
    statement = select(func.count()).select_from(Dispute).where(Dispute.state == DisputeState.ESCALATED)
    return session.scalar(statement) or 0


def statements_of(session: Session, dispute_id: UUID) -> tuple[StatementRow, ...]:
    """What both sides said and showed, oldest first."""
    statement = select(DisputeStatement).where(DisputeStatement.dispute_id == dispute_id)
    rows = session.scalars(statement.order_by(DisputeStatement.said_at, DisputeStatement.id)).all()
    files = _files(session, [row.id for row in rows])
    return tuple(
        StatementRow(row.id, row.side, row.person, row.words, row.said_at, tuple(files.get(row.id, ()))) for row in rows
    )


def file_content(session: Session, file_id: UUID) -> tuple[FileRow, bytes]:
    """A file with its bytes. Raises NotFound for a missing or foreign one."""
    row = session.scalars(select(DisputeFile).where(DisputeFile.id == file_id)).one_or_none()
    if row is None:
        raise NotFound
    return _file(row), row.content


def proposals_of(session: Session, dispute_id: UUID) -> tuple[ProposalRow, ...]:
    """How both sides would settle, newest first."""
    statement = select(DisputeProposal, Dispute.currency).join(Dispute, Dispute.id == DisputeProposal.dispute_id)
    rows = session.execute(
        statement.where(DisputeProposal.dispute_id == dispute_id).order_by(
            DisputeProposal.proposed_at.desc(), DisputeProposal.id.desc()
        )
    )
    return tuple(
        ProposalRow(
            row.id, row.side, row.state, row.outcome, Money(row.refund_minor, currency), row.remake_by, row.words,
            row.proposed_at, row.answered_at,
        )
        for row, currency in rows
    )  # fmt: skip


def _files(session: Session, statement_ids: Iterable[UUID]) -> dict[UUID, list[FileRow]]:
    found: dict[UUID, list[FileRow]] = {}
    statement = select(DisputeFile).where(DisputeFile.statement_id.in_(list(statement_ids))).order_by(DisputeFile.id)
    for row in session.scalars(statement):
        found.setdefault(row.statement_id, []).append(_file(row))
    return found


def _file(row: DisputeFile) -> FileRow:
    return FileRow(row.id, row.name, row.media_type, row.size)


def _row(row: Dispute) -> DisputeRow:
    return DisputeRow(
        **{name: getattr(row, name) for name in _FIELDS},
        amount=Money(row.amount_minor, row.currency),
        frozen=Money(row.frozen_minor or 0, row.currency),
        is_frozen=row.frozen_minor is not None,
        refund=None if row.refund_minor is None else Money(row.refund_minor, row.currency),
    )
