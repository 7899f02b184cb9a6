"""Double entry: accounts are found or opened, and a movement is posted once for each key. Nothing is ever changed.

An amount is positive where the market owes more to the account's owner afterwards. That entries sum to zero, that
balances follow them and that none is overdrawn is held by the database; docs/decisions/0018 says how.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, Invalid
from market.kit.money import Money
from market.kit.work import Work
from market.settlement.models import Account, AccountKind, Entry, Transaction, TransactionKind

MOST_PARTS = 6
"""Three dues, each from what is held and from what is released."""


class NotEnoughMoney(Conflict):
    """More was asked of an account than it holds; nothing was moved."""

    code = "not_enough_money"


class KeyReused(Invalid):
    """The key of a movement was used for another one before."""

    code = "ledger_key_reused"


class Unbalanced(Invalid):
    """The lines of a movement do not sum to zero, or are fewer than two."""

    code = "ledger_unbalanced"


@dataclass(frozen=True, slots=True)
class Line:
    """What one account receives (above zero) or gives (below). organisation_id: the account's owner."""

    kind: AccountKind
    minor: int
    organisation_id: UUID
    share_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """What is posted. key: of two movements with one key only the first is. money: the amount as it was asked."""

    kind: TransactionKind
    key: str
    money: Money
    lines: Sequence[Line]
    why: str = ""
    deal_id: UUID | None = None
    share_id: UUID | None = None
    due_id: UUID | None = None
    remittance_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """A movement that stands: its id, the due it is about, its amount."""

    transaction_id: UUID
    due_id: UUID | None
    minor: int


def of_market(kind: AccountKind, minor: int) -> Line:
    return Line(kind, minor, MARKET_ID)


def posted_before(
    work: Work, kinds: Collection[TransactionKind], key: str, money: Money | None, about: UUID | None
) -> list[Posted]:
    """What was posted under this key, in its parts; nothing when the key is free.

    about: the share or remittance it is about. money None: whatever the amount was. Raises KeyReused when the key was
    used for something else.
    """
    statement = select(Transaction).where(
        Transaction.organisation_id == MARKET_ID, Transaction.key.in_([part_key(key, n) for n in range(MOST_PARTS)])
    )
    found = sorted(work.session.scalars(statement), key=lambda row: row.key)
    if not found:
        return []
    total = Money(sum(row.minor for row in found), found[0].currency)
    is_same = all(row.kind in kinds and about in (row.share_id, row.remittance_id) for row in found)
    if not is_same or money not in (None, total):
        raise KeyReused(
            f"The key {key!r} was used before, for {found[0].kind.value} of {total.major()} {total.currency}."
        )
    return [Posted(row.id, row.due_id, row.minor) for row in found]


def part_key(key: str, number: int) -> str:
    """The key of one part of a movement that is posted in several, counted from 0."""
    return f"{key}/{number}" if number else key


def post(work: Work, movement: Movement) -> UUID:
    """Write a movement with its entries; lines of nothing are left out. Returns its id.

    Raises Unbalanced, KeyReused when the key is taken, NotEnoughMoney when a balance does not reach; nothing is
    written then.
    """
    lines = [line for line in movement.lines if line.minor]
    if len(lines) < 2 or sum(line.minor for line in lines) != 0:
        raise Unbalanced(f"The {len(lines)} lines of {movement.kind.value} do not sum to zero: nothing was moved.")
    with work.session.begin_nested():
        transaction_id = _write_transaction(work, movement)
        _write_entries(work, movement, lines, transaction_id)
    return transaction_id


def balance(work: Work, kind: AccountKind, organisation_id: UUID, currency: str, share_id: UUID | None = None) -> Money:
    """What an account holds; zero for one that was never opened."""
    statement = select(Account.balance_minor).where(*_is_account(Line(kind, 0, organisation_id, share_id), currency))
    return Money(work.session.scalar(statement) or 0, currency)


def lock_factory(work: Work, factory_id: UUID) -> None:
    """Let nobody else move this factory's money until the transaction ends. Every verb takes this lock first."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:id, 2))"), {"id": str(factory_id)})


def _write_transaction(work: Work, movement: Movement) -> UUID:
    written = work.session.scalars(
        insert(Transaction)
        .values(
            organisation_id=MARKET_ID,
            id=work.new_id(),
            kind=movement.kind,
            key=movement.key,
            deal_id=movement.deal_id,
            share_id=movement.share_id,
            due_id=movement.due_id,
            remittance_id=movement.remittance_id,
            minor=movement.money.minor,
            currency=movement.money.currency,
            actor_id=work.actor.user_id,
            actor_name=work.actor.name,
            why=movement.why,
            at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "key"])
        .returning(Transaction.id)
    ).first()
    if written is None:
        raise KeyReused(f"The key {movement.key!r} was used before: nothing was moved a second time.")
    return written


def _write_entries(work: Work, movement: Movement, lines: Sequence[Line], transaction_id: UUID) -> None:
    # The accounts of the market are everybody's, so they are moved last and locked for the shortest time.
    ordered = sorted(lines, key=lambda line: (line.organisation_id == MARKET_ID, line.kind.value))
    rows = [
        {
            "organisation_id": line.organisation_id,
            "id": work.new_id(),
            "transaction_id": transaction_id,
            "account_id": _account(work, line, movement.money.currency),
            "minor": line.minor,
            "currency": movement.money.currency,
        }
        for line in ordered
    ]
    try:
        work.session.execute(insert(Entry), rows)
    except IntegrityError as fault:
        if "ck_ledger_accounts_never_over" not in str(fault.orig):
            raise
        raise NotEnoughMoney(
            f"There is not enough money for this: {movement.kind.value} of {movement.money.major()} "
            f"{movement.money.currency}."
        ) from fault


def _account(work: Work, line: Line, currency: str) -> UUID:
    found = _find(work, line, currency)
    if found is not None:
        return found
    opened = work.session.scalars(
        insert(Account)
        .values(
            organisation_id=line.organisation_id,
            id=work.new_id(),
            kind=line.kind,
            share_id=line.share_id,
            currency=currency,
            balance_minor=0,
        )
        .on_conflict_do_nothing(constraint="uq_ledger_accounts_one")
        .returning(Account.id)
    ).first()
    if opened is not None:
        return opened
    found = _find(work, line, currency)
    if found is None:
        raise LookupError(f"no account {line.kind.value} can be opened in {currency} from here")
    return found


def _find(work: Work, line: Line, currency: str) -> UUID | None:
    return work.session.scalar(select(Account.id).where(*_is_account(line, currency)))


def _is_account(line: Line, currency: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Account.organisation_id == line.organisation_id,
        Account.kind == line.kind,
        Account.currency == currency,
        Account.share_id.is_(None) if line.share_id is None else Account.share_id == line.share_id,
    )
