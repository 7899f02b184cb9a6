"""B9: one click makes the suggestion an order, filled in and pooled where it fits; the seller lowers the quantity."""

import re

from playwright.sync_api import expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.restocking import bring_in_a_year, reload_until
from tests.journeys.shoemakers import join_brand

STOCK = 10


def test_b9_one_click_makes_a_suggestion_an_order_with_less_in_it(open_page: OpenPage) -> None:
    page = join_brand(open_page, "One Click Brand", language="en")
    bring_in_a_year(page, items=1)
    page.goto("/restock")
    page.locator(".wf-skus a").first.click()
    item = page.url
    page.locator("#on_hand").fill(str(STOCK))
    page.locator("form[action$='/stock'] button[type=submit]").click()
    page.locator("#minimum").fill("300")
    page.locator("#category").select_option("sweater")
    page.locator("form[action$='/terms'] button[type=submit]").click()
    reload_until(page, re.compile(rf"{STOCK} in stock run out"))
    reload_until(page, re.compile(r"Order [\d,]+ (today|by)"))

    press = page.locator("form[action$='/order'] button")
    quantity = int(re.sub(r"\D", "", press.inner_text()))
    assert quantity >= 300
    press.dblclick()
    page.wait_for_url("**/orders/new?draft=*")
    expect(page.locator("#quantity")).to_have_value(str(quantity))
    expect(page.locator("#title")).not_to_have_value("")
    expect(page.locator("#category")).to_have_value("sweater")
    page.locator("#quantity").fill("120")
    page.locator("button[name=post][value=pool]:visible").click()
    page.wait_for_url(re.compile("/orders/[0-9a-f-]{36}$"))
    order = page.url
    expect(page.locator("h1")).to_contain_text("120")
    expect(page.locator("#pool, #ranked-factories").first).to_be_visible(timeout=60_000)

    page.goto(item)
    reload_until(page, re.compile("120.*on the way"))
    expect(page.locator("article.detail")).to_contain_text("on the way")
    assert accessibility_faults(page) == []
    page.goto("/orders")
    expect(page.locator(f"main a[href='{order.removeprefix(page.evaluate('location.origin'))}']")).to_be_visible()
