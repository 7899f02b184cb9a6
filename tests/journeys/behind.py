"""What happens in the live market behind a page: the verbs of a deal's other side, and money that arrives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.db import Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.outbox import defer
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.production import queries as production
from market.production import service
from market.production.queries import AskState, DealRow, ShareRow
from market.settlement import queries as settlement
from market.settlement.queries import DueRow
from market.settlement.service import take_payment
from tests.browser import LiveMarket


@dataclass(frozen=True)
class Behind:
    """The deal of one award, moved by whoever does not sit before a browser."""

    engine: Engine
    settings: Settings
    award_id: UUID

    @contextmanager
    def work(self, organisation_id: UUID | None = None) -> Iterator[Work]:
        """A unit of work of a shop, or of the worker."""
        scope = Scope.ORGANISATION if organisation_id else Scope.SYSTEM
        actor = Actor(organisation_id, None, "the buyer", "seller") if organisation_id else SYSTEM_ACTOR
        with Session(self.engine, expire_on_commit=False) as session:
            act_as(session, Tenant(scope, organisation_id))
            yield Work(session, actor, datetime.now(UTC), new_id, self.settings)
            session.commit()

    def deal(self) -> DealRow:
        with self.work() as work:
            found = production.deal_of_award(work.session, self.award_id)
        assert found is not None
        return found

    def share(self) -> ShareRow:
        with self.work() as work:
            return production.shares_of_deal(work.session, self.deal().id)[0]

    def by_shop(self, verb: Callable[..., object], *arguments: object) -> None:
        with self.work(self.share().organisation_id) as work:
            verb(work, *arguments)

    def ask_for(self, sweep: str) -> None:
        """Let a sweep look now and not within a minute."""
        with self.work() as work:
            defer(work.session, sweep, {"timestamp": 0})

    def by_factory(self, verb: Callable[..., object], *arguments: object) -> None:
        with self.work(self.deal().factory_id) as work:
            verb(work, *arguments)

    def dues(self) -> list[DueRow]:
        with self.work() as work:
            return settlement.dues_of_deal(work.session, self.deal().id)

    def approve_sample(self) -> None:
        with self.work() as work:
            newest = production.samples_of_deal(work.session, self.deal().id)[-1]
        self.by_shop(service.approve_sample, self.deal().id, newest.id)

    def pay(self, purpose: str) -> None:
        """The money of a purpose is held, as when the provider has told of it."""
        with self.work() as work:
            for due in settlement.dues_of_deal(work.session, self.deal().id):
                if due.purpose.value == purpose:
                    take_payment(work, due.id, due.amount, f"paid {due.id}")
                    service.payment_arrived(work, due.share_id, purpose)

    def is_asked(self, purpose: str) -> bool:
        """Whether the worker has asked for it, here and in the books."""
        with self.work() as work:
            asks = production.asks_of_deal(work.session, self.deal().id)
            dues = settlement.dues_of_deal(work.session, self.deal().id)
        asked = any(ask.purpose.value == purpose and ask.state is AskState.ASKED for ask in asks)
        return asked and any(due.purpose.value == purpose for due in dues)


@pytest.fixture
def behind(live_market: LiveMarket) -> Iterator[Callable[[str], Behind]]:
    """Gives what is behind the deal whose page has this address."""
    engine = create_engine(live_market.database_url)
    environment = {"DATABASE_URL": live_market.database_url, "WEFT_DATA": str(live_market.data_folder)}
    settings = Settings.from_environment(environment)

    def of_page(address: str) -> Behind:
        return Behind(engine, settings, UUID(address.partition("/deals/")[2][:36]))

    yield of_page
    engine.dispose()
