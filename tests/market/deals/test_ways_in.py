"""The ways into a deal: the shop's list and menu, its order, a purchase order; and what its page warns of."""

from datetime import timedelta

from market.production import service
from market.production.clocks import nudge_silent_buyers
from market.production.watching import watch_milestones
from market.quotes.queries import awards_of_quote
from tests.market.deals.conftest import SignIn
from tests.market.deals.test_buying import send
from tests.market.deals.test_standing import address, flat
from tests.market.production.yard import PHOTO, Run, awarded, ladder, pooled_deal, single_deal, the_deal
from tests.market.settlement.test_flows import pay
from tests.market.town import Town


def test_the_list_shows_what_waits_first_and_the_menu_counts_it(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    shop = sign_in(run.shops[0])
    pay(run, "sample_fee")
    page = flat(shop.read("/deals"))
    assert "等您办" not in page and "¥380.01" in page and "打样中" in page and address(run) in page
    run.by_factory(service.make_sample, [PHOTO])
    page = shop.read("/deals")
    assert "等您办" in page and "确认样品" in page
    assert 'href="/deals" aria-current="page">交易<span class="wf-count">1<' in page
    stranger = sign_in(town.add_shop("South Shop"))
    assert address(run) not in stranger.read("/deals") and "选定工厂后" in stranger.read("/deals")


def test_an_order_leads_to_its_deal(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    shop, order = sign_in(run.shops[0]), run.share(run.shops[0]).order_id
    page = flat(shop.read(f"/orders/{order}"))
    assert "去交易" in page and "付样品费" in page and f'href="{address(run)}"' in page


def test_a_purchase_order_waits_for_its_deal_and_goes_on_to_it(town: Town, sign_in: SignIn) -> None:
    _factory, shop_id, quote_id = awarded(town)
    with town.work("system") as work:
        place = f"/deals/{awards_of_quote(work.session, quote_id)[0].id}"
    shop = sign_in(shop_id)
    waiting = shop.get(place)
    assert (waiting.status_code, waiting.location) == (302, f"{place}/purchase-order")
    assert f'hx-get="{place}/opened"' in shop.read(f"{place}/purchase-order")
    assert shop.get(f"{place}/opened").status_code == 204
    town.deliver()
    assert shop.get(f"{place}/opened").headers["HX-Redirect"] == place
    assert f'href="{place}"' in shop.read(f"{place}/purchase-order")
    assert sign_in(town.add_shop("South Shop")).get(f"{place}/opened").status_code == 404


def test_only_what_is_known_of_a_delay_is_said(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_materials()
    shop = sign_in(run.shops[0])
    assert "预计" not in flat(shop.read(address(run)))
    town.sweep(watch_milestones)
    assert "预计不会晚" in flat(shop.read(address(run)))
    town.clock.advance(timedelta(days=36))
    town.sweep(watch_milestones)
    assert "预计延期" in flat(shop.read(address(run)))
    town.clock.advance(timedelta(days=10))
    assert "已超过约定交期" in flat(shop.read(address(run)))


def test_a_clock_that_stands_is_said(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    town.clock.advance(timedelta(days=7))
    town.sweep(nudge_silent_buyers)
    page = flat(sign_in(run.shops[0], "en").read(address(run)))
    assert "The sample waits for its decision" in page


def test_a_run_that_falls_below_its_minimum_says_so_to_who_stayed(town: Town, sign_in: SignIn) -> None:
    run: Run = pooled_deal(town, ladder(300, days=30))
    small, large = run.shops
    send(sign_in(large), run, "cancel", kind="leave")
    assert run.deal_id == the_deal(town) and run.state == "cancelled"
    assert "剩下的买家凑不到工厂的起订量" in flat(sign_in(small).read(address(run)))
    page = flat(sign_in(large).read(address(run, 1)))
    assert "退出了这一批" in page and "打样中" not in page
