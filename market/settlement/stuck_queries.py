"""Money that stopped and waits for an operator: every kind of it in one list, the most urgent first.

However many rows there are, the list takes a fixed number of statements.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from market.kit.heartbeat import heartbeats
from market.kit.money import Money
from market.payments import stuck_queries as payments
from market.payments.queries import AccountRow
from market.payments.stuck_queries import MOST as MOST
from market.payments.stuck_queries import CallRow
from market.settlement.models import (
    Account,
    AccountKind,
    Due,
    DueState,
    Entry,
    Remittance,
    RemittanceState,
    Transaction,
)
from market.settlement.paying_out import PAY_WITHIN
from market.settlement.refunding import failed_refunds

TO_PAY_OUT: Final = (DueState.RELEASED, DueState.PAYING_OUT)


class Matter(StrEnum):
    """What stopped, the most urgent first: without its sweeps nothing moves at all; then what nobody else can move."""

    SWEEP = "sweep"
    CALL = "call"
    REFUND = "refund"
    REVERSAL = "reversal"
    PAYOUT = "payout"
    LATE = "late"
    NEWS = "news"
    DEBT = "debt"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Stuck:
    """One thing that stopped. since: from when on it should have moved.

    id: in addresses and commands; of a debt or a late payout, its factory and currency. detail: which of its kind, as a
    code: of a call its kind and state, of a due its purpose and state, of a payout why it does not go. why: the
    provider's own words. verbs: what an operator may do. count: how many dues or messages it stands for.
    """

    matter: Matter
    id: str
    since: datetime
    money: Money | None
    detail: str = ""
    state: str = ""
    why: str = ""
    verbs: tuple[str, ...] = ()
    payer_id: UUID | None = None
    factory_id: UUID | None = None
    deal_id: UUID | None = None
    share_id: UUID | None = None
    tries: int = 0


def bounced_payouts(_now: datetime) -> Select[Any]:
    """Payouts that came back and that nobody let go again."""
    return select(Remittance).where(Remittance.state == RemittanceState.BOUNCED, Remittance.cleared_at.is_(None))


def late_payouts(now: datetime) -> Select[UUID, str, Any]:
    """(factory, currency, since) of what should be in a bank by now, without what waits as bounced."""
    bounced = exists().where(
        Remittance.organisation_id == Due.factory_id,
        Remittance.currency == Due.currency,
        Remittance.state == RemittanceState.BOUNCED,
        Remittance.cleared_at.is_(None),
    )
    return (
        select(Due.factory_id, Due.currency, func.min(Due.released_at).label("since"))
        .where(
            Due.state.in_(TO_PAY_OUT), Due.released_minor > 0, Due.released_at < now - PAY_WITHIN, ~bounced
        )
        .group_by(Due.factory_id, Due.currency)
    )  # fmt: skip


def debts(_now: datetime) -> Select[Any]:
    """(factory, currency, owed, payable, since) of factories that owe something."""
    payable = aliased(Account)
    running = (
        select(
            Entry.account_id,
            Transaction.at,
            func.sum(Entry.minor)
            .over(partition_by=Entry.account_id, order_by=(Transaction.at, Transaction.id))
            .label("total"),
        )
        .join(Transaction, Transaction.id == Entry.transaction_id)
        .join(Account, (Account.organisation_id == Entry.organisation_id) & (Account.id == Entry.account_id))
        .where(Account.kind == AccountKind.OWED_BY_FACTORY, Account.balance_minor < 0)
        .subquery()
    )
    even = (
        select(running.c.account_id, func.max(running.c.at).label("at"))
        .where(running.c.total == 0)
        .group_by(running.c.account_id)
        .subquery()
    )
    since = (
        select(func.min(running.c.at))
        .select_from(running.outerjoin(even, even.c.account_id == running.c.account_id))
        .where(running.c.account_id == Account.id, (even.c.at.is_(None)) | (running.c.at > even.c.at))
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(
            Account.organisation_id,
            Account.currency,
            (-Account.balance_minor).label("owed"),
            func.coalesce(payable.balance_minor, 0).label("payable"),
            since.label("since"),
        )
        .outerjoin(
            payable,
            (payable.organisation_id == Account.organisation_id)
            & (payable.currency == Account.currency)
            & (payable.kind == AccountKind.PAYABLE),
        )
        .where(Account.kind == AccountKind.OWED_BY_FACTORY, Account.balance_minor < 0)
    )


def unpaid_dues(now: datetime) -> Select[Any]:
    """Dues that no card stands for though their time is over."""
    until = func.coalesce(Due.cure_until, Due.due_at)
    return select(Due).where(Due.state.in_((DueState.DUE, DueState.FAILED)), until < now)


WAITS: Final[tuple[Callable[[datetime], Any], ...]] = (
    lambda _now: failed_refunds(),
    bounced_payouts,
    late_payouts,
    debts,
    unpaid_dues,
)


def stuck_count(session: Session, now: datetime) -> int:
    """How many things stopped, for the menu; in three statements."""
    counts = [select(func.count()).select_from(waits(now).subquery()).scalar_subquery() for waits in WAITS]
    own = session.scalar(select(sum(counts[1:], start=counts[0]))) or 0
    silent = sum(1 for beat in heartbeats(session, now) if beat.silent)
    return own + payments.stuck_count(session, now) + silent


def stuck(session: Session, now: datetime) -> list[Stuck]:
    """Everything that stopped, the most urgent first, then the oldest; of each kind at most `MOST`."""
    found = [
        *_sweeps(session, now),
        *_calls(session, now),
        *_refunds(session),
        *_payouts(session, now),
        *_news(session, now),
        *_debts(session, now),
        *_dues(session, now),
    ]
    order = tuple(Matter)
    return sorted(found, key=lambda row: (order.index(row.matter), row.since, row.id))


def split_id(text: str) -> tuple[UUID, str] | None:
    """The factory and the currency that the id of a debt or of a late payout is made of; None for anything else."""
    factory, _dot, currency = text.partition(".")
    try:
        return UUID(factory), currency
    except ValueError:
        return None


def _sweeps(session: Session, now: datetime) -> Iterator[Stuck]:
    for beat in heartbeats(session, now):
        if beat.silent:
            yield Stuck(Matter.SWEEP, beat.name, beat.last_ran_at, None, detail=beat.name)


def _calls(session: Session, now: datetime) -> Iterator[Stuck]:
    calls = payments.calls_that_wait(session, now)
    dues, movements, remittances = _referred(session, {row.reference for row in calls if row.reference})
    for row in calls:
        due = dues.get(row.reference) if row.reference else None
        moved = movements.get(row.reference) if row.reference else None
        of_factory = row.reference in remittances or row.kind.value in (
            "transfer",
            "pay_out",
            "reverse",
            "open_account",
        )
        yield Stuck(
            Matter.CALL, str(row.id), row.asked_at, row.money,
            detail=row.kind.value, state=row.state.value, why=row.why, verbs=call_verbs(row), tries=row.tries,
            payer_id=None if of_factory else row.organisation_id,
            factory_id=row.organisation_id if of_factory else due.factory_id if due else None,
            deal_id=due.deal_id if due else moved.deal_id if moved else None,
            share_id=due.share_id if due else moved.share_id if moved else None,
        )  # fmt: skip


def call_verbs(row: CallRow) -> tuple[str, ...]:
    """What an operator may do about a call."""
    kind, state = row.kind.value, row.state.value
    if state == "refused" or kind in ("take_payment", "drop_payment"):
        return ("again",) if state in ("stuck", "refused") else ()
    if state != "stuck":
        return ()
    return ("give_up",) if kind == "start_payment" else ("again", "give_up")


def _referred(
    session: Session, references: Collection[UUID]
) -> tuple[dict[UUID, Due], dict[UUID, Transaction], set[UUID]]:
    """The dues, movements and remittances that calls are for."""
    dues = {row.id: row for row in session.scalars(select(Due).where(Due.id.in_(references)))}
    moved = {row.id: row for row in session.scalars(select(Transaction).where(Transaction.id.in_(references)))}
    sent = set(session.scalars(select(Remittance.id).where(Remittance.id.in_(references))))
    return dues, moved, sent


def _refunds(session: Session) -> Iterator[Stuck]:
    for moved, due in session.execute(failed_refunds().order_by(Transaction.at).limit(MOST)):
        yield Stuck(
            Matter.REFUND, str(moved.id), moved.at, Money(min(moved.minor, due.held_minor), moved.currency),
            detail=due.purpose.value, state=moved.kind.value, why=moved.why, verbs=("again", "by_hand"),
            payer_id=due.organisation_id, factory_id=due.factory_id, deal_id=due.deal_id, share_id=due.share_id,
        )  # fmt: skip


def _payouts(session: Session, now: datetime) -> Iterator[Stuck]:
    """What is on its way to a factory and does not get there: refused to come back, bounced, or simply late."""
    reversals = payments.reversals_that_wait(session, now)
    bounced = session.scalars(bounced_payouts(now).order_by(Remittance.bounced_at).limit(MOST)).all()
    late = session.execute(late_payouts(now).order_by("since").limit(MOST)).all()
    factories = {row.organisation_id for row in bounced} | {row.factory_id for row in late}
    accounts = payments.payout_accounts(session, factories)
    sent_now = select(Remittance.organisation_id, Remittance.currency).where(
        Remittance.organisation_id.in_(factories),
        Remittance.state.in_((RemittanceState.ASKED, RemittanceState.TRANSFERRED)),
    )
    under_way = {(factory_id, currency) for factory_id, currency in session.execute(sent_now)}
    for row in reversals:
        yield Stuck(
            Matter.REVERSAL, str(row.id), row.asked_at, row.money, why=row.why, verbs=("again",),
            factory_id=row.organisation_id,
        )  # fmt: skip
    for sent in bounced:
        state = bank_state(accounts.get(sent.organisation_id))
        yield Stuck(
            Matter.PAYOUT, str(sent.id), sent.bounced_at or sent.asked_at, Money(sent.minor, sent.currency),
            detail=state, state=sent.state.value, why=sent.why, verbs=("again",) if state == "enabled" else ("remind",),
            factory_id=sent.organisation_id,
        )  # fmt: skip
    owed = _owed(session, {factory_id for factory_id, _currency, _since in late})
    for factory_id, currency, since in late:
        is_sent, state = (factory_id, currency) in under_way, bank_state(accounts.get(factory_id))
        yield Stuck(
            Matter.LATE, f"{factory_id}.{currency}", since + PAY_WITHIN,
            Money(owed.get((factory_id, currency), 0), currency),
            detail="under_way" if is_sent else state, factory_id=factory_id,
            verbs=() if is_sent or state == "enabled" else ("remind",),
        )  # fmt: skip


def _owed(session: Session, factories: Collection[UUID]) -> dict[tuple[UUID, str], int]:
    """What is payable to these factories or on its way to them, in minor units by factory and currency."""
    kinds = (AccountKind.PAYABLE, AccountKind.IN_TRANSIT)
    statement = (
        select(Account.organisation_id, Account.currency, func.sum(Account.balance_minor))
        .where(Account.organisation_id.in_(factories), Account.kind.in_(kinds))
        .group_by(Account.organisation_id, Account.currency)
    )
    return {(factory_id, currency): int(minor) for factory_id, currency, minor in session.execute(statement)}


def bank_state(account: AccountRow | None) -> str:
    """How a factory's payout account stands: none, or the state of the one it has."""
    return "none" if account is None else account.state.value


def _news(session: Session, now: datetime) -> Iterator[Stuck]:
    for row in payments.news_that_waits(session, now):
        yield Stuck(
            Matter.NEWS, str(row.id), row.received_at, None, detail=row.kind, state=row.state.value, why=row.object_id,
            verbs=("again", "dismiss"), tries=row.tries,
        )  # fmt: skip


def _debts(session: Session, now: datetime) -> Iterator[Stuck]:
    for factory_id, currency, owed, payable, since in session.execute(debts(now).order_by("since").limit(MOST)):
        yield Stuck(
            Matter.DEBT, f"{factory_id}.{currency}", since or now, Money(int(owed), currency),
            verbs=("set_off", "write_off") if payable else ("write_off",), factory_id=factory_id,
        )  # fmt: skip


def _dues(session: Session, now: datetime) -> Iterator[Stuck]:
    late_first = case((Due.state == DueState.FAILED, 0), else_=1)
    for due in session.scalars(unpaid_dues(now).order_by(late_first, Due.due_at).limit(MOST)):
        yield Stuck(
            Matter.DUE, str(due.id), due.cure_until or due.due_at, Money(due.amount_minor, due.currency),
            detail=due.purpose.value, state=due.state.value, verbs=("remind",), payer_id=due.organisation_id,
            factory_id=due.factory_id, deal_id=due.deal_id, share_id=due.share_id,
        )  # fmt: skip
