"""A deal of one shop and a deal of a pool, from award to closing, through the verbs that people use."""

import pytest

from market.audit import CHAINS, broken_promises
from market.kit.money import Money
from market.orders.queries import order_row
from market.production import queries, service
from market.production.accepting import close_deal
from market.production.deals import WrongState, lock_deal
from tests.market.production.yard import FEE, PHOTO, PRICE, events, pooled_deal, single_deal
from tests.market.town import Town


def test_the_life_of_a_single_deal(town: Town) -> None:
    run = single_deal(town)
    shop = run.shops[0]
    run.pay("sample_fee")
    run.to_materials()
    with pytest.raises(WrongState, match="No purchase"), town.work("factory", run.factory) as work:
        service.begin_production(work, run.deal_id)
    run.by_factory(service.prove_materials, 300_000, [PHOTO], "yarn")
    run.by_factory(service.begin_production)
    first, *others = service.stages_of("apparel")
    run.by_factory(service.report_stage, first, note="all panels", files=[PHOTO])
    with pytest.raises(WrongState, match="reported already"), town.work("factory", run.factory) as work:
        service.report_stage(work, run.deal_id, first)
    for stage in others:
        assert run.state == "producing"
        run.by_factory(service.report_stage, stage)
    assert run.state == "inspecting"

    run.by_factory(service.report_inspection, run.report(major=5, minor=7), [PHOTO])
    assert run.state == "balance_due"
    balance = [one for one in events(town, "PaymentAsked") if one["purpose"] == "balance"]
    total = 800 * PRICE
    assert [one["minor"] for one in balance] == [total - total * 30 // 100 - FEE]
    with pytest.raises(WrongState, match="not held yet"), town.work("factory", run.factory) as work:
        service.ship(work, run.deal_id, 800, run.parcels())
    run.pay("balance")
    run.by_factory(service.ship, 800, run.parcels())
    with pytest.raises(WrongState, match="not delivered yet"), town.work("seller", shop) as work:
        service.accept_share(work, run.share(shop).id)
    run.deliver(shop)
    assert run.state == "delivered"
    run.accept(shop)
    assert run.state == "accepted"
    assert [one["deal_id"] for one in events(town, "DealAccepted")] == [str(run.deal_id)]
    with town.work("system") as work:
        service.settle_deal(work, run.deal_id)
        service.settle_deal(work, run.deal_id)
        close_deal(work, lock_deal(work, run.deal_id))
    assert run.state == "closed"
    with town.work("system") as work:
        assert order_row(work.session, shop, run.share(shop).order_id).state == "closed"
        assert dict(broken_promises(work))[CHAINS] == 0


def test_the_life_of_a_pooled_deal(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.to_inspection()
    sheet = {run.share(small).id: 120, run.share(large).id: run.share(large).pieces - 3}
    run.by_factory(service.report_inspection, run.report(allocated=sheet))
    asked = {one["share_id"]: one["minor"] for one in events(town, "PaymentAsked") if one["purpose"] == "balance"}
    for shop in run.shops:
        share = run.share(shop)
        deposit = share.total.minor * 30 // 100
        assert asked[str(share.id)] == (share.allocated or 0) * PRICE - deposit
    run.pay("balance", small)
    with pytest.raises(WrongState), town.work("factory", run.factory) as work:
        service.ship(work, run.deal_id, sum(sheet.values()), run.parcels())
    run.pay("balance", large)
    run.by_factory(service.ship, sum(sheet.values()), run.parcels())

    run.deliver(small)
    assert run.state == "shipped"
    run.accept(small)
    assert (run.state, run.share(small).accepted_by) == ("shipped", "buyer")
    with pytest.raises(WrongState, match="accepted already"), town.work("seller", small) as work:
        service.accept_share(work, run.share(small).id)
    with town.work("factory", run.factory) as work:
        service.confirm_delivery(work, run.share(large).id, "the gate", [PHOTO])
    assert run.state == "delivered"
    run.accept(large)
    assert run.state == "accepted"
    assert len(events(town, "DealAccepted")) == 1
    with town.work("seller", large) as work:
        assert [row.organisation_id for row in queries.shares_of_deal(work.session, run.deal_id)] == [large]
        assert queries.deals_of_shop(work.session, large).rows[0].id == run.deal_id
        assert queries.share(work.session, run.share(large).id).total == Money(run.share(large).total.minor, "CNY")
    with town.work("system") as work:
        assert dict(broken_promises(work))[CHAINS] == 0
