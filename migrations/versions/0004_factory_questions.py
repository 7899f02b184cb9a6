"""What a factory was asked and answered, and what it firmly said it cannot do.

What this locks, and for how long: factories, for a moment; a column with a constant default is added without rewriting
the table.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0004"
down_revision = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    denied: sa.Column[list[str]] = sa.Column("denied", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    op.add_column("factories", denied)
    op.create_table(
        "factory_questions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("demand", sa.BigInteger(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("yes", "no", "unsure", "moot", name="answer", native_enum=False, create_constraint=True, length=20),
            nullable=True,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("wanted > 0 AND wanted <= demand", name=op.f("ck_factory_questions_counted")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_factory_questions")),
        sa.UniqueConstraint(
            "organisation_id", "kind", "term", name=op.f("uq_factory_questions_organisation_id_kind_term")
        ),
    )
    op.create_index(
        "uq_factory_questions_one_open",
        "factory_questions",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("answer IS NULL"),
    )
    policies.protect_tables("factory_questions")


def downgrade() -> None:
    op.drop_table("factory_questions")
    op.drop_column("factories", "denied")
