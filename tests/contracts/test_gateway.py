"""What every payment provider's adapter must do. The sandbox always runs; Stripe's test mode where a key is given.

What needs a payer's page there uses a PaymentIntent that is confirmed with a test card.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import stripe

from market.kit.money import Money
from market.payments.gateways.base import (
    Gateway,
    Payment,
    PaymentStatus,
    RefundStatus,
    Refusal,
    Refused,
    TransferRequest,
    Unreachable,
)
from market.payments.gateways.stripe_gateway import API_VERSION, StripeGateway
from market.payments.gateways.stripe_reading import ROW
from tests.market.payments.provider import KEY, payment_request, running_provider

STRIPE_KEY = os.environ.get("WEFT_STRIPE_TEST_KEY", "")


@dataclass(frozen=True)
class Ground:
    """One provider: our adapter, and the SDK itself for what a payer does."""

    gateway: StripeGateway
    client: stripe.StripeClient

    def paid(self, minor: int = 5_000, *, capture: bool = True) -> Payment:
        """A payment by a test card whose money can be used at once."""
        intent = self.client.v1.payment_intents.create(
            {
                "amount": minor,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_bypassPending" if STRIPE_KEY else "pm_card_visa",
                "allowed_payment_method_types": ["card"],
                "capture_method": "automatic" if capture else "manual",
                "metadata": {ROW: "the row"},
            }
        )
        return self.gateway.read_payment(intent.id)


@pytest.fixture(scope="module", params=["sandbox", *(["stripe"] if STRIPE_KEY else [])])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    if request.param == "stripe":
        assert STRIPE_KEY.startswith("sk_test_"), "WEFT_STRIPE_TEST_KEY must hold a test key of Stripe"
        client = stripe.StripeClient(STRIPE_KEY, stripe_version=API_VERSION)
        yield Ground(StripeGateway(STRIPE_KEY, "whsec_none"), client)
        return
    with running_provider(tmp_path_factory.mktemp("provider")) as provider:
        client = stripe.StripeClient(
            KEY, stripe_version=API_VERSION, base_addresses={"api": provider.server.address}, max_network_retries=0
        )
        yield Ground(provider.gateway, client)


def refusal(call: object) -> Refusal:
    assert isinstance(call, pytest.ExceptionInfo) and isinstance(call.value, Refused)
    assert str(call.value)
    return call.value.refusal


def test_the_adapter_is_a_gateway(ground: Ground) -> None:
    assert isinstance(ground.gateway, Gateway)


def test_a_payment_waits_on_a_page_and_the_same_key_opens_no_second_one(ground: Ground) -> None:
    request, key = payment_request(12_345), str(uuid4())
    first, again = ground.gateway.start_payment(request, key), ground.gateway.start_payment(request, key)
    assert first == again
    assert (first.status, first.money, first.row) == (PaymentStatus.WAITING, Money(12_345, "USD"), request.row)
    assert first.page.startswith("http") and ground.gateway.read_payment(first.id).status is PaymentStatus.WAITING


def test_another_request_under_the_same_key_is_refused(ground: Ground) -> None:
    key = str(uuid4())
    ground.gateway.start_payment(payment_request(), key)
    with pytest.raises(Refused) as refused:
        ground.gateway.start_payment(payment_request(), key)
    assert refusal(refused) is Refusal.KEY_REUSED


def test_a_page_that_was_given_up_cannot_be_paid(ground: Ground) -> None:
    payment = ground.gateway.start_payment(payment_request(), str(uuid4()))
    key = str(uuid4())
    assert ground.gateway.cancel(payment.id, key).status is PaymentStatus.CANCELLED
    assert ground.gateway.cancel(payment.id, key).status is PaymentStatus.CANCELLED
    assert ground.gateway.read_payment(payment.id).page == ""


def test_money_is_reserved_then_taken_once(ground: Ground) -> None:
    payment = ground.paid(capture=False)
    assert (payment.status, payment.taken_minor, payment.row) == (PaymentStatus.AUTHORISED, 0, "the row")
    with pytest.raises(Refused) as refused:
        ground.gateway.capture(payment.charge, 5_001, str(uuid4()))
    assert refusal(refused) is Refusal.AMOUNT_TOO_LARGE
    key = str(uuid4())
    taken = ground.gateway.capture(payment.charge, 5_000, key)
    assert (taken.status, taken.taken_minor) == (PaymentStatus.TAKEN, 5_000)
    assert ground.gateway.capture(payment.charge, 5_000, key).taken_minor == 5_000
    with pytest.raises(Refused) as refused:
        ground.gateway.capture(payment.charge, 5_000, str(uuid4()))
    assert refusal(refused) is Refusal.WRONG_STATE


def test_what_was_let_go_cannot_be_taken_and_what_was_taken_not_let_go(ground: Ground) -> None:
    payment = ground.paid(capture=False)
    assert ground.gateway.cancel(payment.charge, str(uuid4())).status is PaymentStatus.CANCELLED
    with pytest.raises(Refused) as refused:
        ground.gateway.capture(payment.charge, 5_000, str(uuid4()))
    assert refusal(refused) is Refusal.WRONG_STATE
    taken = ground.paid()
    with pytest.raises(Refused) as refused:
        ground.gateway.cancel(taken.charge, str(uuid4()))
    assert refusal(refused) is Refusal.WRONG_STATE


def test_refunds_in_parts_up_to_what_was_taken(ground: Ground) -> None:
    payment, key = ground.paid(), str(uuid4())
    first = ground.gateway.refund(payment.charge, Money(2_000, "USD"), "a refund", key)
    assert (first.status, first.money, first.row) == (RefundStatus.SUCCEEDED, Money(2_000, "USD"), "a refund")
    assert ground.gateway.refund(payment.charge, Money(2_000, "USD"), "a refund", key).id == first.id
    assert ground.gateway.read_payment(payment.id).refunded_minor == 2_000
    with pytest.raises(Refused) as refused:
        ground.gateway.refund(payment.charge, Money(3_001, "USD"), "another", str(uuid4()))
    assert refusal(refused) is Refusal.AMOUNT_TOO_LARGE
    ground.gateway.refund(payment.charge, Money(3_000, "USD"), "the rest", str(uuid4()))
    with pytest.raises(Refused) as refused:
        ground.gateway.refund(payment.charge, Money(1, "USD"), "more", str(uuid4()))
    assert refusal(refused) is Refusal.ALREADY_REFUNDED
    assert ground.gateway.read_refund(first.id) == first


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_declined_card_leaves_the_payment_waiting_with_its_reason(ground: Ground, card: str, expected: str) -> None:
    with pytest.raises(stripe.CardError) as declined:
        ground.client.v1.payment_intents.create(
            {
                "amount": 5_000,
                "currency": "usd",
                "confirm": True,
                "payment_method": card,
                "allowed_payment_method_types": ["card"],
            }
        )
    assert declined.value.error and declined.value.error.payment_intent
    payment = ground.gateway.read_payment(declined.value.error.payment_intent.id)
    assert (payment.status, payment.why) == (PaymentStatus.WAITING, expected)


def test_what_does_not_exist_is_told_so(ground: Ground) -> None:
    for call in (
        lambda: ground.gateway.read_payment("pi_none"),
        lambda: ground.gateway.read_payment("cs_test_none"),
        lambda: ground.gateway.read_refund("re_none"),
        lambda: ground.gateway.read_transfer("tr_none"),
        lambda: ground.gateway.refund("pi_none", Money(1, "USD"), "row", str(uuid4())),
        lambda: ground.gateway.read_payout("acct_none", "po_none"),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refusal(refused) is Refusal.NO_SUCH_OBJECT


def test_an_account_is_opened_once_and_is_not_ready_before_its_owner_told_all(ground: Ground) -> None:
    row, key = str(uuid4()), str(uuid4())
    account = ground.gateway.open_account(row, "US", "factory@example.com", key)
    assert ground.gateway.open_account(row, "US", "factory@example.com", key).id == account.id
    found = ground.gateway.read_account(account.id)
    assert (found.row, found.ready) == (row, False) and found.missing
    page = ground.gateway.onboarding_page(
        account.id, "https://weft.example.com/back", "https://weft.example.com/again", str(uuid4())
    )
    assert page.startswith("http")
    with pytest.raises(Refused) as refused:
        ground.gateway.transfer(TransferRequest("row", Money(100, "USD"), account.id, "deal"), str(uuid4()))
    assert refusal(refused) is Refusal.ACCOUNT_NOT_READY


def test_nobody_answering_is_no_answer_about_the_request() -> None:
    with pytest.raises(Unreachable):
        StripeGateway(KEY, "whsec_none", "http://127.0.0.1:9", 1.0).read_payment("pi_none")


def test_what_a_lost_answer_had_made_is_found_by_our_row(ground: Ground) -> None:
    payment, row = ground.paid(), str(uuid4())
    assert ground.gateway.find_refund(payment.charge, row) is None
    made = ground.gateway.refund(payment.charge, Money(1_000, "USD"), row, str(uuid4()))
    assert ground.gateway.find_refund(payment.charge, row) == made
    assert ground.gateway.find_refund(ground.paid().charge, row) is None
    assert ground.gateway.find_transfer(str(uuid4()), row) is None
    account = ground.gateway.open_account(row, "US", "factory@example.com", str(uuid4()))
    assert ground.gateway.find_payout(account.id, row) is None
