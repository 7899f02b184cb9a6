"""Moderation: cases that wait for an operator, and the prints of what shops write.

What this locks, and for how long: nothing that exists; both tables are new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0026"
down_revision = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    states = sa.Enum(
        "waiting", "dismissed", "decided", name="casestate", native_enum=False, create_constraint=True, length=20
    )
    op.create_table(
        "moderation_cases",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("signals", postgresql.JSONB(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("cleared", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_moderation_cases")),
        sa.UniqueConstraint("organisation_id", "order_id", name=op.f("uq_moderation_cases_organisation_id_order_id")),
    )
    op.create_index("ix_moderation_cases_id", "moderation_cases", ["id"], unique=True)
    op.create_index("ix_moderation_cases_state", "moderation_cases", ["state", "raised_at"])
    op.create_table(
        "text_prints",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_text_prints")),
    )
    op.create_index("ix_text_prints_digest", "text_prints", ["digest"])
    policies.protect_tables("moderation_cases", "text_prints")


def downgrade() -> None:
    op.drop_table("text_prints")
    op.drop_table("moderation_cases")
