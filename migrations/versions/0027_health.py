"""Alarms of health, why jobs failed, and the backups that are known.

Operators may read which events wait. What this locks, and for how long: outbox_events for a moment; the rest is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0027"
down_revision = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("health_alarms", "job_faults", "backups")


def upgrade() -> None:
    op.create_table(
        "health_alarms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_health_alarms")),
    )
    op.create_index(
        "uq_health_alarms_open",
        "health_alarms",
        ["organisation_id", "kind"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_table(
        "job_faults",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", name=op.f("pk_job_faults")),
    )
    op.create_table(
        "backups",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_backups")),
    )
    op.create_index("ix_backups_made_at", "backups", ["made_at"], unique=False)
    policies.protect_tables(*TABLES)
    policies.rewrite_reading("outbox_events")


def downgrade() -> None:
    op.execute(f"ALTER POLICY outbox_events_read ON outbox_events USING ({policies.SYSTEM})")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
