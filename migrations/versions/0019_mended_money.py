"""What operators do about money that is stuck: calls that are given up, and debts that are set off.

What this locks, and for how long: two tables of money, for as long as it takes to look through their rows once.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

CALLS = ("asked", "done", "refused", "stuck")
MOVEMENTS = (
    "taken", "released", "refund_asked", "refund_paid", "refund_failed", "refund_returned", "taken_back", "frozen",
    "thawed", "payout_asked", "payout_paid", "payout_bounced", "payout_returned", "debt_repaid", "debt_written_off",
)  # fmt: skip
INDEXES = (
    ("ix_gateway_calls_stuck", "gateway_calls", "asked_at", "state IN ('stuck', 'refused')"),
    ("ix_ledger_transactions_remittance", "ledger_transactions", "remittance_id", None),
    ("ix_ledger_transactions_failed", "ledger_transactions", "at", "kind IN ('refund_failed', 'refund_returned')"),
    ("ix_dues_unpaid", "dues", "due_at", "state IN ('due', 'failed')"),
    ("ix_dues_to_pay_out", "dues", "released_at", "state IN ('released', 'paying_out')"),
)


def upgrade() -> None:
    allow("gateway_calls", "state", "callstate", (*CALLS, "given_up"))
    allow("ledger_transactions", "kind", "transactionkind", (*MOVEMENTS, "debt_offset"))
    for name, table, column, condition in INDEXES:
        op.create_index(name, table, [column], postgresql_where=sa.text(condition) if condition else None)


def downgrade() -> None:
    for name, table, _column, _condition in INDEXES:
        op.drop_index(name, table)
    allow("ledger_transactions", "kind", "transactionkind", MOVEMENTS)
    allow("gateway_calls", "state", "callstate", CALLS)


def allow(table: str, column: str, constraint: str, values: Sequence[str]) -> None:
    """Let a column hold these words and no others."""
    op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, f"{column} IN ({listed})")
