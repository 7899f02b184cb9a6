"""A shop's items, their daily sales, imports of them, and suggestions of what to order.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0007"
down_revision = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("items", "daily_sales", "sales_imports", "sales_column_maps", "suggestions")


def upgrade() -> None:
    op.create_table(
        "items",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("on_hand", sa.BigInteger(), nullable=True),
        sa.Column("on_order", sa.BigInteger(), nullable=False),
        sa.Column("stocked_on", sa.Date(), nullable=True),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.Column("lead_time_sd_days", sa.Double(), nullable=False),
        sa.Column("review_days", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("pack_size", sa.BigInteger(), nullable=False),
        sa.Column("unit_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("service", sa.Double(), nullable=True),
        sa.Column("suggestion_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("lead_time_days BETWEEN 0 AND 730", name=op.f("ck_items_lead_time_possible")),
        sa.CheckConstraint("lead_time_sd_days >= 0", name=op.f("ck_items_lead_time_spread_possible")),
        sa.CheckConstraint("minimum >= 0 AND pack_size >= 1", name=op.f("ck_items_order_size_possible")),
        sa.CheckConstraint("on_hand >= 0 AND on_order >= 0", name=op.f("ck_items_stock_not_negative")),
        sa.CheckConstraint("review_days BETWEEN 1 AND 365", name=op.f("ck_items_review_possible")),
        sa.CheckConstraint("service > 0 AND service < 1", name=op.f("ck_items_service_is_a_share")),
        sa.CheckConstraint("unit_cost_minor > 0 AND unit_price_minor > 0", name=op.f("ck_items_money_positive")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_items")),
        sa.UniqueConstraint("organisation_id", "sku", name=op.f("uq_items_organisation_id_sku")),
    )
    op.create_table(
        "daily_sales",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("promoted", sa.Boolean(), nullable=False),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "item_id"],
            ["items.organisation_id", "items.id"],
            name=op.f("fk_daily_sales_organisation_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "item_id", "channel", "day", name=op.f("pk_daily_sales")),
    )
    op.create_table(
        "sales_imports",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "checked",
                "taking",
                "done",
                "failed",
                "discarded",
                name="salesimportstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("good_count", sa.BigInteger(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_sales_imports")),
    )
    op.create_index("ix_sales_imports_recent", "sales_imports", ["organisation_id", "id"], unique=False)
    op.create_table(
        "sales_column_maps",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("headers_hash", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "headers_hash", name=op.f("pk_sales_column_maps")),
    )
    op.create_table(
        "suggestions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "drafted",
                "ordered",
                "dismissed",
                "superseded",
                name="suggestionstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("order_by", sa.Date(), nullable=True),
        sa.Column("stockout_on_p50", sa.Date(), nullable=True),
        sa.Column("stockout_on_p90", sa.Date(), nullable=True),
        sa.Column("days_of_cover", sa.Double(), nullable=True),
        sa.Column("reorder_point", sa.BigInteger(), nullable=False),
        sa.Column("order_up_to", sa.BigInteger(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=True),
        sa.Column("on_order", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lasts_days", sa.Double(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("weeks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("paths", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("backtest_error", sa.Double(), nullable=True),
        sa.Column("baseline_error", sa.Double(), nullable=True),
        sa.Column("short", sa.Double(), nullable=False),
        sa.Column("risk_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_suggestions_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "item_id"],
            ["items.organisation_id", "items.id"],
            name=op.f("fk_suggestions_organisation_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_suggestions")),
    )
    op.create_index("ix_suggestions_order", "suggestions", ["organisation_id", "order_id"], unique=False)
    op.create_index("ix_suggestions_item", "suggestions", ["organisation_id", "item_id", "as_of"], unique=False)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
