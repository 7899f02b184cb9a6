"""The test cards, which are Stripe's (https://docs.stripe.com/testing)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """How a test card behaves. code: the error that it is declined with, "" for one that pays. asks: 3-D Secure first.

    refunds: what becomes of a refund to it: succeeded at once, late, or failed.
    """

    code: str = ""
    decline_code: str = ""
    message: str = ""
    asks: bool = False
    refunds: str = "succeeded"


CARDS = {
    "4242424242424242": Card(),
    "4000000000003220": Card(asks=True),
    "4000000000000002": Card("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": Card("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000000069": Card("expired_card", "expired_card", "Your card has expired."),
    "4000000000007726": Card(refunds="late"),
    "4000000000005126": Card(refunds="failed"),
}
UNKNOWN = Card("card_declined", "test_mode_live_card", "Only the test cards can pay in the sandbox.")
FAILED_3DS = Card("payment_intent_authentication_failure", "", "The provided PaymentMethod has failed authentication.")
PAYMENT_METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_authenticationRequired": "4000000000003220",
    "pm_card_refundFail": "4000000000005126",
}


def card_of(number: str) -> Card:
    """What the card of this number does; blanks and dashes do not matter."""
    return CARDS.get("".join(sign for sign in number if sign.isdigit()), UNKNOWN)
