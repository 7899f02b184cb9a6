"""Records of factories, by which their limits rise. Every factory that is here is vouched for: it joined before.

What this locks, and for how long: nothing that exists; the table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import policies

revision = "0025"
down_revision = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

VOUCHED_BEFORE = """
    INSERT INTO factory_records (organisation_id, id, state, points, vouched_at, parts, counted_at)
    SELECT organisation_id, id, 'established', 10, now(), '{}', now() - interval '2 days' FROM factories
"""


def upgrade() -> None:
    steps = sa.Enum(
        "trial", "rising", "established", name="stepname", native_enum=False, create_constraint=True, length=20
    )
    op.create_table(
        "factory_records",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", steps, nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("vouched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = organisation_id", name=op.f("ck_factory_records_own_tenant")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_factory_records")),
    )
    op.create_index("ix_factory_records_state", "factory_records", ["state"])
    op.create_index("ix_factory_records_counted", "factory_records", ["counted_at"])
    op.execute("SELECT set_config('weft.scope', 'system', true)")
    op.execute(VOUCHED_BEFORE)
    op.execute("SELECT set_config('weft.scope', '', true)")
    policies.protect_tables("factory_records")


def downgrade() -> None:
    op.drop_table("factory_records")
