"""Consents to share demand, bills of materials, pooled outlooks, and what was prepared for them.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0008"
down_revision = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "demand_shares",
    "shared_needs",
    "known_makers",
    "material_uses",
    "material_outlooks",
    "preparations",
    "preparation_shares",
)


def upgrade() -> None:
    op.create_table(
        "demand_shares",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("risk_percent", sa.BigInteger(), nullable=False),
        sa.Column("use_within_days", sa.BigInteger(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("risk_percent BETWEEN 0 AND 100", name=op.f("ck_demand_shares_risk_is_a_share")),
        sa.CheckConstraint("use_within_days BETWEEN 1 AND 365", name=op.f("ck_demand_shares_use_within_possible")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_demand_shares")),
    )
    op.create_index("ix_demand_shares_maker", "demand_shares", ["maker_id", "category"], unique=False)
    op.create_index(
        "uq_demand_shares_one_active",
        "demand_shares",
        ["organisation_id", "category", "maker_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "shared_needs",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("risk_percent", sa.BigInteger(), nullable=False),
        sa.Column("use_within_days", sa.BigInteger(), nullable=False),
        sa.Column("grouped_on", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "maker_id", "category", name=op.f("pk_shared_needs")),
    )
    op.create_index("ix_shared_needs_maker", "shared_needs", ["maker_id", "category"], unique=False)
    op.create_table(
        "known_makers",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "order_id", name=op.f("pk_known_makers")),
    )
    op.create_table(
        "material_uses",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "kg",
                "m",
                "m2",
                "l",
                "piece",
                "sheet",
                name="materialunit",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("per_piece", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column("sourcing_days", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("per_piece > 0", name=op.f("ck_material_uses_per_piece_positive")),
        sa.CheckConstraint("sourcing_days BETWEEN 0 AND 365", name=op.f("ck_material_uses_sourcing_possible")),
        sa.CheckConstraint("unit_cost_minor > 0", name=op.f("ck_material_uses_cost_positive")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_material_uses")),
        sa.UniqueConstraint(
            "organisation_id", "category", "material", name=op.f("uq_material_uses_organisation_id_category_material")
        ),
    )
    op.create_table(
        "material_outlooks",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "kg",
                "m",
                "m2",
                "l",
                "piece",
                "sheet",
                name="materialunit",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("p50", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("p80", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("p95", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("by", sa.Date(), nullable=True),
        sa.Column("sellers", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("ordered", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("prepared", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("risk_percent", sa.BigInteger(), nullable=False),
        sa.Column("use_within_days", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "0 <= p50 AND p50 <= p80 AND p80 <= p95", name=op.f("ck_material_outlooks_quantiles_in_order")
        ),
        sa.CheckConstraint("prepared >= 0", name=op.f("ck_material_outlooks_prepared_not_negative")),
        sa.CheckConstraint("risk_percent BETWEEN 0 AND 100", name=op.f("ck_material_outlooks_risk_is_a_share")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_material_outlooks")),
        sa.UniqueConstraint(
            "organisation_id", "material", "unit", name=op.f("uq_material_outlooks_organisation_id_material_unit")
        ),
    )
    op.create_table(
        "preparations",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "used",
                "released",
                name="preparationstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "kg",
                "m",
                "m2",
                "l",
                "piece",
                "sheet",
                name="materialunit",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("used", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("by", sa.Date(), nullable=True),
        sa.Column("risk_percent", sa.BigInteger(), nullable=False),
        sa.Column("use_until", sa.Date(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_preparations_quantity_positive")),
        sa.CheckConstraint("risk_percent BETWEEN 0 AND 100", name=op.f("ck_preparations_risk_is_a_share")),
        sa.CheckConstraint("used >= 0 AND used <= quantity", name=op.f("ck_preparations_used_within_quantity")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_preparations")),
    )
    op.create_table(
        "preparation_shares",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("preparation_id", sa.Uuid(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "kg",
                "m",
                "m2",
                "l",
                "piece",
                "sheet",
                name="materialunit",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("part", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("at_most", sa.Numeric(precision=14, scale=3), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("use_until", sa.Date(), nullable=False),
        sa.Column("borne", sa.Numeric(precision=14, scale=3), nullable=True),
        sa.Column(
            "ended",
            sa.Enum(
                "prepared",
                "used",
                "released",
                name="preparationstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("at_most <= part", name=op.f("ck_preparation_shares_at_most_within_part")),
        sa.CheckConstraint("borne >= 0 AND borne <= at_most", name=op.f("ck_preparation_shares_borne_within_agreed")),
        sa.CheckConstraint("part >= 0 AND at_most >= 0", name=op.f("ck_preparation_shares_parts_not_negative")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_preparation_shares")),
        sa.UniqueConstraint(
            "organisation_id",
            "maker_id",
            "preparation_id",
            name=op.f("uq_preparation_shares_organisation_id_maker_id_preparation_id"),
        ),
    )
    op.create_index(
        "ix_preparation_shares_preparation", "preparation_shares", ["maker_id", "preparation_id"], unique=False
    )
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
