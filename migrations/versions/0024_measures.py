"""Summaries of leads, requests and deals by day and month, and triggers that note which days changed.

What this locks, and for how long: leads, offerings, orders, quotes, awards and factories while their triggers are
made, a moment each; five indexes are built over leads, offerings, orders and awards, which holds writers off
for about a second for each million rows.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies
from migrations.touching import DROP_TRIGGERS, FUNCTIONS, TRIGGERS

revision = "0024"
down_revision = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REQUEST_KEYS = ("vertical", "region", "language", "buyer")
REASONS = ("capacity", "price", "process", "material", "quantity", "time", "other")
LEAD_COUNTS = (
    *("offered", "viewed", "accepted", "quoted", "won", "countered", "lost", "expired", "withdrawn", "declined"),
    *("closed", *(f"declined_{reason}" for reason in REASONS)),
    *(f"chance_{part}_{place}" for place in range(9) for part in ("n", "p", "y")),
    "chance_squares",
)
WAITS = tuple(f"wait_{place}" for place in range(23))
SUMMARIES = {
    "measure_leads": ((*REQUEST_KEYS, "size", "newcomer"), LEAD_COUNTS),
    "measure_facets": (("vertical", "facet", "value"), LEAD_COUNTS),
    "measure_runs": (REQUEST_KEYS, ("posted", "offered", "won", "open", "quoted", "quoted_in_a_day", *WAITS)),
    "measure_deals": ((*REQUEST_KEYS, "currency"), ("deals", "again", "minor")),
}
TABLES = (*SUMMARIES, "measure_exposure", "measure_days", "measure_touched", "measure_alarms")
INDEXES = {
    "ix_leads_offered_at": ("leads", ["offered_at"]),
    "ix_offerings_created_at": ("offerings", ["created_at"]),
    "ix_orders_posted_at": ("orders", ["posted_at"]),
    "ix_orders_of_shop_posted_at": ("orders", ["organisation_id", "posted_at"]),
    "ix_awards_awarded_at": ("awards", ["awarded_at"]),
}


def upgrade() -> None:
    for table, (keys, counts) in SUMMARIES.items():
        add_summary(table, keys, counts)
    op.create_table(
        "measure_exposure",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("vertical", sa.Text(), nullable=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.Column("factories", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "week", "vertical", "leads", name=op.f("pk_measure_exposure")),
    )
    op.create_table(
        "measure_days",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "day", name=op.f("pk_measure_days")),
    )
    op.create_table(
        "measure_touched",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_measure_touched")),
    )
    add_alarms()
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.execute(FUNCTIONS)
    op.execute(TRIGGERS)
    policies.protect_tables(*TABLES)
    note_all_days()


def add_summary(table: str, keys: Sequence[str], counts: Sequence[str]) -> None:
    op.create_table(
        table,
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(key, sa.Text(), nullable=False) for key in keys),
        *(sa.Column(count, sa.BigInteger(), nullable=False) for count in counts),
        sa.CheckConstraint("grain IN ('day', 'month')", name=op.f(f"ck_{table}_grain")),
        sa.PrimaryKeyConstraint("organisation_id", "grain", "day", *keys, name=op.f(f"pk_{table}")),
    )


def add_alarms() -> None:
    op.create_table(
        "measure_alarms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slice", postgresql.JSONB(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.Column("deals", sa.BigInteger(), nullable=False),
        sa.Column("says", sa.Float(), nullable=False),
        sa.CheckConstraint("deals >= 0 AND deals <= leads", name=op.f("ck_measure_alarms_deals_of_leads")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_measure_alarms")),
    )
    op.create_index(
        "uq_measure_alarms_one_open",
        "measure_alarms",
        ["organisation_id", "slice"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def note_all_days() -> None:
    """Let the worker count every day of a market that runs already."""
    op.execute("SELECT set_config('weft.scope', 'system', true)")
    op.execute(
        "INSERT INTO measure_touched (organisation_id, day) SELECT '00000000-0000-0000-0000-000000000001', day FROM ("
        "SELECT market_day(offered_at) AS day FROM leads UNION SELECT market_day(created_at) FROM offerings "
        "UNION SELECT market_day(posted_at) FROM orders UNION SELECT market_day(awarded_at) FROM awards) AS found "
        "WHERE day IS NOT NULL ORDER BY day DESC"
    )


def downgrade() -> None:
    op.execute(DROP_TRIGGERS)
    for name, (table, _columns) in INDEXES.items():
        op.drop_index(name, table)
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
