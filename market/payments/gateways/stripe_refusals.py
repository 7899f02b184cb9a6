"""What Stripe's errors mean to us (https://docs.stripe.com/error-codes, https://docs.stripe.com/api/errors)."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from market.payments.gateways.base import GatewayFault, Refusal, Refused, Unreachable

REFUSALS = {
    "card_declined": Refusal.DECLINED,
    "expired_card": Refusal.DECLINED,
    "authentication_required": Refusal.DECLINED,
    "insufficient_funds": Refusal.INSUFFICIENT_FUNDS,
    "amount_too_large": Refusal.AMOUNT_TOO_LARGE,
    "amount_too_small": Refusal.AMOUNT_TOO_SMALL,
    "charge_already_refunded": Refusal.ALREADY_REFUNDED,
    "resource_missing": Refusal.NO_SUCH_OBJECT,
    "account_invalid": Refusal.NO_SUCH_OBJECT,
    "payment_intent_unexpected_state": Refusal.WRONG_STATE,
    "charge_already_captured": Refusal.WRONG_STATE,
    "charge_expired_for_capture": Refusal.WRONG_STATE,
    "balance_insufficient": Refusal.BALANCE_TOO_LOW,
    "insufficient_capabilities_for_transfer": Refusal.ACCOUNT_NOT_READY,
    "payouts_not_allowed": Refusal.ACCOUNT_NOT_READY,
}
TRY_AGAIN = {"rate_limit", "lock_timeout", "idempotency_key_in_use"}
AMOUNTS = {"amount", "amount_to_capture"}


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raise Stripe's errors as Refused or Unreachable."""
    try:
        yield
    except stripe.StripeError as error:
        raise fault_of(error) from error


def fault_of(error: stripe.StripeError) -> GatewayFault:
    """A wrong or missing key is Unreachable: it says nothing about the request, and its operator can mend it."""
    code, message = error.code or "", error.user_message or str(error)
    if code in TRY_AGAIN:
        return Unreachable(message)
    if isinstance(error, stripe.IdempotencyError):
        return Refused(Refusal.KEY_REUSED, "idempotency_error", message)
    if isinstance(error, stripe.CardError):
        decline = getattr(error.error, "decline_code", "") or code
        return Refused(REFUSALS.get(decline, REFUSALS.get(code, Refusal.DECLINED)), decline, message)
    if isinstance(error, stripe.InvalidRequestError):
        # Stripe gives no code to a refund or a reversal above what is left, but names the parameter.
        too_large = not code and getattr(error, "param", None) in AMOUNTS
        return Refused(Refusal.AMOUNT_TOO_LARGE if too_large else REFUSALS.get(code, Refusal.OTHER), code, message)
    if isinstance(error, stripe.PermissionError) and "account" in message.lower():
        return Refused(Refusal.NO_SUCH_OBJECT, code or "account_invalid", message)
    return Unreachable(message)
