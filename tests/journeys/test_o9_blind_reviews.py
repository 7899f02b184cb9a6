"""O9: after the goods are accepted both sides review each other on a phone, and neither reads the other's before."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import Behind, audit_holds, behind, live
from tests.journeys.shoemakers import (
    WORKER_SECONDS,
    Seller,
    Shoemakers,
    fill_quote,
    open_deal,
    open_lead,
    seller,
    seller_key,
    shoemakers,
)

__all__ = ["audit_holds", "behind", "live", "seller", "seller_key", "shoemakers"]
TITLE = "德比鞋 O9"
FACTORY = "温州评价鞋厂"
LIVE = 1000 * WORKER_SECONDS


def can_be_used(page: Page) -> None:
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    small = page.locator("main .btn-primary, main .wf-chip").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert all(height == 0 or height >= 44 for height in small), small


def mark(page: Page, group: str, label: str) -> None:
    page.get_by_role("group", name=group).locator("label", has_text=re.compile(f"^\\s*{label}")).tap()


@pytest.mark.usefixtures("audit_holds")
def test_o9_both_review_and_read_each_other_only_then(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, behind: Callable[[str], Behind]
) -> None:
    factory = shoemakers.join(FACTORY)
    order_id = seller.post_shoes(TITLE, quantity=400)
    open_lead(factory, TITLE)
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("100", "58")], "20")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")
    shop = open_page(f"/orders/{order_id}", role="seller", phone=True)
    shop.locator("#quotes").get_by_role("button", name=re.compile("选这家")).first.click()
    shop.get_by_role("dialog").get_by_role("button", name="选定").click()
    open_deal(shop)
    behind(shop.url).go_well()

    expect(shop.locator("#review-asked")).to_be_visible(timeout=LIVE)
    can_be_used(shop)
    shop.get_by_role("link", name="评价工厂").tap()
    shop.wait_for_url("**/reviews/**")
    shop.get_by_role("button", name="提交评价").tap()
    expect(shop.locator(".wf-errors")).to_contain_text("请选 1 到 5 分")
    mark(shop, "总体", "4 分")
    mark(shop, "准时", "3")
    shop.locator("#words").fill("楦型对，晚了两天")
    can_be_used(shop)
    shop.get_by_role("button", name="提交评价").tap()
    shop.wait_for_url("**/deals/**")
    expect(shop.locator("section[aria-labelledby=reviews]")).to_contain_text("楦型对，晚了两天")

    factory.goto(shop.url)
    expect(factory.locator("#review-asked")).to_be_visible()
    expect(factory.locator("main")).not_to_contain_text("楦型对")
    factory.get_by_role("link", name="评价买家").tap()
    mark(factory, "总体", "5 分")
    factory.locator("#words").fill("要求清楚，付款快")
    can_be_used(factory)
    factory.get_by_role("button", name="提交评价").tap()
    factory.wait_for_url("**/deals/**")
    for page in (factory, shop):
        said = page.locator("section[aria-labelledby=reviews]")
        expect(said).to_contain_text("楦型对，晚了两天", timeout=LIVE)
        expect(said).to_contain_text("要求清楚，付款快", timeout=LIVE)
        can_be_used(page)
    factory.get_by_role("link", name="回复评价").tap()
    factory.locator("#words").fill("下次提前备料")
    factory.get_by_role("button", name="发出回复").tap()
    factory.wait_for_url("**/deals/**")
    expect(shop.locator("section[aria-labelledby=reviews]")).to_contain_text("下次提前备料", timeout=LIVE)
