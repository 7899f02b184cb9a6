"""A pool's states: its transition table, and how it follows the deal that its award became."""

import re
from dataclasses import replace
from datetime import timedelta

from market.kit.history import history_of
from market.orders.queries import order_row
from market.pooling.models import POOL_TRANSITIONS, PoolState
from market.pooling.queries import PoolView, last_pool_of_order, pool_row
from market.production import service
from market.production.events import RunMoved
from market.production.flows import POOL_BY_DEAL, move_pool_with_run
from market.production.models import DealState
from tests.market.deals.conftest import SignIn, clock, main_of, sign_in
from tests.market.disputes.bench import broken
from tests.market.moments import latest_inspection
from tests.market.production.yard import PHOTO, Run, ladder, pooled_deal
from tests.market.town import Town

__all__ = ["clock", "sign_in"]
TABLE = """
open       reached expired dissolved
reached    open locked awarded dissolved
locked     awarded shrunk dissolved
shrunk     locked awarded producing dissolved
awarded    producing shrunk dissolved
producing  allocated dissolved
allocated  done dissolved
done
expired
dissolved
"""


def test_the_table_is_as_written() -> None:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    assert {name: set(after) for name, *after in lines} == {
        before.value: {state.value for state in after} for before, after in POOL_TRANSITIONS.items()
    }
    assert set(POOL_TRANSITIONS) == set(PoolState)


def test_each_state_of_a_deal_has_one_of_its_pool() -> None:
    """In a dispute a pool stays where it is; what is not named comes before production."""
    before = {DealState.AWARDED, DealState.SAMPLING, DealState.DEPOSIT_DUE, DealState.MATERIALS}
    assert set(DealState) - set(POOL_BY_DEAL) == before | {DealState.DISPUTED}
    assert set(POOL_BY_DEAL.values()) <= {state.value for state in PoolState}


def pool_of(run: Run, place: int = 0) -> PoolView:
    """The pool of a shop's order as that shop sees it, whether it left or not."""
    shop = run.shops[place]
    with run.town.work("seller", shop) as work:
        found = last_pool_of_order(work.session, shop, run.share(shop).order_id)
    assert found is not None
    return found


def states_of(run: Run) -> list[str]:
    """The states through which a pool came, by its history."""
    with run.town.work("system") as work:
        row = pool_row(work.session, pool_of(run).pool_id)
        lines = history_of(work.session, row.organisation_id, "pools", row.id)
    return [line.to_state for line in reversed(lines) if line.to_state]


def deliver_again(run: Run) -> None:
    """The last news of the run comes once more, late."""
    with run.town.work("system") as work:
        move_pool_with_run(work, RunMoved(run.deal.organisation_id, run.deal_id))


def page_of_order(run: Run, sign_in: SignIn, place: int, language: str = "zh") -> str:
    shop = run.shops[place]
    page = main_of(sign_in(shop, language).read(f"/orders/{run.share(shop).order_id}")).replace("\xa0", " ")
    return page.partition('id="pool"')[2].partition("</section>")[0]


def test_a_pool_follows_its_deal_to_the_last_acceptance(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town)
    assert pool_of(run).state is PoolState.AWARDED
    assert "工厂已选定" in page_of_order(run, sign_in, 0)
    run.to_materials().by_factory(service.prove_materials, 500_000, [PHOTO])
    assert pool_of(run).state is PoolState.AWARDED
    run.by_factory(service.begin_production)
    assert pool_of(run).state is PoolState.PRODUCING
    for stage in service.stages_of(run.deal.vertical):
        run.by_factory(service.report_stage, stage)
    assert pool_of(run).state is PoolState.PRODUCING
    run.by_factory(service.report_inspection, run.report())
    assert pool_of(run).state is PoolState.ALLOCATED
    assert "各收各的货" in page_of_order(run, sign_in, 1)
    run.pay("balance")
    run.by_factory(service.ship, run.deal.pieces, run.parcels())
    for shop in run.shops:
        run.deliver(shop)
    run.accept(run.shops[0])
    assert pool_of(run).state is PoolState.ALLOCATED
    run.accept(run.shops[1])
    deliver_again(run)
    assert states_of(run)[-4:] == ["awarded", "producing", "allocated", "done"]
    card = page_of_order(run, sign_in, 0, "en")
    assert "Every member has accepted its goods" in card and not re.search("[一-鿿]", card)


def test_news_that_comes_late_brings_a_pool_through_every_state_and_never_back(town: Town) -> None:
    run = pooled_deal(town)
    quiet = {kind: handlers for kind, handlers in town.handlers.items() if kind is not RunMoved}
    deaf = Run(replace(town, handlers=quiet), run.factory, run.shops, run.deal_id)
    deaf.to_delivered()
    assert pool_of(run).state is PoolState.AWARDED
    town.deliver()
    assert states_of(run)[-3:] == ["awarded", "producing", "allocated"]


def test_a_pool_shrinks_when_a_member_leaves_and_goes_on_with_the_others(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    town.clock.advance(timedelta(hours=1))
    large = run.share(run.shops[1]).pieces
    run.by_shop(run.shops[0], service.cancel_deal)
    pool = pool_of(run, 1)
    assert (pool.state, pool.quantity, pool.member_count) == (PoolState.SHRUNK, large, 1)
    deliver_again(run)
    assert pool_of(run, 1) == pool
    assert f"这一批按 {large} 件继续做" in page_of_order(run, sign_in, 1)
    left = sign_in(run.shops[0])
    share = run.share(run.shops[0])
    assert "的订单不在这一批里" in page_of_order(run, sign_in, 0)
    for path in (f"/orders/{share.order_id}", f"/deals/{share.award_id}", f"/deals/{share.award_id}/purchase-order"):
        assert left.get(path).status_code == 200, path
    run.pay("deposit", run.shops[1])
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_factory(service.begin_production)
    assert states_of(run)[-3:] == ["awarded", "shrunk", "producing"]
    assert broken(town) == {}


def test_a_pool_dissolves_with_its_deal(town: Town, sign_in: SignIn) -> None:
    """Too few pieces are left once the large shop leaves; or both sides agree to cancel what is being made."""
    run = pooled_deal(town, ladder(200, days=30))
    run.by_shop(run.shops[1], service.cancel_deal)
    assert run.state == "cancelled"
    assert states_of(run)[-3:] == ["awarded", "shrunk", "dissolved"]
    pool = pool_of(run)
    assert (pool.state, pool.quantity) == (PoolState.DISSOLVED, 120)
    assert "这一批在选定工厂后取消了" in page_of_order(run, sign_in, 0)
    with town.work("seller", run.shops[0]) as work:
        assert order_row(work.session, run.shops[0], run.share(run.shops[0]).order_id).state.value == "awarded"
    assert broken(town) == {}


def test_a_run_that_both_sides_cancel_while_it_is_made_dissolves_its_pool(town: Town) -> None:
    run = pooled_deal(town).to_inspection()
    run.by_factory(service.cancel_deal)
    run.by_shop(run.shops[1], service.cancel_deal)
    assert (run.state, pool_of(run).state) == ("cancelled", PoolState.DISSOLVED)
    assert pool_of(run).member_count == 2


def test_a_pool_stands_still_while_its_run_is_in_dispute(town: Town) -> None:
    run = pooled_deal(town).to_inspection()
    run.by_factory(service.report_inspection, run.report(critical=1))
    run.by_shop(run.shops[1], service.decide_inspection, latest_inspection(run), "reject")
    assert (run.state, pool_of(run).state) == ("disputed", PoolState.PRODUCING)
    with town.work("system") as work:
        service.end_disputed_deal(work, run.deal_id)
    town.deliver()
    assert (run.state, pool_of(run).state) == ("cancelled", PoolState.DISSOLVED)
