"""The job that makes one asked call to the provider and records its answer.

The call is made while no transaction is open, always under the same key and with the same words. So the job may be
killed anywhere and run again, also twice at once: the provider does the thing once, and the answer is recorded once.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from market.kit import history
from market.kit.money import Money
from market.kit.work import Work
from market.payments import following
from market.payments.gateways import base
from market.payments.gateways.base import Gateway, Refusal, Refused, Unreachable
from market.payments.models import (
    CALL_TRANSITIONS,
    CallKind,
    CallState,
    GatewayCall,
    Payment,
    PaymentState,
    Payout,
    PayoutAccount,
    Refund,
    Reversal,
    Transfer,
)
from market.payments.service import lock

Units = Callable[[], AbstractContextManager[Work]]
MOST_TRIES = 14
LONGEST = timedelta(hours=20)
"""The provider keeps a key for 24 hours: after that the same call would be another one."""

LONGEST_PAUSE = timedelta(hours=2)
FIRST_PAUSE = timedelta(seconds=30)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it stands when it is made. seen: for an account, how often it had been read before."""

    organisation_id: UUID
    id: UUID
    kind: CallKind
    about: UUID
    request: Mapping[str, Any]
    seen: int = 0

    @property
    def key(self) -> str:
        return str(self.id)

    @property
    def money(self) -> Money:
        return Money(self.request["minor"], self.request["currency"])


Answer = base.Payment | base.Refund | base.Account | base.Transfer | base.Reversal | base.Payout


def perform_call(units: Units, gateway: Gateway, organisation_id: UUID, call_id: UUID) -> None:
    """Make the call unless it was answered already. An unreachable provider is tried again by the sweep."""
    with units() as work:
        asked = _begin(work, organisation_id, call_id)
    if asked is None:
        return
    try:
        answer: Answer | Refused = _make(gateway, asked)
    except Refused as refused:
        answer = refused
    except Unreachable as fault:
        log.warning("gateway_unreachable", call=asked.kind.value, why=str(fault))
        with units() as work:
            lock(work, GatewayCall, organisation_id, call_id).why = f"no answer: {fault}"
        return
    with units() as work:
        _record(work, asked, answer)


def pause(tries: int) -> timedelta:
    """How long to wait after this many tries."""
    return min(FIRST_PAUSE * int(2**tries), LONGEST_PAUSE)


def _begin(work: Work, organisation_id: UUID, call_id: UUID) -> Asked | None:
    call = lock(work, GatewayCall, organisation_id, call_id)
    if call.state is not CallState.ASKED:
        return None
    if call.tries >= MOST_TRIES or _is_too_old(call.first_tried_at, work.now):
        history.move(work, call, CallState.STUCK, CALL_TRANSITIONS, why=call.why)
        log.error("gateway_call_stuck", call=call.kind.value, id=str(call.id), why=call.why)
        return None
    if call.kind is CallKind.DROP_PAYMENT and _has_ended_unopened(work, call):
        history.move(work, call, CallState.DONE, CALL_TRANSITIONS, why="it was never opened")
        return None
    call.tries += 1
    call.first_tried_at = call.first_tried_at or work.now
    call.try_at = work.now + pause(call.tries)
    request, seen = dict(call.request), 0
    if call.kind is CallKind.DROP_PAYMENT:
        request["payment"] = lock(work, Payment, organisation_id, call.about).gateway_id
    if call.kind is CallKind.OPEN_ACCOUNT:
        seen = lock(work, PayoutAccount, organisation_id, call.about).seen
    return Asked(call.organisation_id, call.id, call.kind, call.about, request, seen)


def _has_ended_unopened(work: Work, call: GatewayCall) -> bool:
    row = lock(work, Payment, call.organisation_id, call.about)
    return not row.gateway_id and row.state is not PaymentState.ASKED


def _is_too_old(first_tried_at: datetime | None, now: datetime) -> bool:
    return first_tried_at is not None and now - first_tried_at > LONGEST


def _make(gateway: Gateway, asked: Asked) -> Answer:
    """Call the provider; raises Refused and Unreachable."""
    request, row = asked.request, str(asked.about)
    match asked.kind:
        case CallKind.START_PAYMENT:
            return gateway.start_payment(_payment_request(request), asked.key)
        case CallKind.TAKE_PAYMENT:
            return _or_as_it_is(
                gateway, request["charge"], lambda: gateway.capture(request["charge"], request["minor"], asked.key)
            )
        case CallKind.DROP_PAYMENT:
            if not request["payment"]:
                raise Unreachable("the payment was not opened yet")
            return _or_as_it_is(gateway, request["payment"], lambda: gateway.cancel(request["payment"], asked.key))
        case CallKind.REFUND:
            return gateway.refund(request["charge"], asked.money, row, asked.key)
        case CallKind.OPEN_ACCOUNT:
            return gateway.open_account(row, request["country"], request["email"], asked.key)
        case CallKind.TRANSFER:
            wanted = base.TransferRequest(row, asked.money, request["account"], request["group"])
            return gateway.transfer(wanted, asked.key)
        case CallKind.REVERSE:
            return gateway.reverse(request["transfer"], asked.money, row, asked.key)
        case CallKind.PAY_OUT:
            return gateway.pay_out(request["account"], asked.money, row, asked.key)


def _or_as_it_is(gateway: Gateway, payment: str, call: Callable[[], base.Payment]) -> base.Payment:
    """What the call gives; where the payment has moved on meanwhile, what it is instead."""
    try:
        return call()
    except Refused as refused:
        if refused.refusal is not Refusal.WRONG_STATE:
            raise
        return gateway.read_payment(payment)


def _payment_request(request: Mapping[str, Any]) -> base.PaymentRequest:
    return base.PaymentRequest(
        row=request["row"],
        money=Money(request["minor"], request["currency"]),
        capture=request["capture"],
        description=request["description"],
        reference=request["reference"],
        group=request["group"],
        paid_address=request["paid_address"],
        back_address=request["back_address"],
        language=request["language"],
        expires_at=datetime.fromisoformat(request["expires_at"]),
    )


def _record(work: Work, asked: Asked, answer: Answer | Refused) -> None:
    """Write what came of the call; a second answer to the same call changes nothing."""
    call = lock(work, GatewayCall, asked.organisation_id, asked.id)
    if call.state is not CallState.ASKED:
        return
    if isinstance(answer, Refused):
        call.why = f"{answer.provider_code or answer.refusal.value}: {answer}"
        # The key stands for another request than ours: nobody can say by it what was done.
        is_lost = answer.refusal is Refusal.KEY_REUSED
        history.move(work, call, CallState.STUCK if is_lost else CallState.REFUSED, CALL_TRANSITIONS, why=call.why)
        if not is_lost:
            record_refusal(work, asked, answer.provider_code or answer.refusal.value)
        return
    history.move(work, call, CallState.DONE, CALL_TRANSITIONS)
    record_answer(work, asked, answer)


def record_answer(work: Work, asked: Asked, answer: Answer) -> None:
    """Let the row that a call is about follow what the provider answered."""
    of, about = asked.organisation_id, asked.about
    match answer:
        case base.Payment():
            row = lock(work, Payment, of, about)
            follow = following.start if asked.kind is CallKind.START_PAYMENT else following.follow_payment
            follow(work, row, answer)
        case base.Refund():
            following.follow_refund(work, lock(work, Refund, of, about), answer)
        case base.Account():
            following.follow_account(work, lock(work, PayoutAccount, of, about), answer, asked.seen)
        case base.Transfer():
            following.follow_transfer(work, lock(work, Transfer, of, about), answer)
        case base.Reversal():
            following.follow_reversal(work, lock(work, Reversal, of, about), answer)
        case base.Payout():
            following.follow_payout(work, lock(work, Payout, of, about), answer)


def record_refusal(work: Work, asked: Asked, why: str) -> None:
    """A payment that cannot be taken or dropped stays what it is: the audit shows the refused call."""
    of, about = asked.organisation_id, asked.about
    match asked.kind:
        case CallKind.START_PAYMENT:
            row = lock(work, Payment, of, about)
            if row.state is PaymentState.ASKED:
                following.fail_payment(work, row, why)
        case CallKind.REFUND:
            following.fail_refund(work, lock(work, Refund, of, about), why)
        case CallKind.OPEN_ACCOUNT:
            following.refuse_account(work, lock(work, PayoutAccount, of, about), why)
        case CallKind.TRANSFER:
            following.refuse_transfer(work, lock(work, Transfer, of, about), why)
        case CallKind.REVERSE:
            following.refuse_reversal(work, lock(work, Reversal, of, about), why)
        case CallKind.PAY_OUT:
            following.fail_payout(work, lock(work, Payout, of, about), why)
