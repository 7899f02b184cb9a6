"""The sandbox itself: its pages, what is only its own, and what survives a restart."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from market.kit.money import Money
from market.payments.gateways.base import (
    BadSignature,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
    Refusal,
    Refused,
    Subject,
    TransferRequest,
    Unreachable,
)
from market.payments.gateways.stripe_gateway import StripeGateway
from market.payments.sandbox.webhooks import signature
from tests.market.payments.provider import SECRET, Provider, payment_request, running_provider

USD = "USD"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def transfer(provider: Provider, account: str, minor: int) -> str:
    request = TransferRequest(str(uuid4()), Money(minor, USD), account, "deal")
    return provider.gateway.transfer(request, str(uuid4())).id


@pytest.mark.parametrize(("language", "said"), [("en", "no real money"), ("zh", "没有真实资金")])
def test_the_page_says_what_it_is_in_both_languages(provider: Provider, language: str, said: str) -> None:
    payment = provider.gateway.start_payment(payment_request(123_456), str(uuid4()))
    page = provider.read_page(payment.page.replace("locale=en", f"locale={language}"))
    assert said in page and "1,234.56 USD" in page and f'lang="{language}"' in page


@pytest.mark.parametrize(
    ("capture", "status", "taken"), [(True, PaymentStatus.TAKEN, 10_000), (False, PaymentStatus.AUTHORISED, 0)]
)
def test_a_payer_pays(provider: Provider, capture: bool, status: PaymentStatus, taken: int) -> None:
    request = payment_request(capture=capture)
    asked = provider.gateway.start_payment(request, str(uuid4()))
    assert provider.fill_form(asked.page, card="4242 4242 4242 4242") == (303, request.paid_address)
    assert provider.fill_form(asked.page, card="4242 4242 4242 4242") == (303, request.paid_address)
    found = provider.gateway.read_payment(asked.id)
    assert (found.status, found.taken_minor, found.page) == (status, taken, "")
    assert provider.gateway.read_payment(found.charge).row == request.row


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("4000 0000 0000 0002", "generic_decline"),
        ("4000 0000 0000 9995", "insufficient_funds"),
        ("1234", "test_mode_live_card"),
    ],
)
def test_a_declined_card_can_be_followed_by_a_good_one(provider: Provider, card: str, why: str) -> None:
    asked = provider.gateway.start_payment(payment_request(), str(uuid4()))
    status, page = provider.fill_form(asked.page, card=card)
    assert status == 402 and 'role="alert"' in page
    found = provider.gateway.read_payment(asked.id)
    assert (found.status, found.why) == (PaymentStatus.WAITING, why)
    provider.fill_form(asked.page, card="4242424242424242")
    found = provider.gateway.read_payment(asked.id)
    assert (found.status, found.why) == (PaymentStatus.TAKEN, "")


def test_a_bank_may_ask_first(provider: Provider) -> None:
    asked = provider.gateway.start_payment(payment_request(), str(uuid4()))
    status, page = provider.fill_form(asked.page, card="4000 0000 0000 3220")
    assert status == 200 and "3-D Secure" in page
    assert provider.fill_form(asked.page, answer="fail")[0] == 402
    assert provider.gateway.read_payment(asked.id).status is PaymentStatus.WAITING
    provider.fill_form(asked.page, card="4000 0000 0000 3220")
    assert provider.fill_form(asked.page, answer="complete")[0] == 303
    assert provider.gateway.read_payment(asked.id).status is PaymentStatus.TAKEN


def test_pages_and_reservations_end_by_themselves(provider: Provider) -> None:
    waiting = provider.gateway.start_payment(payment_request(), str(uuid4()))
    reserved = provider.paid(capture=False)
    provider.wait_days(1)
    assert provider.gateway.read_payment(waiting.id).why == "expired"
    assert provider.gateway.read_payment(reserved.id).status is PaymentStatus.AUTHORISED
    provider.wait_days(6)
    assert provider.gateway.read_payment(reserved.id).status is PaymentStatus.CANCELLED


def test_transfers_stop_at_the_available_balance_and_come_back_once(provider: Provider) -> None:
    factory = provider.factory()
    provider.paid(10_000)
    available = provider.gateway.available(USD).minor
    with pytest.raises(Refused) as refused:
        transfer(provider, factory.id, available + 1)
    assert refused.value.refusal is Refusal.BALANCE_TOO_LOW
    made = transfer(provider, factory.id, 6_000)
    assert provider.gateway.available(USD, factory.id) == Money(6_000, USD)
    provider.gateway.reverse(made, Money(1_000, USD), "row", "the key")
    provider.gateway.reverse(made, Money(1_000, USD), "row", "the key")
    assert provider.gateway.read_transfer(made).reversed_minor == 1_000
    assert [back.row for back in provider.gateway.read_reversals(made)] == ["row"]
    with pytest.raises(Refused) as refused:
        provider.gateway.reverse(made, Money(5_001, USD), "row", str(uuid4()))
    assert refused.value.refusal is Refusal.AMOUNT_TOO_LARGE
    assert provider.gateway.available(USD).minor == available - 5_000


@pytest.mark.parametrize(
    ("bank", "status", "why", "left"),
    [
        ("000123456789", PayoutStatus.PAID, "", 0),
        ("000111111116", PayoutStatus.FAILED, "no_account", 4_000),
        ("000111111113", PayoutStatus.FAILED, "account_closed", 4_000),
    ],
)
def test_a_payout_arrives_or_comes_back(
    provider: Provider, bank: str, status: PayoutStatus, why: str, left: int
) -> None:
    factory = provider.factory(bank)
    assert factory.ready and factory.bank.endswith(bank[-4:])
    provider.paid(4_000)
    transfer(provider, factory.id, 4_000)
    with pytest.raises(Refused) as refused:
        provider.gateway.pay_out(factory.id, Money(4_001, USD), "row", str(uuid4()))
    assert refused.value.refusal is Refusal.BALANCE_TOO_LOW
    payout = provider.gateway.pay_out(factory.id, Money(4_000, USD), "row", "its key")
    assert provider.gateway.pay_out(factory.id, Money(4_000, USD), "row", "its key") == payout
    assert payout.status is PayoutStatus.PENDING
    provider.wait_days(2)
    found = provider.gateway.read_payout(factory.id, payout.id)
    assert (found.status, found.why, found.row) == (status, why, "row")
    assert provider.gateway.available(USD, factory.id).minor == left


def test_a_paid_payout_may_bounce_days_later(provider: Provider) -> None:
    factory = provider.factory()
    provider.paid(4_000)
    transfer(provider, factory.id, 4_000)
    payout = provider.gateway.pay_out(factory.id, Money(4_000, USD), "row", str(uuid4()))
    provider.wait_days(2)
    provider.control(f"payouts/{payout.id}/bounce", account=factory.id)
    assert provider.gateway.read_payout(factory.id, payout.id).status is PayoutStatus.FAILED
    assert provider.gateway.available(USD, factory.id).minor == 4_000


def test_a_refund_may_fail_after_days_and_can_then_be_made_again(provider: Provider) -> None:
    payment = provider.paid(3_000, card="4000 0000 0000 5126")
    refund = provider.gateway.refund(payment.charge, Money(3_000, USD), "row", str(uuid4()))
    assert refund.status is RefundStatus.PENDING
    provider.wait_days(2)
    assert provider.gateway.read_refund(refund.id).status is RefundStatus.FAILED
    assert provider.gateway.read_payment(payment.id).refunded_minor == 0


def test_onboarding_is_a_page_that_works_once(provider: Provider) -> None:
    account = provider.gateway.open_account("row", "CN", "factory@example.com", str(uuid4()))
    page = provider.gateway.onboarding_page(account.id, "https://back.example", "https://again.example", str(uuid4()))
    assert "no real money" in provider.read_page(page)
    assert provider.fill_form(page, bank="000111111116") == (303, "https://back.example")
    assert provider.gateway.read_account(account.id).bank.endswith("1116")
    provider.fill_form(page, bank="000123456789")
    assert provider.gateway.read_account(account.id).bank.endswith("1116")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_given_again_under_the_same_key(provider: Provider, when: str) -> None:
    factory = provider.factory()
    provider.paid(2_000)
    before = provider.gateway.available(USD).minor
    provider.control("trouble", path="/v1/transfers", when=when)
    request = TransferRequest("row", Money(2_000, USD), factory.id, "deal")
    key = str(uuid4())
    with pytest.raises(Unreachable):
        provider.gateway.transfer(request, key)
    assert provider.gateway.transfer(request, key) == provider.gateway.transfer(request, key)
    assert provider.gateway.available(USD).minor == before - 2_000


def test_a_refusal_is_kept_under_its_key_too(provider: Provider) -> None:
    factory = provider.factory()
    request = TransferRequest("row", Money(90_000_000, USD), factory.id, "deal")
    for _again in range(2):
        with pytest.raises(Refused) as refused:
            provider.gateway.transfer(request, "refused once")
        assert refused.value.refusal is Refusal.BALANCE_TOO_LOW


def test_a_wrong_key_is_no_answer_about_the_request(provider: Provider) -> None:
    with pytest.raises(Unreachable):
        StripeGateway("sk_test_wrong", SECRET, provider.server.address).read_payment("pi_none")


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with running_provider(tmp_path) as provider:
        payment = provider.paid(7_000)
        provider.wait_days(3)
        seconds = provider.server.store.seconds()
    with running_provider(tmp_path) as again:
        assert again.gateway.read_payment(payment.id) == payment
        assert again.gateway.available(USD) == Money(7_000, USD)
        assert again.server.store.seconds() >= seconds


class Inbox:
    """A web server that answers as it is told, and keeps what it was sent."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.received: list[tuple[bytes, str]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.received.append((body, self.headers["Stripe-Signature"]))
                self.send_response(inbox.statuses.pop(0) if inbox.statuses else 200)
                self.end_headers()

            def log_message(self, *_told: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/webhooks/gateway"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kinds(self) -> list[str]:
        return [json.loads(body)["type"] for body, _signature in self.received]

    def wait_for(self, count: int) -> None:
        waiting = threading.Event()
        for _moment in range(100):
            if len(self.received) >= count:
                return
            waiting.wait(0.05)
        raise AssertionError(f"only {self.kinds()} arrived")


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    opened = Inbox()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


PAID = ["payment_intent.succeeded", "charge.captured", "checkout.session.completed"]


def test_events_are_signed_and_sent_again_until_they_are_taken(tmp_path: Path, inbox: Inbox) -> None:
    inbox.statuses = [500]
    with running_provider(tmp_path, inbox.address) as provider:
        payment = provider.paid()
        inbox.wait_for(4)
        assert sorted(inbox.kinds()) == sorted([*PAID, PAID[0]])
        news = [provider.gateway.read_news(*message) for message in inbox.received]
        assert {(found.subject, found.row) for found in news} == {(Subject.PAYMENT, payment.row)}
        assert {found.object_id for found in news} == {payment.id, payment.charge}
        body, _signed = inbox.received[0]
        for bad in ("", "t=1,v1=00", signature(body, "whsec_other", 2_000_000_000), signature(body, SECRET, 1)):
            with pytest.raises(BadSignature):
                provider.gateway.read_news(body, bad)


def test_events_can_be_held_doubled_and_turned_round(tmp_path: Path, inbox: Inbox) -> None:
    with running_provider(tmp_path, inbox.address) as provider:
        provider.control("webhooks", hold=True)
        provider.paid()
        assert inbox.received == []
        assert provider.control("release", order="reversed", times=2) == {"released": 6}
        inbox.wait_for(6)
        assert inbox.kinds() == [*reversed(PAID), *reversed(PAID)]


def test_a_page_that_never_was_is_told_so(provider: Provider) -> None:
    payment = provider.gateway.start_payment(payment_request(), str(uuid4()))
    assert provider.fill_form(payment.page.replace(payment.id, "cs_test_none"))[0] == 404
