"""Reads of payments, as frozen rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.payments.models import (
    AccountState,
    CallState,
    GatewayCall,
    GatewayNews,
    NewsState,
    Payment,
    PaymentState,
    Payout,
    PayoutAccount,
    PayoutState,
    Refund,
    RefundState,
    Reversal,
    Transfer,
    TransferState,
)


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """page: where it is paid, "" while it is nowhere or no longer."""

    organisation_id: UUID
    id: UUID
    reference: UUID
    state: PaymentState
    money: Money
    hold: bool
    taken_minor: int
    refunded_minor: int
    page: str
    why: str

    @property
    def refundable_minor(self) -> int:
        return self.taken_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class RefundRow:
    organisation_id: UUID
    id: UUID
    payment_id: UUID
    reference: UUID
    state: RefundState
    money: Money
    why: str


@dataclass(frozen=True, slots=True)
class TransferRow:
    """Also of a reversal, whose reversed_minor is 0."""

    organisation_id: UUID
    id: UUID
    reference: UUID
    state: TransferState
    money: Money
    reversed_minor: int
    why: str


@dataclass(frozen=True, slots=True)
class PayoutRow:
    organisation_id: UUID
    id: UUID
    reference: UUID
    state: PayoutState
    money: Money
    arrives_on: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """gateway_id: the provider's name for the account, "" until it has answered."""

    organisation_id: UUID
    id: UUID
    state: AccountState
    gateway_id: str
    missing: Sequence[str]
    bank: str
    why: str

    @property
    def is_enabled(self) -> bool:
        return self.state is AccountState.ENABLED


def payment(session: Session, organisation_id: UUID, payment_id: UUID) -> PaymentRow | None:
    found = session.get(Payment, (organisation_id, payment_id))
    return payment_row(found) if found else None


def payments_of_reference(session: Session, organisation_id: UUID, reference: UUID) -> list[PaymentRow]:
    """Every try to pay one thing, the newest first."""
    statement = select(Payment).where(Payment.organisation_id == organisation_id, Payment.reference == reference)
    return [payment_row(found) for found in session.scalars(statement.order_by(Payment.id.desc()))]


def refunds_of_payment(session: Session, organisation_id: UUID, payment_id: UUID) -> list[RefundRow]:
    """The newest first."""
    statement = select(Refund).where(Refund.organisation_id == organisation_id, Refund.payment_id == payment_id)
    return [refund_row(found) for found in session.scalars(statement.order_by(Refund.id.desc()))]


def transfers_of_group(session: Session, group: UUID) -> list[TransferRow]:
    """What was moved to factories for one deal, the newest first."""
    statement = select(Transfer).where(Transfer.group == group).order_by(Transfer.id.desc())
    return [transfer_row(found) for found in session.scalars(statement)]


def payouts_of(session: Session, factory_id: UUID) -> list[PayoutRow]:
    """The newest first."""
    statement = select(Payout).where(Payout.organisation_id == factory_id).order_by(Payout.id.desc())
    return [payout_row(found) for found in session.scalars(statement)]


def is_provider_asked(session: Session) -> bool:
    """Whether the provider has yet to answer something. Needs a session that sees all."""
    return session.scalar(select(GatewayCall.id).where(GatewayCall.state == CallState.ASKED).limit(1)) is not None


def asked_calls(session: Session) -> list[tuple[UUID, UUID]]:
    """(organisation, id) of every call that the provider has yet to answer, the oldest first."""
    statement = select(GatewayCall.organisation_id, GatewayCall.id).where(GatewayCall.state == CallState.ASKED)
    return [(row.organisation_id, row.id) for row in session.execute(statement.order_by(GatewayCall.id))]


def waiting_news(session: Session) -> list[UUID]:
    """The news that came and was not followed yet, the oldest first."""
    statement = select(GatewayNews.id).where(GatewayNews.state == NewsState.RECEIVED)
    return list(session.scalars(statement.order_by(GatewayNews.id)))


def can_be_paid(session: Session, factory_id: UUID) -> bool:
    """Whether the factory named its bank, and the provider pays there."""
    account = payout_account(session, factory_id)
    return account is not None and account.is_enabled


def payout_account(session: Session, factory_id: UUID) -> AccountRow | None:
    found = session.scalar(select(PayoutAccount).where(PayoutAccount.organisation_id == factory_id))
    return account_row(found) if found else None


def payment_row(row: Payment) -> PaymentRow:
    return PaymentRow(
        organisation_id=row.organisation_id,
        id=row.id,
        reference=row.reference,
        state=row.state,
        money=Money(row.minor, row.currency),
        hold=row.hold,
        taken_minor=row.taken_minor,
        refunded_minor=row.refunded_minor,
        page=row.page,
        why=row.why,
    )


def refund_row(row: Refund) -> RefundRow:
    money = Money(row.minor, row.currency)
    return RefundRow(row.organisation_id, row.id, row.payment_id, row.reference, row.state, money, row.why)


def transfer_row(row: Transfer | Reversal) -> TransferRow:
    reversed_minor = row.reversed_minor if isinstance(row, Transfer) else 0
    money = Money(row.minor, row.currency)
    return TransferRow(row.organisation_id, row.id, row.reference, row.state, money, reversed_minor, row.why)


def payout_row(row: Payout) -> PayoutRow:
    money = Money(row.minor, row.currency)
    return PayoutRow(row.organisation_id, row.id, row.reference, row.state, money, row.arrives_on, row.why)


def account_row(row: PayoutAccount) -> AccountRow:
    return AccountRow(row.organisation_id, row.id, row.state, row.gateway_id, tuple(row.missing), row.bank, row.why)
