"""The ledger by itself: what the database holds, whatever the code above it does."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from market.config import Settings
from market.identity.service import MARKET_ID
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.work import SYSTEM_ACTOR, Work
from market.settlement.ledger import (
    KeyReused,
    Line,
    Movement,
    NotEnoughMoney,
    Unbalanced,
    balance,
    of_market,
    post,
    posted_before,
)
from market.settlement.models import AccountKind, TransactionKind

SHOP, FACTORY, SHARE = new_id(), new_id(), new_id()
TAKEN = frozenset({TransactionKind.TAKEN})


def taken(minor: int, key: str = "payment", *, share: UUID = SHARE) -> Movement:
    """A payment of a share."""
    lines = [of_market(AccountKind.GATEWAY, -minor), Line(AccountKind.HELD, minor, SHOP, share)]
    return Movement(TransactionKind.TAKEN, key, Money(abs(minor) or 1, "CNY"), lines, share_id=share)


def held(work: Work) -> int:
    return balance(work, AccountKind.HELD, SHOP, "CNY", SHARE).minor


def close(session: Session) -> None:
    """Let the database check what it checks at the end of a transaction."""
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_a_movement_moves_the_balances_of_both_sides(work: Work) -> None:
    post(work, taken(300))
    post(work, taken(45, "second"))
    close(work.session)
    assert held(work) == 345
    assert balance(work, AccountKind.GATEWAY, MARKET_ID, "CNY").minor == -345
    assert balance(work, AccountKind.HELD, SHOP, "EUR", SHARE).minor == 0


def test_a_key_moves_money_once(work: Work) -> None:
    first = post(work, taken(300))
    assert [posted.transaction_id for posted in posted_before(work, TAKEN, "payment", Money(300, "CNY"), SHARE)] == [
        first
    ]
    assert posted_before(work, TAKEN, "other", Money(300, "CNY"), SHARE) == []
    for kind, minor, about in (
        (TransactionKind.TAKEN, 301, SHARE),
        (TransactionKind.FROZEN, 300, SHARE),
        (TransactionKind.TAKEN, 300, new_id()),
    ):
        with pytest.raises(KeyReused, match=r"'payment' was used before, for taken of 3\.00 CNY"):
            posted_before(work, {kind}, "payment", Money(minor, "CNY"), about)
    with pytest.raises(KeyReused):
        post(work, taken(300))
    assert held(work) == 300


@pytest.mark.parametrize("minors", [(), (5,), (5, -4), (5, 0), (5, -5, 1)])
def test_lines_that_do_not_sum_to_zero_are_refused_before_anything_is_written(
    work: Work, minors: tuple[int, ...]
) -> None:
    kinds = (AccountKind.HELD, AccountKind.FROZEN, AccountKind.REFUNDING)
    lines = [Line(kind, minor, SHOP, SHARE) for kind, minor in zip(kinds, minors, strict=False)]
    with pytest.raises(Unbalanced):
        post(work, Movement(TransactionKind.FROZEN, "odd", Money(5, "CNY"), lines))
    assert work.session.scalar(text("SELECT count(*) FROM ledger_transactions")) == 0


OVERDRAWN = {
    "held": (AccountKind.HELD, -1),
    "frozen": (AccountKind.FROZEN, -1),
    "refunding": (AccountKind.REFUNDING, -1),
    "payable": (AccountKind.PAYABLE, -1),
    "in transit": (AccountKind.IN_TRANSIT, -1),
    "fees": (AccountKind.FEES, -1),
    "owed by the factory, paid back twice": (AccountKind.OWED_BY_FACTORY, 1),
    "costs, taken back twice": (AccountKind.COSTS, 1),
}


@pytest.mark.parametrize("case", OVERDRAWN)
def test_no_account_is_overdrawn_even_by_wrong_code_and_nothing_is_left_of_the_try(work: Work, case: str) -> None:
    kind, minor = OVERDRAWN[case]
    share = SHARE if kind in (AccountKind.HELD, AccountKind.FROZEN, AccountKind.REFUNDING) else None
    lines = [Line(kind, minor, FACTORY, share), of_market(AccountKind.GATEWAY, -minor)]
    with pytest.raises(NotEnoughMoney, match=r"not enough money for this: frozen of 0\.01 CNY"):
        post(work, Movement(TransactionKind.FROZEN, "too much", Money(1, "CNY"), lines))
    assert work.session.scalar(text("SELECT count(*) FROM ledger_transactions")) == 0
    assert balance(work, AccountKind.GATEWAY, MARKET_ID, "CNY").minor == 0


@pytest.fixture
def written(work: Work) -> UUID:
    """The id of a movement of 300 that stands."""
    transaction_id = post(work, taken(300))
    close(work.session)
    work.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    return transaction_id


WRONG_SQL = {
    "change an entry": ("UPDATE ledger_entries SET minor = minor * 2", "permission denied"),
    "take an entry away": ("DELETE FROM ledger_entries", "permission denied"),
    "change a transaction": ("UPDATE ledger_transactions SET why = 'other'", "permission denied"),
    "take a transaction away": ("DELETE FROM ledger_transactions", "permission denied"),
    "change a balance": ("UPDATE ledger_accounts SET balance_minor = 0", "permission denied"),
    "take an account away": ("DELETE FROM ledger_accounts", "permission denied"),
    "empty the ledger": ("TRUNCATE ledger_entries", "permission denied"),
    "change the terms": ("UPDATE share_terms SET commission_basis_points = 0", "permission denied"),
    "open an account with money in it": (
        "INSERT INTO ledger_accounts (organisation_id, id, kind, currency, balance_minor) "
        "VALUES (:shop, gen_random_uuid(), 'payable', 'CNY', 5)",
        "opens with nothing",
    ),
    "a share's account without a share": (
        "INSERT INTO ledger_accounts (organisation_id, id, kind, currency, balance_minor) "
        "VALUES (:shop, gen_random_uuid(), 'held', 'CNY', 0)",
        "of_a_share",
    ),
    "a transaction without entries": (
        "INSERT INTO ledger_transactions (organisation_id, id, kind, key, minor, currency, actor_name, why, at) "
        "VALUES (:market, gen_random_uuid(), 'taken', 'bare', 5, 'CNY', '', '', now())",
        "does not balance",
    ),
    "one entry more on a transaction of this unit of work": (
        "INSERT INTO ledger_entries SELECT organisation_id, gen_random_uuid(), :id, gen.id, 5, 'CNY' FROM opened gen",
        "does not balance",
    ),
    "an entry in another currency than its account": (
        "INSERT INTO ledger_entries SELECT organisation_id, gen_random_uuid(), :id, gen.id, 5, 'EUR' FROM opened gen",
        "fk_ledger_entries_account",
    ),
}
OPENED = (
    "WITH opened AS (INSERT INTO ledger_accounts (organisation_id, id, kind, currency, balance_minor) "
    "VALUES (:shop, gen_random_uuid(), 'payable', 'CNY', 0) RETURNING organisation_id, id) "
)


@pytest.mark.parametrize("case", WRONG_SQL)
def test_the_database_refuses_wrong_sql_of_the_application(work: Work, written: UUID, case: str) -> None:
    statement, refusal = WRONG_SQL[case]
    statement = OPENED + statement if "opened gen" in statement else statement
    with pytest.raises(DBAPIError, match=refusal), work.session.begin_nested():
        work.session.execute(text(statement), {"shop": SHOP, "market": MARKET_ID, "id": written})
        close(work.session)
    assert held(work) == 300


def test_no_entry_joins_a_transaction_of_an_earlier_unit_of_work(work: Work) -> None:
    transaction_id = post(work, taken(300))
    work.session.commit()
    add = text(
        "INSERT INTO ledger_entries SELECT organisation_id, gen_random_uuid(), :id, id, :minor, currency "
        "FROM ledger_accounts WHERE kind = 'fees'"
    )
    post(
        work,
        Movement(
            TransactionKind.RELEASED,
            "fee",
            Money(5, "CNY"),
            [Line(AccountKind.HELD, -5, SHOP, SHARE), of_market(AccountKind.FEES, 5)],
        ),
    )
    with pytest.raises(DBAPIError, match="not written in this unit of work"), work.session.begin_nested():
        work.session.execute(add, {"id": transaction_id, "minor": 5})


@pytest.fixture
def owned_by_a_plain_role(owner_engine: Engine) -> Iterator[Session]:
    """The ledger as it stands where migrations ran as a user without powers, who is the application too."""
    with owner_engine.connect() as connection, Session(connection) as session:
        session.execute(text("CREATE ROLE ledger_owner NOSUPERUSER NOBYPASSRLS"))
        session.execute(text("GRANT USAGE, CREATE ON SCHEMA public TO ledger_owner"))
        for table in ("ledger_accounts", "ledger_transactions", "ledger_entries"):
            session.execute(text(f"ALTER TABLE {table} OWNER TO ledger_owner"))
        for function in ("ledger_move_balance", "ledger_check_sum"):
            session.execute(text(f"ALTER FUNCTION {function}() OWNER TO ledger_owner"))
        session.execute(text("SET LOCAL ROLE ledger_owner"))
        act_as(session, SYSTEM)
        yield session
        session.rollback()


def test_balances_move_and_stand_for_an_owner_that_row_level_security_binds(
    owned_by_a_plain_role: Session, clock: FrozenClock, settings: Settings
) -> None:
    session = owned_by_a_plain_role
    work = Work(session, SYSTEM_ACTOR, clock.now(), new_id, settings)
    post(work, taken(300))
    close(session)
    assert held(work) == 300
    for statement, refusal in (
        ("UPDATE ledger_entries SET minor = minor * 2", "the ledger stands"),
        ("DELETE FROM ledger_transactions", ""),
        ("UPDATE ledger_accounts SET balance_minor = 0", "moved by its entries alone"),
    ):
        act_as(session, Tenant(Scope.SYSTEM))
        session.execute(text("SELECT set_config('weft.scope', 'ledger', true)"))
        with session.begin_nested() as tried:
            try:
                assert not session.execute(text(statement)).rowcount  # type: ignore[attr-defined]  # a CursorResult
            except DBAPIError as fault:
                assert refusal in str(fault)
                tried.rollback()
    act_as(session, SYSTEM)
    assert held(work) == 300


def test_an_organisation_sees_the_entries_of_its_own_accounts_alone(work: Work) -> None:
    session, rival = work.session, new_id()
    post(work, taken(300))
    post(
        work,
        Movement(
            TransactionKind.RELEASED,
            "release",
            Money(100, "CNY"),
            [
                Line(AccountKind.HELD, -100, SHOP, SHARE),
                Line(AccountKind.PAYABLE, 95, FACTORY),
                of_market(AccountKind.FEES, 5),
            ],
        ),
    )
    seen = {}
    for organisation_id in (SHOP, FACTORY, rival):
        act_as(session, Tenant(Scope.ORGANISATION, organisation_id))
        seen[organisation_id] = [
            session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("ledger_accounts", "ledger_transactions", "ledger_entries")
        ]
    assert seen == {SHOP: [1, 2, 2], FACTORY: [1, 1, 1], rival: [0, 0, 0]}
    with pytest.raises(DBAPIError, match="row-level security"), session.begin_nested():
        post(work, taken(1, "by an organisation"))
    act_as(session, Tenant(Scope.OPERATOR))
    assert session.scalar(text("SELECT count(*) FROM ledger_entries")) == 5


def test_what_was_written_as_the_system_is_checked_whoever_ends_the_transaction(work: Work) -> None:
    """The sum is read in a scope of its own, so a narrower one hides no line from it."""
    post(work, taken(300))
    act_as(work.session, Tenant(Scope.ORGANISATION, FACTORY))
    close(work.session)
