"""How many backtests a suggestion's errors are of, and the days of a shop's sales in order.

What this locks, and for how long: suggestions for a moment, as their new column has a constant default; writes to
daily_sales while its index is built, a few seconds for each ten million rows.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("suggestions", sa.Column("tried", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("suggestions", "tried", server_default=None)
    op.create_index("ix_daily_sales_days", "daily_sales", ["organisation_id", "day"])


def downgrade() -> None:
    op.drop_index("ix_daily_sales_days", "daily_sales")
    op.drop_column("suggestions", "tried")
