"""Deals between the shop and the factory of the demo's sign-ins, one at each turn of the way, so that whoever comes can
go on with it as either side. They are made up; everything in them was done by the verbs and at the payment sandbox.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from market.demo.orders import DATA
from market.demo.provider import GOOD_CARD, Provider, provider_of
from market.factories.queries import FactoryProfile, profiles
from market.identity.service import MARKET_ID
from market.kit.clock import FrozenClock, market_day
from market.kit.db import Scope, Tenant, act_as
from market.kit.money import Money
from market.kit.uploads import UploadedFile
from market.kit.work import Actor, Work
from market.leads.queries import leads_of_order
from market.orders.drafts import MaterialShare, OrderDraft
from market.orders.service import post_order
from market.payments import queries as payments
from market.payments import service as accounts
from market.production import queries, service
from market.quotes.ladder import QuoteDraft
from market.quotes.service import award_quote, submit_quote
from market.reviews.service import Verdict, write_review
from market.settlement import queries as settlement
from market.settlement.gateway_flows import pay_factories
from market.wiring import Market

Delivery = Callable[[Market], int]
LEAD_TIME_DAYS: Final = 30
PHOTO: Final = DATA / "sample.png"


@dataclass(frozen=True, slots=True)
class Story:
    """A deal that stands where its last step has led. days_ago: when its order was posted."""

    run: str
    pieces: int
    colour: str
    days_ago: float
    steps: int


@dataclass
class Deal:
    """A deal on its way, with what its steps need."""

    provider: Provider
    clock: FrozenClock
    deliver: Delivery
    shop: Actor
    factory: Actor
    factory_id: UUID
    award_id: UUID = MARKET_ID

    @property
    def market(self) -> Market:
        return self.provider.market

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """A unit of work of one side; afterwards the worker and the provider do their part."""
        with self.market.sessions() as session:
            act_as(session, Tenant(Scope.ORGANISATION, actor.organisation_id))
            yield self.market.work(session, actor)
            session.commit()
        self.settle()

    def settle(self) -> None:
        """Until nobody has anything to do: events are delivered, the provider answers and is heard."""
        self.deliver(self.market)
        while self.provider.answer():
            self.deliver(self.market)

    def later(self, days: float) -> None:
        self.clock.advance(timedelta(days=days))
        self.provider.stand_at(self.clock.now())
        self.settle()

    @property
    def row(self) -> queries.DealRow:
        with self.market.unit() as work:
            found = queries.deal_of_award(work.session, self.award_id)
        if found is None:
            raise LookupError("the award opened no deal")
        return found

    @property
    def share(self) -> queries.ShareRow:
        with self.market.unit() as work:
            (found,) = queries.shares_of_deal(work.session, self.row.id)
        return found

    def pay(self) -> None:
        """The shop pays by card whatever it is asked for."""
        with self.market.unit() as work:
            dues = settlement.dues_of_deal(work.session, self.row.id)
            tries = [payments.payments_of_reference(work.session, due.organisation_id, due.id) for due in dues]
        for page in (found[0].page for found in tries if found and found[0].page):
            self.provider.fill_in(page, card=GOOD_CARD)
        self.settle()


def send_sample(deal: Deal) -> None:
    deal.later(4)
    with deal.work(deal.factory) as work:
        service.make_sample(work, deal.row.id, [photo()], "大货会按这个手感做。")


def approve_sample(deal: Deal) -> None:
    deal.later(1)
    with deal.market.unit() as work:
        newest = queries.samples_of_deal(work.session, deal.row.id)[-1]
    with deal.work(deal.shop) as work:
        service.approve_sample(work, deal.row.id, newest.id)


def pay(deal: Deal) -> None:
    deal.later(0.5)
    deal.pay()


def buy_materials(deal: Deal) -> None:
    deal.later(3)
    with deal.work(deal.factory) as work:
        service.prove_materials(work, deal.row.id, deal.share.total.minor // 5, [photo()], "纱线发票")
    with deal.work(deal.factory) as work:
        service.begin_production(work, deal.row.id)


def report_half(deal: Deal) -> None:
    stages = service.stages_of(deal.row.vertical)
    report(deal, stages[: len(stages) // 2])


def report_rest(deal: Deal) -> None:
    stages = service.stages_of(deal.row.vertical)
    report(deal, stages[len(stages) // 2 :])


def report(deal: Deal, stages: tuple[str, ...]) -> None:
    for stage in stages:
        deal.later(2.5)
        with deal.work(deal.factory) as work:
            service.report_stage(work, deal.row.id, stage)


def inspect(deal: Deal) -> None:
    deal.later(1)
    terms = service.inspection_terms(deal.row.inspection, deal.row.pieces)
    found = service.InspectionReport(terms.sampled, 0, 1, 1, {deal.share.id: deal.share.pieces})
    with deal.work(deal.factory) as work:
        service.report_inspection(work, deal.row.id, found)


def ship(deal: Deal) -> None:
    deal.later(1)
    parcel = service.Parcel(deal.share.id, deal.share.pieces, "顺丰", f"SF{deal.share.id.int % 10**10:010d}")
    with deal.work(deal.factory) as work:
        service.ship(work, deal.row.id, parcel.pieces, [parcel])


def deliver(deal: Deal) -> None:
    deal.later(3)
    with deal.work(deal.shop) as work:
        service.confirm_delivery(work, deal.share.id, "the warehouse")


def accept(deal: Deal) -> None:
    deal.later(1)
    with deal.work(deal.shop) as work:
        service.accept_share(work, deal.share.id)


def be_paid(deal: Deal) -> None:
    with deal.market.unit() as work:
        pay_factories(work)
    deal.settle()
    deal.later(3)


def review(deal: Deal) -> None:
    """Each side says how it was; both are published then."""
    with deal.work(deal.shop) as work:
        verdict = Verdict(5, {"as_agreed": 5, "on_time": 5, "communication": 4}, "Soft, even knitting, and early.")
        write_review(work, deal.share.id, verdict)
    with deal.work(deal.factory) as work:
        verdict = Verdict(4, {"requirements": 4, "quick_answers": 5, "pays_on_time": 5}, "资料齐，回复快，验收及时。")
        write_review(work, deal.share.id, verdict)


STEPS: Final = (
    pay, send_sample, approve_sample, pay, buy_materials, report_half, report_rest, inspect, pay, ship, deliver, accept,
    be_paid, review,
)  # fmt: skip
STORIES: Final = (
    Story("autumn run", 260, "navy", 48, len(STEPS)),
    Story("winter run", 320, "camel", 30, 1 + STEPS.index(deliver)),
    Story("gift box", 400, "sage", 17, 1 + STEPS.index(report_half)),
    Story("spring run", 280, "beige", 6, 1 + STEPS.index(send_sample)),
)


def photo() -> UploadedFile:
    return UploadedFile(PHOTO.name, PHOTO.read_bytes())


def walk_deals(market: Market, shop: Actor, factory_id: UUID, deliver_all: Delivery) -> int:
    """Play every story, the oldest first; returns how many there are. Only where payments are the sandbox's.

    Called while few factories are there, so that this one is asked for sure.
    """
    if not market.settings.gateway.is_sandbox:
        return 0
    with market.unit() as work:
        profile = profiles(work.session, [factory_id])[factory_id]
    factory = Actor(factory_id, None, profile.name, "factory")
    clock = FrozenClock(market.clock.now())
    with provider_of(replace(market, clock=clock), market.clock) as provider:
        for story in STORIES:
            clock.moment = market.clock.now() - timedelta(days=story.days_ago)
            provider.stand_at(clock.now())
            deal = Deal(provider, clock, deliver_all, shop, factory, factory_id)
            open_account(deal)
            deal.award_id = win(deal, story, profile)
            for step in STEPS[: story.steps]:
                step(deal)
    return len(STORIES)


def open_account(deal: Deal) -> None:
    """The factory names its bank to the provider, once."""
    with deal.work(deal.factory) as work:
        accounts.open_account(work, deal.factory_id, "CN", "factory001@demo.example")
    with deal.market.unit() as work:
        account = payments.payout_account(work.session, deal.factory_id)
    if account is None or account.is_enabled:
        return
    home = deal.market.settings.public_address
    deal.provider.fill_in(
        deal.market.gateway.onboarding_page(account.gateway_id, home, home, str(deal.market.new_id()))
    )
    deal.settle()


def win(deal: Deal, story: Story, profile: FactoryProfile) -> UUID:
    """The shop posts its order, the factory quotes for it and wins; returns the award."""
    with deal.work(deal.shop) as work:
        order = post_order(work, order_of(deal, story, profile), vocabulary=deal.market.vocabulary)
    with deal.market.unit() as work:
        leads = [found.lead for found in leads_of_order(work.session, order.organisation_id, order.id)]
    lead = next(found for found in leads if found.factory_id == profile.id)
    price = Money(price_of(profile), "CNY")
    draft = QuoteDraft(((story.pieces, price),), LEAD_TIME_DAYS, story.pieces, 14, Money(26_000, "CNY"), 5)
    deal.later(0.3)
    with deal.work(deal.factory) as work:
        quote = submit_quote(work, lead.id, draft)
    deal.later(0.3)
    with deal.work(deal.shop) as work:
        return award_quote(work, order.id, quote.id, order.version).id


def order_of(deal: Deal, story: Story, profile: FactoryProfile) -> OrderDraft:
    """An order for what the factory makes best."""
    category, material = profile.categories[0], profile.materials[0]
    words = deal.market.vocabulary
    names = [words.name("material", material, "en"), words.name("category", category, "en")]
    return OrderDraft(
        title=f"{' '.join(names).capitalize()}, {story.run}",
        quantity=story.pieces,
        source="demo",
        vertical=profile.vertical,
        category=category,
        processes=profile.processes[:1],
        materials=(MaterialShare(material),),
        colours=(story.colour,),
        target_price_minor=price_of(profile),
        due_on=market_day(deal.clock.now()) + timedelta(days=LEAD_TIME_DAYS + 15),
        grace_days=2,
        wants_pool=False,
        origin={"source": "synthetic"},
    )


def price_of(profile: FactoryProfile) -> int:
    """In fen: the middle of what the factory says it charges."""
    return ((profile.unit_price_low_minor or 6_000) + (profile.unit_price_high_minor or 10_000)) // 2
