"""Reviews on pages: asked for on both sides of a deal, written, published, answered, hidden, and on public pages."""

import re
from datetime import timedelta
from uuid import UUID

from flask import Flask, get_template_attribute

from market.leads.queries import inbox
from market.reviews.queries import Rating
from tests.market.disputes.bench import delivered, dispute
from tests.market.production.yard import Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.reviews.conftest import SignIn, main_of
from tests.market.reviews.critics import GOOD, accepted, by_factory, by_shop
from tests.market.town import Town


def flat(page: str) -> str:
    return " ".join(main_of(page).replace("\xa0", " ").split())


def deal_page(run: Run, visitor: Visitor, place: int = 0) -> str:
    return flat(visitor.read(f"/deals/{run.share(run.shops[place]).award_id}"))


def form_of(run: Run, place: int = 0) -> str:
    return f"/reviews/{run.share(run.shops[place]).id}"


def test_a_shop_reviews_its_factory_and_changes_its_mind(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_delivered()
    shop = sign_in(run.shops[0])
    assert "评价" not in deal_page(run, shop)
    assert "验收之后" in flat(shop.read(form_of(run)))
    run.accept(run.shops[0])
    page = deal_page(run, shop)
    assert "这一单怎么样" in page and f'href="{form_of(run)}"' in page
    assert "待写的评价" in flat(shop.read("/deals"))
    assert "请在 12 月 7 日前写评价" in shop.read("/notices").replace("\xa0", " ")
    empty = shop.post(form_of(run), words="缝线开了 <b>", on_time="4")
    assert empty.status_code == 422 and "请选 1 到 5 分" in words_of(empty)
    assert "缝线开了 &lt;b&gt;" in empty.text and re.search(r'name="on_time" value="4" checked', empty.text)
    long = shop.post(form_of(run), stars="4", words="长" * 1001)
    assert long.status_code == 422 and "1000" in words_of(long)
    assert shop.post(form_of(run), stars="4", on_time="3", words="缝线开了").status_code == 303
    page = deal_page(run, shop)
    assert "现在只有您看得到" in page and "缝线开了" in page and "准时 3" in page and "这一单怎么样" not in page
    assert "待写的评价" not in flat(shop.read("/deals"))
    changed = shop.read(form_of(run))
    assert "缝线开了" in changed and re.search(r'name="stars" value="4" checked', changed)
    assert shop.post(form_of(run), stars="5", on_time="", words="补好了").status_code == 303
    page = deal_page(run, shop)
    assert "补好了" in page and "缝线开了" not in page and "准时 3" not in page


def test_both_in_are_read_by_both_and_answered_once(town: Town, sign_in: SignIn) -> None:
    run = accepted(single_deal(town))
    shop, factory = sign_in(run.shops[0]), sign_in(run.factory, "en")
    by_shop(run)
    asked = deal_page(run, factory)
    assert "How was it?" in asked and GOOD.words not in asked
    assert factory.post(form_of(run), stars="3", pays_on_time="2", words="late twice").status_code == 303
    town.deliver()
    read = deal_page(run, factory)
    assert GOOD.words in read and "Answer it" in read and "Change the review" not in read
    place = re.search(r"/reviews/[0-9a-f-]+/answer", read)
    assert place
    assert GOOD.words in flat(factory.read(place[0]))
    assert factory.post(place[0], words=" ").status_code == 422
    assert shop.get(place[0]).status_code == 404
    assert factory.post(place[0], words="glad to").status_code == 303
    again = factory.post(place[0], words="one more word")
    assert again.status_code == 409 and "answered already" in words_of(again) and "one more word" in words_of(again)
    page = deal_page(run, shop)
    assert "glad to" in page and "late twice" in page and "付款准时 2" in page
    late = factory.post(form_of(run), stars="1", words="changed my mind")
    assert late.status_code == 409 and "published" in words_of(late) and "changed my mind" in words_of(late)


def test_what_cannot_be_written_is_said_and_what_is_foreign_is_not_there(town: Town, sign_in: SignIn) -> None:
    run = delivered(single_deal(town))
    case = dispute(run, run.shops[0], 10_000)
    shop = sign_in(run.shops[0])
    assert "没有未结束的争议" in flat(shop.read(form_of(run))) and "这一单怎么样" not in deal_page(run, shop)
    case.settle(0)
    assert "这一单怎么样" in deal_page(run, shop)
    town.clock.advance(timedelta(days=14))
    assert "14 天的评价期已过" in flat(shop.read(form_of(run)))
    too_late = shop.post(form_of(run), stars="5", words="晚了")
    assert too_late.status_code == 409 and "晚了" in words_of(too_late)
    for stranger in (town.add_shop("South Shop"), town.add_factory("Far Knit")):
        visitor = sign_in(stranger)
        assert visitor.get(form_of(run)).status_code == visitor.post(form_of(run), stars="5").status_code == 404


def test_a_run_shows_its_factory_each_share_and_a_member_its_own(town: Town, sign_in: SignIn) -> None:
    run = accepted(pooled_deal(town))
    small, large = run.shops
    factory = sign_in(run.factory)
    page = deal_page(run, factory)
    assert all(run.share(shop).code in page and form_of(run, place) in page for place, shop in enumerate(run.shops))
    by_factory(run, shop=small)
    by_shop(run, shop=small)
    member = deal_page(run, sign_in(large), 1)
    assert GOOD.words not in member and form_of(run, 1) in member and form_of(run) not in member
    assert sign_in(large).get(form_of(run)).status_code == 404
    shown = flat(sign_in(large).read(f"/factories/{run.factory}"))
    assert GOOD.words in shown and "毛衣买家" in shown and "2026-11" in shown
    assert "Small Shop" not in shown and run.share(small).code not in shown


def test_the_public_page_shows_no_average_of_too_few(town: Town, sign_in: SignIn, app_of_site: Flask) -> None:
    run = accepted(pooled_deal(town))
    place = f"/factories/{run.factory}"
    visitor = app_of_site.test_client()
    assert "n=0" in words_of(visitor.get(place))
    for shop in run.shops:
        by_shop(run, shop=shop)
        by_factory(run, shop=shop)
    page = words_of(visitor.get(place))
    assert "n 太少：2" in page and "满分 5 分（n=" not in page and page.count(GOOD.words) == 2
    with app_of_site.test_request_context(headers={"Accept-Language": "en"}):
        average = get_template_attribute("reviews/_words.html", "average")
        assert str(average(Rating(3, 14 / 3, {}))) == "4.7 of 5 (n=3)"


def test_a_lead_shows_what_factories_said_of_its_buyer(town: Town, sign_in: SignIn) -> None:
    run = accepted(single_deal(town))
    by_shop(run)
    by_factory(run)
    town.post(run.shops[0], town.sweaters(800))
    with town.work("factory", run.factory) as work:
        lead_id: UUID = inbox(work.session, run.factory, part="waiting").rows[0].id
    page = flat(sign_in(run.factory).read(f"/leads/{lead_id}"))
    assert "工厂的评价" in page and "n 太少：1" in page


def test_an_operator_hides_what_breaks_the_rules(town: Town, sign_in: SignIn, operator_at: Visitor) -> None:
    run = accepted(single_deal(town))
    review_id = by_shop(run)
    assert operator_at.get(f"/operator/reviews/{review_id}").status_code == 404
    by_factory(run)
    desk = operator_at.read("/operator/reviews")
    assert "North Shop" in desk and GOOD.words in desk
    place = f"/operator/reviews/{review_id}"
    assert operator_at.post(place, why="").status_code == 422
    assert operator_at.post(place, why="写了人名").status_code == 303
    assert "写了人名" in operator_at.read(place)
    assert operator_at.post(place, why="再来一次").status_code == 409
    assert GOOD.words not in flat(operator_at.read(f"/factories/{run.factory}"))
    assert "平台已隐藏：写了人名" in deal_page(run, sign_in(run.shops[0]))
    assert sign_in(run.factory).get(place).status_code == 403
