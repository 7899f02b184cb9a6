"""A run of several brands at one factory of the live market: each sits before a browser of its own."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Page
from sqlalchemy import text

from market.kit.errors import Conflict
from market.kit.money import Money
from market.kit.work import Work
from market.leads.queries import inbox
from market.orders.drafts import MaterialShare, OrderDraft
from market.orders.service import post_order, withdraw_order
from market.pooling.queries import PoolView, pool_of_order
from market.quotes import queries as quotes
from market.quotes import service as quoting
from market.quotes.ladder import QuoteDraft
from tests.browser import DESKTOP, PHONE, OpenPage, accessibility_faults
from tests.journeys.behind import Behind, Live, wait_until
from tests.journeys.shoemakers import Shoemakers, join_brand

PRICE_MINOR = 5_800
SIZES = (DESKTOP, PHONE)


def can_be_used(page: Page) -> None:
    """On a desktop and on a phone: no fault that axe finds, and nothing wider than the screen."""
    for size in SIZES:
        page.set_viewport_size(size)
        assert accessibility_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@dataclass(frozen=True)
class Member:
    """One brand of a run. deal: what is behind its page of the deal; its page stands there."""

    name: str
    design: str
    organisation_id: UUID
    order_id: UUID
    page: Page
    deal: Behind


@dataclass(frozen=True)
class PooledRun:
    """members: in the order in which they were named. factory: its phone stands before the deal."""

    factory: Page
    members: tuple[Member, ...]

    @property
    def deal(self) -> Behind:
        return self.members[0].deal


def gather(
    live: Live,
    shoemakers: Shoemakers,
    open_page: OpenPage,
    factory: str,
    brands: Sequence[tuple[str, str, int]],
) -> PooledRun:
    """Brands whose orders fill one run, awarded to a factory. brands: name, its own name of its design, pieces."""
    maker = shoemakers.join(factory)
    pages = [join_brand(open_page, name, phone=True) for name, _design, _pieces in brands]
    shops = [_organisation(live, name) for name, _design, _pieces in brands]
    orders: list[UUID] = []
    try:
        for shop, (_name, design, pieces) in zip(shops, brands, strict=True):
            orders.append(_post(live, shop, design, pieces))
        _award(live, shops[0], orders[0], len(brands), _organisation(live, factory))
    finally:
        _take_back(live, shops, orders)
    members = tuple(
        _member(live, page, shop, order, brand)
        for page, shop, order, brand in zip(pages, shops, orders, brands, strict=True)
    )
    for member in members:
        member.page.goto(member.deal.address)
    maker.goto(members[0].deal.address)
    return PooledRun(maker, members)


def _award(live: Live, shop: UUID, order_id: UUID, members: int, factory_id: UUID) -> None:
    """Once all are in the pool of an order, the factory quotes for it and gets it."""
    wait_until(lambda: _is_reached(_pool(live, shop, order_id), members))
    live.settle()
    pool = _pool(live, shop, order_id)
    assert pool is not None
    quote_id = _quote(live, factory_id)
    with live.work() as work:
        quoting.award_pool(work, pool.pool_id, quote_id)
    live.settle()


def _take_back(live: Live, shops: Sequence[UUID], orders: Sequence[UUID]) -> None:
    """No other journey meets these orders in a pool. What was awarded stays."""
    for shop, order_id in zip(shops, orders, strict=False):
        with suppress(Conflict), live.work(shop) as work:
            withdraw_order(work, order_id, "the journey is over")


def _organisation(live: Live, name: str) -> UUID:
    """The newest of this name."""
    newest = text("SELECT id FROM organisations WHERE name = :name ORDER BY created_at DESC LIMIT 1")
    with live.work() as work:
        return UUID(str(work.session.scalar(newest, {"name": name})))


def _post(live: Live, shop: UUID, design: str, pieces: int) -> UUID:
    """Post shoes of one kind, which others' orders of the kind go with."""

    def draft(work: Work) -> OrderDraft:
        return OrderDraft(
            title=design,
            quantity=pieces,
            unit="pair",
            vertical="apparel",
            category="flats",
            processes=("shoe-lasting",),
            materials=(MaterialShare("genuine-leather"),),
            due_on=work.today + timedelta(days=60),
        )

    with live.work(shop) as work:
        return post_order(work, draft(work)).id


def _pool(live: Live, shop: UUID, order_id: UUID) -> PoolView | None:
    with live.work() as work:
        return pool_of_order(work.session, shop, order_id)


def _is_reached(pool: PoolView | None, members: int) -> bool:
    return pool is not None and pool.reached and pool.member_count == members


def _quote(live: Live, factory_id: UUID) -> UUID:
    steps = ((300, Money(PRICE_MINOR, "CNY")),)

    def leads() -> list[UUID]:
        with live.work(factory_id, "factory") as work:
            return [row.id for row in inbox(work.session, factory_id, part="all").rows]

    wait_until(leads)
    with live.work(factory_id, "factory") as work:
        return quoting.submit_quote(work, leads()[0], QuoteDraft(steps, 30, 300, 14, None, 7)).id


def _member(live: Live, page: Page, shop: UUID, order_id: UUID, brand: tuple[str, str, int]) -> Member:
    with live.work() as work:
        award = quotes.award_of_order(work.session, shop, order_id)
    assert award is not None
    return Member(brand[0], brand[1], shop, order_id, page, Behind(live.engine, live.settings, award.id))
