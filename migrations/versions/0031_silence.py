"""What stands at the payment provider without a word of it is found by its age.

What this locks, and for how long: payments, refunds, payouts and payout_accounts against writing while an index of
the few rows that wait is built.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WAITING = {
    "payments": "state IN ('open', 'authorised')",
    "refunds": "state = 'pending'",
    "payouts": "state = 'pending'",
    "payout_accounts": "state IN ('open', 'restricted')",
}


def upgrade() -> None:
    for table, waits in WAITING.items():
        op.create_index(f"ix_{table}_silent", table, ["asked_at"], unique=False, postgresql_where=sa.text(waits))


def downgrade() -> None:
    for table in WAITING:
        op.drop_index(f"ix_{table}_silent", table_name=table)
