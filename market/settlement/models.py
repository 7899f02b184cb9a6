"""Accounts, transactions and entries of the ledger; dues, remittances and terms. Imported by this folder alone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class AccountKind(StrEnum):
    """Of the market: gateway, bank, fees, costs. Of a share: held, frozen, refunding. Of a factory: the last three."""

    GATEWAY = "gateway"
    BANK = "bank"
    FEES = "fees"
    COSTS = "costs"
    HELD = "held"
    FROZEN = "frozen"
    REFUNDING = "refunding"
    PAYABLE = "payable"
    IN_TRANSIT = "in_transit"
    OWED_BY_FACTORY = "owed_by_factory"


class TransactionKind(StrEnum):
    """What moved money. docs/decisions/0018 has the lines of each."""

    TAKEN = "taken"
    RELEASED = "released"
    REFUND_ASKED = "refund_asked"
    REFUND_PAID = "refund_paid"
    REFUND_FAILED = "refund_failed"
    REFUND_RETURNED = "refund_returned"
    REFUND_BY_HAND = "refund_by_hand"
    TAKEN_BACK = "taken_back"
    FROZEN = "frozen"
    THAWED = "thawed"
    PAYOUT_ASKED = "payout_asked"
    PAYOUT_PAID = "payout_paid"
    PAYOUT_BOUNCED = "payout_bounced"
    PAYOUT_RETURNED = "payout_returned"
    DEBT_REPAID = "debt_repaid"
    DEBT_WRITTEN_OFF = "debt_written_off"
    DEBT_OFFSET = "debt_offset"


class Account(TenantRow, Base):
    """organisation_id: whose money it is. balance_minor: what the market owes to the owner, so below zero for what is
    owed to the market; it is moved by a trigger on the entries alone."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint(
            "organisation_id",
            "kind",
            "share_id",
            "currency",
            name="uq_ledger_accounts_one",
            postgresql_nulls_not_distinct=True,
        ),
        UniqueConstraint("organisation_id", "id", "currency", name="uq_ledger_accounts_currency"),
        Index("ix_ledger_accounts_share", "share_id"),
        CheckConstraint("(kind IN ('held', 'frozen', 'refunding')) = (share_id IS NOT NULL)", name="of_a_share"),
        CheckConstraint(
            "kind NOT IN ('held', 'frozen', 'refunding', 'payable', 'in_transit', 'fees', 'bank') "
            "OR balance_minor >= 0",
            name="never_overdrawn",
        ),
        CheckConstraint("kind NOT IN ('owed_by_factory', 'costs') OR balance_minor <= 0", name="never_overpaid"),
    )
    kind: Mapped[AccountKind]
    share_id: Mapped[UUID | None]
    currency: Mapped[str]
    balance_minor: Mapped[int]


class Transaction(TenantRow, Base):
    """One movement of money, whose entries sum to zero in each currency. organisation_id is the market's, whose book
    this is. written_in: the database transaction that wrote it, set by a trigger: no entry joins it later."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        UniqueConstraint("organisation_id", "key"),
        UniqueConstraint("id"),
        Index("ix_ledger_transactions_share", "share_id", "at"),
        Index("ix_ledger_transactions_deal", "deal_id", "at"),
        Index("ix_ledger_transactions_remittance", "remittance_id"),
        Index(
            "ix_ledger_transactions_failed", "at", postgresql_where=text("kind IN ('refund_failed', 'refund_returned')")
        ),
        CheckConstraint("minor > 0", name="moves_something"),
    )
    kind: Mapped[TransactionKind]
    key: Mapped[str]
    deal_id: Mapped[UUID | None]
    share_id: Mapped[UUID | None]
    due_id: Mapped[UUID | None]
    remittance_id: Mapped[UUID | None]
    minor: Mapped[int]
    currency: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
    written_in: Mapped[int | None]


class Entry(TenantRow, Base):
    """One line of a transaction on one account. organisation_id is the account's."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "account_id", "currency"],
            ["ledger_accounts.organisation_id", "ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_entries_account",
        ),
        ForeignKeyConstraint(["transaction_id"], ["ledger_transactions.id"], name="fk_ledger_entries_transaction"),
        UniqueConstraint("transaction_id", "account_id"),
        Index("ix_ledger_entries_account", "organisation_id", "account_id"),
        CheckConstraint("minor <> 0", name="moves_something"),
    )
    transaction_id: Mapped[UUID]
    account_id: Mapped[UUID]
    minor: Mapped[int]
    currency: Mapped[str]


class Purpose(StrEnum):
    SAMPLE_FEE = "sample_fee"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class DueState(StrEnum):
    """What the greater part of a due's money is at; the amounts say the rest."""

    DUE = "due"
    AUTHORISED = "authorised"
    HELD = "held"
    RELEASED = "released"
    PAYING_OUT = "paying_out"
    PAID_OUT = "paid_out"
    FAILED = "failed"
    DROPPED = "dropped"
    REFUNDED = "refunded"
    FROZEN = "frozen"
    CLAWED_BACK = "clawed_back"


DUE_TRANSITIONS: Transitions = {
    DueState.DUE: frozenset({DueState.AUTHORISED, DueState.HELD, DueState.FAILED, DueState.DROPPED}),
    DueState.AUTHORISED: frozenset({DueState.HELD, DueState.FAILED, DueState.DROPPED}),
    DueState.FAILED: frozenset({DueState.AUTHORISED, DueState.HELD, DueState.DROPPED}),
    DueState.DROPPED: frozenset({DueState.HELD}),
    DueState.HELD: frozenset({DueState.RELEASED, DueState.FROZEN, DueState.REFUNDED}),
    DueState.FROZEN: frozenset({DueState.HELD, DueState.RELEASED}),
    DueState.RELEASED: frozenset({DueState.PAYING_OUT, DueState.HELD, DueState.FROZEN, DueState.REFUNDED}),
    DueState.PAYING_OUT: frozenset({DueState.PAID_OUT, DueState.RELEASED, DueState.CLAWED_BACK}),
    DueState.PAID_OUT: frozenset({DueState.RELEASED, DueState.CLAWED_BACK}),
    DueState.REFUNDED: frozenset({DueState.HELD}),
    DueState.CLAWED_BACK: frozenset(),
}


class Terms(TenantRow, Base):
    """What was agreed about the money of one share when it was sold. organisation_id is the payer's, id the share's."""

    __tablename__ = "share_terms"
    __table_args__ = (
        UniqueConstraint("id"),
        Index("ix_share_terms_deal", "deal_id"),
        CheckConstraint("commission_basis_points BETWEEN 0 AND 10000", name="commission_is_a_share"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    currency: Mapped[str]
    commission_basis_points: Mapped[int]
    frozen_at: Mapped[datetime]


class Due(TenantRow, Base):
    """What one share owes for one purpose, and where its money is. organisation_id is the payer's.

    The five amounts are 0 until the payment is taken and sum to amount_minor from then on. A payment's reference at the
    gateway is the due's id. cure_until: until when a failed payment may be made good. together: authorised first and
    taken only when all such deposits of the deal are.
    """

    __tablename__ = "dues"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "share_id"], ["share_terms.organisation_id", "share_terms.id"]),
        UniqueConstraint("organisation_id", "share_id", "purpose"),
        UniqueConstraint("id"),
        Index("ix_dues_share", "share_id"),
        Index("ix_dues_deal", "deal_id"),
        Index("ix_dues_factory", "factory_id", "state"),
        Index("ix_dues_remittance", "remittance_id"),
        Index("ix_dues_unpaid", "due_at", postgresql_where=text("state IN ('due', 'failed')")),
        Index("ix_dues_to_pay_out", "released_at", postgresql_where=text("state IN ('released', 'paying_out')")),
        CheckConstraint("amount_minor > 0", name="asks_something"),
        CheckConstraint(
            "held_minor >= 0 AND frozen_minor >= 0 AND released_minor >= 0 AND refunding_minor >= 0 AND "
            "refunded_minor >= 0",
            name="amounts_not_negative",
        ),
        CheckConstraint(
            "held_minor + frozen_minor + released_minor + refunding_minor + refunded_minor = 0 OR (state NOT IN "
            "('due', 'authorised', 'failed', 'dropped') AND "
            "held_minor + frozen_minor + released_minor + refunding_minor + refunded_minor = amount_minor)",
            name="amounts_are_the_payment",
        ),
    )
    share_id: Mapped[UUID]
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    purpose: Mapped[Purpose]
    state: Mapped[DueState]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    held_minor: Mapped[int] = mapped_column(default=0)
    frozen_minor: Mapped[int] = mapped_column(default=0)
    released_minor: Mapped[int] = mapped_column(default=0)
    refunding_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    together: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    cure_until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    remittance_id: Mapped[UUID | None]


class RemittanceState(StrEnum):
    ASKED = "asked"
    TRANSFERRED = "transferred"
    PAID = "paid"
    BOUNCED = "bounced"


REMITTANCE_TRANSITIONS: Transitions = {
    RemittanceState.ASKED: frozenset({RemittanceState.TRANSFERRED, RemittanceState.BOUNCED}),
    RemittanceState.TRANSFERRED: frozenset({RemittanceState.PAID, RemittanceState.BOUNCED}),
    RemittanceState.PAID: frozenset({RemittanceState.BOUNCED}),
    RemittanceState.BOUNCED: frozenset(),
}


class Remittance(TenantRow, Base):
    """What was payable to one factory in one currency, sent to its bank. organisation_id is the factory's.

    Its id is the reference of the transfer and of the payout. cleared_at: a bounced one keeps the factory's money
    back until its payout account was looked after.
    """

    __tablename__ = "remittances"
    __table_args__ = (
        Index("ix_remittances_state", "state"),
        Index(
            "uq_remittances_one_under_way",
            "organisation_id",
            "currency",
            unique=True,
            postgresql_where=text("state IN ('asked', 'transferred')"),
        ),
        UniqueConstraint("id"),
        CheckConstraint("minor > 0", name="sends_something"),
    )
    state: Mapped[RemittanceState]
    minor: Mapped[int]
    currency: Mapped[str]
    asked_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(default="")
