"""A refund that cannot arrive is returned from the market's own bank account.

What this locks, and for how long: ledger_transactions and ledger_accounts, for as long as it takes to look through
their rows once.
"""

from collections.abc import Sequence

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOVEMENTS = (
    "taken", "released", "refund_asked", "refund_paid", "refund_failed", "refund_returned", "taken_back", "frozen",
    "thawed", "payout_asked", "payout_paid", "payout_bounced", "payout_returned", "debt_repaid", "debt_written_off",
    "debt_offset",
)  # fmt: skip
ACCOUNTS = (
    "gateway", "fees", "costs", "held", "frozen", "refunding", "payable", "in_transit", "owed_by_factory",
)  # fmt: skip
NEVER_BELOW = ("held", "frozen", "refunding", "payable", "in_transit", "fees")


def upgrade() -> None:
    allow("ledger_transactions", "transactionkind", (*MOVEMENTS, "refund_by_hand"))
    allow("ledger_accounts", "accountkind", (*ACCOUNTS, "bank"))
    bound((*NEVER_BELOW, "bank"))


def downgrade() -> None:
    bound(NEVER_BELOW)
    allow("ledger_accounts", "accountkind", ACCOUNTS)
    allow("ledger_transactions", "transactionkind", MOVEMENTS)


def allow(table: str, constraint: str, kinds: Sequence[str]) -> None:
    """Let a table hold these kinds and no others."""
    op.drop_constraint(op.f(f"ck_{table}_{constraint}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{constraint}"), table, f"kind IN ({listed(kinds)})")


def bound(kinds: Sequence[str]) -> None:
    """Let accounts of these kinds never fall below zero."""
    name = op.f("ck_ledger_accounts_never_overdrawn")
    op.drop_constraint(name, "ledger_accounts", type_="check")
    op.create_check_constraint(name, "ledger_accounts", f"kind NOT IN ({listed(kinds)}) OR balance_minor >= 0")


def listed(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)
