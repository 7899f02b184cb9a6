"""A job may be killed anywhere and run again: the provider has done the thing once, and we know it once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.work import Work
from market.payments import service
from market.payments.calls import try_calls_again
from market.payments.gateways.base import Gateway
from market.payments.gateways.stripe_gateway import StripeGateway
from market.payments.models import CallState, GatewayCall
from market.payments.performing import LONGEST, MOST_TRIES, perform_call
from tests.market.payments.ground import USD, Till
from tests.market.payments.provider import KEY, SECRET


class Killed(BaseException):
    """The worker is gone from one moment to the next."""


@dataclass(frozen=True)
class Dying:
    """A gateway in whose calls the worker dies, before the provider does the thing or after it."""

    gateway: Any
    before: bool

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Any] = getattr(self.gateway, name)

        def dies(*arguments: Any) -> None:
            if not self.before:
                call(*arguments)
            raise Killed

        return dies


@dataclass
class DyingTill(Till):
    """Its worker dies at the end of the unit of work with this number, before it is committed."""

    dies_at: int = 0
    units: int = 0

    @contextmanager
    def unit(self) -> Iterator[Work]:
        with super().unit() as work:
            yield work
            self.units += 1
            if self.units == self.dies_at:
                raise Killed


POINTS = ("before counting the try", "before the call", "after the call", "before the record is kept")
Prepare = Callable[[Till], UUID | None]


def start(till: Till) -> UUID | None:
    till.asked()
    return None


def take(till: Till) -> UUID | None:
    row = till.paid(hold=True)
    with till.unit() as work:
        service.take_payment(work, row.organisation_id, row.id)
    return None


def refund(till: Till) -> UUID | None:
    row = till.paid()
    with till.unit() as work:
        return service.refund_payment(work, row.organisation_id, row.id, Money(4_000, USD), uuid4()).id


def transfer(till: Till) -> UUID | None:
    factory_id = till.factory()
    till.paid()
    with till.unit() as work:
        return service.transfer(work, factory_id, Money(4_000, USD), uuid4(), uuid4()).id


def reverse(till: Till) -> UUID | None:
    factory_id = till.factory()
    till.paid()
    with till.unit() as work:
        moved = service.transfer(work, factory_id, Money(4_000, USD), uuid4(), uuid4())
    till.perform()
    with till.unit() as work:
        return service.reverse_transfer(work, factory_id, moved.id, Money(4_000, USD), uuid4()).id


def pay_out(till: Till) -> UUID | None:
    factory_id = till.factory()
    till.paid()
    with till.unit() as work:
        service.transfer(work, factory_id, Money(4_000, USD), uuid4(), uuid4())
    till.perform()
    with till.unit() as work:
        return service.pay_out(work, factory_id, Money(4_000, USD), uuid4()).id


def account(till: Till) -> UUID | None:
    with till.unit() as work:
        service.open_account(work, new_id(), "US", "factory@example.com")
    return None


KINDS: dict[str, tuple[Prepare, str]] = {
    "checkout.session": (start, "payments"),
    "charge": (take, "payments"),
    "refund": (refund, "refunds"),
    "transfer": (transfer, "transfers"),
    "transfer_reversal": (reverse, "transfer_reversals"),
    "payout": (pay_out, "payouts"),
    "account": (account, "payout_accounts"),
}


def made(till: Till, kind: str) -> int:
    counted = till.provider.server.store.rows("SELECT count(*) AS n FROM objects WHERE kind = ?", kind)
    return int(counted[0]["n"])


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_job_leaves_exactly_one_object(till: Till, kind: str, point: str) -> None:
    prepare, table = KINDS[kind]
    prepare(till)
    before = made(till, kind) - (kind == "charge")  # A charge is made when its payer pays, and taken here.
    worker, gateway = mortal(till, point)
    with pytest.raises(Killed):
        worker.perform(gateway)
    for _again in range(2):
        till.perform()
    assert made(till, kind) == before + 1
    with till.unit() as work:
        states = work.session.scalars(text(f"SELECT state FROM {table}")).all()
        assert set(work.session.scalars(select(GatewayCall.state))) == {CallState.DONE}
    assert "asked" not in states
    told = till.events()
    assert len(told) == len(set(told))


def mortal(till: Till, point: str) -> tuple[Till, Gateway]:
    """A worker and a gateway of which one dies at the point."""
    gateway: Any = till.provider.gateway
    dies_at = {"before counting the try": 2, "before the record is kept": 3}.get(point, 0)
    fields = {name: getattr(till, name) for name in ("sessions", "clock", "settings", "provider", "heard")}
    if "the call" in point:
        gateway = Dying(gateway, before=point == "before the call")
    return DyingTill(**fields, dies_at=dies_at), gateway


def test_two_workers_at_once_record_one_answer(till: Till) -> None:
    refund(till)
    with till.unit() as work:
        call = work.session.scalars(select(GatewayCall).where(GatewayCall.state == CallState.ASKED)).one()
    inner = overtaken_by(till, call)
    perform_call(till.unit, inner, call.organisation_id, call.id)
    assert till.events() == ["PaymentTaken", "RefundSucceeded"]
    assert till.calls()[-1] == ("refund", "done")


def overtaken_by(till: Till, call: GatewayCall) -> Any:
    """A gateway during whose call another worker makes and records the same call."""

    class Overtaken:
        def refund(self, *arguments: Any) -> Any:
            perform_call(till.unit, till.provider.gateway, call.organisation_id, call.id)
            return till.provider.gateway.refund(*arguments)

    return Overtaken()


def test_a_lost_answer_is_asked_for_again_by_the_sweep(till: Till) -> None:
    refund(till)
    till.provider.control("trouble", path="/v1/refunds", when="after")
    till.perform()
    assert till.calls()[-1] == ("refund", "asked")
    with till.unit() as work:
        assert try_calls_again(work) == 0
    till.clock.advance(timedelta(minutes=3))
    with till.unit() as work:
        assert try_calls_again(work) == 1
        jobs = work.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'gateway_call'"))
        assert jobs == len(till.calls()) + 1
    till.perform()
    assert till.calls()[-1] == ("refund", "done") and till.events()[-1] == "RefundSucceeded"


@pytest.mark.parametrize("pause", [timedelta(0), LONGEST + timedelta(seconds=1)])
def test_a_call_is_given_up_openly_and_never_after_its_key_may_be_forgotten(till: Till, pause: timedelta) -> None:
    till.asked()
    nobody = StripeGateway(KEY, SECRET, "http://127.0.0.1:9", 0.5)
    for _try in range(MOST_TRIES):
        till.perform(nobody)
        if pause:
            break
    assert till.calls() == [("start_payment", "asked")]
    till.clock.advance(pause)
    till.perform()
    assert till.calls() == [("start_payment", "stuck")]
    with till.unit() as work:
        assert work.session.scalar(text("SELECT why FROM history WHERE to_state = 'stuck'"))


def test_a_key_that_stands_for_something_else_is_looked_at_by_a_person(till: Till) -> None:
    till.asked()
    with till.unit() as work:
        call = work.session.scalars(select(GatewayCall)).one()
    till.provider.gateway.refund(till.provider.paid().charge, Money(1, USD), "other", str(call.id))
    till.perform()
    assert till.calls() == [("start_payment", "stuck")]
