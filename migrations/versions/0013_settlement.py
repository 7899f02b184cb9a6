"""The ledger, the terms, dues and remittances of deals, and the heartbeats of the sweeps.

What this locks, and for how long: nothing that exists; every table is new.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations import policies

revision = "0013"
down_revision = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "sweep_runs",
    "share_terms",
    "dues",
    "remittances",
    "ledger_accounts",
    "ledger_transactions",
    "ledger_entries",
)

# Balances and sums concern every organisation, so these functions act in a scope of their own: row-level security holds
# for the owner of the tables too, who has no other power over them. The guard stands where one role is both. The
# scope is set in their bodies, because only a superuser may attach a setting of ours to a function.
TRIGGERS = """
CREATE FUNCTION ledger_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger stands: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION ledger_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.written_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_move_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    before text := current_setting('weft.scope', true);
BEGIN
    PERFORM set_config('weft.scope', 'ledger', true);
    IF NOT EXISTS (SELECT FROM ledger_transactions WHERE id = NEW.transaction_id
                   AND written_in = pg_current_xact_id()::text::bigint) THEN
        RAISE EXCEPTION 'ledger transaction % was not written in this unit of work', NEW.transaction_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE ledger_accounts SET balance_minor = balance_minor + NEW.minor
        WHERE organisation_id = NEW.organisation_id AND id = NEW.account_id;
    PERFORM set_config('weft.scope', before, true);
    RETURN NULL;
END $$;

CREATE FUNCTION ledger_guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.balance_minor <> 0 THEN
        RAISE EXCEPTION 'a ledger account opens with nothing' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (pg_trigger_depth() < 2 OR
            (NEW.organisation_id, NEW.id, NEW.kind, NEW.share_id, NEW.currency) IS DISTINCT FROM
            (OLD.organisation_id, OLD.id, OLD.kind, OLD.share_id, OLD.currency)) THEN
        RAISE EXCEPTION 'the balance of a ledger account is moved by its entries alone'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION ledger_check_sum() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    before text := current_setting('weft.scope', true);
    checked uuid := CASE TG_TABLE_NAME WHEN 'ledger_entries' THEN (to_jsonb(NEW) ->> 'transaction_id')::uuid
                                       ELSE NEW.id END;
BEGIN
    PERFORM set_config('weft.scope', 'ledger', true);
    IF (SELECT count(*) < 2 FROM ledger_entries WHERE transaction_id = checked) OR EXISTS (
            SELECT FROM ledger_entries WHERE transaction_id = checked GROUP BY currency HAVING sum(minor) <> 0) THEN
        RAISE EXCEPTION 'ledger transaction % does not balance', checked USING ERRCODE = 'check_violation';
    END IF;
    PERFORM set_config('weft.scope', before, true);
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_stands BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();
CREATE TRIGGER ledger_stands BEFORE UPDATE OR DELETE ON ledger_transactions
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();
CREATE TRIGGER ledger_stands BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_stands();
CREATE TRIGGER ledger_stamp BEFORE INSERT ON ledger_transactions
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
CREATE TRIGGER ledger_guard_balance BEFORE INSERT OR UPDATE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance();
CREATE TRIGGER ledger_move_balance AFTER INSERT ON ledger_entries
    FOR EACH ROW EXECUTE FUNCTION ledger_move_balance();
CREATE CONSTRAINT TRIGGER ledger_check_sum AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_sum();
CREATE CONSTRAINT TRIGGER ledger_check_sum AFTER INSERT ON ledger_transactions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_check_sum();
"""
FUNCTIONS = (
    "ledger_stands",
    "ledger_stamp",
    "ledger_move_balance",
    "ledger_guard_balance",
    "ledger_check_sum",
)


def upgrade() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "gateway",
                "fees",
                "costs",
                "held",
                "frozen",
                "refunding",
                "payable",
                "in_transit",
                "owed_by_factory",
                name="accountkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("share_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('held', 'frozen', 'refunding')) = (share_id IS NOT NULL)",
            name=op.f("ck_ledger_accounts_of_a_share"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('held', 'frozen', 'refunding', 'payable', 'in_transit', 'fees') OR balance_minor >= 0",
            name=op.f("ck_ledger_accounts_never_overdrawn"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('owed_by_factory', 'costs') OR balance_minor <= 0",
            name=op.f("ck_ledger_accounts_never_overpaid"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("organisation_id", "id", "currency", name="uq_ledger_accounts_currency"),
        sa.UniqueConstraint(
            "organisation_id",
            "kind",
            "share_id",
            "currency",
            name="uq_ledger_accounts_one",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_ledger_accounts_share", "ledger_accounts", ["share_id"], unique=False)
    op.create_table(
        "ledger_transactions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "taken",
                "released",
                "refund_asked",
                "refund_paid",
                "refund_failed",
                "refund_returned",
                "taken_back",
                "frozen",
                "thawed",
                "payout_asked",
                "payout_paid",
                "payout_bounced",
                "payout_returned",
                "debt_repaid",
                "debt_written_off",
                name="transactionkind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("share_id", sa.Uuid(), nullable=True),
        sa.Column("due_id", sa.Uuid(), nullable=True),
        sa.Column("remittance_id", sa.Uuid(), nullable=True),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_in", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("minor > 0", name=op.f("ck_ledger_transactions_moves_something")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transactions_id")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_ledger_transactions_organisation_id_key")),
    )
    op.create_index("ix_ledger_transactions_deal", "ledger_transactions", ["deal_id", "at"], unique=False)
    op.create_index("ix_ledger_transactions_share", "ledger_transactions", ["share_id", "at"], unique=False)
    op.create_table(
        "remittances",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "transferred",
                "paid",
                "bounced",
                name="remittancestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_remittances_sends_something")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_remittances")),
        sa.UniqueConstraint("id", name=op.f("uq_remittances_id")),
    )
    op.create_index("ix_remittances_state", "remittances", ["state"], unique=False)
    op.create_index(
        "uq_remittances_one_under_way",
        "remittances",
        ["organisation_id", "currency"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'transferred')"),
    )
    op.create_table(
        "share_terms",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("commission_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "commission_basis_points BETWEEN 0 AND 10000", name=op.f("ck_share_terms_commission_is_a_share")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_share_terms")),
        sa.UniqueConstraint("id", name=op.f("uq_share_terms_id")),
    )
    op.create_index("ix_share_terms_deal", "share_terms", ["deal_id"], unique=False)
    op.create_table(
        "sweep_runs",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("every_seconds", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("every_seconds > 0", name=op.f("ck_sweep_runs_has_a_period")),
        sa.PrimaryKeyConstraint("organisation_id", "name", name=op.f("pk_sweep_runs")),
    )
    op.create_table(
        "dues",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("factory_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "sample_fee", "deposit", "balance", name="purpose", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "authorised",
                "held",
                "released",
                "paying_out",
                "paid_out",
                "failed",
                "dropped",
                "refunded",
                "frozen",
                "clawed_back",
                name="duestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("frozen_minor", sa.BigInteger(), nullable=False),
        sa.Column("released_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunding_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cure_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remittance_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "held_minor + frozen_minor + released_minor + refunding_minor + refunded_minor = 0 OR (state NOT IN "
            "('due', 'authorised', 'failed', 'dropped') AND "
            "held_minor + frozen_minor + released_minor + refunding_minor + refunded_minor = amount_minor)",
            name=op.f("ck_dues_amounts_are_the_payment"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_dues_asks_something")),
        sa.CheckConstraint(
            "held_minor >= 0 AND frozen_minor >= 0 AND released_minor >= 0 AND refunding_minor >= 0 AND "
            "refunded_minor >= 0",
            name=op.f("ck_dues_amounts_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "share_id"],
            ["share_terms.organisation_id", "share_terms.id"],
            name=op.f("fk_dues_organisation_id_share_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_dues")),
        sa.UniqueConstraint("id", name=op.f("uq_dues_id")),
        sa.UniqueConstraint(
            "organisation_id", "share_id", "purpose", name=op.f("uq_dues_organisation_id_share_id_purpose")
        ),
    )
    op.create_index("ix_dues_deal", "dues", ["deal_id"], unique=False)
    op.create_index("ix_dues_factory", "dues", ["factory_id", "state"], unique=False)
    op.create_index("ix_dues_remittance", "dues", ["remittance_id"], unique=False)
    op.create_index("ix_dues_share", "dues", ["share_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint("minor <> 0", name=op.f("ck_ledger_entries_moves_something")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "account_id", "currency"],
            ["ledger_accounts.organisation_id", "ledger_accounts.id", "ledger_accounts.currency"],
            name="fk_ledger_entries_account",
        ),
        sa.ForeignKeyConstraint(["transaction_id"], ["ledger_transactions.id"], name="fk_ledger_entries_transaction"),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("transaction_id", "account_id", name=op.f("uq_ledger_entries_transaction_id_account_id")),
    )
    op.create_index("ix_ledger_entries_account", "ledger_entries", ["organisation_id", "account_id"], unique=False)
    op.execute(TRIGGERS)
    policies.protect_tables(*TABLES)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table} CASCADE")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
