"""Who left the run of a pool goes on reading what it was awarded: the quote, and the request that it answered.

What this locks, and for how long: three tables, for a moment.
"""

from collections.abc import Sequence

from alembic import op

from migrations import policies

revision = "0020"
down_revision = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("offerings", "leads", "quotes")
PRESENT_ALONE = """pool_id IN (
    SELECT member.pool_id FROM pool_members member
    WHERE member.organisation_id = weft_organisation() AND member.left_at IS NULL)"""


def upgrade() -> None:
    policies.rewrite_reading(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        earlier = policies.POLICIES[table].read.replace(policies.OF_A_POOL_MEMBER, PRESENT_ALONE)
        op.execute(f"ALTER POLICY {table}_read ON {table} USING ({earlier})")
