"""The whole history of one sum of money: every movement line by line, every call with its answer, every message."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit.errors import NotFound
from market.kit.history import HistoryLine, histories_of
from market.kit.money import Money
from market.payments import stuck_queries as payments
from market.payments.stuck_queries import CallRow, NewsRow
from market.settlement.models import Account, AccountKind, Due, Entry, Remittance, Transaction, TransactionKind
from market.settlement.stuck_queries import Matter, Stuck, split_id, stuck

NEWEST: Final = 100
"""How many movements of a factory are read: those of a share are few."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """One entry of a movement: what an account received (above zero) or gave. owner_id: whose account it is."""

    account: AccountKind
    owner_id: UUID
    money: Money


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One transaction of the ledger with all its lines."""

    id: UUID
    at: datetime
    kind: TransactionKind
    money: Money
    actor_name: str
    why: str
    lines: tuple[LineRow, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything about one sum of money. row: None where it is stuck no longer."""

    matter: Matter
    id: str
    row: Stuck | None
    movements: tuple[MovementRow, ...] = ()
    calls: tuple[CallRow, ...] = ()
    news: tuple[NewsRow, ...] = ()
    past: tuple[HistoryLine, ...] = ()

    @property
    def owners(self) -> set[UUID]:
        """Whose accounts were moved."""
        return {line.owner_id for movement in self.movements for line in movement.lines}


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to look: the condition on movements, what the provider was asked for, whose history."""

    moved: ColumnElement[bool] | None = None
    references: frozenset[UUID] = frozenset()
    aggregates: tuple[tuple[UUID, str, UUID], ...] = ()
    calls: tuple[CallRow, ...] = ()
    news: tuple[NewsRow, ...] = ()


def thread(session: Session, now: datetime, matter: Matter, identifier: str) -> Thread:
    """The history of one thing that stopped or had stopped. Raises NotFound for what there never was."""
    row = next((one for one in stuck(session, now) if (one.matter, one.id) == (matter, identifier)), None)
    scope = _scope(session, matter, identifier)
    calls, news = list(scope.calls), list(scope.news)
    if scope.references:
        calls += [one for one in payments.calls_about(session, scope.references) if one.id not in {c.id for c in calls}]
        news += payments.news_about(session, scope.references)
    aggregates = (*scope.aggregates, *((one.organisation_id, "gateway_calls", one.id) for one in calls))
    return Thread(
        matter,
        identifier,
        row,
        () if scope.moved is None else _movements(session, scope.moved),
        tuple(sorted(calls, key=lambda one: (one.asked_at, one.id))),
        tuple(news),
        tuple(histories_of(session, aggregates)),
    )


def _scope(session: Session, matter: Matter, identifier: str) -> _Scope:
    if matter in (Matter.DEBT, Matter.LATE):
        return _of_factory(session, matter, identifier)
    try:
        found = UUID(identifier)
    except ValueError:
        raise NotFound from None
    match matter:
        case Matter.REFUND:
            return _of_reference(session, found, need=(Transaction,))
        case Matter.DUE:
            return _of_reference(session, found, need=(Due,))
        case Matter.PAYOUT:
            return _of_reference(session, found, need=(Remittance,))
        case Matter.REVERSAL:
            reference = payments.reference_of_reversal(session, found)
            if reference is None:
                raise NotFound
            scope = _of_reference(session, reference, need=(Remittance,))
            owner = scope.aggregates[0][0]
            return replace(scope, aggregates=(*scope.aggregates, (owner, "transfer_reversals", found)))
        case Matter.CALL:
            return _of_call(session, found)
        case Matter.NEWS:
            news = payments.news(session, found)
            if news is None:
                raise NotFound
            return _Scope(news=(news,), aggregates=((MARKET_ID, "gateway_news", found),))
    raise NotFound


def _of_call(session: Session, call_id: UUID) -> _Scope:
    call = payments.call(session, call_id)
    if call is None:
        raise NotFound
    if call.reference is None:
        return _Scope(calls=(call,))
    scope = _of_reference(session, call.reference, need=())
    return replace(scope, calls=(call,))


def _of_reference(session: Session, reference: UUID, need: tuple[type[Any], ...]) -> _Scope:
    """A due, a movement or a remittance by its id. Raises NotFound where it is none of what is needed."""
    due = session.scalars(select(Due).where(Due.id == reference)).one_or_none()
    moved = session.scalars(select(Transaction).where(Transaction.id == reference)).one_or_none()
    sent = session.scalars(select(Remittance).where(Remittance.id == reference)).one_or_none()
    if need and not any(isinstance(one, need) for one in (due, moved, sent)):
        raise NotFound
    share_id = due.share_id if due else moved.share_id if moved else None
    if share_id is not None:
        return _of_share(session, share_id)
    if sent is not None:
        own = ((sent.organisation_id, "remittances", sent.id),)
        return _Scope(Transaction.remittance_id == sent.id, frozenset({sent.id}), own)
    return _Scope(references=frozenset({reference}))


def _of_share(session: Session, share_id: UUID) -> _Scope:
    dues = session.execute(select(Due.organisation_id, Due.id).where(Due.share_id == share_id)).all()
    moved = session.scalars(select(Transaction.id).where(Transaction.share_id == share_id)).all()
    return _Scope(
        Transaction.share_id == share_id,
        frozenset({due_id for _owner, due_id in dues} | set(moved)),
        tuple((owner, "dues", due_id) for owner, due_id in dues),
    )


def _of_factory(session: Session, matter: Matter, identifier: str) -> _Scope:
    """What moved on the accounts of a factory that a debt or a late payout is about."""
    parts = split_id(identifier)
    if parts is None:
        raise NotFound
    factory_id, currency = parts
    kinds = (AccountKind.OWED_BY_FACTORY,) if matter is Matter.DEBT else (AccountKind.PAYABLE, AccountKind.IN_TRANSIT)
    accounts = session.scalars(
        select(Account.id).where(
            Account.organisation_id == factory_id, Account.currency == currency, Account.kind.in_(kinds)
        )
    ).all()
    if not accounts:
        raise NotFound
    entries = select(Entry.transaction_id).where(Entry.organisation_id == factory_id, Entry.account_id.in_(accounts))
    sent = session.scalars(
        select(Remittance.id)
        .where(Remittance.organisation_id == factory_id, Remittance.currency == currency)
        .order_by(Remittance.id.desc())
        .limit(NEWEST)
    ).all()
    return _Scope(
        Transaction.id.in_(entries),
        frozenset(sent),
        (
            *((factory_id, "ledger_accounts", account) for account in accounts),
            *((factory_id, "remittances", one) for one in sent),
        ),
    )


def _movements(session: Session, condition: ColumnElement[bool]) -> tuple[MovementRow, ...]:
    newest = select(Transaction).where(condition).order_by(Transaction.at.desc(), Transaction.id.desc()).limit(NEWEST)
    moved = session.scalars(newest).all()
    lines = _lines(session, [row.id for row in moved])
    return tuple(
        MovementRow(
            row.id, row.at, row.kind, Money(row.minor, row.currency), row.actor_name, row.why,
            tuple(lines.get(row.id, ())),
        )
        for row in reversed(moved)
    )  # fmt: skip


def _lines(session: Session, ids: Collection[UUID]) -> dict[UUID, Sequence[LineRow]]:
    statement = (
        select(Entry, Account.kind)
        .join(Account, (Account.organisation_id == Entry.organisation_id) & (Account.id == Entry.account_id))
        .where(Entry.transaction_id.in_(ids))
        .order_by(Entry.id)
    )
    found: dict[UUID, list[LineRow]] = {}
    for entry, kind in session.execute(statement):
        line = LineRow(kind, entry.organisation_id, Money(entry.minor, entry.currency))
        found.setdefault(entry.transaction_id, []).append(line)
    return dict(found)
