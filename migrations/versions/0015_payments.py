"""Payments, refunds, transfers, payouts, and the calls to and news of the payment provider behind them.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0015"
down_revision = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "payments",
    "refunds",
    "payout_accounts",
    "transfers",
    "transfer_reversals",
    "payouts",
    "gateway_calls",
    "gateway_news",
)


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "open",
                "authorised",
                "taken",
                "failed",
                "dropped",
                name="paymentstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("taken_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("drop_asked", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_payments_positive")),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND taken_minor", name=op.f("ck_payments_refunded_at_most_taken")),
        sa.CheckConstraint("taken_minor BETWEEN 0 AND minor", name=op.f("ck_payments_taken_at_most_asked")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_charge", "payments", ["charge"], unique=False)
    op.create_index("ix_payments_gateway", "payments", ["gateway_id"], unique=False)
    op.create_index("ix_payments_id", "payments", ["id"], unique=False)
    op.create_index(
        "uq_payments_one_alive",
        "payments",
        ["organisation_id", "reference"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('failed', 'dropped')"),
    )
    op.create_table(
        "refunds",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "pending",
                "succeeded",
                "failed",
                name="refundstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_refunds_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "payment_id"],
            ["payments.organisation_id", "payments.id"],
            name=op.f("fk_refunds_organisation_id_payment_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("organisation_id", "reference", name=op.f("uq_refunds_organisation_id_reference")),
    )
    op.create_index("ix_refunds_gateway", "refunds", ["gateway_id"], unique=False)
    op.create_index("ix_refunds_id", "refunds", ["id"], unique=False)
    op.create_index("ix_refunds_payment", "refunds", ["payment_id"], unique=False)
    op.create_table(
        "payout_accounts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "open",
                "enabled",
                "restricted",
                "refused",
                name="accountstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("missing", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_payout_accounts")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_payout_accounts_organisation_id")),
    )
    op.create_index("ix_payout_accounts_gateway", "payout_accounts", ["gateway_id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column("group", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "made", "refused", name="transferstate", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_transfers_positive")),
        sa.CheckConstraint("reversed_minor BETWEEN 0 AND minor", name=op.f("ck_transfers_reversed_at_most_moved")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("organisation_id", "reference", name=op.f("uq_transfers_organisation_id_reference")),
    )
    op.create_index("ix_transfers_gateway", "transfers", ["gateway_id"], unique=False)
    op.create_index("ix_transfers_id", "transfers", ["id"], unique=False)
    op.create_table(
        "transfer_reversals",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked", "made", "refused", name="transferstate", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_transfer_reversals_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "transfer_id"],
            ["transfers.organisation_id", "transfers.id"],
            name=op.f("fk_transfer_reversals_organisation_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_transfer_reversals")),
        sa.UniqueConstraint(
            "organisation_id", "reference", name=op.f("uq_transfer_reversals_organisation_id_reference")
        ),
    )
    op.create_table(
        "payouts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "pending",
                "paid",
                "failed",
                name="payoutstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("gateway_id", sa.Text(), nullable=False),
        sa.Column("arrives_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_payouts_positive")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("organisation_id", "reference", name=op.f("uq_payouts_organisation_id_reference")),
    )
    op.create_index("ix_payouts_gateway", "payouts", ["gateway_id"], unique=False)
    op.create_index("ix_payouts_id", "payouts", ["id"], unique=False)
    op.create_table(
        "gateway_calls",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "start_payment",
                "take_payment",
                "drop_payment",
                "refund",
                "open_account",
                "transfer",
                "reverse",
                "pay_out",
                name="callkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "done",
                "refused",
                "stuck",
                name="callstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_gateway_calls")),
    )
    op.create_index("ix_gateway_calls_about", "gateway_calls", ["about"], unique=False)
    op.create_index(
        "ix_gateway_calls_waiting",
        "gateway_calls",
        ["try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index(
        "uq_gateway_calls_one_waiting",
        "gateway_calls",
        ["organisation_id", "about", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "gateway_news",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "parked",
                "handled",
                "ignored",
                name="newsstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_gateway_news")),
        sa.UniqueConstraint("event", name=op.f("uq_gateway_news_event")),
    )
    op.create_index(
        "ix_gateway_news_waiting",
        "gateway_news",
        ["try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'parked')"),
    )
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
