"""When a deal came to each step and was last predicted, money that waits for others, what a share that left had proven.

What this locks, and for how long: three tables, for as long as it takes to add columns.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("deals", sa.Column("watched_on", sa.Date(), nullable=True))
    op.add_column("deals", sa.Column("reached", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("deals", "reached", server_default=None)
    op.add_column("payment_asks", sa.Column("authorised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deal_shares", sa.Column("proven_minor", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("deal_shares", "proven_minor")
    op.drop_column("payment_asks", "authorised_at")
    op.drop_column("deals", "reached")
    op.drop_column("deals", "watched_on")
