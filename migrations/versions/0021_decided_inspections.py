"""Failed inspections that nobody decides: when their buyers were reminded, and whether they or the clock decided.

What this locks, and for how long: one table, for as long as it takes to add two columns.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("inspections", sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inspections", sa.Column("decided_by", sa.Text(), nullable=True))
    op.execute("UPDATE inspections SET decided_by = 'buyer' WHERE decision IS NOT NULL AND decision <> 'pass'")


def downgrade() -> None:
    op.drop_column("inspections", "decided_by")
    op.drop_column("inspections", "nudged_at")
