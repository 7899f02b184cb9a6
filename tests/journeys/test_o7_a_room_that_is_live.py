"""O7: a shop writes to its factory in the order's room; the factory reads it live, and what it is typing stays."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import audit_holds, live
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

__all__ = ["audit_holds", "live", "seller", "seller_key", "shoemakers"]
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def enter_room(page: Page) -> None:
    """From the page of the deal into its room, once the worker has opened both."""
    open_deal(page)
    last = time.monotonic() + WORKER_SECONDS
    while not page.locator("main a[href^='/rooms/']").count():
        assert time.monotonic() < last, "no room was opened"
        page.reload()
    page.locator("main a[href^='/rooms/']").click()
    page.wait_for_url("**/rooms/*")


def write(page: Page, words: str) -> None:
    page.locator("#text").fill(words)
    page.get_by_role("button", name="发送").click()


@pytest.mark.usefixtures("audit_holds")
def test_o7_what_the_shop_writes_the_factory_reads_live(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage
) -> None:
    factory = shoemakers.join("温州回话鞋厂")
    order_id = seller.post_shoes("乐福鞋 O7", quantity=400)
    open_lead(factory, "乐福鞋 O7")
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("100", "58")], "20")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")
    shop = open_page(f"/orders/{order_id}", role="seller")
    shop.locator("#quotes").get_by_role("button", name=re.compile("选这家")).first.click()
    shop.get_by_role("dialog").get_by_role("button", name="选定").click()
    shop.wait_for_url("**/deals/**")
    enter_room(shop)
    factory.goto("/rooms")
    factory.locator("main a", has_text="乐福鞋 O7").click()
    factory.locator("#text").fill("正在打的字")

    write(shop, "洗标请缝在左侧")

    expect(factory.locator(".wf-msg", has_text="洗标请缝在左侧")).to_be_visible()
    expect(factory.locator("#text")).to_have_value("正在打的字")
    expect(shop.locator("#text")).to_have_value("")
    expect(shop.locator("#marks")).to_contain_text("温州回话鞋厂 已读")
    factory.locator("#camera").set_input_files(PICTURES / "seller.png")
    factory.get_by_role("button", name="发送").click()
    answer = shop.locator(".wf-msg:not(.me)", has_text="正在打的字")
    expect(answer.locator("img")).to_be_visible()
    assert answer.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    for page in (shop, factory):
        expect(page.locator(".wf-msg")).to_have_count(2)
        assert accessibility_faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
