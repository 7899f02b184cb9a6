"""What happens in the live market behind a page: the verbs of a deal's people, and money that arrives."""

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from market.audit import broken_promises
from market.config import Settings
from market.disputes import queries as disputes
from market.identity.service import MARKET_ID
from market.kit.db import Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.outbox import defer
from market.kit.uploads import UploadedFile
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.payments import queries as payments
from market.production import queries as production
from market.production import service
from market.production.queries import AskState, DealRow, ShareRow
from market.settlement import queries as settlement
from market.settlement.queries import DueRow
from market.settlement.service import take_payment
from tests.browser import LiveMarket
from tests.journeys.shoemakers import WORKER_SECONDS

PHOTO = UploadedFile("front.png", b"\x89PNG\r\n\x1a\n" + b"a photo")
CARD = "4242 4242 4242 4242"
WAITING = text("SELECT count(*) FROM outbox_events WHERE handled_at IS NULL")
BY_THE_CLOCK = ("waits", "stuck", "sweep", "parked")


def wait_until(so: Callable[[], object], seconds: int = WORKER_SECONDS) -> None:
    """Ask again until it is so; fails after `seconds`."""
    last = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < last, "it never came about"
        time.sleep(0.2)


@dataclass(frozen=True)
class Live:
    """The live market's database, as its own processes work in it."""

    engine: Engine
    settings: Settings

    @contextmanager
    def work(self, organisation_id: UUID | None = None, role: str = "seller") -> Iterator[Work]:
        """A unit of work of an organisation, or of the worker."""
        scope = Scope.ORGANISATION if organisation_id else Scope.SYSTEM
        actor = Actor(organisation_id, None, f"a {role}", role) if organisation_id else SYSTEM_ACTOR
        with Session(self.engine, expire_on_commit=False) as session:
            act_as(session, Tenant(scope, organisation_id or MARKET_ID))
            yield Work(session, actor, datetime.now(UTC), new_id, self.settings)
            session.commit()

    def asked(self, statement: str, **values: object) -> tuple[int, ...]:
        """The one row that a statement finds."""
        with self.work() as work:
            return tuple(work.session.execute(text(statement), values).one())

    def settle(self) -> None:
        """Wait until the worker has delivered every event."""

        def is_done() -> bool:
            with self.work() as work:
                return not work.session.scalar(WAITING)

        wait_until(is_done)

    def broken(self) -> dict[str, int]:
        """Promises of the audit that are broken, but for those that wait for a clock, with their breaches."""
        with self.work() as work:
            found = {promise: count for promise, count in broken_promises(work) if count}
        return {promise: count for promise, count in found.items() if not any(word in promise for word in BY_THE_CLOCK)}


@dataclass(frozen=True)
class Behind(Live):
    """The deal of one award, moved by whoever does not sit before a browser."""

    award_id: UUID

    @property
    def address(self) -> str:
        return f"/deals/{self.award_id}"

    def deal(self) -> DealRow:
        with self.work() as work:
            found = production.deal_of_award(work.session, self.award_id)
        assert found is not None
        return found

    def shares(self) -> tuple[ShareRow, ...]:
        with self.work() as work:
            return tuple(production.shares_of_deal(work.session, self.deal().id))

    def share(self) -> ShareRow:
        """The one of the award."""
        return next(row for row in self.shares() if row.award_id == self.award_id)

    def by_shop(self, verb: Callable[..., object], *arguments: object) -> None:
        with self.work(self.share().organisation_id) as work:
            verb(work, *arguments)

    def by_factory(self, verb: Callable[..., object], *arguments: object) -> None:
        with self.work(self.deal().factory_id, "factory") as work:
            verb(work, *arguments)

    def ask_for(self, sweep: str) -> None:
        """Let a sweep look now and not within a minute."""
        with self.work() as work:
            defer(work.session, sweep, {"timestamp": 0})

    def reach(self, state: str) -> None:
        wait_until(lambda: self.deal().state.value == state)

    def dues(self) -> list[DueRow]:
        with self.work() as work:
            return settlement.dues_of_deal(work.session, self.deal().id)

    # From the sample to the goods at their shops

    def make_sample(self) -> None:
        self.by_factory(service.make_sample, self.deal().id, [PHOTO])

    def approve_sample(self) -> None:
        with self.work() as work:
            newest = production.samples_of_deal(work.session, self.deal().id)[-1]
        self.by_shop(service.approve_sample, self.deal().id, newest.id)

    def begin(self) -> None:
        """Buy the materials and begin to produce."""
        self.reach("materials")
        self.by_factory(service.prove_materials, self.deal().id, 100_000, [PHOTO])
        self.by_factory(service.begin_production, self.deal().id)

    def make_goods(self) -> None:
        """From the materials to goods that passed their inspection: every order gets what it ordered."""
        self.begin()
        for stage in service.stages_of(self.deal().vertical):
            self.by_factory(service.report_stage, self.deal().id, stage)
        sampled = service.inspection_terms(self.deal().inspection, self.deal().pieces).sampled
        sheet = {share.id: share.pieces for share in self.shares()}
        self.by_factory(service.report_inspection, self.deal().id, service.InspectionReport(sampled, 0, 0, 0, sheet))

    def ship(self) -> None:
        """Each order gets its parcel, by the sheet; its balance is held."""
        self.settle()
        parcels = [
            service.Parcel(share.id, share.made_pieces, "SF", f"SF {place}")
            for place, share in enumerate(self.shares(), 1)
        ]
        self.by_factory(service.ship, self.deal().id, sum(parcel.pieces for parcel in parcels), parcels)

    def receive(self) -> None:
        """The shop of the award has its parcel."""
        self.by_shop(service.confirm_delivery, self.share().id, "the warehouse")

    def go_well(self) -> None:
        """From the sample to accepted goods, paid in time."""
        self.make_sample()
        self.approve_sample()
        wait_until(lambda: self.is_asked("deposit"))
        self.pay("deposit")
        self.make_goods()
        wait_until(lambda: self.is_asked("balance"))
        self.pay("balance")
        self.ship()
        self.receive()
        self.by_shop(service.accept_share, self.share().id)

    # Money

    def pay(self, purpose: str) -> None:
        """The money of a purpose is held, as when the provider has told of it."""
        with self.work() as work:
            for due in settlement.dues_of_deal(work.session, self.deal().id):
                if due.purpose.value == purpose:
                    take_payment(work, due.id, due.amount, f"paid {due.id}")
                    service.payment_arrived(work, due.share_id, purpose)

    def pay_at_provider(self, purpose: str) -> None:
        """Every order of the deal pays with a card on the provider's own page, and its money is held."""
        wait_until(lambda: len(self._of(purpose)) == len(self.shares()))
        for due in self._of(purpose):
            if due.state.value != "due":
                continue
            wait_until(partial(self._page, due))
            with suppress(urllib.error.HTTPError):
                typed = urllib.parse.urlencode({"card": CARD}).encode()
                urllib.request.urlopen(self._page(due), typed, timeout=10).close()
        wait_until(lambda: all(due.held.minor for due in self._of(purpose)))
        self.settle()

    def frozen_and_refunded(self) -> tuple[int, int]:
        """What of all that the deal's orders paid is frozen, and what the provider has paid back, in minor units."""
        return sum(due.frozen.minor for due in self.dues()), sum(due.refunded.minor for due in self.dues())

    def three_days_go_by(self) -> UUID:
        """Without an agreement in the dispute of this order; returns that."""
        with self.work() as work:
            dispute_id = disputes.disputes_of_share(work.session, self.share().id)[0].id
            over = "UPDATE disputes SET negotiate_until = now() - interval '1 minute' WHERE id = :id"
            work.session.execute(text(over), {"id": dispute_id})
        return dispute_id

    def is_asked(self, purpose: str) -> bool:
        """Whether the worker has asked every order for it, here and in the books."""
        with self.work() as work:
            asks = production.asks_of_deal(work.session, self.deal().id)
        asked = [ask for ask in asks if ask.purpose.value == purpose and ask.state is AskState.ASKED]
        return bool(asked) and len(self._of(purpose)) == len(asked)

    def _of(self, purpose: str) -> list[DueRow]:
        return [due for due in self.dues() if due.purpose.value == purpose]

    def _page(self, due: DueRow) -> str:
        with self.work() as work:
            tries = payments.payments_of_reference(work.session, due.organisation_id, due.id)
        return next((one.page for one in tries if one.page), "")


@pytest.fixture
def live(live_market: LiveMarket) -> Iterator[Live]:
    """The live market behind its pages."""
    engine = create_engine(live_market.database_url)
    environment = {"DATABASE_URL": live_market.database_url, "WEFT_DATA": str(live_market.data_folder)}
    yield Live(engine, Settings.from_environment(environment))
    engine.dispose()


@pytest.fixture
def behind(live: Live) -> Callable[[str], Behind]:
    """Gives what is behind the deal whose page has this address."""

    def of_page(address: str) -> Behind:
        return Behind(live.engine, live.settings, UUID(address.partition("/deals/")[2][:36]))

    return of_page


@pytest.fixture
def audit_holds(live: Live) -> Iterator[None]:
    """After the journey no promise of the audit is broken more often than before. Other journeys write a past of their
    own into the market that they share."""
    before = live.broken()
    yield
    live.settle()
    assert {promise: count for promise, count in live.broken().items() if count > before.get(promise, 0)} == {}
