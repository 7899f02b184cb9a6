"""The till that the tests of payments stand at: our tables on one side, a running sandbox on the other."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.money import Money
from market.kit.outbox import OutboxEvent
from market.kit.work import SYSTEM_ACTOR, Work
from market.payments import queries, service
from market.payments.gateways.base import Gateway, News
from market.payments.inbox import handle_news, receive_news
from market.payments.models import CallState, GatewayCall, GatewayNews
from market.payments.performing import perform_call
from market.payments.queries import PaymentRow
from market.payments.sandbox.calls import shown
from market.payments.sandbox.webhooks import signature
from tests.market.payments.provider import GOOD_CARD, SECRET, Provider

USD = "USD"


@dataclass
class Till:
    """Units of work, and the jobs that a worker would run. gateway: the provider's own unless a test puts another."""

    sessions: sessionmaker[Session]
    clock: FrozenClock
    settings: Settings
    provider: Provider
    heard: int = 0

    @contextmanager
    def unit(self) -> Iterator[Work]:
        with self.sessions() as session:
            act_as(session, SYSTEM)
            yield Work(session, SYSTEM_ACTOR, self.clock.now(), new_id, self.settings)
            session.commit()

    def perform(self, gateway: Gateway | None = None) -> None:
        """Run the job of every asked call once."""
        with self.unit() as work:
            asked = select(GatewayCall.organisation_id, GatewayCall.id).where(GatewayCall.state == CallState.ASKED)
            waiting = work.session.execute(asked.order_by(GatewayCall.id)).all()
        for organisation_id, call_id in waiting:
            perform_call(self.unit, gateway or self.provider.gateway, organisation_id, call_id)

    def fetch_news(self) -> list[News]:
        """What the provider has told since the last time, signed and read as its webhook would be."""
        events = list(reversed(self.provider.server.store.all("event")))
        fresh, self.heard = events[self.heard :], len(events)
        return [self.read(event) for event in fresh]

    def read(self, event: dict[str, Any]) -> News:
        body = json.dumps(shown(event)).encode()
        return self.provider.gateway.read_news(body, signature(body, SECRET, int(time.time())))

    def receive(self, news: News) -> UUID | None:
        """Store news; its id, None where it was stored before."""
        with self.unit() as work:
            if not receive_news(work, news):
                return None
            return work.session.scalars(select(GatewayNews.id).where(GatewayNews.event == news.event)).one()

    def hear(self) -> None:
        """Receive and handle all that the provider has told."""
        for news in self.fetch_news():
            news_id = self.receive(news)
            if news_id is not None:
                handle_news(self.unit, self.provider.gateway, news_id)

    def events(self) -> list[str]:
        """The names of all events that were published, in order."""
        with self.unit() as work:
            return list(work.session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.id)))

    def calls(self) -> list[tuple[str, str]]:
        """(kind, state) of every call, in the order in which they were asked."""
        with self.unit() as work:
            rows = work.session.scalars(select(GatewayCall).order_by(GatewayCall.asked_at, GatewayCall.id))
            return [(row.kind.value, row.state.value) for row in rows]

    def payment(self, row: PaymentRow) -> PaymentRow:
        """The payment as it is now."""
        with self.unit() as work:
            found = queries.payment(work.session, row.organisation_id, row.id)
            assert found is not None
            return found

    def asked(self, minor: int = 10_000, *, hold: bool = False, **other: Any) -> PaymentRow:
        """A payment that nobody has told the provider of."""
        with self.unit() as work:
            return service.open_payment(work, order(minor, hold=hold, **other))

    def opened(self, minor: int = 10_000, *, hold: bool = False) -> PaymentRow:
        row = self.asked(minor, hold=hold)
        self.perform()
        return self.payment(row)

    def paid(self, minor: int = 10_000, *, hold: bool = False, card: str = GOOD_CARD) -> PaymentRow:
        """A payment that its payer has paid, and that we have heard of."""
        row = self.opened(minor, hold=hold)
        self.provider.fill_form(row.page, card=card)
        self.hear()
        return self.payment(row)

    def factory(self, bank: str = "000123456789") -> UUID:
        """A factory that can be paid."""
        factory_id = new_id()
        with self.unit() as work:
            service.open_account(work, factory_id, "US", "factory@example.com")
        self.perform()
        with self.unit() as work:
            account = queries.payout_account(work.session, factory_id)
        assert account is not None
        self.provider.control(f"accounts/{account.gateway_id}/complete", bank=bank)
        self.hear()
        return factory_id


def order(minor: int = 10_000, *, hold: bool = False, **other: Any) -> service.PaymentOrder:
    told: dict[str, Any] = {"organisation_id": uuid4(), "reference": uuid4(), "group": uuid4(), **other}
    return service.PaymentOrder(
        money=Money(minor, USD),
        hold=hold,
        description="Deposit",
        paid_path="/paid",
        back_path="/back",
        language="zh",
        **told,
    )
