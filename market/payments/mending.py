"""What operators do about calls that have no answer and news that finds nothing.

The provider is asked before anything is done again, while no transaction is open: what did happen is recorded as its
answer, so money never moves twice. Every remedy takes a reason, which the history keeps.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, NotFound
from market.kit.money import Money
from market.kit.work import Work
from market.payments import following
from market.payments.calls import ask
from market.payments.gateways import base
from market.payments.gateways.base import EXPIRED, Gateway, Refused, Unreachable
from market.payments.inbox import WAITING, handle_news
from market.payments.models import (
    CALL_TRANSITIONS,
    NEWS_TRANSITIONS,
    REVERSAL_TRANSITIONS,
    CallKind,
    CallState,
    GatewayCall,
    GatewayNews,
    NewsState,
    Payment,
    Reversal,
    Transfer,
    TransferState,
)
from market.payments.performing import Answer, Asked, record_answer, record_refusal
from market.payments.service import claim_reversal, lock

Units = Callable[[], AbstractContextManager[Work]]
NO_OTHER_WAY = (CallKind.TAKE_PAYMENT, CallKind.DROP_PAYMENT)
"""Calls about money that stands reserved: nothing but the same call again moves it."""

GIVEN_UP = "given up by an operator"


class CallMoved(Conflict):
    """The call waits for nobody any more; the message names the state that was found."""

    code = "call_moved"


class NewsMoved(Conflict):
    """The news waits for nobody any more; the message names the state that was found."""

    code = "news_moved"


class ProviderSilent(Conflict):
    """The provider does not answer, so nobody knows whether the call was made; nothing was changed."""

    code = "provider_silent"


class ProviderRefuses(Conflict):
    """The provider refuses to tell of what the call is about, which a person has to look up there; nothing changed."""

    code = "provider_refuses"


class MayStillHappen(Conflict):
    """The page of the payment may still be paid; the message says until when."""

    code = "may_still_happen"


class OnlyAgain(Conflict):
    """This call cannot be given up: only the same call again moves what stands reserved."""

    code = "only_again"


class Remedy(StrEnum):
    AGAIN = "again"
    GIVE_UP = "give_up"


class Mended(StrEnum):
    """happened: the provider had done it, and that is recorded. asked: asked anew. given_up: it never happens."""

    HAPPENED = "happened"
    ASKED = "asked"
    GIVEN_UP = "given_up"


def mend_call(units: Units, gateway: Gateway, call_id: UUID, remedy: Remedy, why: str) -> Mended:
    """Ask the provider whether a stuck call was made, and record that; else ask anew or give it up.

    Raises NotFound, CallMoved, ProviderSilent, ProviderRefuses, MayStillHappen, OnlyAgain; nothing was changed then.
    """
    with units() as work:
        asked = _mendable(work, call_id, remedy)
    try:
        answer = _look(gateway, asked)
    except Refused as fault:
        raise ProviderRefuses(f"The payment provider refuses to say whether this was done: {fault}") from fault
    except Unreachable as fault:
        raise ProviderSilent(f"The payment provider does not say whether this was done: {fault}") from fault
    with units() as work:
        call = _lock_stuck(work, call_id)
        if answer is not None:
            history.move(work, call, CallState.DONE, CALL_TRANSITIONS, why=why)
            record_answer(work, asked, answer)
            return Mended.HAPPENED
        history.move(work, call, CallState.GIVEN_UP, CALL_TRANSITIONS, why=why)
        if asked.kind is CallKind.START_PAYMENT:
            following.fail_payment(work, lock(work, Payment, call.organisation_id, call.about), EXPIRED)
        elif remedy is Remedy.AGAIN:
            ask(work, call.organisation_id, call.kind, call.about, call.request)
            return Mended.ASKED
        else:
            record_refusal(work, asked, GIVEN_UP)
        return Mended.GIVEN_UP


def ask_reversal_again(work: Work, reversal_id: UUID, why: str) -> None:
    """Fetch back once more what the provider refused to give back. Raises NotFound, IllegalMove, TooMuchReversed."""
    row = work.session.scalars(select(Reversal).where(Reversal.id == reversal_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    history.move(work, row, TransferState.ASKED, REVERSAL_TRANSITIONS, why=why)
    moved = lock(work, Transfer, row.organisation_id, row.transfer_id)
    claim_reversal(work, moved, Money(row.minor, row.currency))
    row.why = ""
    request = {"transfer": moved.gateway_id, "minor": row.minor, "currency": row.currency}
    ask(work, row.organisation_id, CallKind.REVERSE, row.id, request)


def handle_again(units: Units, gateway: Gateway, news_id: UUID, why: str) -> bool:
    """Look once more for what parked news is about; returns whether it was found. Raises NotFound, NewsMoved, the
    latter also where somebody put it away meanwhile."""
    with units() as work:
        history.record(work, _lock_waiting(work, news_id), what="looked for again", why=why)
    handle_news(units, gateway, news_id)
    with units() as work:
        if lock(work, GatewayNews, MARKET_ID, news_id).state is NewsState.HANDLED:
            return True
        _lock_waiting(work, news_id)
        return False


def dismiss_news(work: Work, news_id: UUID, why: str) -> None:
    """News is about nothing that concerns us. Raises NotFound, NewsMoved."""
    news = _lock_waiting(work, news_id)
    news.why = ""
    history.move(work, news, NewsState.IGNORED, NEWS_TRANSITIONS, why=why)


def _mendable(work: Work, call_id: UUID, remedy: Remedy) -> Asked:
    call = _lock_stuck(work, call_id)
    if call.kind in NO_OTHER_WAY and remedy is Remedy.GIVE_UP:
        raise OnlyAgain("This call cannot be given up: only the same call again moves what stands reserved.")
    request: Mapping[str, Any] = dict(call.request)
    if call.kind is CallKind.START_PAYMENT:
        closes = datetime.fromisoformat(request["expires_at"])
        if work.now < closes:
            raise MayStillHappen(f"The page of this payment may still be paid until {closes:%Y-%m-%d %H:%M} UTC.")
    if call.kind is CallKind.DROP_PAYMENT:
        request = {"charge": lock(work, Payment, call.organisation_id, call.about).gateway_id}
    return Asked(call.organisation_id, call.id, call.kind, call.about, request)


def _look(gateway: Gateway, asked: Asked) -> Answer | None:
    """What the provider made of a call; None where it never did it. Raises Refused, Unreachable."""
    request, row = asked.request, str(asked.about)
    match asked.kind:
        case CallKind.REFUND:
            return gateway.find_refund(request["charge"], row)
        case CallKind.TRANSFER:
            return gateway.find_transfer(request["group"], row)
        case CallKind.REVERSE:
            return next((one for one in gateway.read_reversals(request["transfer"]) if one.row == row), None)
        case CallKind.PAY_OUT:
            return gateway.find_payout(request["account"], row)
        case CallKind.TAKE_PAYMENT | CallKind.DROP_PAYMENT:
            return _moved_on(gateway, asked.kind, request["charge"])
        case CallKind.START_PAYMENT | CallKind.OPEN_ACCOUNT:
            # A page whose time is over is paid by nobody, and an account that nobody knows holds nothing.
            return None


def _moved_on(gateway: Gateway, kind: CallKind, charge: str) -> base.Payment | None:
    """A payment that is neither open nor reserved any more."""
    if not charge:
        return None
    found = gateway.read_payment(charge)
    still = {base.PaymentStatus.AUTHORISED}
    if kind is CallKind.DROP_PAYMENT:
        still.add(base.PaymentStatus.WAITING)
    return None if found.status in still else found


def _lock_stuck(work: Work, call_id: UUID) -> GatewayCall:
    statement = select(GatewayCall).where(GatewayCall.id == call_id).with_for_update()
    call = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if call is None:
        raise NotFound
    refused = call.state is CallState.REFUSED and call.kind in NO_OTHER_WAY
    if call.state is not CallState.STUCK and not refused:
        raise CallMoved(f"This call is {call.state.value}: it does not wait for anybody.")
    return call


def _lock_waiting(work: Work, news_id: UUID) -> GatewayNews:
    news = lock(work, GatewayNews, MARKET_ID, news_id)
    if news.state not in WAITING:
        raise NewsMoved(f"This news is {news.state.value}: it does not wait for anybody.")
    return news
