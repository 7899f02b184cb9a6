"""The main job in one piece: free Chinese words become an order, a factory sees it come, quotes, and wins it."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from market.kit.clock import SystemClock, market_day
from tests.browser import OpenPage
from tests.journeys.shoemakers import WORKER_SECONDS, Shoemakers, fill_quote, shoemakers

__all__ = ["shoemakers"]

WORDS = "800 双真皮乐福鞋，45 天交，目标价 60 元"
LIVE_MILLISECONDS = WORKER_SECONDS * 1000


def post_words(page: Page) -> None:
    """Type the line, see that it was understood, and post."""
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS)
    expect(page.locator("#category")).to_have_value("flats")
    expect(page.locator("#material_0")).to_have_value("genuine-leather")
    expect(page.locator("#quantity")).to_have_value("800")
    due = market_day(SystemClock().now()) + timedelta(days=45)
    expect(page.locator("#due_on")).to_have_value(due.isoformat())
    page.locator("button[name=post]:visible").first.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))


def test_main_job_words_lead_quote_award(shoemakers: Shoemakers, open_page: OpenPage) -> None:
    factory = shoemakers.join("温州主线鞋厂")
    expect(factory.locator("#no-leads")).to_be_visible()
    factory.evaluate("window.neverReloaded = true")
    seller = open_page("/orders/new", role="seller")

    post_words(seller)
    pill = factory.locator(".wf-pill")
    expect(pill).to_have_text("有 1 条新商机", timeout=LIVE_MILLISECONDS)
    expect(factory.locator("#leads article")).to_have_count(0)
    pill.click()
    lead = factory.locator("#leads article")
    expect(lead).to_have_count(1)
    expect(lead).to_contain_text("800 双")
    expect(lead).to_contain_text("60")
    assert factory.evaluate("window.neverReloaded") is True
    expect(seller.locator("#ranked-factories li.wf-rank")).to_contain_text("温州主线鞋厂", timeout=LIVE_MILLISECONDS)
    seller.evaluate("window.neverReloaded = true")

    lead.locator("h2 a").click()
    factory.get_by_role("button", name="接单报价").click()
    factory.wait_for_url("**/quote")
    fill_quote(factory, [("200", "64"), ("800", "57.50")], "30")
    expect(factory.locator("[role=status]").first).to_contain_text("报价已发给买家")

    news = seller.locator(".wf-pill", has_text="新消息")
    expect(news).to_be_visible(timeout=LIVE_MILLISECONDS)
    assert seller.evaluate("window.neverReloaded") is True
    news.click()
    quotes = seller.locator("#quotes")
    expect(quotes.locator("tr.on td").first).to_contain_text("57.50")
    expect(quotes.locator("thead")).to_contain_text("温州主线鞋厂")
    quotes.get_by_role("button", name=re.compile("选这家")).click()
    seller.get_by_role("dialog").get_by_role("button", name="选定").click()
    seller.wait_for_url("**/deals/**")
    expect(seller.locator("main")).to_contain_text("¥46,000.00")

    changed = factory.locator("#news .wf-pill")
    expect(changed).to_contain_text("有变化", timeout=LIVE_MILLISECONDS)
    changed.click()
    expect(factory.locator("main")).to_contain_text("这单给您了")
    factory.goto("/notices")
    expect(factory.locator("main li").first).to_contain_text("真皮平底鞋")
    factory.goto("/deals")
    factory.locator("section[aria-labelledby=running-title] a", has_text="真皮平底鞋").click()
    expect(factory.locator("main")).to_contain_text("¥46,000.00")
