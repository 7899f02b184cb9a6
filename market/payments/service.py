"""What others ask of payments. Every verb writes what it wants and the call to the provider that it takes.

A verb said twice with the same reference does its work once and gives the same row again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from market.kit import history
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.payments.calls import ask
from market.payments.models import (
    ACCOUNT_TRANSITIONS,
    AccountState,
    CallKind,
    GatewayCall,
    GatewayNews,
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
from market.payments.queries import (
    AccountRow,
    PaymentRow,
    PayoutRow,
    RefundRow,
    TransferRow,
    account_row,
    payment_row,
    payout_row,
    refund_row,
    transfer_row,
)

PAGE_OPEN = timedelta(hours=23)
"""The provider takes at most 24 hours from when its page opens, which is when the job makes the call."""

Row = TypeVar("Row", Payment, Refund, Transfer, Reversal, Payout, PayoutAccount, GatewayCall, GatewayNews)
OVER = (PaymentState.FAILED, PaymentState.DROPPED)


class PaymentMoved(Conflict):
    """The payment is not in a state that allows this; the message names the one that was found."""

    code = "payment_moved"


class TooMuchRefunded(Conflict):
    """More would go back than was taken; the message says how much can still go back."""

    code = "too_much_refunded"


class TooMuchReversed(Conflict):
    """More would be taken back than was transferred, or nothing was."""

    code = "too_much_reversed"


class AccountNotReady(Conflict):
    """The factory cannot be paid before it has told the payment provider all it must."""

    code = "account_not_ready"


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a payer is asked for. hold: reserve it, and take it when told. group: the deal. paths: of the market.

    reference: what it is for; one reference has one payment that can still be paid.
    """

    organisation_id: UUID
    reference: UUID
    group: UUID
    money: Money
    hold: bool
    description: str
    paid_path: str
    back_path: str
    language: str


def open_payment(work: Work, order: PaymentOrder) -> PaymentRow:
    """Ask for a payment, whose page is there once the job has called the provider; gives the one that is alive."""
    payment_id = work.session.scalar(
        insert(Payment)
        .values(
            organisation_id=order.organisation_id,
            id=work.new_id(),
            reference=order.reference,
            group=order.group,
            state=PaymentState.ASKED,
            minor=order.money.minor,
            currency=order.money.currency,
            hold=order.hold,
            asked_at=work.now,
            **_blank("gateway_id", "charge", "page", "why"),
            taken_minor=0,
            refunded_minor=0,
            drop_asked=False,
        )
        .on_conflict_do_nothing(
            index_elements=["organisation_id", "reference"], index_where=text("state NOT IN ('failed', 'dropped')")
        )
        .returning(Payment.id)
    )
    if payment_id is None:
        return payment_row(_living_payment(work, order))
    row = lock_payment(work, order.organisation_id, payment_id)
    history.record(work, row, what="asked", to_state=row.state, details={"minor": row.minor, "currency": row.currency})
    ask(work, row.organisation_id, CallKind.START_PAYMENT, row.id, _start_request(work, order, row), key=row.id)
    return payment_row(row)


def take_payment(work: Work, organisation_id: UUID, payment_id: UUID) -> None:
    """Take what is reserved; nothing happens to what is taken already. Raises PaymentMoved, NotFound."""
    row = lock_payment(work, organisation_id, payment_id)
    if row.state is PaymentState.TAKEN:
        return
    if row.state is not PaymentState.AUTHORISED or row.drop_asked:
        state = "being given up" if row.drop_asked else row.state.value
        raise PaymentMoved(f"This payment is {state}: there is nothing reserved to take.")
    ask(work, organisation_id, CallKind.TAKE_PAYMENT, row.id, {"charge": row.charge, "minor": row.minor})


def drop_payment(work: Work, organisation_id: UUID, payment_id: UUID) -> None:
    """Give a payment up before it is taken. Its payer may be faster: then PaymentTaken says so, and it is to be
    refunded. Raises PaymentMoved for one that is taken, NotFound."""
    row = lock_payment(work, organisation_id, payment_id)
    if row.state is PaymentState.TAKEN:
        raise PaymentMoved("This payment is taken: it can only be refunded.")
    if row.state in OVER or row.drop_asked:
        return
    row.drop_asked = True
    work.session.flush()
    history.record(work, row, what="asked to be dropped")
    ask(work, organisation_id, CallKind.DROP_PAYMENT, row.id, {})


def refund_payment(work: Work, organisation_id: UUID, payment_id: UUID, money: Money, reference: UUID) -> RefundRow:
    """Give a payer part or all of a payment back. Raises TooMuchRefunded, PaymentMoved, NotFound."""
    row = lock_payment(work, organisation_id, payment_id)
    earlier = work.session.scalar(
        select(Refund).where(Refund.organisation_id == organisation_id, Refund.reference == reference)
    )
    if earlier is not None:
        return refund_row(earlier)
    if row.state is not PaymentState.TAKEN:
        raise PaymentMoved(f"This payment is {row.state.value}: nothing was taken that could go back.")
    _claim_refund(work, row, money)
    refund = Refund(
        organisation_id=organisation_id,
        id=work.new_id(),
        payment_id=row.id,
        reference=reference,
        state=RefundState.ASKED,
        minor=money.minor,
        currency=money.currency,
        asked_at=work.now,
    )
    _begin(work, refund)
    request = {"charge": row.charge, "minor": money.minor, "currency": money.currency}
    ask(work, organisation_id, CallKind.REFUND, refund.id, request, key=refund.id)
    return refund_row(refund)


def open_account(work: Work, factory_id: UUID, country: str, email: str) -> AccountRow:
    """Ask for the account that a factory is paid to; again, after the provider had refused it. country: ISO 3166."""
    account_id = work.session.scalar(
        insert(PayoutAccount)
        .values(
            organisation_id=factory_id,
            id=work.new_id(),
            state=AccountState.ASKED,
            country=country,
            missing=[],
            seen=0,
            asked_at=work.now,
            **_blank("gateway_id", "bank", "why"),
        )
        .on_conflict_do_nothing(index_elements=["organisation_id"])
        .returning(PayoutAccount.id)
    )
    row = work.session.scalars(
        select(PayoutAccount).where(PayoutAccount.organisation_id == factory_id).with_for_update()
    ).one()
    if account_id is not None:
        history.record(work, row, what="asked", to_state=row.state)
    elif row.state is AccountState.REFUSED:
        row.country = country
        history.move(work, row, AccountState.ASKED, ACCOUNT_TRANSITIONS)
    else:
        return account_row(row)
    ask(work, factory_id, CallKind.OPEN_ACCOUNT, row.id, {"country": country, "email": email})
    return account_row(row)


def transfer(work: Work, factory_id: UUID, money: Money, reference: UUID, group: UUID) -> TransferRow:
    """Move money of ours to a factory's account. group: the deal. Raises AccountNotReady."""
    _alone(work, factory_id)
    earlier = work.session.scalar(
        select(Transfer).where(Transfer.organisation_id == factory_id, Transfer.reference == reference)
    )
    if earlier is not None:
        return transfer_row(earlier)
    account = _ready_account(work, factory_id)
    row = Transfer(
        organisation_id=factory_id,
        id=work.new_id(),
        reference=reference,
        group=group,
        state=TransferState.ASKED,
        minor=money.minor,
        currency=money.currency,
        asked_at=work.now,
    )
    _begin(work, row)
    request = {"account": account, "minor": money.minor, "currency": money.currency, "group": str(group)}
    ask(work, factory_id, CallKind.TRANSFER, row.id, request, key=row.id)
    return transfer_row(row)


def reverse_transfer(work: Work, factory_id: UUID, transfer_id: UUID, money: Money, reference: UUID) -> TransferRow:
    """Take part or all of a transfer back. Raises TooMuchReversed, NotFound."""
    moved = lock(work, Transfer, factory_id, transfer_id)
    earlier = work.session.scalar(
        select(Reversal).where(Reversal.organisation_id == factory_id, Reversal.reference == reference)
    )
    if earlier is not None:
        return transfer_row(earlier)
    claim_reversal(work, moved, money)
    row = Reversal(
        organisation_id=factory_id,
        id=work.new_id(),
        transfer_id=transfer_id,
        reference=reference,
        state=TransferState.ASKED,
        minor=money.minor,
        currency=money.currency,
        asked_at=work.now,
    )
    _begin(work, row)
    request = {"transfer": moved.gateway_id, "minor": money.minor, "currency": money.currency}
    ask(work, factory_id, CallKind.REVERSE, row.id, request, key=row.id)
    return transfer_row(row)


def pay_out(work: Work, factory_id: UUID, money: Money, reference: UUID) -> PayoutRow:
    """Send money from a factory's account to its bank. Raises AccountNotReady."""
    _alone(work, factory_id)
    earlier = work.session.scalar(
        select(Payout).where(Payout.organisation_id == factory_id, Payout.reference == reference)
    )
    if earlier is not None:
        return payout_row(earlier)
    account = _ready_account(work, factory_id)
    row = Payout(
        organisation_id=factory_id,
        id=work.new_id(),
        reference=reference,
        state=PayoutState.ASKED,
        minor=money.minor,
        currency=money.currency,
        asked_at=work.now,
    )
    _begin(work, row)
    request = {"account": account, "minor": money.minor, "currency": money.currency}
    ask(work, factory_id, CallKind.PAY_OUT, row.id, request, key=row.id)
    return payout_row(row)


def lock_payment(work: Work, organisation_id: UUID, payment_id: UUID) -> Payment:
    return lock(work, Payment, organisation_id, payment_id)


def lock(work: Work, kind: type[Row], organisation_id: UUID, row_id: UUID) -> Row:
    """The row as it is now, which nobody else changes before this work ends. Raises NotFound."""
    found = work.session.get(kind, (organisation_id, row_id), with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _living_payment(work: Work, order: PaymentOrder) -> Payment:
    return work.session.scalars(
        select(Payment).where(
            Payment.organisation_id == order.organisation_id,
            Payment.reference == order.reference,
            Payment.state.not_in(OVER),
        )
    ).one()


def _start_request(work: Work, order: PaymentOrder, row: Payment) -> dict[str, Any]:
    address = work.settings.public_address
    return {
        "row": str(row.id),
        "minor": row.minor,
        "currency": row.currency,
        "capture": not row.hold,
        "description": order.description,
        "reference": str(row.reference),
        "group": str(row.group),
        "paid_address": address + order.paid_path,
        "back_address": address + order.back_path,
        "language": order.language,
        "expires_at": (work.now + PAGE_OPEN).isoformat(),
    }


def _claim_refund(work: Work, row: Payment, money: Money) -> None:
    """Count the refund before it is made; a constraint stands behind this condition."""
    if money.currency != row.currency:
        raise TooMuchRefunded(f"This payment is in {row.currency}: {money.currency} cannot go back.")
    claimed = work.session.scalar(
        update(Payment)
        .where(
            Payment.organisation_id == row.organisation_id,
            Payment.id == row.id,
            Payment.refunded_minor + money.minor <= Payment.taken_minor,
        )
        .values(refunded_minor=Payment.refunded_minor + money.minor)
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    )
    work.session.refresh(row)
    if claimed is None:
        left = Money(row.taken_minor - row.refunded_minor, row.currency)
        raise TooMuchRefunded(f"At most {left.major()} {left.currency} of this payment can still go back.")


def claim_reversal(work: Work, row: Transfer, money: Money) -> None:
    """Count what is taken back before it is. Raises TooMuchReversed."""
    claimed = money.currency == row.currency and work.session.scalar(
        update(Transfer)
        .where(
            Transfer.organisation_id == row.organisation_id,
            Transfer.id == row.id,
            Transfer.state == TransferState.MADE,
            Transfer.reversed_minor + money.minor <= Transfer.minor,
        )
        .values(reversed_minor=Transfer.reversed_minor + money.minor)
        .returning(Transfer.id)
        .execution_options(synchronize_session=False)
    )
    work.session.refresh(row)
    if not claimed:
        left = Money(row.minor - row.reversed_minor, row.currency)
        raise TooMuchReversed(
            f"This transfer is {row.state.value}; at most {left.major()} {left.currency} of it can be taken back."
        )


def _alone(work: Work, factory_id: UUID) -> None:
    """Wait for other verbs about this factory's money, so that a second one finds what the first has written."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(factory_id), 2))))


def _ready_account(work: Work, factory_id: UUID) -> str:
    found = work.session.scalar(select(PayoutAccount).where(PayoutAccount.organisation_id == factory_id))
    if found is None or found.state is not AccountState.ENABLED:
        state = "has no payout account" if found is None else f"has a payout account that is {found.state.value}"
        raise AccountNotReady(f"This factory {state}; it can be paid once the payment provider knows all it must.")
    return found.gateway_id


def _begin(work: Work, row: Refund | Transfer | Reversal | Payout) -> None:
    work.session.add(row)
    work.session.flush()
    history.record(work, row, what="asked", to_state=row.state, details={"minor": row.minor, "currency": row.currency})


def _blank(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")
