"""What a factory said yes to when it was asked, and whether a question was about something that it lists.

What this locks, and for how long: factories and factory_questions, for a moment; columns with a constant default are
added without rewriting the tables.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    confirmed: sa.Column[list[str]] = sa.Column(
        "confirmed", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"
    )
    op.add_column("factories", confirmed)
    op.add_column("factory_questions", sa.Column("listed", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("factory_questions", "listed")
    op.drop_column("factories", "confirmed")
