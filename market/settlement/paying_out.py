"""Paying out: whatever is payable to a factory is sent to its bank as one remittance, and none before it has ended.

The remittance's id is the reference of its transfer and of its payout at the gateway. What bounced is payable again
and stays so until the factory's payout account was looked after.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update

from market.kit import history
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.settlement.ledger import (
    Line,
    Movement,
    NotEnoughMoney,
    balance,
    lock_factory,
    of_market,
    post,
    posted_before,
)
from market.settlement.models import (
    DUE_TRANSITIONS,
    REMITTANCE_TRANSITIONS,
    Account,
    AccountKind,
    Due,
    DueState,
    Remittance,
    RemittanceState,
    TransactionKind,
)

PAY_WITHIN: Final = timedelta(days=7)
UNDER_WAY: Final = (RemittanceState.ASKED, RemittanceState.TRANSFERRED)


def factories_to_pay(work: Work) -> list[tuple[UUID, str]]:
    """Factories and currencies with something payable or newly released, none of it under way or kept back."""
    payable = select(Account.organisation_id, Account.currency).where(
        Account.kind == AccountKind.PAYABLE, Account.balance_minor > 0
    )
    released = select(Due.factory_id, Due.currency).where(Due.state == DueState.RELEASED, Due.released_minor > 0)
    waiting = payable.union(released).subquery()
    factory_id, currency = waiting.c
    kept_back = exists().where(
        Remittance.organisation_id == factory_id,
        Remittance.currency == currency,
        Remittance.state.in_(UNDER_WAY)
        | ((Remittance.state == RemittanceState.BOUNCED) & Remittance.cleared_at.is_(None)),
    )
    statement = select(factory_id, currency).where(~kept_back).order_by(factory_id, currency)
    return [(factory, unit) for factory, unit in work.session.execute(statement)]


def ask_payout(work: Work, factory_id: UUID, currency: str) -> Remittance | None:
    """Put everything payable to a factory under way. None when there is nothing, or an earlier one has not ended.

    What was released and went into the factory's debt whole has nothing to be sent and counts as paid out.
    """
    lock_factory(work, factory_id)
    if (factory_id, currency) not in factories_to_pay(work):
        return None
    payable = balance(work, AccountKind.PAYABLE, factory_id, currency)
    own = (Due.factory_id == factory_id, Due.currency == currency)
    dues = _dues(work, *own, Due.state == DueState.RELEASED, Due.released_minor > 0)
    if not payable.minor:
        _move_dues(work, dues, DueState.PAYING_OUT, DueState.PAID_OUT)
        return None
    sent = Remittance(
        organisation_id=factory_id,
        id=work.new_id(),
        state=RemittanceState.ASKED,
        minor=payable.minor,
        currency=currency,
        asked_at=work.now,
        why="",
    )
    work.session.add(sent)
    work.session.flush()
    history.record(work, sent, what="asked", to_state=RemittanceState.ASKED, details={"minor": sent.minor})
    _post(work, sent, TransactionKind.PAYOUT_ASKED, _lines(sent, AccountKind.PAYABLE, AccountKind.IN_TRANSIT))
    for due in dues:
        due.remittance_id = sent.id
    _move_dues(work, dues, DueState.PAYING_OUT)
    return sent


def note_transferred(work: Work, remittance_id: UUID) -> Remittance | None:
    """The money stands in the factory's account at the gateway. None when that was known or the remittance ended."""
    sent = _locked(work, remittance_id)
    if sent.state is not RemittanceState.ASKED:
        return None
    history.move(work, sent, RemittanceState.TRANSFERRED, REMITTANCE_TRANSITIONS)
    return sent


def note_payout_paid(work: Work, remittance_id: UUID) -> bool:
    """The money is in the factory's bank. Returns False when that was known. Raises IllegalMove after a bounce."""
    sent = _locked(work, remittance_id)
    if sent.state is RemittanceState.PAID:
        return False
    if sent.state is RemittanceState.ASKED:
        history.move(work, sent, RemittanceState.TRANSFERRED, REMITTANCE_TRANSITIONS)
    history.move(work, sent, RemittanceState.PAID, REMITTANCE_TRANSITIONS)
    sent.paid_at = work.now
    lines = [
        Line(AccountKind.IN_TRANSIT, -sent.minor, sent.organisation_id),
        of_market(AccountKind.GATEWAY, sent.minor),
    ]
    _post(work, sent, TransactionKind.PAYOUT_PAID, lines)
    _move_dues(work, _dues(work, Due.remittance_id == sent.id, Due.state == DueState.PAYING_OUT), DueState.PAID_OUT)
    return True


def note_payout_bounced(work: Work, remittance_id: UUID, why: str) -> Remittance | None:
    """The transfer was refused, or the bank sent the payout back, even after it was paid: it is payable again.

    Returns the remittance, None when that was known.
    """
    sent = _locked(work, remittance_id)
    if sent.state is RemittanceState.BOUNCED:
        return None
    was_paid = sent.state is RemittanceState.PAID
    kind = TransactionKind.PAYOUT_RETURNED if was_paid else TransactionKind.PAYOUT_BOUNCED
    history.move(work, sent, RemittanceState.BOUNCED, REMITTANCE_TRANSITIONS, why=why)
    sent.bounced_at, sent.why = work.now, why
    lines = _lines(sent, AccountKind.IN_TRANSIT, AccountKind.PAYABLE)
    if was_paid:
        lines = [of_market(AccountKind.GATEWAY, -sent.minor), lines[1]]
    _post(work, sent, kind, lines, why)
    under_way = Due.state.in_([DueState.PAYING_OUT, DueState.PAID_OUT])
    dues = _dues(work, Due.remittance_id == sent.id, under_way)
    for due in dues:
        due.remittance_id, due.released_at = None, work.now
    _move_dues(work, dues, DueState.RELEASED)
    return sent


def clear_bounced(work: Work, factory_id: UUID) -> int:
    """The factory's payout account was looked after: what bounced may be sent again. Returns how many."""
    lock_factory(work, factory_id)
    cleared = work.session.scalars(
        update(Remittance)
        .where(
            Remittance.organisation_id == factory_id,
            Remittance.state == RemittanceState.BOUNCED,
            Remittance.cleared_at.is_(None),
        )
        .values(cleared_at=work.now)
        .returning(Remittance.id)
    )
    return len(cleared.all())


def repay_debt(work: Work, factory_id: UUID, key: str, money: Money, why: str) -> None:
    """A factory paid back, outside the gateway's payouts, what it owed. Raises NotEnoughMoney beyond what it owes."""
    _end_debt(work, factory_id, key, money, why, TransactionKind.DEBT_REPAID, AccountKind.GATEWAY)


def write_off_debt(work: Work, factory_id: UUID, key: str, money: Money, why: str) -> None:
    """The market bears what a factory owes and will not pay. Raises NotEnoughMoney beyond what it owes."""
    _end_debt(work, factory_id, key, money, why, TransactionKind.DEBT_WRITTEN_OFF, AccountKind.COSTS)


def _end_debt(
    work: Work, factory_id: UUID, key: str, money: Money, why: str, kind: TransactionKind, against: AccountKind
) -> None:
    lock_factory(work, factory_id)
    if posted_before(work, {kind}, key, money, None):
        return
    if money.minor <= 0:
        raise NotEnoughMoney("An amount above zero is needed to end a debt.")
    lines = [Line(AccountKind.OWED_BY_FACTORY, money.minor, factory_id), of_market(against, -money.minor)]
    post(work, Movement(kind, key, money, lines, why))


def _locked(work: Work, remittance_id: UUID) -> Remittance:
    """A remittance as it is now, its factory locked. Raises NotFound."""
    factory_id = work.session.scalar(select(Remittance.organisation_id).where(Remittance.id == remittance_id))
    if factory_id is None:
        raise NotFound
    lock_factory(work, factory_id)
    return work.session.get_one(Remittance, (factory_id, remittance_id), populate_existing=True)


def _dues(work: Work, *conditions: ColumnElement[bool]) -> Sequence[Due]:
    statement = select(Due).where(*conditions).order_by(Due.id).execution_options(populate_existing=True)
    return work.session.scalars(statement.with_for_update()).all()


def _move_dues(work: Work, dues: Sequence[Due], *states: DueState) -> None:
    for due in dues:
        for state in states:
            history.move(work, due, state, DUE_TRANSITIONS)


def _lines(sent: Remittance, origin: AccountKind, to: AccountKind) -> list[Line]:
    return [Line(origin, -sent.minor, sent.organisation_id), Line(to, sent.minor, sent.organisation_id)]


def _post(work: Work, sent: Remittance, kind: TransactionKind, lines: Sequence[Line], why: str = "") -> None:
    money = Money(sent.minor, sent.currency)
    post(work, Movement(kind, f"{sent.id} {kind.value}", money, lines, why, remittance_id=sent.id))
