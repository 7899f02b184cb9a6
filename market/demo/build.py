"""Builds the demo market in an empty database, through the verbs that people use and the worker's own handlers."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from uuid import UUID

from flask_security import hash_password
from sqlalchemy import select

from market.demo.deals import walk_deals
from market.demo.factories import DemoFactory, synthetic_factories
from market.demo.materials import prepare_some, sell_knitwear, share_with_makers
from market.demo.orders import DemoOrder, apparel_orders, ledger_orders
from market.demo.replies import award_as_shops, reply_as_factories
from market.demo.sales import demo_shelves
from market.demo.stock import stock_shops
from market.factories.service import register_factory
from market.identity.queries import count_organisations
from market.identity.service import MARKET_ID, Registration, add_organisation, add_person, mark_as_demo
from market.kit.clock import FrozenClock, market_day
from market.kit.db import SYSTEM, act_as
from market.kit.outbox import OutboxEvent, forget_deliveries
from market.kit.work import Actor, Work
from market.leads.asking import ask_factory
from market.orders.service import post_order
from market.records.service import vouch
from market.wiring import Market
from market.worker import deliver_event

Say = Callable[[str], None]
PASSWORD = "weft demo market"  # noqa: S105 (printed on purpose; accounts of a demo)


@dataclass(frozen=True, slots=True)
class Size:
    factories: int
    ledger_orders: int
    apparel_orders: int
    items: tuple[int, ...]


FACTORIES_WITH_PERSON = 3
SIZES = {"full": Size(320, 140, 44, (36, 24, 24, 24)), "small": Size(90, 30, 14, (12, 8, 8, 8))}
NEW_FOR = timedelta(weeks=4)
"""Factories that joined since then begin with trial orders, as any that joins does."""
SOLD_FOR = timedelta(weeks=9)
"""How long ago the shops that bring their sales came to the market."""


def build_demo(market: Market, seed: int, say: Say) -> bool:
    """Fill an empty market: factories, shops, an operator, orders of the last days, and some factories' replies.

    Returns False, changing nothing, when any organisation beside the market's own exists.
    """
    with market.sessions() as session:
        act_as(session, SYSTEM)
        if count_organisations(session) > 1:
            return False
    size = SIZES[market.settings.demo_size]
    clock = FrozenClock(market.clock.now() - timedelta(days=2))
    past = replace(market, clock=clock)
    today = market_day(market.clock.now())
    orders = [*ledger_orders(market.vocabulary, size.ledger_orders, seed, today)]
    orders += apparel_orders(market.vocabulary, size.apparel_orders, seed, today)
    shops = first_shops(market, orders, len(size.items))
    found = synthetic_factories(market.vocabulary, size.factories, seed, today)
    factories = add_people(past, islice(found, FACTORIES_WITH_PERSON))
    deals = walk_deals(market, next(iter(shops.values())), factories[0], deliver_all)
    say(f"{deals} deals of the shop and the factory that sign in are on their way.")
    factories += add_factories(past, found)
    say(f"{size.factories} synthetic factories take leads.")
    stock_shops(market, list(shops.values()), demo_shelves(today, size.items), seed)
    say(f"{len(shops)} shops brought their sales and stock.")
    post_all(past, clock, orders, shops, seed)
    sell_knitwear(market, shops, seed)
    share_with_makers(past, shops, factories, seed)
    say(f"{len(orders)} orders are posted; pooling and matching them ...")
    deliver_all(past)
    quiet = set(factories[:FACTORIES_WITH_PERSON])
    answered = reply_as_factories(past, clock, seed, factories=factories, quiet=quiet, until=market.clock.now())
    deliver_all(past)
    awarded = award_as_shops(past, seed, most=len(orders) // 12)
    deliver_all(past)
    prepared = prepare_some(market, factories[0])
    deliver_all(past)
    ask_people(past, factories[:FACTORIES_WITH_PERSON])
    say(f"{answered} leads are answered, {awarded} orders are awarded, {prepared} materials are prepared.")
    return True


def ask_people(market: Market, factories: Sequence[UUID]) -> None:
    """Put before the factories that somebody signs in for what the night would ask them."""
    with market.sessions() as session:
        for factory_id in factories:
            ask_factory(market.system_work(session), market.ranker, factory_id)
        session.commit()


def add_people(market: Market, found: Iterable[DemoFactory]) -> list[UUID]:
    """The operator, and the factories that somebody can sign in for, whose ids are returned."""
    password = hash_password(PASSWORD)
    with market.unit() as work:
        mark_as_demo(work, MARKET_ID)
        add_person(work, MARKET_ID, Registration("operator", "Weft", "operator@demo.example", password, demo=True))
    return add_factories(market, found, password)


def add_factories(market: Market, found: Iterable[DemoFactory], password: str = "") -> list[UUID]:
    """Factories that take leads, whose ids are returned. With a password a person of each can sign in."""
    factories = []
    with market.unit() as work:
        for number, factory in enumerate(found, start=1):
            registration = Registration(
                kind="factory",
                name=factory.draft.name,
                email=f"factory{number:03d}@demo.example",
                password_hash=password,
                region=factory.draft.region,
                synthetic=True,
                demo=True,
            )
            row = add_organisation(work, registration, work.new_id())
            if password:
                add_person(work, row.id, registration)
            acting = replace(work, actor=Actor(row.id, None, row.name, "factory"))
            register_factory(
                acting, factory.draft, vocabulary=market.vocabulary, joined_on=factory.joined_on, synthetic=True
            )
            if password or factory.joined_on <= work.today - NEW_FOR:
                vouch(work, row.id, "it was here before records were kept", tell=False)
            factories.append(row.id)
    return factories


def first_shops(market: Market, orders: Sequence[DemoOrder], count: int) -> dict[str, Actor]:
    """The first shops of the orders, which came a while ago. The very first gets the demo's own sign-in."""
    then = replace(market, clock=FrozenClock(market.clock.now() - SOLD_FOR))
    with then.sessions() as session:
        work, password, shops = then.system_work(session), hash_password(PASSWORD), dict[str, Actor]()
        for order in orders:
            if order.shop not in shops and len(shops) < count:
                shops[order.shop] = add_shop(work, order, password, len(shops) + 1)
        session.commit()
    return shops


def post_all(
    market: Market, clock: FrozenClock, orders: Sequence[DemoOrder], shops: dict[str, Actor], seed: int
) -> None:
    """Post every order as its shop, spread over two days; a shop that is not there yet comes with its first order."""
    chance = random.Random(seed)  # noqa: S311 (a demo, not a secret)
    with market.sessions() as session:
        work = market.system_work(session)
        password = hash_password(PASSWORD)
        for order in orders:
            if order.shop not in shops:
                shops[order.shop] = add_shop(work, order, password, len(shops) + 1)
            clock.advance(timedelta(seconds=chance.randint(60, 600)))
            acting = replace(work, actor=shops[order.shop], now=clock.now())
            post_order(acting, order.draft, vocabulary=market.vocabulary)
        session.commit()


def add_shop(work: Work, order: DemoOrder, password: str, number: int) -> Actor:
    name = f"Shop {order.shop} · {order.country}" if order.shop.isdigit() else order.shop
    registration = Registration(
        kind="seller", name=name, email=f"shop{number:03d}@demo.example", password_hash=password, demo=True
    )
    row = add_organisation(work, registration, work.new_id())
    user_id = add_person(work, row.id, registration)
    return Actor(row.id, user_id, row.name, "seller")


def deliver_all(market: Market) -> int:
    """Do the worker's part at once: hand out events, oldest first, until none is left. Returns how many there were."""
    delivered = 0
    while waiting := undelivered(market):
        for organisation_id, event_id in waiting:
            deliver_event(market, organisation_id, event_id)
        with market.sessions() as session:
            forget_deliveries(session, [event_id for _organisation_id, event_id in waiting])
            session.commit()
        delivered += len(waiting)
    return delivered


def undelivered(market: Market) -> list[tuple[UUID, UUID]]:
    with market.sessions() as session:
        act_as(session, SYSTEM)
        statement = select(OutboxEvent.organisation_id, OutboxEvent.id).where(OutboxEvent.handled_at.is_(None))
        return [(row.organisation_id, row.id) for row in session.execute(statement.order_by(OutboxEvent.id))]
