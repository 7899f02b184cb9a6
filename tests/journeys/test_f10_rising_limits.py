"""F10: a new factory gets trial orders, reads how its limits rise, and larger orders come once two went well."""

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
    wait_for_lead,
)

__all__ = ["audit_holds", "behind", "live", "seller", "seller_key", "shoemakers"]
LIVE = 1000 * WORKER_SECONDS


def do_well(factory: Page, seller: Seller, open_page: OpenPage, behind: Callable[[str], Behind], title: str) -> None:
    """One trial order from its lead to accepted goods."""
    order_id = seller.post_shoes(title, quantity=400)
    open_lead(factory, title)
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("100", "58")], "20")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")
    shop = open_page(f"/orders/{order_id}", role="seller")
    shop.locator("#quotes").get_by_role("button", name=re.compile("选这家")).first.click()
    shop.get_by_role("dialog").get_by_role("button", name="选定").click()
    open_deal(shop)
    deal = behind(shop.url)
    deal.go_well()
    deal.settle()


@pytest.mark.usefixtures("audit_holds")
def test_f10_trial_orders_first_and_larger_ones_after_two_that_went_well(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, behind: Callable[[str], Behind]
) -> None:
    factory = shoemakers.join("温州试单鞋厂", vouched=False)
    factory.goto("/factory/profile")
    factory.get_by_role("link", name="看额度和各项明细").click()
    main = factory.locator("main")
    expect(main.locator("[aria-current=step]")).to_have_text("试单")
    expect(main).to_contain_text(re.compile("500.?双?件?以内的订单"))
    expect(main.locator("#next-step")).to_contain_text("再按时完成 2 单")
    expect(main).to_contain_text("还没有可统计的（n=0）")
    expect(main).to_contain_text("一个月没有订单什么也不变")
    assert accessibility_faults(factory) == []
    assert factory.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    too_large = "大单靴 F10"
    seller.post_shoes(too_large, quantity=900)
    do_well(factory, seller, open_page, behind, "试单靴 F10 一")
    factory.goto("/leads")
    expect(factory.locator("main")).not_to_contain_text(too_large)
    factory.goto("/factory/record")
    expect(main.locator("#next-step")).to_contain_text("再按时完成 1 单")
    do_well(factory, seller, open_page, behind, "试单靴 F10 二")

    factory.goto("/factory/record")
    expect(main.locator("[aria-current=step]")).to_have_text("加量")
    expect(main.locator("section[aria-labelledby=parts-title]")).to_contain_text("2 中 2")
    assert accessibility_faults(factory) == []
    assert factory.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    factory.goto("/notices")
    expect(main).to_contain_text("现在会给您推荐更大的订单")
    seller.post_shoes("大单靴 F10 再来", quantity=900)
    wait_for_lead(factory, "大单靴 F10 再来")
    factory.goto("/factory/profile")
    factory.get_by_role("link", name="买家看到的样子").click()
    expect(main.locator("section[aria-labelledby=record-title]")).to_contain_text("2 中 2")
