"""What a ranker version was trained on and how it did on later weeks; the range and what would win of a lead.

What this locks, and for how long: leads and ranker_versions, for a moment; a column with a constant default is added
without rewriting the table.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("ranker_versions", sa.Column("learned_until", sa.Date(), nullable=True))
    op.add_column("ranker_versions", sa.Column("trained_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ranker_versions", sa.Column("data_hash", sa.Text(), nullable=False, server_default=""))
    op.add_column("ranker_versions", json_column("held_out", "{}"))
    op.add_column("leads", sa.Column("low", sa.Double(), nullable=True))
    op.add_column("leads", sa.Column("high", sa.Double(), nullable=True))
    op.add_column("leads", json_column("would_win", "[]"))


def json_column(name: str, empty: str) -> sa.Column[object]:
    return sa.Column(
        name, postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text(f"'{empty}'")
    )


def downgrade() -> None:
    for name in ("would_win", "high", "low"):
        op.drop_column("leads", name)
    for name in ("held_out", "data_hash", "trained_at", "learned_until"):
        op.drop_column("ranker_versions", name)
