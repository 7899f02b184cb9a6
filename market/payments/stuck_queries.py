"""Reading what waits at the payment provider for a person, and everything that was said to it about one thing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, or_, select, union_all
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.payments.models import (
    CallKind,
    CallState,
    GatewayCall,
    GatewayNews,
    NewsState,
    Payment,
    Payout,
    PayoutAccount,
    Refund,
    Reversal,
    Transfer,
    TransferState,
)
from market.payments.queries import AccountRow, account_row

SILENT_FOR: Final = timedelta(hours=1)
"""How long the provider may be silent, or tell of what we do not know, before a person should look."""

MOST: Final = 200
WITH_REFERENCE: Final = (Payment, Refund, Transfer, Reversal, Payout)


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call to the provider. reference: what the row that it is about was for, None for an account. minor: None
    where the call names no amount."""

    organisation_id: UUID
    id: UUID
    kind: CallKind
    state: CallState
    about: UUID
    reference: UUID | None
    minor: int | None
    currency: str
    tries: int
    asked_at: datetime
    first_tried_at: datetime | None
    try_at: datetime
    why: str

    @property
    def money(self) -> Money | None:
        return None if self.minor is None or not self.currency else Money(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class NewsRow:
    """One message of the provider. kind: the provider's own word for what happened to object_id."""

    id: UUID
    event: str
    kind: str
    object_id: str
    state: NewsState
    tries: int
    happened_at: datetime
    received_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class StuckReversal:
    """Money that a bank sent back and the provider does not give back to us. reference: the remittance."""

    organisation_id: UUID
    id: UUID
    reference: UUID
    money: Money
    asked_at: datetime
    why: str


def stuck_calls(now: datetime) -> Select[Any]:
    """Calls that nobody makes any more though money waits for them, and those without an answer for an hour."""
    return select(GatewayCall).where(
        (GatewayCall.state == CallState.STUCK)
        | (
            (GatewayCall.state == CallState.REFUSED)
            & GatewayCall.kind.in_((CallKind.TAKE_PAYMENT, CallKind.DROP_PAYMENT))
        )
        | ((GatewayCall.state == CallState.ASKED) & (GatewayCall.asked_at < now - SILENT_FOR))
    )


def waiting_news(now: datetime) -> Select[Any]:
    """News that found nothing for an hour."""
    return select(GatewayNews).where(
        GatewayNews.state.in_((NewsState.RECEIVED, NewsState.PARKED)), GatewayNews.received_at < now - SILENT_FOR
    )


def refused_reversals(_now: datetime) -> Select[Any]:
    return select(Reversal).where(Reversal.state == TransferState.REFUSED)


WAITS: Final[tuple[Callable[[datetime], Select[Any]], ...]] = (stuck_calls, waiting_news, refused_reversals)


def stuck_count(session: Session, now: datetime) -> int:
    """How much waits at the provider for a person, in one statement."""
    counts = [select(func.count()).select_from(waits(now).subquery()).scalar_subquery() for waits in WAITS]
    return session.scalar(select(sum(counts[1:], start=counts[0]))) or 0


def calls_that_wait(session: Session, now: datetime) -> list[CallRow]:
    """The oldest first, at most `MOST`."""
    rows = session.scalars(stuck_calls(now).order_by(GatewayCall.asked_at).limit(MOST)).all()
    return _call_rows(session, rows)


def news_that_waits(session: Session, now: datetime) -> list[NewsRow]:
    """The oldest first, at most `MOST`."""
    found = session.scalars(waiting_news(now).order_by(GatewayNews.received_at).limit(MOST))
    return [_news_row(row) for row in found]


def reversals_that_wait(session: Session, now: datetime) -> list[StuckReversal]:
    """The oldest first, at most `MOST`."""
    found = session.scalars(refused_reversals(now).order_by(Reversal.asked_at).limit(MOST))
    return [
        StuckReversal(
            row.organisation_id, row.id, row.reference, Money(row.minor, row.currency), row.asked_at, row.why
        )
        for row in found
    ]  # fmt: skip


def call(session: Session, call_id: UUID) -> CallRow | None:
    row = session.scalars(select(GatewayCall).where(GatewayCall.id == call_id)).all()
    return next(iter(_call_rows(session, row)), None)


def news(session: Session, news_id: UUID) -> NewsRow | None:
    row = session.scalars(select(GatewayNews).where(GatewayNews.id == news_id)).one_or_none()
    return None if row is None else _news_row(row)


def reference_of_reversal(session: Session, reversal_id: UUID) -> UUID | None:
    """The remittance whose money a reversal fetches back."""
    return session.scalar(select(Reversal.reference).where(Reversal.id == reversal_id))


def calls_about(session: Session, references: Collection[UUID]) -> list[CallRow]:
    """Every call about what was for one of these references, oldest first."""
    named = union_all(*(select(kind.id).where(kind.reference.in_(references)) for kind in WITH_REFERENCE))
    rows = session.scalars(
        select(GatewayCall).where(GatewayCall.about.in_(named)).order_by(GatewayCall.asked_at, GatewayCall.id)
    ).all()
    return _call_rows(session, rows)


def news_about(session: Session, references: Collection[UUID]) -> list[NewsRow]:
    """Every message of the provider about what was for one of these references, oldest first."""
    rows = union_all(*(select(cast(kind.id, Text)).where(kind.reference.in_(references)) for kind in WITH_REFERENCE))
    objects = union_all(
        *(
            select(kind.gateway_id).where(kind.reference.in_(references), kind.gateway_id != "")
            for kind in WITH_REFERENCE
        ),
        select(Payment.charge).where(Payment.reference.in_(references), Payment.charge != ""),
    )
    statement = select(GatewayNews).where(or_(GatewayNews.row.in_(rows), GatewayNews.object_id.in_(objects)))
    return [_news_row(row) for row in session.scalars(statement.order_by(GatewayNews.received_at, GatewayNews.id))]


def payout_accounts(session: Session, factory_ids: Collection[UUID]) -> Mapping[UUID, AccountRow]:
    """Where these factories are paid; one without an account is left out."""
    found = session.scalars(select(PayoutAccount).where(PayoutAccount.organisation_id.in_(factory_ids)))
    return {row.organisation_id: account_row(row) for row in found}


def _call_rows(session: Session, rows: Collection[GatewayCall]) -> list[CallRow]:
    """The calls with what they were for, in one more statement; what is asked of a reserved payment is its amount."""
    ids = [row.about for row in rows]
    named = union_all(
        *(select(kind.id, kind.reference, kind.minor, kind.currency).where(kind.id.in_(ids)) for kind in WITH_REFERENCE)
    )
    found: dict[UUID, Any] = {row[0]: tuple(row[1:]) for row in session.execute(named)} if ids else {}
    listed = []
    for row in rows:
        reference, minor, currency = found.get(row.about, (None, None, ""))
        listed.append(
            CallRow(
                row.organisation_id, row.id, row.kind, row.state, row.about, reference, minor, currency, row.tries,
                row.asked_at, row.first_tried_at, row.try_at, row.why,
            )
        )  # fmt: skip
    return listed


def _news_row(row: GatewayNews) -> NewsRow:
    return NewsRow(
        row.id, row.event, row.kind, row.object_id, row.state, row.tries, row.happened_at, row.received_at, row.why
    )
