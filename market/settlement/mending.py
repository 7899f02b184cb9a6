"""What operators do about money that stopped: a refund, a payout, a debt. Every remedy takes a reason, which is kept.

A remedy finds the money as it was seen, or raises and changes nothing. No verb commits; the edge does.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history, notices
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.payments import queries as payments
from market.production import queries as production
from market.settlement.gateway_flows import send_back, settle_if_over
from market.settlement.ledger import (
    Line,
    Movement,
    Posted,
    balance,
    lock_factory,
    post,
    posted_before,
)
from market.settlement.models import (
    Account,
    AccountKind,
    DueState,
    Remittance,
    RemittanceState,
    Transaction,
    TransactionKind,
)
from market.settlement.paying_out import write_off_debt
from market.settlement.refunding import AGAIN, FAILED, return_by_hand, send_part_back
from market.settlement.shares import Part, Place, Share, lock_due

FOLLOWS: Final = frozenset({TransactionKind.REFUND_ASKED, TransactionKind.REFUND_BY_HAND})
"""What may follow a refund that failed."""


class RefundMoved(Conflict):
    """What a failed refund left here was sent again or returned by hand, or went elsewhere; nothing was changed."""

    code = "refund_moved"


class PayoutMoved(Conflict):
    """The payout did not bounce, or was sent again meanwhile; nothing was changed."""

    code = "payout_moved"


class BankNotReady(Conflict):
    """The factory's payout account takes no money; nothing was changed."""

    code = "bank_not_ready"


class BankReady(Conflict):
    """The factory's payout account is in order: nobody has to be reminded of it."""

    code = "bank_ready"


class DueMoved(Conflict):
    """The due is paid, or asked no longer; nothing was changed."""

    code = "due_moved"


class DebtMoved(Conflict):
    """The factory owes another amount than was seen; nothing was changed."""

    code = "debt_moved"


class NothingPayable(Conflict):
    """Nothing is payable to the factory that its debt could be set off against; nothing was changed."""

    code = "nothing_payable"


def refund_again(work: Work, failed_id: UUID, why: str) -> Posted:
    """Send back once more what a failed refund left with us, as far as it is still held, under a key of its own.

    failed_id: the transaction that told of the failure. Raises NotFound, RefundMoved.
    """
    share, part = _failed_part(work, failed_id)
    _note_refund(work, part, "refund asked again", failed_id, why)
    posted = send_part_back(work, share, part, Place.HELD, f"{AGAIN}{failed_id}", why)
    send_back(work, [posted])
    return posted


def returned_by_hand(work: Work, failed_id: UUID, why: str) -> Posted:
    """What a failed refund left with us went back by a bank transfer of our own, which `why` names; its payer is told.

    failed_id: the transaction that told of the failure. Raises NotFound, RefundMoved.
    """
    share, part = _failed_part(work, failed_id)
    _note_refund(work, part, "returned by hand", failed_id, why)
    posted = return_by_hand(work, share, part, f"{AGAIN}{failed_id}", why)
    row = production.share(work.session, share.terms.id)
    told = {"code": row.code, "title": row.title, "minor": part.minor, "currency": part.due.currency, "why": why}
    notices.notify(work, part.due.organisation_id, "refund_by_hand", told, link=f"/deals/{row.award_id}")
    settle_if_over(work, part.due.deal_id)
    return posted


def _failed_part(work: Work, failed_id: UUID) -> tuple[Share, Part]:
    """What of a failed refund is still held, its share locked. Raises NotFound, RefundMoved."""
    failed = work.session.scalars(
        select(Transaction).where(Transaction.id == failed_id, Transaction.kind.in_(FAILED))
    ).one_or_none()
    if failed is None or failed.due_id is None:
        raise NotFound
    share, due = lock_due(work, failed.due_id)
    earlier = posted_before(work, FOLLOWS, f"{AGAIN}{failed_id}", None, failed.share_id)
    if earlier:
        raise RefundMoved("This refund was asked for again or returned by hand already; nothing was sent twice.")
    minor = min(failed.minor, due.held_minor)
    if not minor:
        raise RefundMoved("What this refund left here is held no longer: it went elsewhere.")
    return share, Part(due, minor)


def _note_refund(work: Work, part: Part, what: str, failed_id: UUID, why: str) -> None:
    history.record(work, part.due, what=what, why=why, details={"minor": part.minor, "failed": str(failed_id)})


def send_payout_again(work: Work, remittance_id: UUID, why: str) -> None:
    """Let what bounced be sent once more by the next sweep. Raises NotFound, PayoutMoved, BankNotReady."""
    factory_id = work.session.scalar(select(Remittance.organisation_id).where(Remittance.id == remittance_id))
    if factory_id is None:
        raise NotFound
    lock_factory(work, factory_id)
    statement = select(Remittance).where(Remittance.id == remittance_id).with_for_update()
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one()
    if row.state is not RemittanceState.BOUNCED or row.cleared_at is not None:
        found = "sent again" if row.cleared_at else row.state.value
        raise PayoutMoved(f"This payout is {found}: nothing waits to be sent again.")
    if not payments.can_be_paid(work.session, factory_id):
        raise BankNotReady("The factory's payout account takes no money; the factory has to look after it first.")
    row.cleared_at = work.now
    work.session.flush()
    history.record(work, row, what="may be sent again", why=why)


def remind_payer(work: Work, due_id: UUID, why: str) -> None:
    """Tell a payer once more what it owes. Raises NotFound, DueMoved where it is paid or asked no longer."""
    _share, due = lock_due(work, due_id)
    if due.state not in (DueState.DUE, DueState.FAILED):
        raise DueMoved(f"This due is {due.state.value}: nobody has to be reminded of it.")
    row = production.share(work.session, due.share_id)
    told = {"code": row.code, "title": row.title, "purpose": due.purpose.value, "minor": due.amount_minor}
    told |= {"currency": due.currency, "due": (due.cure_until or due.due_at).isoformat()}
    notices.notify(work, due.organisation_id, "payment_asked", told, link=f"/deals/{row.award_id}")
    history.record(work, due, what="payer reminded", why=why)


def remind_of_bounced(work: Work, remittance_id: UUID, why: str) -> None:
    """Tell a factory that a payout of it bounced and waits for its account. Raises NotFound, BankReady."""
    row = work.session.scalars(select(Remittance).where(Remittance.id == remittance_id)).one_or_none()
    if row is None:
        raise NotFound
    _tell_of_bank(work, row.organisation_id, Money(row.minor, row.currency))
    history.record(work, row, what="factory reminded", why=why)


def remind_factory(work: Work, factory_id: UUID, currency: str, why: str) -> None:
    """Tell a factory that what is payable to it waits for its account. Raises NotFound, BankReady."""
    account = work.session.scalars(
        select(Account).where(
            Account.organisation_id == factory_id, Account.kind == AccountKind.PAYABLE, Account.currency == currency
        )
    ).one_or_none()
    if account is None:
        raise NotFound
    _tell_of_bank(work, factory_id, Money(account.balance_minor, currency))
    history.record(work, account, what="factory reminded", why=why)


def _tell_of_bank(work: Work, factory_id: UUID, money: Money) -> None:
    if payments.can_be_paid(work.session, factory_id):
        raise BankReady("The factory's payout account is in order; the next sweep sends what is payable.")
    notices.notify(
        work, factory_id, "bank_needed", {"minor": money.minor, "currency": money.currency}, link="/money"
    )  # fmt: skip


def write_off(work: Work, factory_id: UUID, seen: Money, why: str) -> None:
    """The market bears all that a factory owes. seen: what it owes, as whoever decides has read it.

    Raises DebtMoved where it owes another amount now.
    """
    account = _lock_debt(work, factory_id, seen)
    history.record(work, account, what="debt written off", why=why, details={"minor": seen.minor})
    write_off_debt(work, factory_id, f"written off {work.new_id()}", seen, why)


def set_off(work: Work, factory_id: UUID, seen: Money, why: str) -> Money:
    """Take what a factory owes out of what is payable to it, as far as that reaches; returns how much.

    Raises DebtMoved where it owes another amount than was seen, NothingPayable.
    """
    account = _lock_debt(work, factory_id, seen)
    payable = balance(work, AccountKind.PAYABLE, factory_id, seen.currency)
    money = Money(min(payable.minor, seen.minor), seen.currency)
    if not money.minor:
        raise NothingPayable("Nothing is payable to this factory now; its debt is taken out of what is released next.")
    history.record(work, account, what="debt set off", why=why, details={"minor": money.minor})
    lines = [
        Line(AccountKind.OWED_BY_FACTORY, money.minor, factory_id),
        Line(AccountKind.PAYABLE, -money.minor, factory_id),
    ]
    post(work, Movement(TransactionKind.DEBT_OFFSET, f"set off {work.new_id()}", money, lines, why))
    return money


def _lock_debt(work: Work, factory_id: UUID, seen: Money) -> Account:
    """The account of what a factory owes, its factory locked."""
    lock_factory(work, factory_id)
    account = work.session.scalars(
        select(Account)
        .where(
            Account.organisation_id == factory_id,
            Account.kind == AccountKind.OWED_BY_FACTORY,
            Account.currency == seen.currency,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if account is None:
        raise NotFound
    if -account.balance_minor != seen.minor or not seen.minor:
        owed = Money(-account.balance_minor, seen.currency)
        raise DebtMoved(f"This factory owes {owed.major()} {owed.currency} now, not {seen.major()}.")
    return account
