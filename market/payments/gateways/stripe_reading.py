"""Stripe's objects and events as ours. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe

from market.kit.money import Money
from market.payments.gateways.base import (
    EXPIRED,
    Account,
    News,
    Payment,
    PaymentStatus,
    Payout,
    PayoutStatus,
    Refund,
    RefundStatus,
    Reversal,
    Subject,
    Transfer,
)

ROW = "weft_row"
"""The name under which Stripe's metadata keeps the id of our row."""

PAYMENTS = {"requires_capture": PaymentStatus.AUTHORISED, "succeeded": PaymentStatus.TAKEN}
REFUNDS = {"succeeded": RefundStatus.SUCCEEDED, "failed": RefundStatus.FAILED, "canceled": RefundStatus.FAILED}
PAYOUTS = {"paid": PayoutStatus.PAID, "failed": PayoutStatus.FAILED, "canceled": PayoutStatus.FAILED}
SUBJECTS = {
    "checkout.session": Subject.PAYMENT,
    "payment_intent": Subject.PAYMENT,
    "charge": Subject.PAYMENT,
    "refund": Subject.REFUND,
    "transfer": Subject.TRANSFER,
    "payout": Subject.PAYOUT,
    "account": Subject.ACCOUNT,
}


def payment_of_session(session: stripe.checkout.Session) -> Payment:
    """`payment_intent` must be expanded, with its latest charge."""
    intent = session.payment_intent
    if isinstance(intent, stripe.PaymentIntent):
        found = payment_of_intent(intent)
        over = session.status == "expired" and found.status is PaymentStatus.WAITING
        status, charge, taken, refunded, why = found.status, found.charge, found.taken_minor, found.refunded_minor, ""
        status, why = (PaymentStatus.CANCELLED, found.why or EXPIRED) if over else (status, found.why)
    else:
        over = session.status == "expired"
        status, why = (PaymentStatus.CANCELLED, EXPIRED) if over else (PaymentStatus.WAITING, "")
        charge, taken, refunded = "", 0, 0
    return Payment(
        id=session.id,
        charge=charge,
        row=row_in(session.metadata),
        status=status,
        money=Money(session.amount_total or 0, (session.currency or "").upper()),
        taken_minor=taken,
        refunded_minor=refunded,
        page=session.url or "",
        why=why,
    )


def payment_of_intent(intent: stripe.PaymentIntent) -> Payment:
    """`latest_charge` must be expanded: it tells what was refunded."""
    charge = intent.latest_charge
    declined = intent.last_payment_error
    if intent.status == "canceled":
        status, why = PaymentStatus.CANCELLED, intent.cancellation_reason or "cancelled"
    else:
        status = PAYMENTS.get(intent.status, PaymentStatus.WAITING)
        why = (field(declined, "decline_code") or field(declined, "code") or "declined") if declined else ""
    return Payment(
        id=intent.id,
        charge=intent.id,
        row=row_in(intent.metadata),
        status=status,
        money=Money(intent.amount, intent.currency.upper()),
        taken_minor=intent.amount_received if status is PaymentStatus.TAKEN else 0,
        refunded_minor=charge.amount_refunded if isinstance(charge, stripe.Charge) else 0,
        page="",
        why=why,
    )


def refund_of(refund: stripe.Refund) -> Refund:
    return Refund(
        id=refund.id,
        charge=id_of(refund.payment_intent),
        row=row_in(refund.metadata),
        status=REFUNDS.get(refund.status or "", RefundStatus.PENDING),
        money=Money(refund.amount, refund.currency.upper()),
        why=field(refund, "failure_reason") if refund.status in ("failed", "canceled") else "",
    )


def account_of(account: stripe.Account) -> Account:
    """Ready when transfers reach it and payouts may leave it."""
    transfers = account.capabilities.transfers if account.capabilities else None
    banks = account.external_accounts.data if account.external_accounts else []
    return Account(
        id=account.id,
        row=row_in(account.metadata),
        ready=bool(account.payouts_enabled) and transfers == "active",
        missing=tuple((account.requirements.currently_due if account.requirements else None) or ()),
        bank=f"{field(banks[0], 'bank_name')} ····{banks[0].last4}".strip() if banks else "",
    )


def transfer_of(transfer: stripe.Transfer) -> Transfer:
    return Transfer(
        id=transfer.id,
        row=row_in(transfer.metadata),
        money=Money(transfer.amount, transfer.currency.upper()),
        account=id_of(transfer.destination),
        reversed_minor=transfer.amount_reversed,
    )


def reversal_of(reversal: stripe.TransferReversal) -> Reversal:
    return Reversal(reversal.id, row_in(reversal.metadata), Money(reversal.amount, reversal.currency.upper()))


def payout_of(payout: stripe.Payout) -> Payout:
    return Payout(
        id=payout.id,
        row=row_in(payout.metadata),
        status=PAYOUTS.get(payout.status, PayoutStatus.PENDING),
        money=Money(payout.amount, payout.currency.upper()),
        arrives_on=datetime.fromtimestamp(payout.arrival_date, UTC),
        why=field(payout, "failure_code") if payout.status == "failed" else "",
    )


def news_of(event: Mapping[str, Any]) -> News:
    """A snapshot event (https://docs.stripe.com/api/events/object). The object in it is not believed, only named."""
    thing: Mapping[str, Any] = event["data"]["object"]
    account = event.get("account") or ""
    subject = SUBJECTS.get(thing.get("object", ""), Subject.OTHER)
    object_id = thing.get("payment_intent") if thing.get("object") == "charge" else thing.get("id")
    # A payout from our own balance is the market's own business with its bank.
    if not object_id or (subject is Subject.PAYOUT and not account):
        subject = Subject.OTHER
    return News(
        event=event["id"],
        kind=event["type"],
        subject=subject,
        object_id=str(object_id or ""),
        account=account,
        row=row_in(thing.get("metadata")),
        at=datetime.fromtimestamp(event["created"], UTC),
    )


def row_in(metadata: Mapping[str, str] | Any | None) -> str:
    return str(metadata[ROW]) if metadata and ROW in metadata else ""


def field(thing: Any, name: str) -> str:
    """A text field that Stripe may leave out: its objects know no such attribute then."""
    return str(getattr(thing, name, "") or "")


def id_of(found: Any) -> str:
    """The id of a field that Stripe gives as an id or, expanded, as an object."""
    return found if isinstance(found, str) else field(found, "id")
