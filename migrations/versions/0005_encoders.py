"""Encoders and the vectors they made, so that a start need not make them all again.

What this locks, and for how long: nothing that exists; both tables are new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0005"
down_revision = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("encoders", "text_vectors")


def upgrade() -> None:
    op.create_table(
        "encoders",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("embedded", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_encoders")),
    )
    op.create_index(
        "uq_encoders_one_live", "encoders", ["organisation_id"], unique=True, postgresql_where=sa.text("live")
    )
    op.create_table(
        "text_vectors",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "encoder", "text_hash", name=op.f("pk_text_vectors")),
    )
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
