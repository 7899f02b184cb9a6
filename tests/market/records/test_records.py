"""Records are counted from what really happened, and the limits that follow from them hold when leads are offered."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.kit.errors import Conflict, Invalid
from market.leads.queries import inbox
from market.leads.service import decline_lead
from market.production import service as deals
from market.quotes import service as quotes
from market.records.buyers import buyer_record, buyer_records
from market.records.parts import Part
from market.records.queries import FactoryStanding, standing, standing_now
from market.records.service import count_stale_records, stop_vouching, vouch
from tests.market.disputes.bench import delivered, dispute
from tests.market.production.yard import Run, ladder, single_deal
from tests.market.town import Town

SMALL = 400
LARGE = 800


def kept(town: Town, factory: UUID) -> FactoryStanding:
    with town.work("system") as work:
        return standing(work.session, factory)


def waiting(town: Town, factory: UUID) -> int:
    with town.work("factory", factory) as work:
        return len(inbox(work.session, factory).rows)


def accepted(town: Town, factory: UUID, shop: UUID, *, late: bool = False) -> Run:
    """A small order of this shop, made by this factory and accepted; late: shipped after its day."""
    order_id = town.post(shop, town.sweaters(SMALL, wants_pool=False))
    with town.work("factory", factory) as work:
        card = next(row for row in inbox(work.session, factory, part="all").rows if row.lead.order_id == order_id)
        quote_id = quotes.submit_quote(work, card.id, ladder()).id
    town.deliver()
    with town.work("seller", shop) as work:
        quotes.award_quote(work, order_id, quote_id, 1)
    town.deliver()
    with town.work("system") as work:
        deal_id = work.session.scalar(text("SELECT id FROM deals WHERE quote_id = :id"), {"id": quote_id})
    run = Run(town, factory, (shop,), deal_id)
    run.to_balance()
    run.pay("balance")
    if late:
        town.clock.advance(timedelta(days=60))
    run.by_factory(deals.ship, SMALL, run.parcels())
    run.deliver(shop)
    run.accept(shop)
    return run


def test_a_new_factory_gets_trial_orders_and_its_limits_rise(town: Town) -> None:
    factory, shop = town.add_newcomer("New Knit"), town.add_shop("North Shop")
    town.post(shop, town.sweaters(LARGE))
    assert waiting(town, factory) == 0, "too many pieces for a trial"
    town.post(shop, town.sweaters(SMALL, wants_pool=False, target_price_minor=15_100))
    assert waiting(town, factory) == 0, "too much money for a trial"
    assert kept(town, factory).step.name == "trial"

    accepted(town, factory, shop)
    assert (kept(town, factory).points, kept(town, factory).step.name) == (1, "trial")
    accepted(town, factory, shop)
    assert (kept(town, factory).points, kept(town, factory).step.name) == (2, "rising")
    assert "limits_rose" in town.notices(factory)
    town.post(shop, town.sweaters(LARGE))
    assert waiting(town, factory) == 1
    town.clock.advance(timedelta(days=400))
    town.sweep(count_stale_records)
    assert (kept(town, factory).points, kept(town, factory).step.name) == (2, "rising"), "a silent year changes nothing"


def test_a_trial_is_a_few_leads_at_once_and_the_next_comes_when_one_is_answered(town: Town) -> None:
    factory, shop = town.add_newcomer("New Knit"), town.add_shop("North Shop")
    for more in range(5):
        town.post(shop, town.sweaters(SMALL + more, wants_pool=False))
    assert waiting(town, factory) == 3
    with town.work("factory", factory) as work:
        decline_lead(work, inbox(work.session, factory).rows[0].id, "capacity")
    town.deliver()
    town.post(shop, town.sweaters(SMALL + 9, wants_pool=False))
    assert waiting(town, factory) == 3


def test_a_factory_whose_own_smallest_run_is_large_still_gets_one(town: Town) -> None:
    factory = town.add_newcomer("Big Knit", minimum_quantity=700)
    town.post(town.add_shop("North Shop"), town.sweaters(LARGE, wants_pool=False, target_price_minor=7_000))
    assert waiting(town, factory) == 1


def test_what_is_kept_is_what_happened(town: Town) -> None:
    factory, shop = town.add_newcomer("New Knit"), town.add_shop("North Shop")
    accepted(town, factory, shop)
    accepted(town, factory, shop, late=True)
    found = kept(town, factory)
    assert (found.points, found.step.name) == (0, "trial"), "one in time and one late"
    with town.work("factory", factory) as work:
        own = standing_now(work.session, factory)
    with town.work("system") as work:
        everybody = standing_now(work.session, factory)
    assert own.counts == everybody.counts, "a factory sees all of its own past"
    counts = own.counts
    assert (counts.deals, counts.on_time, counts.samples) == (2, Part(1, 2), Part(2, 2))
    assert (counts.answered, counts.quoted, counts.lost, counts.reviews) == (Part(2, 2), Part(2, 2), Part(0, 0), 0)
    town.clock.advance(timedelta(days=2))
    assert town.sweep(count_stale_records) == 1 and kept(town, factory).counts == counts
    with town.work("seller", shop) as work:
        assert standing(work.session, factory).counts == counts, "everybody reads what is kept"


def test_an_operators_word_lifts_at_once_and_is_no_shield(town: Town) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], 100_000)
    assert kept(town, run.factory).points == 10
    case.escalated().decide("refund")
    found = kept(town, run.factory)
    assert (found.points, found.step.name, found.counts.lost) == (7, "established", Part(1, 1))
    with town.work("operator") as work:
        stop_vouching(work, run.factory, "the papers were not its own")
    assert (kept(town, run.factory).points, kept(town, run.factory).step.name) == (-3, "trial")
    assert town.notices(run.factory)[-1] == "limits_fell"
    with pytest.raises(Invalid), town.work("operator") as work:
        vouch(work, run.factory, "  ")
    with town.work("operator") as work:
        vouch(work, run.factory, "visited the mill")
    assert kept(town, run.factory).step.name == "established"
    with pytest.raises(Conflict), town.work("operator") as work:
        vouch(work, run.factory, "again")
    with town.work("system") as work:
        told = work.session.execute(
            text("SELECT what, why, actor_name FROM history WHERE aggregate = 'factory_records' ORDER BY sequence")
        ).all()
    assert ("vouched for", "visited the mill", "a operator") in [tuple(line) for line in told]


def test_a_factory_that_ends_its_deal_falls(town: Town) -> None:
    run = single_deal(town)
    run.by_factory(deals.cancel_deal)
    assert run.state == "cancelled"
    found = kept(town, run.factory)
    assert (found.points, found.counts.cancelled, found.counts.deals) == (8, 1, 0)


def test_a_buyers_record_counts_its_payments_and_what_it_cancelled(town: Town) -> None:
    run = delivered(single_deal(town))
    (shop,) = run.shops
    idle = town.add_shop("Idle Shop")
    with town.work("system") as work:
        found = buyer_records(work.session, {shop, idle}, work.now)
        dues = work.session.scalar(text("SELECT count(*) FROM dues WHERE organisation_id = :id"), {"id": shop})
    assert found[idle].payments == 0 and found[idle].paid.share is None
    assert dues == 3 and found[shop].paid == Part(3, 3)
    assert (found[shop].orders, found[shop].awards, found[shop].deals, found[shop].cancelled) == (1, 1, 1, 0)


def test_what_was_not_paid_in_time_counts_against_a_buyer(town: Town) -> None:
    run = single_deal(town)
    (shop,) = run.shops
    town.clock.advance(timedelta(days=60))
    with town.work("system") as work:
        found = buyer_record(work.session, {shop}, work.now)
    assert found.payments and found.paid_on_time == 0
    run.by_shop(shop, deals.cancel_deal)
    with town.work("system") as work:
        assert buyer_record(work.session, {shop}, work.now).cancelled == 1
