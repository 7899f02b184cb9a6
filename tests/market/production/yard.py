"""Deals for the tests of production: one shop's, or a pool's of two, brought as far along as a test needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from market.kit.money import Money
from market.kit.outbox import OutboxEvent
from market.kit.uploads import UploadedFile
from market.kit.work import Work
from market.leads.queries import inbox, leads_of_order
from market.orders.drafts import OrderDraft
from market.pooling.queries import pool_of_order
from market.production import queries, service
from market.production.models import Deal, DealShare, Sample
from market.quotes import service as quotes
from market.quotes.ladder import QuoteDraft
from tests.market.town import Town

PHOTO = UploadedFile("front.png", b"\x89PNG\r\n\x1a\n" + b"a photo")
PRICE = 12_000
FEE = 38_001


def ladder(minimum: int = 200, *, days: int = 40, fee: int | None = FEE) -> QuoteDraft:
    steps = ((minimum, Money(PRICE, "CNY")),)
    return QuoteDraft(steps, days, minimum, 14, None if fee is None else Money(fee, "CNY"), 7)


@dataclass
class Run:
    """A deal in a town. shops: its buyers, the first one with the fewest pieces."""

    town: Town
    factory: UUID
    shops: tuple[UUID, ...]
    deal_id: UUID

    @property
    def deal(self) -> queries.DealRow:
        with self.town.work("system") as work:
            return queries.deal(work.session, self.deal_id)

    @property
    def state(self) -> str:
        return self.deal.state.value

    def share(self, shop: UUID) -> queries.ShareRow:
        with self.town.work("system") as work:
            found = queries.shares_of_deal(work.session, self.deal_id, with_left=True)
        return next(row for row in found if row.organisation_id == shop)

    def by_factory(self, verb: Callable[..., object], *arguments: object, **named: object) -> None:
        with self.town.work("factory", self.factory) as work:
            verb(work, self.deal_id, *arguments, **named)
        self.town.deliver()

    def by_shop(self, shop: UUID, verb: Callable[..., object], *arguments: object, **named: object) -> None:
        with self.town.work("seller", shop) as work:
            verb(work, self.deal_id, *arguments, **named)
        self.town.deliver()

    def sample_id(self) -> UUID:
        with self.town.work("system") as work:
            statement = select(Sample.id).where(Sample.deal_id == self.deal_id).order_by(Sample.version.desc()).limit(1)
            return work.session.scalars(statement).one()

    def pay(self, purpose: str, shop: UUID | None = None) -> None:
        """What settlement says once the money of a share, or of every share, is held."""
        for one in (shop,) if shop else self.shops:
            with self.town.work("system") as work:
                service.payment_arrived(work, self.share(one).id, purpose)
        self.town.deliver()

    def approve(self) -> None:
        """Every shop approves the sample that was made."""
        sample_id = self.sample_id()
        for shop in reversed(self.shops):
            if self.state == "sampling":
                self.by_shop(shop, service.approve_sample, sample_id)

    def to_materials(self) -> "Run":
        self.by_factory(service.make_sample, [PHOTO])
        self.approve()
        self.pay("deposit")
        return self

    def to_inspection(self) -> "Run":
        self.to_materials()
        self.by_factory(service.prove_materials, 500_000, [PHOTO])
        self.by_factory(service.begin_production)
        for stage in service.stages_of(self.deal.vertical):
            self.by_factory(service.report_stage, stage)
        return self

    def report(self, **changes: Any) -> service.InspectionReport:
        """A flawless inspection that gives every share what it ordered, unless `changes` say otherwise."""
        sampled = service.inspection_terms(self.deal.inspection, self.deal.pieces).sampled
        sheet = {share.id: share.pieces for share in map(self.share, self.shops) if share.left_at is None}
        found: dict[str, Any] = {"sampled": sampled, "critical": 0, "major": 0, "minor": 0, "allocated": sheet}
        return service.InspectionReport(**{**found, **changes})

    def to_balance(self, **changes: Any) -> "Run":
        self.to_inspection()
        self.by_factory(service.report_inspection, self.report(**changes))
        return self

    def parcels(self) -> list[service.Parcel]:
        """What the sheet gives each share."""
        shares = [self.share(shop) for shop in self.shops]
        return [service.Parcel(one.id, one.allocated or 0, "SF", f"SF{place}") for place, one in enumerate(shares)]

    def to_shipped(self) -> "Run":
        self.to_balance()
        self.pay("balance")
        self.by_factory(service.ship, sum(one.pieces for one in self.parcels()), self.parcels())
        return self

    def to_delivered(self) -> "Run":
        self.to_shipped()
        for shop in self.shops:
            self.deliver(shop)
        return self

    def deliver(self, shop: UUID) -> None:
        with self.town.work("seller", shop) as work:
            service.confirm_delivery(work, self.share(shop).id, "the warehouse")
        self.town.deliver()

    def accept(self, shop: UUID) -> None:
        with self.town.work("seller", shop) as work:
            service.accept_share(work, self.share(shop).id)
        self.town.deliver()


def single_deal(town: Town, *, draft: QuoteDraft | None = None, order: OrderDraft | None = None) -> Run:
    """The deal of one shop's order at one factory, just opened."""
    factory, shop, _quote_id = awarded(town, draft, order)
    town.deliver()
    return Run(town, factory, (shop,), the_deal(town))


def awarded(town: Town, draft: QuoteDraft | None = None, order: OrderDraft | None = None) -> tuple[UUID, UUID, UUID]:
    """Factory, shop and quote of an award that no worker has heard of yet."""
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, order or town.sweaters(800))
    with town.work("factory", factory) as work:
        lead_id = inbox(work.session, factory, part="all").rows[0].id
        quote_id = quotes.submit_quote(work, lead_id, draft or ladder()).id
    town.deliver()
    with town.work("seller", shop) as work:
        quotes.award_quote(work, order_id, quote_id, 1)
    return factory, shop, quote_id


def pooled_deal(town: Town, draft: QuoteDraft | None = None) -> Run:
    """The deal of a pool: a small shop with 120 pieces, and a large one with the rest of the run."""
    factory = town.add_factory("Near Knit")
    small, large = town.add_shop("Small Shop"), town.add_shop("Large Shop")
    minor = town.post(small, town.sweaters(120))
    with town.work("seller", small) as work:
        opened = pool_of_order(work.session, small, minor)
    assert opened is not None
    town.post(large, town.sweaters(opened.minimum - 100))
    with town.work("seller", small) as work:
        lead_id = leads_of_order(work.session, small, minor)[0].lead.id
    with town.work("factory", factory) as work:
        quote_id = quotes.submit_quote(work, lead_id, draft or ladder(100, days=30)).id
    town.deliver()
    with town.work("system") as work:
        quotes.award_pool(work, opened.pool_id, quote_id)
    town.deliver()
    return Run(town, factory, (small, large), the_deal(town))


def the_deal(town: Town) -> UUID:
    """The one deal that there is."""
    with town.work("system") as work:
        return work.session.scalars(select(Deal.id)).one()


def events(town: Town, name: str) -> list[dict[str, object]]:
    """The payloads of one kind of event, oldest first."""
    with town.work("system") as work:
        statement = select(OutboxEvent.payload).where(OutboxEvent.name == name).order_by(OutboxEvent.id)
        return list(work.session.scalars(statement))


def visible_shares(work: Work) -> set[UUID]:
    return set(work.session.scalars(select(DealShare.organisation_id)))
