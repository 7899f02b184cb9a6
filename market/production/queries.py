"""Reading deals, as frozen rows. Which rows a session may see is held by row-level security as well."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from market.kit.errors import NotFound
from market.kit.money import Money, allocate
from market.kit.paging import PAGE_SIZE, Page, make_page
from market.production.models import AskState as AskState
from market.production.models import Deal, DealFile, DealShare, PaymentAsk, Sample, Voice
from market.production.models import DealState as DealState
from market.production.models import Purpose as Purpose
from market.production.models import SampleState as SampleState
from market.quotes.holding import longest_hold

DEPOSIT_AND_BALANCE: Final = (30, 70)
OVER: Final = (DealState.SETTLED, DealState.CLOSED, DealState.CANCELLED)
"""States of deals of which nothing is to be paid any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """One run at one factory; fields as in models.Deal."""

    organisation_id: UUID
    id: UUID
    quote_id: UUID
    pool_id: UUID | None
    factory_id: UUID
    state: DealState
    title: str
    code: str
    vertical: str | None
    pieces: int
    minimum: int
    currency: str
    inspection: str
    lead_time_days: int
    sample_fee_minor: int
    sample_days: int
    due_on: date
    clock_stopped_on: date | None
    proven_minor: int
    round: int
    watched_on: date | None
    predicted_on: date | None
    factory_cancels: bool
    disputed_from: str | None
    reached: Mapping[str, str]
    opened_at: datetime
    state_since: datetime

    def due_on_at(self, today: date) -> date:
        """The factory's day, with the days for which its clock stands still today."""
        still = (today - self.clock_stopped_on).days if self.clock_stopped_on else 0
        return self.due_on + timedelta(days=max(still, 0))

    @property
    def held_until(self) -> datetime:
        """The latest moment until which money of this deal is held, when every clock runs out."""
        return self.opened_at + timedelta(days=longest_hold(self.lead_time_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One order's part of a run; fields as in models.DealShare.

    proven_minor: its part of the materials that the factory proved, by pieces; never more than its deposit. After the
    share left it is what it was then.
    """

    organisation_id: UUID
    id: UUID
    deal_id: UUID
    factory_id: UUID
    award_id: UUID
    order_id: UUID
    title: str
    code: str
    pieces: int
    unit_price: Money
    total: Money
    allocated: int | None
    discount_minor: int
    proven_minor: int
    accepted_at: datetime | None
    accepted_by: str | None
    left_at: datetime | None

    @property
    def made_pieces(self) -> int:
        """Its pieces by the sheet of the inspection; before there is one, those that it ordered."""
        return self.pieces if self.allocated is None else self.allocated

    @property
    def price(self) -> Money:
        """What its goods cost: of the pieces that are its own, less its discount."""
        return self.unit_price.times(self.made_pieces) - Money(self.discount_minor, self.total.currency)


@dataclass(frozen=True, slots=True)
class AskRow:
    """What a share was asked to pay for one purpose."""

    share_id: UUID
    purpose: Purpose
    state: AskState
    amount: Money
    due_at: datetime
    authorised_at: datetime | None
    cure_until: datetime | None
    stored_since: datetime | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A photo or paper of a deal, without its content."""

    id: UUID
    subject_id: UUID
    share_id: UUID | None
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """What one shop said for its pieces; another member of a pooled deal never reads it."""

    organisation_id: UUID
    choice: str
    comments: str
    spoken_at: datetime


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One version of a sample, with its photos and what was said of it, as far as the session may see."""

    id: UUID
    version: int
    state: SampleState
    note: str
    asked_at: datetime
    due_at: datetime
    made_at: datetime | None
    decided_at: datetime | None
    files: tuple[FileRow, ...]
    voices: tuple[VoiceRow, ...]


_DEAL_FIELDS = tuple(DealRow.__slots__)
_SHARE_SPECIAL = {"unit_price", "total", "proven_minor"}
_SHARE_FIELDS = tuple(name for name in ShareRow.__slots__ if name not in _SHARE_SPECIAL)


def deal(session: Session, deal_id: UUID) -> DealRow:
    """One deal as the session may see it. Raises NotFound."""
    row = session.scalars(select(Deal).where(Deal.id == deal_id)).one_or_none()
    if row is None:
        raise NotFound
    return row_of(row)


def deal_of_award(session: Session, award_id: UUID) -> DealRow | None:
    """The deal that an award became; None until the worker has opened it."""
    statement = select(Deal).join(DealShare, DealShare.deal_id == Deal.id).where(DealShare.award_id == award_id)
    row = session.scalars(statement).one_or_none()
    return None if row is None else row_of(row)


def deals_of_factory(
    session: Session, factory_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[DealRow]:
    """One page of a factory's deals, newest first."""
    return _page(session, Deal.factory_id == factory_id, after, size)


def deals_of_shop(
    session: Session, organisation_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[DealRow]:
    """One page of the deals that a shop has a share in, newest first."""
    shared = select(DealShare.deal_id).where(DealShare.organisation_id == organisation_id)
    return _page(session, Deal.id.in_(shared), after, size)


def running_deals_of_factory(session: Session, factory_id: UUID) -> tuple[DealRow, ...]:
    """The deals of which a factory is still to be paid something, the earliest due first."""
    statement = select(Deal).where(Deal.factory_id == factory_id, Deal.state.not_in(OVER))
    return tuple(row_of(row) for row in session.scalars(statement.order_by(Deal.due_on, Deal.id)))


def share(session: Session, share_id: UUID) -> ShareRow:
    """One share as the session may see it. Raises NotFound."""
    row = session.scalars(select(DealShare).where(DealShare.id == share_id)).one_or_none()
    if row is None:
        raise NotFound
    return _share_row(row, session.scalars(select(Deal).where(Deal.id == row.deal_id)).one())


def shares_by_id(session: Session, share_ids: Collection[UUID]) -> Mapping[UUID, ShareRow]:
    """Those of these shares that the session may see, in one statement."""
    statement = select(DealShare, Deal).join(Deal, Deal.id == DealShare.deal_id).where(DealShare.id.in_(share_ids))
    return {row.id: _share_row(row, of) for row, of in session.execute(statement)}


def shares_of_shop(session: Session, organisation_id: UUID) -> tuple[ShareRow, ...]:
    """Every share of a shop, those that left included, newest first."""
    statement = select(DealShare, Deal).join(Deal, Deal.id == DealShare.deal_id)
    mine = statement.where(DealShare.organisation_id == organisation_id).order_by(DealShare.id.desc())
    return tuple(_share_row(row, of) for row, of in session.execute(mine))


def shares_of_deal(session: Session, deal_id: UUID, *, with_left: bool = False) -> tuple[ShareRow, ...]:
    """The shares of a deal that the session may see: a member finds its own alone."""
    statement = select(DealShare, Deal).join(Deal, Deal.id == DealShare.deal_id).where(DealShare.deal_id == deal_id)
    if not with_left:
        statement = statement.where(DealShare.left_at.is_(None))
    rows = session.execute(statement.order_by(DealShare.award_id))
    return tuple(_share_row(row, of) for row, of in rows)


def asks_of_deal(session: Session, deal_id: UUID) -> tuple[AskRow, ...]:
    """What was asked to be paid in a deal, oldest first, as far as the session may see."""
    statement = select(PaymentAsk).where(PaymentAsk.deal_id == deal_id).order_by(PaymentAsk.id)
    return tuple(
        AskRow(
            row.share_id,
            row.purpose,
            row.state,
            Money(row.minor, row.currency),
            row.due_at,
            row.authorised_at,
            row.cure_until,
            row.stored_since,
        )
        for row in session.scalars(statement)
    )


def samples_of_deal(session: Session, deal_id: UUID) -> tuple[SampleRow, ...]:
    """Every version of a deal's sample, oldest first."""
    rows = session.scalars(select(Sample).where(Sample.deal_id == deal_id).order_by(Sample.version)).all()
    return tuple(
        SampleRow(
            row.id,
            row.version,
            row.state,
            row.note,
            row.asked_at,
            row.due_at,
            row.made_at,
            row.decided_at,
            files_about(session, row.id),
            voices_about(session, row.id),
        )
        for row in rows
    )


def files_about(session: Session, subject_id: UUID) -> tuple[FileRow, ...]:
    """Photos and papers about one subject of a deal, oldest first."""
    statement = select(DealFile).where(DealFile.subject_id == subject_id).order_by(DealFile.id)
    return tuple(
        FileRow(row.id, row.subject_id, row.share_id, row.name, row.media_type, row.size)
        for row in session.scalars(statement)
    )


def file_content(session: Session, file_id: UUID) -> tuple[FileRow, bytes]:
    """A file of a deal with its bytes. Raises NotFound for a missing or foreign one."""
    row = session.scalars(select(DealFile).where(DealFile.id == file_id)).one_or_none()
    if row is None:
        raise NotFound
    return FileRow(row.id, row.subject_id, row.share_id, row.name, row.media_type, row.size), row.content


def voices_about(session: Session, subject_id: UUID) -> tuple[VoiceRow, ...]:
    """What was said about one subject, oldest first, as far as the session may see."""
    statement = select(Voice).where(Voice.subject_id == subject_id).order_by(Voice.id)
    return tuple(
        VoiceRow(row.organisation_id, row.choice.value, row.comments, row.spoken_at)
        for row in session.scalars(statement)
    )


def row_of(row: Deal) -> DealRow:
    return DealRow(**{name: getattr(row, name) for name in _DEAL_FIELDS})


def _page(session: Session, condition: ColumnElement[bool], after: UUID | None, size: int) -> Page[DealRow]:
    statement = select(Deal).where(condition).order_by(Deal.id.desc()).limit(size + 1)
    if after is not None:
        statement = statement.where(Deal.id < after)
    return make_page([row_of(row) for row in session.scalars(statement)], size, lambda row: row.id)


def _share_row(row: DealShare, of: Deal) -> ShareRow:
    plain = {name: getattr(row, name) for name in _SHARE_FIELDS}
    total = Money(row.total_minor, row.currency)
    proven = proven_part(of.proven_minor, row.pieces, of.pieces, total) if row.left_at is None else row.proven_minor
    unit_price = Money(row.unit_price_minor, row.currency)
    return ShareRow(**plain, unit_price=unit_price, total=total, proven_minor=proven or 0)


def proven_part(proven_minor: int, pieces: int, whole: int, total: Money) -> int:
    """A share's part of proven materials by its pieces of the whole run, never more than the deposit of its total."""
    part = allocate(Money(proven_minor, total.currency), (pieces, whole - pieces))[0].minor
    return min(part, allocate(total, DEPOSIT_AND_BALANCE)[0].minor)
