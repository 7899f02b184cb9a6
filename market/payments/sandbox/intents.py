"""PaymentIntents, their charges and refunds (https://docs.stripe.com/api/payment_intents, .../refunds)."""

from typing import Any

from flask import Blueprint

from market.payments.sandbox.calls import Call, api, listed
from market.payments.sandbox.cards import FAILED_3DS, PAYMENT_METHODS, Card, card_of
from market.payments.sandbox.faults import declined, invalid, missing
from market.payments.sandbox.store import Body, Store
from market.payments.sandbox.webhooks import tell

bp = Blueprint("intents", __name__)
AUTHORISED_SECONDS = 7 * 24 * 3600
LATE_REFUND_SECONDS = 2 * 24 * 3600
CAN_BE_CANCELLED = ("requires_payment_method", "requires_action", "requires_confirmation", "requires_capture")


ASKED = (
    "amount currency confirm payment_method allowed_payment_method_types capture_method description transfer_group "
    "automatic_payment_methods return_url"
)


@api(bp, "POST", "/payment_intents", ASKED)
def create_intent(call: Call) -> Body:
    """Only for cards that need no page of their own: what a payer does on a page, checkout sessions do."""
    intent = new_intent(call.store, call.amount(), call.text("currency"), dict(call.given))
    if call.given.get("confirm") == "true":
        pay(call.store, intent, PAYMENT_METHODS.get(call.text("payment_method"), ""))
    return intent


@api(bp, "GET", "/payment_intents/<intent_id>")
def read_intent(call: Call, intent_id: str) -> Body:
    return _intent(call.store, intent_id)


@api(bp, "POST", "/payment_intents/<intent_id>/capture", "amount_to_capture")
def capture_intent(call: Call, intent_id: str) -> Body:
    intent = _intent(call.store, intent_id)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured", "`requires_capture`")
    amount = call.amount("amount_to_capture", default=intent["amount_capturable"])
    if amount > intent["amount_capturable"]:
        raise invalid(
            f"The amount to capture ({amount}) is greater than the amount capturable "
            f"({intent['amount_capturable']}) on this PaymentIntent.",
            "amount_too_large",
            "amount_to_capture",
        )
    return take(call.store, intent, amount)


@api(bp, "POST", "/payment_intents/<intent_id>/cancel", "cancellation_reason")
def cancel_intent(call: Call, intent_id: str) -> Body:
    intent = _intent(call.store, intent_id)
    if intent["status"] not in CAN_BE_CANCELLED:
        raise _unexpected(intent, "canceled", ", ".join(f"`{state}`" for state in CAN_BE_CANCELLED))
    return cancel(call.store, intent, str(call.given.get("cancellation_reason") or "requested_by_customer"))


@api(bp, "GET", "/charges/<charge_id>")
def read_charge(call: Call, charge_id: str) -> Body:
    found = call.store.find("charge", charge_id)
    if found is None:
        raise missing("charge", charge_id)
    return found


@api(bp, "POST", "/refunds", "payment_intent charge amount reason")
def create_refund(call: Call) -> Body:
    store, intent = call.store, _intent(call.store, call.text("payment_intent"), "payment_intent")
    charge = store.find("charge", intent["latest_charge"] or "")
    if charge is None or not charge["captured"]:
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    amount = call.amount(default=left)
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    return _refund(store, intent, charge, amount, call)


@api(bp, "GET", "/refunds/<refund_id>")
def read_refund(call: Call, refund_id: str) -> Body:
    found = call.store.find("refund", refund_id)
    if found is None:
        raise missing("refund", refund_id)
    return found


@api(bp, "GET", "/refunds", "payment_intent limit starting_after")
def list_refunds(call: Call) -> Body:
    of = call.given.get("payment_intent")
    found = call.store.all("refund")
    return listed([refund for refund in found if of in (None, refund["payment_intent"])], "/v1/refunds")


def new_intent(store: Store, amount: int, currency: str, asked: dict[str, Any]) -> Body:
    return store.add(
        "payment_intent",
        "pi",
        {
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": asked.get("capture_method") or "automatic",
            "currency": currency.lower(),
            "description": asked.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": dict(asked.get("metadata") or {}),
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            "transfer_group": asked.get("transfer_group"),
        },
    )


def pay(store: Store, intent: Body, number: str) -> None:
    """Pay with a card. Raises the fault of a card that is declined; one that asks for 3-D Secure waits for `answer`."""
    card = card_of(number)
    if card.code:
        raise decline(store, intent, card, number)
    if card.asks:
        intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}, "_number": number}
        tell(store, "payment_intent.requires_action", store.save(intent))
        return
    authorise(store, intent, number)


def answer(store: Store, intent: Body, *, passes: bool) -> None:
    """Its payer completes or fails 3-D Secure. Raises the fault of one that fails."""
    number = intent.pop("_number")
    intent["next_action"] = None
    if not passes:
        raise decline(store, intent, FAILED_3DS, number)
    authorise(store, intent, number)


def decline(store: Store, intent: Body, card: Card, number: str) -> Exception:
    error = {"type": "card_error", "code": card.code, "message": card.message}
    error |= {"decline_code": card.decline_code} if card.decline_code else {}
    charge = _charge(store, intent, number, status="failed", failure_code=card.code, failure_message=card.message)
    intent |= {"status": "requires_payment_method", "last_payment_error": error, "latest_charge": charge["id"]}
    tell(store, "payment_intent.payment_failed", store.save(intent))
    return declined(card.code, card.decline_code or None, card.message, intent)


def authorise(store: Store, intent: Body, number: str) -> None:
    """The card agrees: the money is reserved, and taken at once unless the capture is manual."""
    charge = _charge(store, intent, number, status="succeeded")
    intent |= {"latest_charge": charge["id"], "last_payment_error": None, "status": "requires_capture"}
    intent["amount_capturable"] = intent["amount"]
    if intent["capture_method"] == "manual":
        store.save(intent, due=store.seconds() + AUTHORISED_SECONDS)
        tell(store, "payment_intent.amount_capturable_updated", intent)
        return
    take(store, intent, intent["amount"])


def take(store: Store, intent: Body, amount: int) -> Body:
    charge = store.find("charge", intent["latest_charge"]) or {}
    store.save({**charge, "captured": True, "amount_captured": amount})
    store.enter("", intent["currency"], amount, charge["id"])
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    tell(store, "payment_intent.succeeded", store.save(intent))
    tell(store, "charge.captured", store.find("charge", charge["id"]) or {})
    return intent


def cancel(store: Store, intent: Body, reason: str) -> Body:
    intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": store.seconds()}
    intent["cancellation_reason"] = reason
    tell(store, "payment_intent.canceled", store.save(intent))
    return intent


def settle_refund(store: Store, refund: Body) -> None:
    """A refund that was pending arrives, or comes back and gives the charge what it took."""
    if refund["_ends"] == "succeeded":
        tell(store, "refund.updated", store.save({**refund, "status": "succeeded"}))
        return
    charge = store.find("charge", refund["charge"]) or {}
    store.save({**charge, "amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    store.enter("", refund["currency"], refund["amount"], refund["id"])
    failed = store.save({**refund, "status": "failed", "failure_reason": "expired_or_canceled_card"})
    tell(store, "refund.failed", failed)


def _refund(store: Store, intent: Body, charge: Body, amount: int, call: Call) -> Body:
    ends = card_of(charge["_number"]).refunds
    at_once = ends == "succeeded"
    refund = store.add(
        "refund",
        "re",
        {
            "amount": amount,
            "charge": charge["id"],
            "currency": charge["currency"],
            "failure_reason": None,
            "metadata": call.metadata,
            "payment_intent": intent["id"],
            "reason": call.given.get("reason"),
            "status": "succeeded" if at_once else "pending",
            "_ends": "failed" if ends == "failed" else "succeeded",
        },
        due=None if at_once else store.seconds() + LATE_REFUND_SECONDS,
    )
    refunded = charge["amount_refunded"] + amount
    whole = refunded == charge["amount_captured"]
    store.enter("", charge["currency"], -amount, refund["id"])
    tell(store, "refund.created", refund)
    tell(store, "charge.refunded", store.save({**charge, "amount_refunded": refunded, "refunded": whole}))
    return refund


def _charge(store: Store, intent: Body, number: str, **more: Any) -> Body:
    return store.add(
        "charge",
        "ch",
        {
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "currency": intent["currency"],
            "failure_code": None,
            "failure_message": None,
            "metadata": intent["metadata"],
            "paid": more["status"] == "succeeded",
            "payment_intent": intent["id"],
            "payment_method_details": {"type": "card", "card": {"last4": number[-4:]}},
            "refunded": False,
            "transfer_group": intent["transfer_group"],
            "_number": number,
            **more,
        },
    )


def _intent(store: Store, identifier: str, param: str = "intent") -> Body:
    found = store.find("payment_intent", identifier)
    if found is None:
        raise missing("payment_intent", identifier, param)
    return found


def _unexpected(intent: Body, done: str, states: str) -> Exception:
    return invalid(
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}. Only a PaymentIntent "
        f"with one of the following statuses may be {done}: {states}.",
        "payment_intent_unexpected_state",
    )
