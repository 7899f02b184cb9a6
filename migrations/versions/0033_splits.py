"""Live splits between the live ranker and a candidate, and the requests in each arm.

What this locks, and for how long: ranker_versions for a moment, to add a column with a constant default.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0033"
down_revision = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("splits", "split_requests")
ONCE = "uq_split_requests_organisation_id_split_id_offering_id"


def upgrade() -> None:
    op.add_column("ranker_versions", sa.Column("was_live", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("ranker_versions", "was_live", server_default=None)
    states = sa.Enum(
        "running", "stopped", "ended", "promoted",
        name="splitstate", native_enum=False, create_constraint=True, length=20,
    )  # fmt: skip
    op.create_table(
        "splits",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("live", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("percent BETWEEN 1 AND 99", name=op.f("ck_splits_a_share")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_splits")),
    )
    running = sa.text("state = 'running'")
    op.create_index("uq_splits_one_runs", "splits", ["organisation_id"], unique=True, postgresql_where=running)
    op.create_table(
        "split_requests",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("split_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("candidate", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_split_requests")),
        sa.UniqueConstraint("organisation_id", "split_id", "offering_id", name=op.f(ONCE)),
    )
    op.create_index("ix_split_requests_split", "split_requests", ["split_id", "joined_at"], unique=False)
    op.create_index("ix_split_requests_offering", "split_requests", ["offering_id"], unique=False)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.drop_column("ranker_versions", "was_live")
