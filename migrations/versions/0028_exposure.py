"""The share of leads given to learning, as a row of the market.

What this locks, and for how long: nothing that exists; the table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0028"
down_revision = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "exposure",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("percent BETWEEN 0 AND 50", name=op.f("ck_exposure_a_share")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_exposure")),
    )
    policies.protect_tables("exposure")


def downgrade() -> None:
    op.execute("DROP TABLE exposure CASCADE")
