"""Statements: what moved on an organisation's accounts over a period, and all that moved for a deal or a share."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.settlement.models import Account, AccountKind, Entry, Transaction, TransactionKind


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry on one account. money is above zero where the account's owner is owed more afterwards."""

    at: datetime
    transaction_id: UUID
    kind: TransactionKind
    account: AccountKind
    money: Money
    why: str
    deal_id: UUID | None
    share_id: UUID | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account kind of an organisation over a period, all its shares together: opening + lines = closing."""

    account: AccountKind
    opening: Money
    lines: tuple[StatementLine, ...]
    closing: Money


def statement_of(session: Session, organisation_id: UUID, since: datetime, until: datetime) -> list[Statement]:
    """The statement of an organisation from `since` to before `until`, one for each kind of account and currency that
    ever moved until then."""
    own = Entry.organisation_id == organisation_id
    opening = _sums(session, own, Transaction.at < since)
    lines = _lines(session, own, Transaction.at >= since, Transaction.at < until)
    kept: dict[tuple[AccountKind, str], list[StatementLine]] = {key: [] for key in opening}
    for line in lines:
        kept.setdefault((line.account, line.money.currency), []).append(line)
    return [
        Statement(
            kind,
            Money(opening.get((kind, currency), 0), currency),
            tuple(found),
            Money(opening.get((kind, currency), 0) + sum(line.money.minor for line in found), currency),
        )
        for (kind, currency), found in sorted(kept.items())
    ]


def lines_of_deal(session: Session, deal_id: UUID) -> list[StatementLine]:
    """Everything that moved for a deal, oldest first, as far as the session may see it."""
    return _lines(session, Transaction.deal_id == deal_id)


def lines_of_share(session: Session, share_id: UUID) -> list[StatementLine]:
    """Everything that moved for one share, oldest first, as far as the session may see it."""
    return _lines(session, Transaction.share_id == share_id)


def _sums(session: Session, *conditions: ColumnElement[bool]) -> dict[tuple[AccountKind, str], int]:
    statement = (
        select(Account.kind, Entry.currency, func.sum(Entry.minor))
        .join(Transaction, Transaction.id == Entry.transaction_id)
        .join(Account, (Account.organisation_id == Entry.organisation_id) & (Account.id == Entry.account_id))
        .where(*conditions)
        .group_by(Account.kind, Entry.currency)
    )
    return {(kind, currency): int(total) for kind, currency, total in session.execute(statement)}


def _lines(session: Session, *conditions: ColumnElement[bool]) -> list[StatementLine]:
    statement = (
        select(Transaction, Entry, Account.kind)
        .join(Entry, Entry.transaction_id == Transaction.id)
        .join(Account, (Account.organisation_id == Entry.organisation_id) & (Account.id == Entry.account_id))
        .where(*conditions)
        .order_by(Transaction.at, Transaction.id, Entry.id)
    )
    return [
        StatementLine(
            moved.at, moved.id, moved.kind, kind, Money(entry.minor, entry.currency), moved.why, moved.deal_id,
            moved.share_id,
        )
        for moved, entry, kind in session.execute(statement)
    ]  # fmt: skip
