"""News of the provider: stored once by its event, then handled by a job.

News says no more than that an object changed. The job reads what the object is now and lets our row follow, so that
order and repetition of news do not matter. News of what we do not know (yet) is parked and tried again by a sweep.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.outbox import OUTSIDE, defer
from market.kit.work import Work
from market.payments import following
from market.payments.gateways.base import Gateway, News, Refused, Subject, Unreachable
from market.payments.models import (
    CALL_TRANSITIONS,
    NEWS_TRANSITIONS,
    CallKind,
    CallState,
    GatewayCall,
    GatewayNews,
    NewsState,
    Payment,
    Payout,
    PayoutAccount,
    Refund,
    Transfer,
)
from market.payments.performing import Units, pause
from market.payments.service import lock

TASK = "gateway_news"
FIRST_LOOK = timedelta(minutes=1)
AT_ONCE = 500
WAITING = (NewsState.RECEIVED, NewsState.PARKED)
MAKING = (CallKind.START_PAYMENT, CallKind.REFUND, CallKind.OPEN_ACCOUNT, CallKind.TRANSFER, CallKind.PAY_OUT)
"""Calls that make what their row is about, so that news of it answers them."""

MOST_READINGS = 10
log = structlog.get_logger(__name__)

Known = Payment | Refund | Transfer | Payout | PayoutAccount
KINDS: dict[Subject, type[Known]] = {
    Subject.PAYMENT: Payment,
    Subject.REFUND: Refund,
    Subject.TRANSFER: Transfer,
    Subject.PAYOUT: Payout,
    Subject.ACCOUNT: PayoutAccount,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What news is about: our row. seen: for an account, how often it had been read before."""

    subject: Subject
    object_id: str
    account: str
    organisation_id: UUID
    row_id: UUID
    seen: int


def receive_news(work: Work, news: News) -> bool:
    """Store verified news and enqueue its handling; returns False for an event that is here already."""
    news_id = work.session.scalar(
        insert(GatewayNews)
        .values(
            organisation_id=MARKET_ID,
            id=work.new_id(),
            event=news.event,
            kind=news.kind,
            subject=news.subject.value,
            object_id=news.object_id,
            account=news.account,
            row=news.row,
            state=NewsState.IGNORED if news.subject is Subject.OTHER else NewsState.RECEIVED,
            tries=0,
            happened_at=news.at,
            received_at=work.now,
            try_at=work.now + FIRST_LOOK,
            why="",
        )
        .on_conflict_do_nothing(index_elements=["event"])
        .returning(GatewayNews.id)
    )
    if news_id is not None and news.subject is not Subject.OTHER:
        defer(work.session, TASK, {"news_id": str(news_id)}, queue=OUTSIDE)
    return news_id is not None


def handle_news(units: Units, gateway: Gateway, news_id: UUID) -> None:
    """Let our row follow what the object is now. An account that was read at once elsewhere is read again."""
    for _reading in range(MOST_READINGS):
        with units() as work:
            found = _look_up(work, news_id)
        if found is None:
            return
        try:
            thing = _read(gateway, found)
        except (Refused, Unreachable) as fault:
            log.warning("gateway_news_waits", about=found.object_id, why=str(fault))
            with units() as work:
                lock(work, GatewayNews, MARKET_ID, news_id).why = str(fault)
            return
        with units() as work:
            if _follow(work, found, thing):
                _answer_stuck_call(work, found)
                _close(work, news_id)
                return


def try_news_again(work: Work) -> int:
    """Enqueue again all news whose time has come and that was not handled; returns how many."""
    waiting = select(GatewayNews.id).where(GatewayNews.state.in_(WAITING), GatewayNews.try_at <= work.now)
    found = work.session.scalars(waiting.order_by(GatewayNews.try_at).limit(AT_ONCE)).all()
    for news_id in found:
        defer(work.session, TASK, {"news_id": str(news_id)}, queue=OUTSIDE)
    return len(found)


def _look_up(work: Work, news_id: UUID) -> Found | None:
    """Our row, by the provider's id or by the one that we gave it. News about no row is parked."""
    news = lock(work, GatewayNews, MARKET_ID, news_id)
    if news.state not in WAITING:
        return None
    news.tries += 1
    news.try_at = work.now + pause(news.tries)
    subject = Subject(news.subject)
    row = _row_of(work, KINDS[subject], news)
    if row is None:
        news.why = "it is about nothing that we know"
        if news.state is NewsState.RECEIVED:
            history.move(work, news, NewsState.PARKED, NEWS_TRANSITIONS, why=news.why)
        return None
    seen = row.seen if isinstance(row, PayoutAccount) else 0
    return Found(subject, news.object_id, news.account, row.organisation_id, row.id, seen)


def _row_of(work: Work, kind: type[Known], news: GatewayNews) -> Known | None:
    found: Any = work.session.scalar(select(kind).where(_is_about(kind, news)))
    return found if isinstance(found, kind) else None


def _is_about(kind: type[Known], news: GatewayNews) -> ColumnElement[bool]:
    same = [kind.gateway_id == news.object_id]
    if kind is Payment:
        same.append(Payment.charge == news.object_id)
    with suppress(ValueError):
        same.append(kind.id == UUID(news.row))
    return or_(*same)


def _read(gateway: Gateway, found: Found) -> Any:
    """The object as it is now; raises Refused and Unreachable."""
    readings: dict[Subject, Callable[[], Any]] = {
        Subject.PAYMENT: lambda: gateway.read_payment(found.object_id),
        Subject.REFUND: lambda: gateway.read_refund(found.object_id),
        Subject.TRANSFER: lambda: gateway.read_transfer(found.object_id),
        Subject.PAYOUT: lambda: gateway.read_payout(found.account, found.object_id),
        Subject.ACCOUNT: lambda: gateway.read_account(found.object_id),
    }
    return readings[found.subject]()


def _follow(work: Work, found: Found, thing: Any) -> bool:
    """Returns False where the thing has to be read again."""
    of, row_id = found.organisation_id, found.row_id
    match found.subject:
        case Subject.PAYMENT:
            following.follow_payment(work, lock(work, Payment, of, row_id), thing)
        case Subject.REFUND:
            following.follow_refund(work, lock(work, Refund, of, row_id), thing)
        case Subject.TRANSFER:
            following.follow_transfer(work, lock(work, Transfer, of, row_id), thing)
        case Subject.PAYOUT:
            following.follow_payout(work, lock(work, Payout, of, row_id), thing)
        case Subject.ACCOUNT:
            return following.follow_account(work, lock(work, PayoutAccount, of, row_id), thing, found.seen)
    return True


def _answer_stuck_call(work: Work, found: Found) -> None:
    """What was left in doubt has happened after all: the provider tells of what the call makes."""
    stuck = select(GatewayCall).where(
        GatewayCall.organisation_id == found.organisation_id,
        GatewayCall.about == found.row_id,
        GatewayCall.kind.in_(MAKING),
        GatewayCall.state == CallState.STUCK,
    )
    for call in work.session.scalars(stuck.with_for_update()).all():
        history.move(work, call, CallState.DONE, CALL_TRANSITIONS, why="news of the provider tells that it was made")


def _close(work: Work, news_id: UUID) -> None:
    news = lock(work, GatewayNews, MARKET_ID, news_id)
    if news.state in WAITING:
        news.why = ""
        history.move(work, news, NewsState.HANDLED, NEWS_TRANSITIONS)
