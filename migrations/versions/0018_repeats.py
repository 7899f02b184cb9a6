"""What a lead repeats: an order that is asked of the factory that made it before.

What this locks, and for how long: one table, for as long as it takes to add a column.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("leads", sa.Column("repeats", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("leads", "repeats")
