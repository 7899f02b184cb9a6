"""Disputes: what both sides say and show, their proposals, and how each ended.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0017"
down_revision = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("disputes", "dispute_statements", "dispute_files", "dispute_proposals")


def upgrade() -> None:
    op.create_table(
        "disputes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "opened_by",
            sa.Enum("shop", "factory", "market", name="side", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "escalated",
                "remaking",
                "agreed",
                "withdrawn",
                "remade",
                "decided",
                name="disputestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "defects",
                "short",
                "late",
                "wrong_goods",
                "damaged",
                "not_paid",
                "inspection",
                "other",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("halts", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("negotiate_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalates_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "refund",
                "part_refund",
                "remake",
                "reject",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("refund_minor", sa.BigInteger(), nullable=True),
        sa.Column("remake_by", sa.Date(), nullable=True),
        sa.Column("remade_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("money_moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("preview_hash", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount_positive")),
        sa.CheckConstraint("frozen_minor BETWEEN 0 AND amount_minor", name=op.f("ck_disputes_frozen_within_amount")),
        sa.CheckConstraint("pieces >= 0", name=op.f("ck_disputes_pieces_not_negative")),
        sa.CheckConstraint("refund_minor BETWEEN 0 AND amount_minor", name=op.f("ck_disputes_refund_within_amount")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "share_id"],
            ["deal_shares.organisation_id", "deal_shares.id"],
            name=op.f("fk_disputes_organisation_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_deal", "disputes", ["deal_id"], unique=False)
    op.create_index("ix_disputes_factory", "disputes", ["factory_id", "id"], unique=False)
    op.create_index("ix_disputes_id", "disputes", ["id"], unique=True)
    op.create_index("ix_disputes_state", "disputes", ["state", "escalates_at"], unique=False)
    op.create_index(
        "uq_disputes_one_alive",
        "disputes",
        ["share_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('open', 'escalated', 'remaking')"),
    )
    op.create_table(
        "dispute_statements",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("shop", "factory", "market", name="side", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "dispute_id"],
            ["disputes.organisation_id", "disputes.id"],
            name=op.f("fk_dispute_statements_organisation_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_dispute_statements")),
    )
    op.create_index("ix_dispute_statements_dispute", "dispute_statements", ["dispute_id"], unique=False)
    op.create_table(
        "dispute_files",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "statement_id"],
            ["dispute_statements.organisation_id", "dispute_statements.id"],
            name=op.f("fk_dispute_files_organisation_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_dispute_files")),
    )
    op.create_index("ix_dispute_files_id", "dispute_files", ["id"], unique=True)
    op.create_index("ix_dispute_files_statement", "dispute_files", ["statement_id"], unique=False)
    op.create_table(
        "dispute_proposals",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("shop", "factory", "market", name="side", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "declined",
                "replaced",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "refund",
                "part_refund",
                "remake",
                "reject",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("remake_by", sa.Date(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("refund_minor >= 0", name=op.f("ck_dispute_proposals_refund_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "dispute_id"],
            ["disputes.organisation_id", "disputes.id"],
            name=op.f("fk_dispute_proposals_organisation_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_dispute_proposals")),
    )
    op.create_index(
        "uq_dispute_proposals_one_open",
        "dispute_proposals",
        ["dispute_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
