"""News of the provider: forged news writes nothing, order and repetition do not matter, and nothing unknown is lost."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from market.kit.ids import new_id
from market.kit.money import Money
from market.payments import following, models, queries, service
from market.payments.gateways.base import (
    Account,
    News,
    Payment,
    PaymentStatus,
    Payout,
    PayoutStatus,
    Subject,
    TransferRequest,
    Unreachable,
)
from market.payments.inbox import handle_news, try_news_again
from market.payments.models import PaymentState, PayoutAccount, PayoutState
from market.payments.performing import LONGEST, perform_call
from market.payments.queries import PaymentRow
from market.payments.sandbox.webhooks import signature
from tests.conftest import MONDAY
from tests.market.payments.ground import USD, Till
from tests.market.site import Web

ORDERS = list(permutations(range(5)))
STAGES = (
    (PaymentStatus.WAITING, 0, ""),
    (PaymentStatus.WAITING, 0, "insufficient_funds"),
    (PaymentStatus.AUTHORISED, 0, ""),
    (PaymentStatus.TAKEN, 10_000, ""),
)


@dataclass
class Moving:
    """A provider whose payment moves on with every reading, until it stands at its last stage."""

    payment: Payment
    readings: int = 0
    alone: Lock = field(default_factory=Lock)

    def read_payment(self, _payment_id: str) -> Payment:
        with self.alone:
            status, taken, why = STAGES[min(self.readings, len(STAGES) - 1)]
            self.readings += 1
        return replace(self.payment, status=status, taken_minor=taken, why=why)


def news_of(row: PaymentRow, number: int) -> News:
    kinds = ("payment_intent.payment_failed", "payment_intent.amount_capturable_updated", "payment_intent.succeeded")
    kind = (*kinds, "checkout.session.completed", "charge.captured")[number]
    return News(f"evt_{uuid4()}", kind, Subject.PAYMENT, f"pi_{row.id}", "", str(row.id), MONDAY)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
def test_five_events_in_any_order_twice_by_two_handlers_end_alike(till: Till, order: tuple[int, ...]) -> None:
    row = till.asked(hold=True)
    found = Payment(f"pi_{row.id}", f"pi_{row.id}", str(row.id), PaymentStatus.WAITING, row.money, 0, 0, "", "")
    provider: Any = Moving(found)
    events = [news_of(row, number) for number in order]
    stored = [news_id for news in [*events, *events] if (news_id := till.receive(news)) is not None]
    assert len(stored) == 5

    def handle(news_id: UUID) -> None:
        handle_news(till.unit, provider, news_id)

    with ThreadPoolExecutor(2) as handlers:
        list(handlers.map(handle, [news_id for news_id in stored for _twice in range(2)]))
    ended = till.payment(row)
    assert (ended.state, ended.taken_minor, ended.why) == (PaymentState.TAKEN, 10_000, "")
    assert till.events().count("PaymentTaken") == 1
    assert set(till.events()) <= {"PaymentAuthorised", "PaymentTaken"}
    with till.unit() as work:
        assert set(work.session.scalars(text("SELECT state FROM gateway_news"))) == {"handled"}


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=lambda order: "".join(map(str, order)))
def test_readings_recorded_in_any_order_never_turn_money_back(till: Till, order: tuple[int, ...]) -> None:
    row = till.asked(hold=True)
    found = Payment("cs", "pi", str(row.id), PaymentStatus.WAITING, row.money, 0, 0, "", "")
    for number in order:
        status, taken, why = STAGES[number]
        with till.unit() as work:
            locked = service.lock_payment(work, row.organisation_id, row.id)
            following.follow_payment(work, locked, replace(found, status=status, taken_minor=taken, why=why))
    assert (till.payment(row).state, till.payment(row).taken_minor) == (PaymentState.TAKEN, 10_000)
    assert till.payment(row).why == ""


@pytest.mark.parametrize("order", list(permutations(PayoutStatus)), ids=lambda order: "-".join(order))
def test_a_payout_that_failed_stays_failed_whatever_is_read_late(till: Till, order: tuple[PayoutStatus, ...]) -> None:
    factory_id = till.factory()
    with till.unit() as work:
        row = service.pay_out(work, factory_id, Money(100, USD), uuid4())
    for status in order:
        found = Payout("po", str(row.id), status, row.money, till.clock.now(), "no_account")
        with till.unit() as work:
            following.follow_payout(work, service.lock(work, models.Payout, factory_id, row.id), found)
    with till.unit() as work:
        assert [payout.state for payout in queries.payouts_of(work.session, factory_id)] == [PayoutState.FAILED]
    assert till.events()[-1] == "PayoutFailed" and till.events().count("PayoutFailed") == 1


def test_of_two_readings_of_an_account_the_later_one_is_kept(till: Till) -> None:
    factory_id = till.factory()
    restricted = Account("acct", "", False, ("external_account",), "")
    with till.unit() as work:
        account = queries.payout_account(work.session, factory_id)
        assert account
        row = service.lock(work, PayoutAccount, factory_id, account.id)
        seen = row.seen
        assert following.follow_account(work, row, restricted, seen)
        assert not following.follow_account(work, row, replace(restricted, ready=True), seen)
    with till.unit() as work:
        kept = queries.payout_account(work.session, factory_id)
        assert kept and kept.state.value == "restricted" and kept.missing == ("external_account",)
    assert till.events() == ["PayoutAccountChanged", "PayoutAccountChanged"]


def test_news_that_is_faster_than_our_own_answer_finds_its_row(till: Till) -> None:
    row = till.asked()
    with till.unit() as work:
        call_id = work.session.scalars(text("SELECT id FROM gateway_calls")).one()
        request = work.session.scalars(text("SELECT request FROM gateway_calls")).one()
    perform_call(till.unit, Unrecorded(till), row.organisation_id, call_id)  # type: ignore[arg-type]  # of one call
    assert till.payment(row).state is PaymentState.ASKED and request["row"] == str(row.id)
    till.provider.fill_form(Unrecorded.page, card="4242424242424242")
    till.hear()
    assert till.payment(row).state is PaymentState.TAKEN
    till.perform()
    assert till.payment(row).state is PaymentState.TAKEN
    assert till.calls() == [("start_payment", "done")] and till.events() == ["PaymentTaken"]


def test_a_call_that_was_given_up_in_doubt_is_answered_by_news(till: Till) -> None:
    row = till.paid()
    with till.unit() as work:
        refund = service.refund_payment(work, row.organisation_id, row.id, Money(4_000, USD), uuid4())
    till.provider.control("trouble", path="/v1/refunds", when="after", times=1)
    till.perform()
    till.clock.advance(LONGEST + timedelta(minutes=1))
    till.perform()
    assert till.calls()[-1] == ("refund", "stuck")
    till.hear()
    assert till.calls()[-1] == ("refund", "done") and till.events()[-1] == "RefundSucceeded"
    assert till.payment(row).refunded_minor == refund.money.minor


class Unrecorded:
    """A gateway whose answer is lost on its way."""

    page = ""

    def __init__(self, till: Till) -> None:
        self.till = till

    def start_payment(self, request: Any, key: str) -> Payment:
        Unrecorded.page = self.till.provider.gateway.start_payment(request, key).page
        raise Unreachable("the answer is lost")


def test_news_of_what_we_do_not_know_waits_until_we_do(till: Till) -> None:
    factory_id, later = till.factory(), new_id()
    till.paid()
    with till.unit() as work:
        account = queries.payout_account(work.session, factory_id)
    assert account
    wanted = TransferRequest(str(later), Money(100, USD), account.gateway_id, "deal")
    till.provider.gateway.transfer(wanted, str(later))
    till.hear()
    assert news_states(till)[-1] == "parked"
    with till.unit() as work:
        assert try_news_again(work) == 0
        service.transfer(replace(work, new_id=Ids(later)), factory_id, Money(100, USD), uuid4(), uuid4())
    till.clock.advance(timedelta(minutes=5))
    with till.unit() as work:
        assert try_news_again(work) == 1
        news_id = work.session.scalars(text("SELECT id FROM gateway_news WHERE state = 'parked'")).one()
    handle_news(till.unit, till.provider.gateway, news_id)
    assert news_states(till)[-1] == "handled" and till.events()[-1] == "TransferMade"


class Ids:
    """Gives one id first, and new ones after it."""

    def __init__(self, first: UUID) -> None:
        self._waiting = [first]

    def __call__(self) -> UUID:
        return self._waiting.pop() if self._waiting else new_id()


def test_news_that_cannot_be_read_now_is_read_later(till: Till) -> None:
    row = till.opened()
    till.provider.fill_form(row.page, card="4242424242424242")
    till.provider.control("trouble", path="/v1/", when="before", times=10)
    till.hear()
    till.provider.control("trouble", times=0)
    assert till.payment(row).state is PaymentState.OPEN and set(news_states(till)) == {"received"}
    till.clock.advance(timedelta(minutes=5))
    with till.unit() as work:
        assert try_news_again(work) == len(news_states(till))
        waiting = work.session.scalars(text("SELECT id FROM gateway_news")).all()
    for news_id in waiting:
        handle_news(till.unit, till.provider.gateway, news_id)
    assert till.payment(row).state is PaymentState.TAKEN


def test_news_about_nothing_that_concerns_us_is_kept_and_ignored(till: Till) -> None:
    till.receive(News("evt_other", "customer.created", Subject.OTHER, "cus_1", "", "", till.clock.now()))
    assert news_states(till) == ["ignored"]


def news_states(till: Till) -> list[str]:
    with till.unit() as work:
        return list(work.session.scalars(text("SELECT state FROM gateway_news ORDER BY id")))


def an_event(row: str = "") -> bytes:
    thing = {"object": "refund", "id": "re_1", "metadata": {"weft_row": row}}
    event = {"id": "evt_1", "object": "event", "type": "refund.created", "created": 1, "data": {"object": thing}}
    return json.dumps(event).encode()


def count(web: Web, table: str) -> int:
    with web.market.unit() as work:
        return int(work.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


FORGERIES: dict[str, Callable[[bytes, str], str]] = {
    "no signature": lambda _body, _secret: "",
    "no header of the scheme": lambda _body, _secret: "v0=00",
    "another secret": lambda body, _secret: signature(body, "whsec_other", int(time.time())),
    "another body": lambda _body, secret: signature(an_event("other"), secret, int(time.time())),
    "stale": lambda body, secret: signature(body, secret, int(time.time()) - 301),
    "a moved time": lambda body, secret: signature(body, secret, int(time.time()) - 600).replace(
        f"t={int(time.time()) - 600}", f"t={int(time.time())}"
    ),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_what_the_provider_did_not_sign_just_now_writes_nothing(web: Web, kind: str) -> None:
    body = an_event()
    told = FORGERIES[kind](body, web.market.settings.gateway.webhook_secret)
    answer = web.app.test_client().post("/webhooks/gateway", data=body, headers={"Stripe-Signature": told})
    assert answer.status_code == 400
    assert count(web, "gateway_news") == 0 and count(web, "procrastinate_jobs") == 0


def test_what_is_no_event_is_refused_however_it_is_signed(web: Web) -> None:
    for body in (b"", b"{}", b"[]", b"\xff\xfe", b'{"id": 1}'):
        told = signature(body, web.market.settings.gateway.webhook_secret, int(time.time()))
        answer = web.app.test_client().post("/webhooks/gateway", data=body, headers={"Stripe-Signature": told})
        assert answer.status_code == 400
    assert count(web, "gateway_news") == 0


def test_signed_news_is_stored_once_and_handed_to_one_job(web: Web) -> None:
    body = an_event()
    told = signature(body, web.market.settings.gateway.webhook_secret, int(time.time()))
    for again in range(3):
        answer = web.app.test_client().post("/webhooks/gateway", data=body, headers={"Stripe-Signature": told})
        assert (answer.status_code, answer.json) == (200, {"received": True, "new": not again})
    assert count(web, "gateway_news") == 1 and count(web, "procrastinate_jobs") == 1


@pytest.fixture(autouse=True)
def orderly(running: Any) -> Iterator[None]:
    """Whatever trouble a test makes at the provider ends with it."""
    yield
    running.control("trouble", times=0)
