"""What the check of a file of sales read, kept until the file is taken in.

What this locks, and for how long: sales_imports for a moment.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("sales_imports", sa.Column("reading", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("sales_imports", "reading")
