"""From a quote to a purchase order: alone, in a race, and in pools."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, DomainFault, NotFound
from market.kit.history import IllegalMove
from market.kit.money import Money
from market.kit.work import Work
from market.leads.queries import inbox, lead_row, leads_of_order
from market.leads.service import decline_lead
from market.orders.queries import order_row
from market.orders.service import TermsChange, change_terms
from market.pooling.events import PoolChosen, PoolClosed
from market.pooling.queries import PoolView, pool_of_order, pool_row
from market.pooling.service import close_due_pools
from market.quotes import flows, queries, service
from market.quotes.events import QuoteChosen
from market.quotes.ladder import QuoteDraft
from market.quotes.models import QuoteState
from tests.market.town import Town


def ladder(*prices: tuple[int, int], days: int = 15, valid_days: int = 14) -> QuoteDraft:
    """A draft from (quantity, fen) pairs; the first quantity is the minimum."""
    steps = tuple((quantity, Money(minor, "CNY")) for quantity, minor in prices)
    return QuoteDraft(steps, days, prices[0][0], valid_days, Money(38_000, "CNY"), 3)


def lead_of(town: Town, factory: UUID) -> UUID:
    with town.work("factory", factory) as work:
        return inbox(work.session, factory, part="all").rows[0].id


def quote(town: Town, factory: UUID, draft: QuoteDraft) -> UUID:
    lead_id = lead_of(town, factory)
    with town.work("factory", factory) as work:
        quote_id = service.submit_quote(work, lead_id, draft).id
    town.deliver()
    return quote_id


def award(town: Town, shop: UUID, order_id: UUID, quote_id: UUID, version: int = 1) -> queries.AwardRow:
    with town.work("seller", shop) as work:
        return service.award_quote(work, order_id, quote_id, version)


def state_of(town: Town, quote_id: UUID) -> QuoteState:
    with town.work("system") as work:
        found = queries.quote(work.session, quote_id)
        assert found is not None
        return found.state


def test_the_chosen_quote_becomes_a_purchase_order_and_the_others_learn_why(town: Town) -> None:
    near, far, dear = (town.add_factory(name) for name in ("Near Knit", "Far Knit", "Dear Knit"))
    shop = town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    first = quote(town, near, ladder((200, 13_400), (800, 11_800)))
    slower = quote(town, far, ladder((200, 13_000), (700, 11_800), days=30))
    dearer = quote(town, dear, ladder((100, 14_000), (800, 12_900)))
    with town.work("seller", shop) as work:
        assert order_row(work.session, shop, order_id).state == "quoting"

    taken = award(town, shop, order_id, first)

    assert (taken.quantity, taken.unit_price, taken.total) == (800, Money(11_800, "CNY"), Money(9_440_000, "CNY"))
    assert [state_of(town, one) for one in (first, slower, dearer)] == ["awarded", "lost", "lost"]
    with town.work("seller", shop) as work:
        assert order_row(work.session, shop, order_id).state == "awarded"
        why = {
            entry.factory.id: (entry.lead.state, entry.lead.lost_reason)
            for entry in leads_of_order(work.session, shop, order_id)
        }
    assert why == {near: ("won", ""), far: ("lost", "time"), dear: ("lost", "price")}
    assert town.notices(shop).count("quote_received") == 3
    with town.work("factory", near) as work:
        assert [row.id for row in queries.awards_of_factory(work.session, near).rows] == [taken.id]
        assert queries.award(work.session, taken.id, near) == taken
    with town.work("factory", far) as work:
        assert queries.award(work.session, taken.id, far) is None


def test_of_two_awards_at_once_one_wins_and_the_other_names_it(town: Town) -> None:
    factories = [town.add_factory(name) for name in ("Left Knit", "Right Knit")]
    shop = town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    quotes = [quote(town, factory, ladder((200, 13_400 + place))) for place, factory in enumerate(factories)]
    together = threading.Barrier(2)
    outcomes: dict[UUID, queries.AwardRow | Conflict] = {}

    def choose(quote_id: UUID) -> None:
        together.wait(10)
        try:
            outcomes[quote_id] = award(town, shop, order_id, quote_id)
        except Conflict as fault:
            outcomes[quote_id] = fault

    rivals = [threading.Thread(target=choose, args=(quote_id,)) for quote_id in quotes]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(30)

    won = [found for found in outcomes.values() if isinstance(found, queries.AwardRow)]
    lost = [found for found in outcomes.values() if isinstance(found, service.AlreadyAwarded)]
    assert (len(won), len(lost)) == (1, 1)
    assert "Knit" in lost[0].message
    assert sorted(state_of(town, quote_id) for quote_id in quotes) == ["awarded", "lost"]
    with pytest.raises(service.AlreadyAwarded):
        award(town, shop, order_id, quotes[0])


def test_a_newer_version_replaces_the_open_one(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    first = quote(town, factory, ladder((200, 13_400)))
    second = quote(town, factory, ladder((200, 12_400)))

    assert (state_of(town, first), state_of(town, second)) == ("superseded", "open")
    with pytest.raises(service.QuoteNotOpen):
        award(town, shop, order_id, first)
    assert award(town, shop, order_id, second).unit_price == Money(12_400, "CNY")


def test_changed_terms_make_quotes_void_at_once_and_the_factory_may_quote_again(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    old = quote(town, factory, ladder((200, 13_400)))
    with town.work("seller", shop) as work:
        change_terms(work, order_id, TermsChange(version=1, quantity=900))

    with pytest.raises(service.StaleTerms):
        award(town, shop, order_id, old, version=1)
    with pytest.raises(service.StaleTerms):
        award(town, shop, order_id, old, version=2)  # the worker has not run yet

    town.deliver()
    assert state_of(town, old) == "void"
    assert "quote_void" in town.notices(factory)
    lead_id = lead_of(town, factory)
    with town.work("factory", factory) as work, pytest.raises(service.StaleTerms):
        service.submit_quote(work, lead_id, ladder((200, 13_400)), seen_round=1)
    new = quote(town, factory, ladder((200, 12_900)))
    assert award(town, shop, order_id, new, version=2).quantity == 900


def test_a_quote_ends_with_its_validity(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    quote_id = quote(town, factory, ladder((200, 13_400), valid_days=2))
    town.clock.advance(timedelta(days=2))

    with pytest.raises(service.QuoteNotOpen, match="expired"):
        award(town, shop, order_id, quote_id)
    assert town.sweep(service.expire_due_quotes) == 1
    assert state_of(town, quote_id) == "expired"
    assert town.sweep(service.expire_due_quotes) == 0


def test_a_factory_that_declines_takes_its_quote_back(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    town.post(shop, town.sweaters(800))
    quote_id = quote(town, factory, ladder((200, 13_400)))
    lead_id = lead_of(town, factory)
    with town.work("factory", factory) as work:
        decline_lead(work, lead_id, "capacity")
    with town.work("system") as work:
        service.withdraw_quote(work, lead_id, "capacity")
        service.withdraw_quote(work, lead_id, "capacity")
    assert state_of(town, quote_id) == "withdrawn"


def test_foreign_orders_quotes_and_leads_read_like_missing_ones(town: Town) -> None:
    factory = town.add_factory("Near Knit")
    stranger = town.add_factory("Toy Works", processes=(), categories=("scarf",), materials=("cotton",), attributes={})
    shop, rival = town.add_shop("North Shop"), town.add_shop("South Shop")
    order_id = town.post(shop, town.sweaters(800))
    quote_id, lead_id = quote(town, factory, ladder((200, 13_400))), lead_of(town, factory)
    other_id = town.post(rival, town.sweaters(900))

    attempts: list[tuple[str, UUID, Callable[[Work], object]]] = [
        ("seller", rival, lambda work: service.award_quote(work, order_id, quote_id, 1)),
        ("seller", rival, lambda work: service.award_quote(work, other_id, quote_id, 1)),
        ("seller", shop, lambda work: service.award_quote(work, order_id, lead_id, 1)),
        ("factory", stranger, lambda work: service.submit_quote(work, lead_id, ladder((200, 100)))),
    ]
    for role, organisation_id, attempt in attempts:
        with pytest.raises(NotFound), town.work(role, organisation_id) as work:
            attempt(work)
    with town.work("seller", rival) as work:
        assert queries.quote(work.session, quote_id) is None
        assert work.session.scalar(text("SELECT count(*) FROM quote_steps")) == 0


def test_a_pool_goes_to_what_more_than_half_of_its_pieces_want(town: Town) -> None:
    for name in ("Near Knit", "Far Knit"):
        town.add_factory(name)
    small, large = town.add_shop("Small Shop"), town.add_shop("Large Shop")
    minor, major, pool = reached_pool(town, small, large)
    near, far = _pool_quotes(town, minor, small, (12_000, 11_000))

    for shop, order_id, choice in ((small, minor, far), (large, major, near)):
        with town.work("seller", shop) as work:
            service.choose_quote(work, order_id, choice)
        with town.work("system") as work:
            service.count_choice(work, shop, pool.pool_id, order_id, choice)
        town.deliver()

    assert [state_of(town, one) for one in (near, far)] == ["awarded", "lost"]
    for shop, order_id, pieces in ((small, minor, 120), (large, major, pool.quantity - 120)):
        with town.work("seller", shop) as work:
            taken = queries.award_of_order(work.session, shop, order_id)
            assert taken is not None
            assert (taken.quantity, taken.total) == (pieces, Money(12_000 * pieces, "CNY"))
            assert order_row(work.session, shop, order_id).state == "awarded"
            assert work.session.scalar(text("SELECT count(*) FROM awards")) == 1  # the other member's stays unseen
    with town.work("system") as work:
        assert pool_row(work.session, pool.pool_id).state == "awarded"


def test_the_rule_takes_the_lowest_price_in_time_when_the_pool_closes_without_a_choice(town: Town) -> None:
    for name in ("Near Knit", "Far Knit", "Slow Knit"):
        town.add_factory(name)
    shop = town.add_shop("Small Shop")
    order_id, _other, _pool = reached_pool(town, shop, town.add_shop("Other Shop"))
    dear, cheap, late = _pool_quotes(town, order_id, shop, (12_000, 11_000, 9_000), days=(15, 15, 90))
    town.clock.advance(timedelta(days=6))

    assert town.sweep(close_due_pools) == 1
    town.deliver()

    assert [state_of(town, one) for one in (dear, cheap, late)] == ["lost", "awarded", "lost"]


def test_a_pool_that_closes_without_a_quote_lets_its_members_go(town: Town) -> None:
    town.add_factory("Near Knit")
    shop = town.add_shop("Small Shop")
    order_id, _other, _pool = reached_pool(town, shop, town.add_shop("Other Shop"))
    town.clock.advance(timedelta(days=6))
    assert town.sweep(close_due_pools) == 1
    town.deliver()
    with town.work("seller", shop) as work:
        assert order_row(work.session, shop, order_id).state == "offered"
        assert queries.award_of_order(work.session, shop, order_id) is None


def reached_pool(town: Town, small: UUID, large: UUID) -> tuple[UUID, UUID, PoolView]:
    """A small order of 120 pieces and a larger one that fills its pool; the pool as the small shop sees it."""
    minor = town.post(small, town.sweaters(120))
    with town.work("seller", small) as work:
        opened = pool_of_order(work.session, small, minor)
    assert opened is not None
    major = town.post(large, town.sweaters(opened.minimum - 100))
    with town.work("seller", small) as work:
        pool = pool_of_order(work.session, small, minor)
    assert pool is not None and pool.reached
    return minor, major, pool


def _pool_quotes(
    town: Town, order_id: UUID, shop: UUID, prices: tuple[int, ...], days: tuple[int, ...] = (15, 15, 15)
) -> list[UUID]:
    """One quote at each price, by one factory after the other, on the pool of an order."""
    with town.work("seller", shop) as work:
        entries = leads_of_order(work.session, shop, order_id)
    found = []
    for entry, price, lead_days in zip(entries, prices, days, strict=False):
        with town.work("factory", entry.factory.id) as work:
            assert lead_row(work.session, entry.lead.id).pool_id is not None
            draft = ladder((100, price), days=lead_days, valid_days=30)
            found.append(service.submit_quote(work, entry.lead.id, draft).id)
    town.deliver()
    return found


def test_moves_that_the_table_forbids_raise_and_change_nothing(town: Town) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    quote_id = quote(town, factory, ladder((200, 13_400)))
    award(town, shop, order_id, quote_id)
    with town.work("system") as work:
        assert service.void_quotes(work, shop, order_id, "again") == 0
        assert service.expire_due_quotes(work) == 0
    lead_id = lead_of(town, factory)
    with pytest.raises((Conflict, IllegalMove)) as raised, town.work("factory", factory) as work:
        service.submit_quote(work, lead_id, ladder((200, 100)))
    assert isinstance(raised.value, DomainFault)
    assert "won" in raised.value.message
    assert state_of(town, quote_id) == "awarded"


def test_a_choice_that_ended_before_the_worker_came_decides_nothing(town: Town) -> None:
    for name in ("Near Knit", "Far Knit"):
        town.add_factory(name)
    shop = town.add_shop("Large Shop")
    _minor, order_id, _pool = reached_pool(town, town.add_shop("Small Shop"), shop)
    near, far = _pool_quotes(town, order_id, shop, (12_000, 11_000))
    with town.work("system") as work:
        found = queries.quote(work.session, near)
        assert found is not None
        assert found.pool_id is not None
        service.withdraw_quote(work, found.lead_id, "capacity")
        flows.award_chosen_quote(work, PoolChosen(MARKET_ID, found.pool_id, near))
        flows.count_chosen_quote(work, QuoteChosen(shop, found.pool_id, order_id, near))
        assert pool_row(work.session, found.pool_id).state == "reached"
        flows.decide_closed_pool(work, PoolClosed(MARKET_ID, found.pool_id))
    assert (state_of(town, near), state_of(town, far)) == ("withdrawn", "awarded")
    with town.work("system") as work:
        flows.decide_closed_pool(work, PoolClosed(MARKET_ID, found.pool_id))
        flows.award_chosen_quote(work, PoolChosen(MARKET_ID, found.pool_id, far))
