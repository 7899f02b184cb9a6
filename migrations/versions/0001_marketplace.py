"""The marketplace: its tables, the job queue, and row-level security on every business row.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0001"
down_revision = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


TABLES = (
    "organisations", "users", "api_keys", "factories", "factory_versions", "factory_certificates", "orders",
    "order_files", "order_imports", "order_column_maps", "pools", "pool_members", "ranker_versions", "index_snapshots",
    "offerings", "leads", "quotes", "quote_steps", "awards", "history", "outbox_events", "handled_events",
    "idempotency_keys", "notices",
)  # fmt: skip


def upgrade() -> None:
    op.execute(policies.FUNCTIONS)
    op.execute("CREATE SEQUENCE order_numbers START 1001")
    op.execute("CREATE SEQUENCE pool_numbers START 201")
    create_tables()
    run_script(SchemaManager.get_schema())
    add_what_every_market_has()
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in [
        "quote_steps",
        "quotes",
        "roles_users",
        "pool_members",
        "order_files",
        "leads",
        "handled_events",
        "users",
        "roles",
        "ranker_versions",
        "pools",
        "outbox_events",
        "organisations",
        "orders",
        "order_imports",
        "order_column_maps",
        "offerings",
        "notices",
        "index_snapshots",
        "idempotency_keys",
        "history",
        "factory_versions",
        "factory_certificates",
        "factories",
        "awards",
        "api_keys",
    ]:
        op.execute(f"DROP TABLE {table} CASCADE")
    op.execute("DROP SEQUENCE order_numbers")
    op.execute("DROP SEQUENCE pool_numbers")
    drop_job_queue()
    op.execute(policies.DROP_FUNCTIONS)


def add_what_every_market_has() -> None:
    """The three roles, and the market's own organisation, which runs the pools and the operators' desk."""
    op.execute("INSERT INTO roles SELECT gen_random_uuid(), unnest(ARRAY['seller', 'factory', 'operator'])")
    op.execute(
        """
        INSERT INTO organisations (organisation_id, id, kind, name, language, synthetic, demo, state, created_at)
        SELECT market, market, 'operator', 'Weft', 'zh', false, false, 'active', now()
        FROM (SELECT '00000000-0000-0000-0000-000000000001'::uuid AS market) AS constant
        """
    )


def run_script(script: str) -> None:
    """Run a script of many statements as it stands: psycopg takes one only without parameters."""
    cursor = op.get_bind().connection.cursor()
    cursor.execute(script)
    cursor.close()


def drop_job_queue() -> None:
    """Remove whatever the job queue's own schema made: tables, then functions, then types."""
    op.execute(
        """
        DO $$
        DECLARE found record;
        BEGIN
            FOR found IN SELECT tablename FROM pg_tables
                WHERE schemaname = 'public' AND tablename LIKE 'procrastinate_%' LOOP
                EXECUTE format('DROP TABLE %I CASCADE', found.tablename);
            END LOOP;
            FOR found IN SELECT oid::regprocedure AS signature FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate_%' LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', found.signature);
            END LOOP;
            FOR found IN SELECT typname FROM pg_type
                WHERE typnamespace = 'public'::regnamespace AND typname LIKE 'procrastinate_%' LOOP
                EXECUTE format('DROP TYPE %I CASCADE', found.typname);
            END LOOP;
        END $$
        """
    )


def create_tables() -> None:
    op.create_table(
        "api_keys",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "awards",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0 AND unit_price_minor > 0", name=op.f("ck_awards_positive")),
        sa.CheckConstraint("total_minor = quantity * unit_price_minor", name=op.f("ck_awards_total")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_awards")),
        sa.UniqueConstraint("organisation_id", "order_id", name=op.f("uq_awards_organisation_id_order_id")),
    )
    op.create_index("ix_awards_factory", "awards", ["factory_id", "id"], unique=False)
    op.create_table(
        "factories",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("processes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("materials", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("certifications", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("staff_count", sa.BigInteger(), nullable=True),
        sa.Column("minimum_quantity", sa.BigInteger(), nullable=True),
        sa.Column("capacity_per_week", sa.BigInteger(), nullable=True),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=True),
        sa.Column("sample_days", sa.BigInteger(), nullable=True),
        sa.Column("unit_price_low_minor", sa.BigInteger(), nullable=True),
        sa.Column("unit_price_high_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("leads_per_week", sa.BigInteger(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "full", "paused", name="factorystate", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("full_until", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity_per_week > 0", name=op.f("ck_factories_capacity_positive")),
        sa.CheckConstraint("id = organisation_id", name=op.f("ck_factories_own_tenant")),
        sa.CheckConstraint("leads_per_week >= 0", name=op.f("ck_factories_leads_not_negative")),
        sa.CheckConstraint("minimum_quantity > 0", name=op.f("ck_factories_minimum_positive")),
        sa.CheckConstraint("unit_price_low_minor <= unit_price_high_minor", name=op.f("ck_factories_prices_in_order")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_factories")),
    )
    op.create_table(
        "factory_certificates",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certification", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("expires_on >= issued_on", name=op.f("ck_factory_certificates_dates_in_order")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_factory_certificates")),
    )
    op.create_table(
        "factory_versions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "version", name=op.f("pk_factory_versions")),
    )
    op.create_table(
        "history",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("counterparty_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_history")),
        sa.UniqueConstraint(
            "organisation_id",
            "aggregate",
            "aggregate_id",
            "sequence",
            name=op.f("uq_history_organisation_id_aggregate_aggregate_id_sequence"),
        ),
    )
    op.create_index("ix_history_at", "history", ["at"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "index_snapshots",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_index_snapshots")),
    )
    op.create_table(
        "notices",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_unread", "notices", ["organisation_id", "read_at", "created_at"], unique=False)
    op.create_table(
        "offerings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=True),
        sa.Column("brief", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("buyer_count", sa.BigInteger(), nullable=False),
        sa.Column("accepted_count", sa.BigInteger(), nullable=False),
        sa.Column("max_acceptances", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("unmatched_reason", sa.Text(), nullable=False),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(order_id IS NULL) <> (pool_id IS NULL)", name=op.f("ck_offerings_order_or_pool")),
        sa.CheckConstraint(
            "accepted_count >= 0 AND accepted_count <= max_acceptances", name=op.f("ck_offerings_places")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_offerings")),
        sa.UniqueConstraint("organisation_id", "order_id", name=op.f("uq_offerings_organisation_id_order_id")),
        sa.UniqueConstraint("organisation_id", "pool_id", name=op.f("uq_offerings_organisation_id_pool_id")),
    )
    op.create_index("ix_offerings_id", "offerings", ["id"], unique=False)
    op.create_table(
        "order_column_maps",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("headers_hash", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "headers_hash", name=op.f("pk_order_column_maps")),
    )
    op.create_table(
        "order_imports",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "checked",
                "done",
                "discarded",
                name="importstate",
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
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("good_count", sa.BigInteger(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_order_imports")),
    )
    op.create_index("ix_order_imports_recent", "order_imports", ["organisation_id", "id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("nextval('order_numbers')"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "posted",
                "pooled",
                "offered",
                "quoting",
                "awarded",
                "closed",
                "clarifying",
                "withdrawn",
                "expired",
                "rejected",
                name="orderstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("readings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("processes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("materials", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("certifications", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("colours", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("target_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("inspection", sa.Text(), nullable=False),
        sa.Column("wants_pool", sa.Boolean(), nullable=False),
        sa.Column("max_acceptances", sa.BigInteger(), nullable=False),
        sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moderation_note", sa.Text(), nullable=False),
        sa.CheckConstraint("grace_days >= 0", name=op.f("ck_orders_grace_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_orders_quantity_positive")),
        sa.CheckConstraint("target_price_minor > 0", name=op.f("ck_orders_price_positive")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_orders_organisation_id_number")),
        sa.UniqueConstraint("organisation_id", "reference", name=op.f("uq_orders_organisation_id_reference")),
    )
    op.create_index("ix_orders_state", "orders", ["organisation_id", "state", "id"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("active", "paused", name="organisationstate", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('seller', 'factory', 'operator')", name=op.f("ck_organisations_kind")),
        sa.CheckConstraint("state IN ('active', 'paused')", name=op.f("ck_organisations_state")),
        sa.CheckConstraint("id = organisation_id", name=op.f("ck_organisations_own_tenant")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "outbox_events",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_outbox_events")),
    )
    op.create_table(
        "pools",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default=sa.text("nextval('pool_numbers')"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "reached",
                "locked",
                "awarded",
                "producing",
                "allocated",
                "done",
                "expired",
                "dissolved",
                "shrunk",
                name="poolstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("shared", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shared_key", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("minimum", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("member_count", sa.BigInteger(), nullable=False),
        sa.Column("pooled_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity >= minimum", name=op.f("ck_pools_capacity_holds_minimum")),
        sa.CheckConstraint("minimum > 0", name=op.f("ck_pools_minimum_positive")),
        sa.CheckConstraint("quantity <= capacity", name=op.f("ck_pools_within_capacity")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_pools_quantity_not_negative")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_pools")),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_pools_organisation_id_number")),
    )
    op.create_index("ix_pools_gathering", "pools", ["state", "vertical", "cause"], unique=False)
    op.create_table(
        "ranker_versions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("calibrated", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_ranker_versions")),
    )
    op.create_index(
        "uq_ranker_versions_one_live",
        "ranker_versions",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "roles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
    )
    op.create_index(op.f("ix_users_organisation_id"), "users", ["organisation_id"], unique=False)
    op.create_table(
        "handled_events",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "event_id"],
            ["outbox_events.organisation_id", "outbox_events.id"],
            name=op.f("fk_handled_events_organisation_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "event_id", "handler", name=op.f("pk_handled_events")),
    )
    op.create_table(
        "leads",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "offered",
                "viewed",
                "accepted",
                "countered",
                "quoted",
                "won",
                "lost",
                "declined",
                "expired",
                "withdrawn",
                name="leadstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("deal_probability", sa.Double(), nullable=False),
        sa.Column("calibrated", sa.Boolean(), nullable=False),
        sa.Column("evidence", sa.BigInteger(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("ranker_version", sa.Text(), nullable=False),
        sa.Column("index_snapshot", sa.Text(), nullable=False),
        sa.Column("requirements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holds_place", sa.Boolean(), nullable=False),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("decline_note", sa.Text(), nullable=False),
        sa.Column("counter", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("lost_reason", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_reply_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "offering_id"],
            ["offerings.organisation_id", "offerings.id"],
            name=op.f("fk_leads_organisation_id_offering_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_leads")),
        sa.UniqueConstraint(
            "organisation_id", "offering_id", "factory_id", name=op.f("uq_leads_organisation_id_offering_id_factory_id")
        ),
    )
    op.create_index("ix_leads_expiry", "leads", ["state", "expires_at"], unique=False)
    op.create_index("ix_leads_id", "leads", ["id"], unique=False)
    op.create_index("ix_leads_inbox", "leads", ["factory_id", "state", "id"], unique=False)
    op.create_index("ix_leads_offering", "leads", ["offering_id", "rank"], unique=False)
    op.create_table(
        "order_files",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "order_id"],
            ["orders.organisation_id", "orders.id"],
            name=op.f("fk_order_files_organisation_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_order_files")),
    )
    op.create_index("ix_order_files_order", "order_files", ["organisation_id", "order_id"], unique=False)
    op.create_table(
        "pool_members",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("alone_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("relaxed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("choice", sa.Uuid(), nullable=True),
        sa.Column("counter_answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pool_members_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "order_id"],
            ["orders.organisation_id", "orders.id"],
            name=op.f("fk_pool_members_organisation_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "pool_id", "order_id", name=op.f("pk_pool_members")),
    )
    op.create_index("ix_pool_members_pool", "pool_members", ["pool_id"], unique=False)
    op.create_index(
        "uq_pool_members_one_pool",
        "pool_members",
        ["organisation_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "roles_users",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_roles_users_role_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_roles_users_user_id")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_roles_users")),
    )
    op.create_table(
        "quotes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("pool_id", sa.Uuid(), nullable=True),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "superseded",
                "void",
                "awarded",
                "lost",
                "expired",
                "withdrawn",
                name="quotestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.Column("minimum_quantity", sa.BigInteger(), nullable=False),
        sa.Column("sample_fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("sample_days", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("lead_time_days > 0", name=op.f("ck_quotes_lead_time_positive")),
        sa.CheckConstraint("minimum_quantity > 0", name=op.f("ck_quotes_minimum_positive")),
        sa.CheckConstraint("sample_fee_minor >= 0", name=op.f("ck_quotes_sample_fee_not_negative")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "lead_id"],
            ["leads.organisation_id", "leads.id"],
            name=op.f("fk_quotes_organisation_id_lead_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_quotes")),
        sa.UniqueConstraint(
            "organisation_id", "lead_id", "version", name=op.f("uq_quotes_organisation_id_lead_id_version")
        ),
    )
    op.create_index("ix_quotes_factory", "quotes", ["factory_id", "id"], unique=False)
    op.create_index("ix_quotes_offering", "quotes", ["offering_id"], unique=False)
    op.create_index(
        "uq_quotes_one_open",
        "quotes",
        ["organisation_id", "lead_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "quote_steps",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("quote_id", sa.Uuid(), nullable=False),
        sa.Column("from_quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_quantity > 0", name=op.f("ck_quote_steps_quantity_positive")),
        sa.CheckConstraint("unit_price_minor > 0", name=op.f("ck_quote_steps_price_positive")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "quote_id"],
            ["quotes.organisation_id", "quotes.id"],
            name=op.f("fk_quote_steps_organisation_id_quote_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "quote_id", "from_quantity", name=op.f("pk_quote_steps")),
    )
