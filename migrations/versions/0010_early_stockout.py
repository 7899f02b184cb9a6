"""The day by which an item may have run out already, one time in ten.

What this locks, and for how long: suggestions for a moment; their new column is empty until they are made anew.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("suggestions", sa.Column("stockout_on_p10", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("suggestions", "stockout_on_p10")
