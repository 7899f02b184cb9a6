"""Candidates for the ranking, and how each would have ranked the requests that the live ranker ranked.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0029"
down_revision = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("candidates", "shadow_rankings")


def upgrade() -> None:
    states = sa.Enum(
        "shadow", "promoted", "ended", name="candidatestate", native_enum=False, create_constraint=True, length=20
    )
    op.create_table(
        "candidates",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("from_file", sa.Boolean(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("organisation_id", "version", name=op.f("uq_candidates_organisation_id_version")),
    )
    op.create_table(
        "shadow_rankings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("ranking_id", sa.Uuid(), nullable=False),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live", postgresql.JSONB(), nullable=False),
        sa.Column("ours", postgresql.JSONB(), nullable=False),
        sa.Column("forecasts", postgresql.JSONB(), nullable=False),
        sa.Column("chances", postgresql.JSONB(), nullable=False),
        sa.Column("obstacle", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "candidate_id"],
            ["candidates.organisation_id", "candidates.id"],
            name=op.f("fk_shadow_rankings_organisation_id_candidate_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_shadow_rankings")),
        sa.UniqueConstraint(
            "organisation_id",
            "candidate_id",
            "ranking_id",
            name=op.f("uq_shadow_rankings_organisation_id_candidate_id_ranking_id"),
        ),
    )
    op.create_index("ix_shadow_rankings_candidate", "shadow_rankings", ["candidate_id", "made_at"], unique=False)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
