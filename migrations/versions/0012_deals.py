"""Deals: shares, samples, payments asked for, stage reports, inspections, shipments and their files.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0012"
down_revision = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "deals",
    "deal_shares",
    "payment_asks",
    "samples",
    "voices",
    "material_proofs",
    "stage_reports",
    "inspections",
    "shipments",
    "deal_files",
)


def upgrade() -> None:
    op.create_table(
        "deals",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "awarded",
                "sampling",
                "deposit_due",
                "materials",
                "producing",
                "inspecting",
                "balance_due",
                "shipped",
                "delivered",
                "accepted",
                "settled",
                "closed",
                "cancelled",
                "disputed",
                name="dealstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=True),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("inspection", sa.Text(), nullable=False),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.Column("sample_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("sample_days", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("clock_stopped_on", sa.Date(), nullable=True),
        sa.Column("proven_minor", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("predicted_on", sa.Date(), nullable=True),
        sa.Column("factory_cancels", sa.Boolean(), nullable=False),
        sa.Column("disputed_from", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pieces >= 0 AND minimum > 0", name=op.f("ck_deals_pieces_possible")),
        sa.CheckConstraint("proven_minor >= 0 AND sample_fee_minor >= 0", name=op.f("ck_deals_amounts_not_negative")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_deals")),
        sa.UniqueConstraint("organisation_id", "quote_id", name=op.f("uq_deals_organisation_id_quote_id")),
    )
    op.create_index("ix_deals_factory", "deals", ["factory_id", "id"], unique=False)
    op.create_index("ix_deals_id", "deals", ["id"], unique=True)
    op.create_index("ix_deals_state", "deals", ["state", "state_since"], unique=False)
    op.create_table(
        "deal_shares",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("allocated", sa.BigInteger(), nullable=True),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("reminders", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "allocated >= 0 AND allocated <= pieces", name=op.f("ck_deal_shares_allocated_within_pieces")
        ),
        sa.CheckConstraint(
            "discount_minor >= 0 AND discount_minor <= total_minor", name=op.f("ck_deal_shares_discount_within_total")
        ),
        sa.CheckConstraint("pieces > 0 AND unit_price_minor > 0", name=op.f("ck_deal_shares_positive")),
        sa.CheckConstraint("total_minor = pieces * unit_price_minor", name=op.f("ck_deal_shares_total")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "award_id"],
            ["awards.organisation_id", "awards.id"],
            name=op.f("fk_deal_shares_organisation_id_award_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_deal_shares")),
        sa.UniqueConstraint("organisation_id", "award_id", name=op.f("uq_deal_shares_organisation_id_award_id")),
    )
    op.create_index("ix_deal_shares_deal", "deal_shares", ["deal_id"], unique=False)
    op.create_index("ix_deal_shares_id", "deal_shares", ["id"], unique=True)
    op.create_table(
        "payment_asks",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "sample_fee", "deposit", "balance", name="purpose", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "failed",
                "arrived",
                "dropped",
                name="askstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cure_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stored_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minor > 0", name=op.f("ck_payment_asks_amount_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "share_id"],
            ["deal_shares.organisation_id", "deal_shares.id"],
            name=op.f("fk_payment_asks_organisation_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_payment_asks")),
        sa.UniqueConstraint(
            "organisation_id", "share_id", "purpose", name=op.f("uq_payment_asks_organisation_id_share_id_purpose")
        ),
    )
    op.create_index("ix_payment_asks_deal", "payment_asks", ["deal_id"], unique=False)
    op.create_index("ix_payment_asks_due", "payment_asks", ["state", "purpose", "due_at"], unique=False)
    op.create_table(
        "samples",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "made",
                "approved",
                "rejected",
                name="samplestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "deal_id"],
            ["deals.organisation_id", "deals.id"],
            name=op.f("fk_samples_organisation_id_deal_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_samples")),
        sa.UniqueConstraint(
            "organisation_id", "deal_id", "version", name=op.f("uq_samples_organisation_id_deal_id_version")
        ),
    )
    op.create_index("ix_samples_state", "samples", ["state", "made_at"], unique=False)
    op.create_table(
        "voices",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "choice",
            sa.Enum(
                "approve",
                "reject",
                "rework",
                "sort",
                "discount",
                "cancel",
                name="choice",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("comments", sa.Text(), nullable=False),
        sa.Column("spoken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_voices")),
        sa.UniqueConstraint("organisation_id", "subject_id", name=op.f("uq_voices_organisation_id_subject_id")),
    )
    op.create_index("ix_voices_subject", "voices", ["subject_id"], unique=False)
    op.create_table(
        "material_proofs",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_material_proofs_amount_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "deal_id"],
            ["deals.organisation_id", "deals.id"],
            name=op.f("fk_material_proofs_organisation_id_deal_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_material_proofs")),
    )
    op.create_index("ix_material_proofs_deal", "material_proofs", ["organisation_id", "deal_id"], unique=False)
    op.create_table(
        "stage_reports",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=True),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_stage_reports_days_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "deal_id"],
            ["deals.organisation_id", "deals.id"],
            name=op.f("fk_stage_reports_organisation_id_deal_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_stage_reports")),
        sa.UniqueConstraint(
            "organisation_id",
            "deal_id",
            "round",
            "stage",
            name=op.f("uq_stage_reports_organisation_id_deal_id_round_stage"),
        ),
    )
    op.create_index("ix_stage_reports_factory", "stage_reports", ["factory_id", "stage"], unique=False)
    op.create_table(
        "inspections",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("lot", sa.BigInteger(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("aql_major", sa.Text(), nullable=False),
        sa.Column("aql_minor", sa.Text(), nullable=False),
        sa.Column("sampled", sa.BigInteger(), nullable=False),
        sa.Column("accept_major", sa.BigInteger(), nullable=False),
        sa.Column("accept_minor", sa.BigInteger(), nullable=False),
        sa.Column("critical", sa.BigInteger(), nullable=False),
        sa.Column("major", sa.BigInteger(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "pass",
                "rework",
                "sort",
                "discount",
                "reject",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("discount_percent", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "critical + major + minor <= sampled AND sampled <= lot", name=op.f("ck_inspections_defects_within_sample")
        ),
        sa.CheckConstraint(
            "critical >= 0 AND major >= 0 AND minor >= 0", name=op.f("ck_inspections_defects_not_negative")
        ),
        sa.CheckConstraint("discount_percent BETWEEN 0 AND 100", name=op.f("ck_inspections_discount_is_a_share")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "deal_id"],
            ["deals.organisation_id", "deals.id"],
            name=op.f("fk_inspections_organisation_id_deal_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_inspections")),
    )
    op.create_index(
        "uq_inspections_one_open",
        "inspections",
        ["organisation_id", "deal_id"],
        unique=True,
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_table(
        "shipments",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("waybill", sa.Text(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("short", sa.BigInteger(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.CheckConstraint("pieces > 0 AND short >= 0", name=op.f("ck_shipments_pieces_possible")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "share_id"],
            ["deal_shares.organisation_id", "deal_shares.id"],
            name=op.f("fk_shipments_organisation_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("organisation_id", "share_id", name=op.f("uq_shipments_organisation_id_share_id")),
    )
    op.create_index("ix_shipments_deal", "shipments", ["deal_id"], unique=False)
    op.create_table(
        "deal_files",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_deal_files")),
        sa.UniqueConstraint(
            "organisation_id", "subject_id", "sha256", name=op.f("uq_deal_files_organisation_id_subject_id_sha256")
        ),
    )
    op.create_index("ix_deal_files_subject", "deal_files", ["subject_id"], unique=False)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
