"""An award opens a deal: one, with all its shares, however often and in whatever order it is told."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from market.kit.clock import market_day
from market.kit.errors import NotFound
from market.production import queries, service
from market.production.flows import open_awarded_deal
from market.production.models import Deal, DealShare, Sample
from market.quotes import service as quotes
from market.quotes.events import QuoteAwarded
from market.quotes.queries import awards_of_quote
from market.wiring import table_of_handlers
from tests.market.production.yard import (
    FEE,
    PRICE,
    events,
    ladder,
    pooled_deal,
    single_deal,
    visible_shares,
)
from tests.market.quotes.test_award import lead_of, reached_pool
from tests.market.town import Town


def test_an_award_becomes_a_deal_with_one_share_and_its_sample_is_asked_at_once(town: Town) -> None:
    run = single_deal(town)
    deal, share = run.deal, run.share(run.shops[0])

    assert (deal.organisation_id, deal.factory_id, deal.state.value) == (run.shops[0], run.factory, "sampling")
    assert (deal.pieces, share.pieces, share.total.minor) == (800, 800, 800 * PRICE)
    assert deal.due_on == market_day(town.clock.now()) + timedelta(days=40)
    assert "sample_asked" in town.notices(run.factory)
    assert [(asked["purpose"], asked["minor"]) for asked in events(town, "PaymentAsked")] == [("sample_fee", FEE)]
    assert [opened["deal_id"] for opened in events(town, "DealOpened")] == [str(deal.id)]


def test_the_awards_of_a_pool_make_one_deal_with_a_share_each_and_split_the_fee_exactly(town: Town) -> None:
    run = pooled_deal(town)
    small, large = (run.share(shop) for shop in run.shops)

    assert run.deal.pieces == small.pieces + large.pieces
    fees = {asked["share_id"]: asked["minor"] for asked in events(town, "PaymentAsked")}
    assert set(fees) == {str(small.id), str(large.id)}
    assert sum(int(str(fee)) for fee in fees.values()) == FEE
    assert len(events(town, "DealOpened")) == 1


def test_events_of_a_pool_that_come_again_or_backwards_change_nothing(town: Town) -> None:
    run = pooled_deal(town)
    before = len(events(town, "PaymentAsked"))
    with town.work("system") as work:
        awards = awards_of_quote(work.session, run.deal.quote_id)
        for award in [*reversed(awards), *awards]:
            told = QuoteAwarded(award.organisation_id, award.id, award.order_id, award.quote_id, award.factory_id)
            open_awarded_deal(work, told)
    with town.work("system") as work:
        counts = [work.session.scalar(select(func.count()).select_from(kind)) for kind in (Deal, DealShare, Sample)]
    assert counts == [1, 2, 1]
    assert len(events(town, "PaymentAsked")) == before


def test_a_quote_that_nobody_awarded_opens_nothing(town: Town) -> None:
    with pytest.raises(NotFound), town.work("system") as work:
        service.open_deal(work, UUID(int=7))


@pytest.mark.parametrize(("days", "held"), [(68, True), (69, False)])
def test_a_deal_that_holds_money_for_longer_than_it_may_is_refused_at_award(town: Town, days: int, held: bool) -> None:
    factory, shop = town.add_factory("Near Knit"), town.add_shop("North Shop")
    order_id = town.post(shop, town.sweaters(800))
    lead_id = lead_of(town, factory)
    with town.work("factory", factory) as work:
        quote_id = quotes.submit_quote(work, lead_id, ladder(days=days)).id
    if held:
        with town.work("seller", shop) as work:
            assert quotes.award_quote(work, order_id, quote_id, 1).lead_time_days == days
        return
    with pytest.raises(quotes.HeldTooLong) as refused, town.work("seller", shop) as work:
        quotes.award_quote(work, order_id, quote_id, 1)
    assert all(part in refused.value.message for part in ("69 days", "91 days", "90 are the most", "68 days or less"))
    with town.work("system") as work:
        assert awards_of_quote(work.session, quote_id) == []


def test_a_pool_never_goes_to_a_quote_whose_money_could_not_be_held(town: Town) -> None:
    slow, quick = town.add_factory("Slow Knit"), town.add_factory("Quick Knit")
    small, large = town.add_shop("Small Shop"), town.add_shop("Large Shop")
    order_id, _major, pool = reached_pool(town, small, large)
    found = {}
    for factory, draft in ((slow, ladder(100, days=69)), (quick, ladder(100, days=30))):
        lead_id = lead_of(town, factory)
        with town.work("factory", factory) as work:
            found[factory] = quotes.submit_quote(work, lead_id, draft).id
    with town.work("seller", small) as work, pytest.raises(quotes.HeldTooLong):
        quotes.choose_quote(work, order_id, found[slow])
    with town.work("system") as work, pytest.raises(quotes.HeldTooLong):
        quotes.award_pool(work, pool.pool_id, found[slow])
    with town.work("system") as work:
        quotes.award_chosen(work, pool.pool_id, found[slow])
        assert awards_of_quote(work.session, found[slow]) == []
        best = quotes.best_pool_quote(work, pool.pool_id)
        assert best is not None and best.id == found[quick]


def test_a_member_sees_its_own_share_alone_and_a_stranger_nothing(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    stranger, other_factory = town.add_shop("Strange Shop"), town.add_factory("Other Knit")
    for role, organisation_id, seen in (
        ("seller", small, {small}),
        ("seller", large, {large}),
        ("factory", run.factory, {small, large}),
        ("seller", stranger, set()),
        ("factory", other_factory, set()),
    ):
        with town.work(role, organisation_id) as work:
            assert visible_shares(work) == seen
            own = queries.asks_of_deal(work.session, run.deal_id)
            assert len(own) == len(seen)
            if seen:
                assert queries.deal(work.session, run.deal_id).code
                assert len(queries.samples_of_deal(work.session, run.deal_id)) == 1
            else:
                with pytest.raises(NotFound):
                    queries.deal(work.session, run.deal_id)
                assert queries.samples_of_deal(work.session, run.deal_id) == ()


def test_every_event_of_deals_has_its_place_in_the_table_of_the_worker(town: Town) -> None:
    names = {kind.__name__ for kind in table_of_handlers(town.ranker)}
    assert {
        *("DealOpened", "PaymentAsked", "PaymentDropped", "ShareLeft", "MemberSpoke"),
        *("MilestoneLate", "DealAccepted", "DealCancelled"),
    } <= names
