"""Every ranking that froze leads, so that it can be made again.

What this locks, and for how long: nothing that exists; the table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0023"
down_revision = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "rankings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("ranker_version", sa.Text(), nullable=False),
        sa.Column("index_snapshot", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("leads", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "offering_id"],
            ["offerings.organisation_id", "offerings.id"],
            name=op.f("fk_rankings_organisation_id_offering_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_rankings")),
    )
    op.create_index("ix_rankings_offering", "rankings", ["offering_id", "made_at"], unique=False)
    op.create_index("ix_rankings_made_at", "rankings", ["made_at", "id"], unique=False)
    policies.protect_tables("rankings")


def downgrade() -> None:
    op.execute("DROP TABLE rankings CASCADE")
