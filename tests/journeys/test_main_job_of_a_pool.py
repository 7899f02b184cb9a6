"""Two brands fill one run and want different quotes: the larger part of the pieces decides, each sees only its own."""

import re

from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.journeys.shoemakers import WORKER_SECONDS, Shoemakers, fill_quote, join_brand, shoemakers

__all__ = ["shoemakers"]

LIVE_MILLISECONDS = WORKER_SECONDS * 1000
CHEAP, QUICK = "温州合单便宜鞋厂", "温州合单快手鞋厂"
SMALL, LARGE = "细雨童鞋社", "远山鞋履"
SMALL_DESIGN, LARGE_DESIGN = "鲸鱼压花乐福鞋", "星轨压花乐福鞋"


def post_into_pool(page: Page, pieces: int, design: str) -> str:
    """Post shoes by words, with a name of the brand's own; returns the address of the order in its pool."""
    page.goto("/orders/new")
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(f"{pieces} 双真皮乐福鞋，45 天交")
    expect(page.locator("#category")).to_have_value("flats")
    page.locator("#title").fill(design)
    page.locator("button[name=post][value=pool]:visible").first.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    expect(page.locator("#pool")).to_be_visible(timeout=LIVE_MILLISECONDS)
    return page.url


def quote_pool(page: Page, rows: list[tuple[str, str]], days: str) -> None:
    """Take the pool that has come into the inbox, and quote a ladder for it."""
    page.locator(".wf-pill").click()
    card = page.locator("#leads article")
    expect(card).to_contain_text("拼单")
    for hidden in (SMALL, LARGE, SMALL_DESIGN, LARGE_DESIGN):
        expect(card).not_to_contain_text(hidden)
    card.locator("h2 a").click()
    page.get_by_role("button", name="接单报价").click()
    page.wait_for_url("**/quote")
    fill_quote(page, rows, days)
    expect(page.locator("[role=status]").first).to_contain_text("报价已发给买家")


def choose(page: Page, factory: str) -> None:
    """Say on the order's page which quote one wants."""
    page.locator("#quotes button[data-open]", has_text=factory).click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("[role=status]").first).to_contain_text("记下了")


def look_until(page: Page, address: str, words: str) -> None:
    """Reload the order until its quotes say something; the worker counts choices within seconds."""
    for _again in range(WORKER_SECONDS):
        page.goto(address)
        if words in page.locator("#quotes").inner_text():
            return
        page.wait_for_timeout(1000)
    expect(page.locator("#quotes")).to_contain_text(words)


def test_main_job_of_a_pool_the_members_choose(shoemakers: Shoemakers, open_page: OpenPage) -> None:
    cheap, quick = shoemakers.join(CHEAP), shoemakers.join(QUICK)
    small, large = join_brand(open_page, SMALL), join_brand(open_page, LARGE)
    small_order = post_into_pool(small, 260, SMALL_DESIGN)
    expect(small.locator("#pool")).to_contain_text("还差 340 件")
    large_order = post_into_pool(large, 420, LARGE_DESIGN)
    for page in (small, large):
        expect(page.locator("#pool-title")).to_contain_text("680 件，已够起订量", timeout=LIVE_MILLISECONDS)

    for factory in (cheap, quick):
        expect(factory.locator(".wf-pill")).to_be_visible(timeout=LIVE_MILLISECONDS)
    quote_pool(cheap, [("300", "62"), ("600", "55")], "30")
    quote_pool(quick, [("300", "66"), ("600", "59")], "12")
    for page, order in ((small, small_order), (large, large_order)):
        look_until(page, order, QUICK)
        expect(page.locator("#quotes thead")).to_contain_text(CHEAP)

    choose(small, QUICK)
    look_until(small, small_order, "您选的")
    expect(small.locator("#quotes")).not_to_contain_text("已选定")
    expect(large.locator("#quotes")).not_to_contain_text("您选的")
    choose(large, CHEAP)

    parts = ((small, small_order, "260 件", "¥14,300.00"), (large, large_order, "420 件", "¥23,100.00"))
    for page, order, pieces, total in parts:
        look_until(page, order, f"已选定 {CHEAP}")
        expect(page.locator("#quotes")).to_contain_text(pieces)
        expect(page.locator("#quotes")).to_contain_text(total)
    for page, others in ((small, ("¥23,100.00", LARGE, LARGE_DESIGN)), (large, ("¥14,300.00", SMALL, SMALL_DESIGN))):
        for hidden in others:
            assert hidden not in page.content()
        page.locator("#quotes a[href*='/deals/']").click()
        page.wait_for_url("**/deals/**")
        for hidden in others:
            assert hidden not in page.content()
    foreign = small.goto(large.url)
    assert foreign is not None and foreign.status == 404

    cheap.goto("/deals")
    cheap.locator("section[aria-labelledby=running-title] a").first.click()
    run = cheap.locator("section[aria-labelledby=orders-title]")
    for _page, _order, pieces, total in parts:
        expect(run).to_contain_text(pieces)
        expect(run).to_contain_text(total)
    quick.goto("/leads?part=ended")
    expect(quick.locator("#leads article")).to_contain_text("没选中：别家价格更低")
