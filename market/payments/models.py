"""What was asked of the payment provider, and what came of it. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class PaymentState(StrEnum):
    """asked: the provider knows nothing of it yet. open: its payer can pay it. dropped: we gave it up."""

    ASKED = "asked"
    OPEN = "open"
    AUTHORISED = "authorised"
    TAKEN = "taken"
    FAILED = "failed"
    DROPPED = "dropped"


PAYMENT_TRANSITIONS: Transitions = {
    PaymentState.ASKED: frozenset(set(PaymentState) - {PaymentState.ASKED}),
    PaymentState.OPEN: frozenset(
        {PaymentState.AUTHORISED, PaymentState.TAKEN, PaymentState.FAILED, PaymentState.DROPPED}
    ),
    PaymentState.AUTHORISED: frozenset({PaymentState.TAKEN, PaymentState.FAILED, PaymentState.DROPPED}),
    PaymentState.TAKEN: frozenset(),
    PaymentState.FAILED: frozenset(),
    PaymentState.DROPPED: frozenset(),
}


class RefundState(StrEnum):
    """succeeded may still become failed: a bank can send a refund back."""

    ASKED = "asked"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


REFUND_TRANSITIONS: Transitions = {
    RefundState.ASKED: frozenset({RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
}


class TransferState(StrEnum):
    """Of a transfer and of a reversal."""

    ASKED = "asked"
    MADE = "made"
    REFUSED = "refused"


TRANSFER_TRANSITIONS: Transitions = {
    TransferState.ASKED: frozenset({TransferState.MADE, TransferState.REFUSED}),
    TransferState.MADE: frozenset(),
    TransferState.REFUSED: frozenset(),
}


REVERSAL_TRANSITIONS: Transitions = {**TRANSFER_TRANSITIONS, TransferState.REFUSED: frozenset({TransferState.ASKED})}


class PayoutState(StrEnum):
    """paid may still become failed: a bank can send a payout back days later."""

    ASKED = "asked"
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


PAYOUT_TRANSITIONS: Transitions = {
    PayoutState.ASKED: frozenset({PayoutState.PENDING, PayoutState.PAID, PayoutState.FAILED}),
    PayoutState.PENDING: frozenset({PayoutState.PAID, PayoutState.FAILED}),
    PayoutState.PAID: frozenset({PayoutState.FAILED}),
    PayoutState.FAILED: frozenset(),
}


class AccountState(StrEnum):
    """open: its owner has not told the provider all it must. restricted: it was enabled, and something is missing."""

    ASKED = "asked"
    OPEN = "open"
    ENABLED = "enabled"
    RESTRICTED = "restricted"
    REFUSED = "refused"


ACCOUNT_TRANSITIONS: Transitions = {
    AccountState.ASKED: frozenset({AccountState.OPEN, AccountState.ENABLED, AccountState.REFUSED}),
    AccountState.OPEN: frozenset({AccountState.ENABLED}),
    AccountState.ENABLED: frozenset({AccountState.RESTRICTED}),
    AccountState.RESTRICTED: frozenset({AccountState.ENABLED}),
    AccountState.REFUSED: frozenset({AccountState.ASKED}),
}


class CallKind(StrEnum):
    START_PAYMENT = "start_payment"
    TAKE_PAYMENT = "take_payment"
    DROP_PAYMENT = "drop_payment"
    REFUND = "refund"
    OPEN_ACCOUNT = "open_account"
    TRANSFER = "transfer"
    REVERSE = "reverse"
    PAY_OUT = "pay_out"


class CallState(StrEnum):
    """stuck: tried so often, or for so long, that its key may no longer hold; a person has to look. given_up: a person
    has looked, and the provider never did it."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"
    STUCK = "stuck"
    GIVEN_UP = "given_up"


CALL_TRANSITIONS: Transitions = {
    CallState.ASKED: frozenset({CallState.DONE, CallState.REFUSED, CallState.STUCK}),
    CallState.DONE: frozenset(),
    CallState.REFUSED: frozenset({CallState.DONE, CallState.GIVEN_UP}),
    CallState.STUCK: frozenset({CallState.DONE, CallState.GIVEN_UP}),
    CallState.GIVEN_UP: frozenset(),
}


class NewsState(StrEnum):
    """parked: it is about nothing that we know, yet. ignored: about nothing that concerns us, or a person says so."""

    RECEIVED = "received"
    PARKED = "parked"
    HANDLED = "handled"
    IGNORED = "ignored"


NEWS_TRANSITIONS: Transitions = {
    NewsState.RECEIVED: frozenset({NewsState.PARKED, NewsState.HANDLED, NewsState.IGNORED}),
    NewsState.PARKED: frozenset({NewsState.HANDLED, NewsState.IGNORED}),
    NewsState.HANDLED: frozenset(),
    NewsState.IGNORED: frozenset(),
}


class Payment(TenantRow, Base):
    """What one payer was asked for. organisation_id: the payer's. One reference has one payment that can still live.

    hold: reserved first, taken when asked. charge: by what the provider takes, drops and refunds it. page: where it is
    paid. refunded_minor: of all refunds that are asked for or made.
    """

    __tablename__ = "payments"
    __table_args__ = (
        Index(
            "uq_payments_one_alive",
            "organisation_id",
            "reference",
            unique=True,
            postgresql_where=text("state NOT IN ('failed', 'dropped')"),
        ),
        Index("ix_payments_gateway", "gateway_id"),
        Index("ix_payments_charge", "charge"),
        Index("ix_payments_id", "id"),
        Index("ix_payments_silent", "asked_at", postgresql_where=text("state IN ('open', 'authorised')")),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("taken_minor BETWEEN 0 AND minor", name="taken_at_most_asked"),
        CheckConstraint("refunded_minor BETWEEN 0 AND taken_minor", name="refunded_at_most_taken"),
    )
    reference: Mapped[UUID]
    group: Mapped[UUID]
    state: Mapped[PaymentState]
    minor: Mapped[int]
    currency: Mapped[str]
    hold: Mapped[bool]
    taken_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    gateway_id: Mapped[str] = mapped_column(default="")
    charge: Mapped[str] = mapped_column(default="")
    page: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    drop_asked: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime]


class Refund(TenantRow, Base):
    """Money that goes back to a payer. One reference has one refund."""

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "payment_id"], ["payments.organisation_id", "payments.id"]),
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_refunds_gateway", "gateway_id"),
        Index("ix_refunds_payment", "payment_id"),
        Index("ix_refunds_id", "id"),
        Index("ix_refunds_silent", "asked_at", postgresql_where=text("state = 'pending'")),
        CheckConstraint("minor > 0", name="positive"),
    )
    payment_id: Mapped[UUID]
    reference: Mapped[UUID]
    state: Mapped[RefundState]
    minor: Mapped[int]
    currency: Mapped[str]
    gateway_id: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]


class PayoutAccount(TenantRow, Base):
    """Where a factory is paid: one account of the provider a factory. organisation_id: the factory's.

    seen: counts readings, so that of two that happen at once the later one is kept.
    """

    __tablename__ = "payout_accounts"
    __table_args__ = (
        UniqueConstraint("organisation_id"),
        Index("ix_payout_accounts_gateway", "gateway_id"),
        Index("ix_payout_accounts_silent", "asked_at", postgresql_where=text("state IN ('open', 'restricted')")),
    )
    state: Mapped[AccountState]
    country: Mapped[str]
    gateway_id: Mapped[str] = mapped_column(default="")
    missing: Mapped[list[str]] = mapped_column(default=list)
    bank: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    seen: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]


class Transfer(TenantRow, Base):
    """Money moved from our balance to a factory's account. organisation_id: the factory's. group: the deal."""

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_transfers_gateway", "gateway_id"),
        Index("ix_transfers_id", "id"),
        CheckConstraint("minor > 0", name="positive"),
        CheckConstraint("reversed_minor BETWEEN 0 AND minor", name="reversed_at_most_moved"),
    )
    reference: Mapped[UUID]
    group: Mapped[UUID]
    state: Mapped[TransferState]
    minor: Mapped[int]
    currency: Mapped[str]
    reversed_minor: Mapped[int] = mapped_column(default=0)
    gateway_id: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]


class Reversal(TenantRow, Base):
    """Part or all of a transfer taken back."""

    __tablename__ = "transfer_reversals"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "transfer_id"], ["transfers.organisation_id", "transfers.id"]),
        UniqueConstraint("organisation_id", "reference"),
        CheckConstraint("minor > 0", name="positive"),
    )
    transfer_id: Mapped[UUID]
    reference: Mapped[UUID]
    state: Mapped[TransferState]
    minor: Mapped[int]
    currency: Mapped[str]
    gateway_id: Mapped[str] = mapped_column(default="")
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]


class Payout(TenantRow, Base):
    """Money on its way from a factory's account to its bank. organisation_id: the factory's."""

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_payouts_gateway", "gateway_id"),
        Index("ix_payouts_id", "id"),
        Index("ix_payouts_silent", "asked_at", postgresql_where=text("state = 'pending'")),
        CheckConstraint("minor > 0", name="positive"),
    )
    reference: Mapped[UUID]
    state: Mapped[PayoutState]
    minor: Mapped[int]
    currency: Mapped[str]
    gateway_id: Mapped[str] = mapped_column(default="")
    arrives_on: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]


class GatewayCall(TenantRow, Base):
    """One call to the provider, written before it is made; its id is the idempotency key. about: the row it is for.

    request: what the call says, frozen, so that a repetition says the same. try_at: when to try it (again).
    """

    __tablename__ = "gateway_calls"
    __table_args__ = (
        Index("ix_gateway_calls_waiting", "try_at", postgresql_where=text("state = 'asked'")),
        Index("ix_gateway_calls_about", "about"),
        Index("ix_gateway_calls_stuck", "asked_at", postgresql_where=text("state IN ('stuck', 'refused')")),
        Index(
            "uq_gateway_calls_one_waiting",
            "organisation_id",
            "about",
            "kind",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
    )
    kind: Mapped[CallKind]
    about: Mapped[UUID]
    state: Mapped[CallState]
    request: Mapped[dict[str, Any]]
    tries: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    try_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")


class GatewayNews(TenantRow, Base):
    """One signed message of the provider, stored once by its event. organisation_id: the market's.

    row: the id of our row that the provider says it is about, "" when it says none.
    """

    __tablename__ = "gateway_news"
    __table_args__ = (
        UniqueConstraint("event"),
        Index("ix_gateway_news_waiting", "try_at", postgresql_where=text("state IN ('received', 'parked')")),
    )
    event: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    object_id: Mapped[str]
    account: Mapped[str]
    row: Mapped[str]
    state: Mapped[NewsState]
    tries: Mapped[int] = mapped_column(default=0)
    happened_at: Mapped[datetime]
    received_at: Mapped[datetime]
    try_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")
