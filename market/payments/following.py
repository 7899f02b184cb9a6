"""Our rows follow what the provider's objects are now. Only forward: what is read late changes nothing.

Whoever calls has locked the row and has read the object while no transaction was open.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import update

from market.kit import history, live
from market.kit.outbox import publish
from market.kit.work import Work
from market.payments.events import (
    PaymentAuthorised,
    PaymentFailed,
    PaymentTaken,
    PayoutAccountChanged,
    PayoutFailed,
    PayoutPaid,
    RefundFailed,
    RefundSucceeded,
    ReversalMade,
    ReversalRefused,
    TransferMade,
    TransferRefused,
)
from market.payments.gateways import base
from market.payments.models import (
    ACCOUNT_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    REFUND_TRANSITIONS,
    TRANSFER_TRANSITIONS,
    AccountState,
    Payment,
    PaymentState,
    Payout,
    PayoutAccount,
    PayoutState,
    Refund,
    RefundState,
    Reversal,
    Transfer,
    TransferState,
)

PAYMENT_STATES = {
    base.PaymentStatus.WAITING: PaymentState.OPEN,
    base.PaymentStatus.AUTHORISED: PaymentState.AUTHORISED,
    base.PaymentStatus.TAKEN: PaymentState.TAKEN,
}
REFUND_STATES = {
    base.RefundStatus.PENDING: RefundState.PENDING,
    base.RefundStatus.SUCCEEDED: RefundState.SUCCEEDED,
    base.RefundStatus.FAILED: RefundState.FAILED,
}
PAYOUT_STATES = {
    base.PayoutStatus.PENDING: PayoutState.PENDING,
    base.PayoutStatus.PAID: PayoutState.PAID,
    base.PayoutStatus.FAILED: PayoutState.FAILED,
}
CHANGED = "payment"
"""The kind of live news that pages hear when money has moved."""


def start(work: Work, row: Payment, found: base.Payment) -> None:
    """The provider has opened a page for the payment."""
    row.gateway_id = found.id
    row.page = found.page
    follow_payment(work, row, found)


def follow_payment(work: Work, row: Payment, found: base.Payment) -> None:
    """Published: PaymentAuthorised, PaymentTaken, PaymentFailed. A payment that we drop ends dropped, unless its payer
    was faster."""
    ended = PaymentState.DROPPED if row.drop_asked else PaymentState.FAILED
    to = PAYMENT_STATES.get(found.status, ended)
    knows_no_page = to is PaymentState.OPEN and not row.gateway_id
    if knows_no_page or not _may_follow(row.state, to, PAYMENT_TRANSITIONS):
        return
    row.charge = found.charge or row.charge
    row.why = found.why
    row.page = row.page if to is PaymentState.OPEN else ""
    row.taken_minor = found.taken_minor
    if not _moved(work, row, to, PAYMENT_TRANSITIONS, found.why):
        return
    owner, same = row.organisation_id, (row.id, row.reference)
    if to is PaymentState.AUTHORISED:
        publish(work, PaymentAuthorised(owner, *same))
    elif to is PaymentState.TAKEN:
        publish(work, PaymentTaken(owner, *same, row.taken_minor))
    elif to is PaymentState.FAILED:
        publish(work, PaymentFailed(owner, *same, row.why))


def fail_payment(work: Work, row: Payment, why: str) -> None:
    """The provider refused to open a page for it."""
    row.why = why
    to = PaymentState.DROPPED if row.drop_asked else PaymentState.FAILED
    if _moved(work, row, to, PAYMENT_TRANSITIONS, why) and to is PaymentState.FAILED:
        publish(work, PaymentFailed(row.organisation_id, row.id, row.reference, why))


def follow_refund(work: Work, row: Refund, found: base.Refund) -> None:
    """Published: RefundSucceeded, RefundFailed."""
    row.gateway_id = found.id
    to = REFUND_STATES[found.status]
    if to is RefundState.FAILED:
        fail_refund(work, row, found.why)
    elif _moved(work, row, to, REFUND_TRANSITIONS) and to is RefundState.SUCCEEDED:
        publish(work, RefundSucceeded(row.organisation_id, row.id, row.reference))


def fail_refund(work: Work, row: Refund, why: str) -> None:
    """The money stays with us, and may be refunded again."""
    if RefundState.FAILED not in REFUND_TRANSITIONS[row.state]:
        return
    row.why = why
    _moved(work, row, RefundState.FAILED, REFUND_TRANSITIONS, why)
    work.session.execute(
        update(Payment)
        .where(Payment.organisation_id == row.organisation_id, Payment.id == row.payment_id)
        .values(refunded_minor=Payment.refunded_minor - row.minor)
        .execution_options(synchronize_session="fetch")
    )
    publish(work, RefundFailed(row.organisation_id, row.id, row.reference, why))


def follow_transfer(work: Work, row: Transfer, found: base.Transfer) -> None:
    row.gateway_id = found.id
    if _moved(work, row, TransferState.MADE, TRANSFER_TRANSITIONS):
        publish(work, TransferMade(row.organisation_id, row.id, row.reference))


def refuse_transfer(work: Work, row: Transfer, why: str) -> None:
    row.why = why
    if _moved(work, row, TransferState.REFUSED, TRANSFER_TRANSITIONS, why):
        publish(work, TransferRefused(row.organisation_id, row.id, row.reference, why))


def follow_reversal(work: Work, row: Reversal, found: base.Reversal) -> None:
    row.gateway_id = found.id
    if _moved(work, row, TransferState.MADE, TRANSFER_TRANSITIONS):
        publish(work, ReversalMade(row.organisation_id, row.id, row.reference))


def refuse_reversal(work: Work, row: Reversal, why: str) -> None:
    """The factory keeps the money, and it may be taken back again."""
    row.why = why
    if not _moved(work, row, TransferState.REFUSED, TRANSFER_TRANSITIONS, why):
        return
    work.session.execute(
        update(Transfer)
        .where(Transfer.organisation_id == row.organisation_id, Transfer.id == row.transfer_id)
        .values(reversed_minor=Transfer.reversed_minor - row.minor)
        .execution_options(synchronize_session="fetch")
    )
    publish(work, ReversalRefused(row.organisation_id, row.id, row.reference, why))


def follow_payout(work: Work, row: Payout, found: base.Payout) -> None:
    """Published: PayoutPaid, PayoutFailed."""
    to = PAYOUT_STATES[found.status]
    row.gateway_id = found.id
    if _may_follow(row.state, to, PAYOUT_TRANSITIONS):
        row.arrives_on = found.arrives_on
    if to is PayoutState.FAILED:
        fail_payout(work, row, found.why)
    elif _moved(work, row, to, PAYOUT_TRANSITIONS) and to is PayoutState.PAID:
        publish(work, PayoutPaid(row.organisation_id, row.id, row.reference))


def fail_payout(work: Work, row: Payout, why: str) -> None:
    """The money is in the factory's account, and may be paid out again."""
    if PayoutState.FAILED in PAYOUT_TRANSITIONS[row.state]:
        row.why = why
        _moved(work, row, PayoutState.FAILED, PAYOUT_TRANSITIONS, why)
        publish(work, PayoutFailed(row.organisation_id, row.id, row.reference, why))


def follow_account(work: Work, row: PayoutAccount, found: base.Account, seen: int) -> bool:
    """An account may be enabled and restricted again, so order counts: seen is `row.seen` as it was before reading.

    Returns False where another reading was kept since: then the account has to be read again.
    """
    if row.seen != seen:
        return False
    row.seen = seen + 1
    has_other_bank = bool(row.bank) and row.bank != found.bank
    row.gateway_id, row.missing, row.bank = found.id, list(found.missing), found.bank
    was_enabled = row.state is AccountState.ENABLED
    if found.ready:
        to = AccountState.ENABLED
    else:
        to = AccountState.RESTRICTED if was_enabled or row.state is AccountState.RESTRICTED else AccountState.OPEN
    has_turned = _moved(work, row, to, ACCOUNT_TRANSITIONS, ", ".join(found.missing)) and was_enabled != found.ready
    if has_turned or (has_other_bank and found.ready):
        publish(work, PayoutAccountChanged(row.organisation_id, found.ready))
    return True


def refuse_account(work: Work, row: PayoutAccount, why: str) -> None:
    row.why = why
    _moved(work, row, AccountState.REFUSED, ACCOUNT_TRANSITIONS, why)


def _may_follow(state: StrEnum, to: StrEnum, transitions: Mapping[StrEnum, frozenset[Any]]) -> bool:
    return to is state or to in transitions[state]


def _moved(work: Work, row: Any, to: StrEnum, transitions: Mapping[StrEnum, frozenset[Any]], why: str = "") -> bool:
    """Move the row where the table allows it; returns whether it did."""
    work.session.flush()
    if to not in transitions[row.state]:
        return False
    history.move(work, row, to, transitions, why=why)
    live.announce(work.session, row.organisation_id, CHANGED, row.id)
    return True
