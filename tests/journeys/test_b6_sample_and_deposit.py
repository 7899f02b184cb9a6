"""B6, B7: a shop rejects a sample with comments and approves the next; only then it pays a deposit, which is held."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

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
LIVE_MILLISECONDS = WORKER_SECONDS * 1000
PHOTO = FilePayload(name="front.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n and more")
TITLE = "乐福鞋 B6"


def award(shop: Page, factory: Page, order_id: str) -> None:
    """The shop awards its order to the only quote; its purchase order leads on to the deal."""
    open_lead(factory, TITLE)
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("100", "58")], "20")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")
    shop.goto(f"/orders/{order_id}")
    shop.locator("#quotes").get_by_role("button", name=re.compile("选这家")).first.click()
    shop.get_by_role("dialog").get_by_role("button", name="选定").click()
    open_deal(shop)
    expect(shop).to_have_url(re.compile("/deals/[0-9a-f-]{36}$"))


def make_sample(factory: Page, note: str) -> None:
    factory.locator("#sample-files").set_input_files(PHOTO)
    factory.locator("#sample-note").fill(note)
    factory.get_by_role("button", name="送样").click()
    expect(factory.locator("#now")).to_contain_text("等买家看样")


def pay_by_card(page: Page) -> None:
    """Pay at the provider's page, which leads back to the deal."""
    page.wait_for_url("**/pay/**")
    page.locator("#card").fill("4242 4242 4242 4242")
    page.locator("form button").click()
    page.wait_for_url("**/deals/**")


@pytest.mark.usefixtures("audit_holds")
def test_b6_a_rejected_sample_is_made_again_and_b7_the_deposit_is_held(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage
) -> None:
    factory = shoemakers.join("温州样品鞋厂")
    shop = open_page("/orders", role="seller", phone=True)
    award(shop, factory, seller.post_shoes(TITLE, quantity=400))
    factory.goto("/deals")
    factory.locator("main a", has_text=TITLE).first.click()

    shop.evaluate("window.neverReloaded = true")
    make_sample(factory, "鞋头按来样")
    judge = shop.locator("section[aria-labelledby=judge]")
    expect(judge).to_contain_text("鞋头按来样", timeout=LIVE_MILLISECONDS)
    assert shop.evaluate("window.neverReloaded") is True
    expect(judge.locator("img")).to_have_attribute("alt", "front.png")
    judge.get_by_role("button", name="不通过").click()
    expect(shop.locator("[data-error-summary]")).to_contain_text("请写明要改什么")
    shop.locator("#comments").fill("鞋头太尖，改圆头")
    judge.get_by_role("button", name="不通过").click()
    expect(shop.locator("#deal")).to_contain_text("第 1 版没通过：鞋头太尖，改圆头")
    expect(shop.locator("#pay-deposit")).to_have_count(0)

    expect(factory.locator("#now")).to_contain_text("鞋头太尖，改圆头", timeout=LIVE_MILLISECONDS)
    make_sample(factory, "圆头")
    expect(judge).to_contain_text("第 2 版", timeout=LIVE_MILLISECONDS)
    assert not accessibility_faults(shop)
    judge.get_by_role("button", name="第 2 版通过").click()

    due = shop.locator("section[aria-labelledby=pay-deposit]")
    expect(due).to_contain_text("¥6,960.00")
    due.get_by_role("link", name=re.compile("付 ¥6,960.00")).click(timeout=LIVE_MILLISECONDS)
    pay_by_card(shop)
    expect(shop.locator("#pay-deposit")).to_have_count(0, timeout=LIVE_MILLISECONDS)
    money = shop.locator("section[aria-labelledby=money]")
    expect(money).to_contain_text("¥6,960.00", timeout=LIVE_MILLISECONDS)
    expect(money).to_contain_text("您验收后才放给工厂")
    expect(money).to_contain_text(re.compile(r"最长保管到\s*(\d{4}\s年\s)?\d+\s月\s\d+\s日"))
    expect(shop.locator("#deal h1 ~ .wf-tag")).to_contain_text("备料中")
    assert not accessibility_faults(shop)
