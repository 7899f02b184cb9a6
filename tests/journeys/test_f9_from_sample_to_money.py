"""F9: a factory takes a deal from the sample to its money on a phone, and knows from day one when it is paid."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from market.production.service import accept_share
from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import Behind, audit_holds, behind, live, wait_until
from tests.journeys.shoemakers import (
    WORKER_SECONDS,
    Seller,
    Shoemakers,
    fill_quote,
    open_lead,
    seller,
    seller_key,
    shoemakers,
)

__all__ = ["audit_holds", "behind", "live", "seller", "seller_key", "shoemakers"]
PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "seller.png"
TITLE = "切尔西靴 F9"
LIVE = 1000 * WORKER_SECONDS


def win(shoemakers: Shoemakers, seller: Seller, open_page: OpenPage) -> Page:
    """A factory whose quote was taken; its phone stands before its deals."""
    factory = shoemakers.join("温州靴子厂")
    order_id = seller.post_shoes(TITLE, quantity=400)
    open_lead(factory, TITLE)
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("100", "58")], "20")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")
    shop = open_page(f"/orders/{order_id}", role="seller")
    shop.locator("#quotes").get_by_role("button", name=re.compile("选这家")).first.click()
    shop.get_by_role("dialog").get_by_role("button", name="选定").click()
    shop.wait_for_url("**/deals/**")
    last = time.monotonic() + WORKER_SECONDS
    factory.goto("/deals")
    while not factory.locator("article", has_text=TITLE).count():
        assert time.monotonic() < last, "no deal was opened"
        factory.wait_for_timeout(300)
        factory.reload()
    return factory


def payout_day(place: Locator) -> str:
    found = re.search(r"最晚 (.+?)到账", place.inner_text())
    assert found
    return found[1]


def can_be_used(page: Page) -> None:
    """No fault that axe finds, nothing wider than the phone, nothing too small for a thumb."""
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    small = page.locator("#now .btn").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert all(height == 0 or height >= 44 for height in small), small


def now(page: Page, words: str) -> None:
    """The card of what is to be done says so by itself, without the page being asked for again."""
    expect(page.locator("#now-title")).to_contain_text(words, timeout=LIVE)


def make(page: Page, deal: Behind) -> None:
    """From the sample to the goods."""
    page.get_by_role("button", name="送样").click()
    expect(page.locator("#now .wf-errors")).to_contain_text("请拍一张照片")
    page.locator("#sample-files-camera").set_input_files(PICTURE)
    page.locator("#sample-note").fill("鞋头按图做圆")
    can_be_used(page)
    page.get_by_role("button", name="送样").click()
    now(page, "等买家看样")
    deal.approve_sample()
    now(page, "等定金")
    wait_until(lambda: deal.is_asked("deposit"))
    deal.pay("deposit")
    now(page, "采购材料")
    page.locator("#purchase-amount").fill("6,000")
    page.locator("#purchase-files-camera").set_input_files(PICTURE)
    can_be_used(page)
    page.get_by_role("button", name="提交采购凭证").click()
    now(page, "材料到齐了吗")
    page.get_by_role("button", name="材料到齐，开工").click()
    now(page, "哪道工序完成了")
    can_be_used(page)
    report_stages(page)


def report_stages(page: Page) -> None:
    """Each stage in two taps."""
    left = page.locator("#now details summary.btn")
    for remaining in range(left.count(), 0, -1):
        left.first.tap()
        page.locator("#now details[open] button[type=submit]").first.tap()
        page.wait_for_load_state()
        expect(left).to_have_count(remaining - 1)
    now(page, "验货")


def deliver(page: Page, deal: Behind) -> None:
    """From the inspection to the buyer's door."""
    expect(page.locator("#now")).to_contain_text(re.compile("从 400.件里随机抽 50.件"))
    page.locator("#inspection-major").fill("60")
    page.get_by_role("button", name="提交验货结果").click()
    expect(page.locator("#inspection-major")).to_have_value("60")
    expect(page.locator("#inspection-major-error")).to_be_visible()
    page.locator("#inspection-major").fill("2")
    can_be_used(page)
    page.get_by_role("button", name="提交验货结果").click()
    now(page, "等尾款")
    wait_until(lambda: deal.is_asked("balance"))
    deal.pay("balance")
    now(page, "发货")
    page.locator("#ship-carrier_0").fill("顺丰")
    page.locator("#ship-waybill_0").fill("SF1029384756")
    can_be_used(page)
    page.get_by_role("button", name="已发出").click()
    now(page, "运输中")
    page.locator("#now input[id$=received_by]").fill("仓库老李")
    page.locator("#now input[id$=files-camera]").set_input_files(PICTURE)
    can_be_used(page)
    page.get_by_role("button", name="确认送达").click()
    now(page, "已送达")


@pytest.mark.usefixtures("audit_holds")
def test_f9_from_the_sample_to_the_money_on_a_phone(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, behind: Callable[[str], Behind]
) -> None:
    factory = win(shoemakers, seller, open_page)
    expect(factory.locator(".wf-tabs a[href='/deals'] .wf-count")).to_contain_text("1")
    promised = payout_day(factory.locator("section[aria-labelledby=running-title] li", has_text=TITLE))
    can_be_used(factory)
    factory.locator("article", has_text=TITLE).get_by_role("link", name=re.compile("送样")).tap()
    factory.wait_for_url("**/deals/*-*")
    deal = behind(factory.url)
    expect(factory.locator("#money")).to_contain_text(f"最晚 {promised}到账")
    expect(factory.locator("#money .wf-big")).to_contain_text("¥22,040.00")  # 400 x 58 less 5 %

    make(factory, deal)
    deliver(factory, deal)

    deal.by_shop(accept_share, deal.share().id)
    now(factory, "货款正在打给您")
    expect(factory.locator("#now")).to_contain_text("最晚")
    can_be_used(factory)
