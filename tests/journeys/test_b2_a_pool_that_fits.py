"""B2: a run under the minimum sees a pool it fits, the pieces missing, the gain and the closing time, and no brand."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.shoemakers import join_brand

WORDS = {
    "zh": "{count} 件 {gauge} 针羊绒衫, 藏青, 20 天交",
    "en": "{count} pcs {gauge}-gauge cashmere sweaters, navy, in 20 days",
}
GAUGES = {("zh", True): 3, ("zh", False): 5, ("en", True): 7, ("en", False): 14}
"""A yarn lot of its own for each language and size, so that the journeys do not share a pool."""
BRAND, DESIGN = "Hidden Harbour Brand", "Whale Jacquard 27"


def say(page: Page, count: int, language: str, gauge: int) -> None:
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS[language].format(count=count, gauge=gauge))
    expect(page.locator("#category")).to_have_value("sweater")


def post(page: Page) -> None:
    page.locator("button[name=post][value=pool]:visible").click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))


def amounts(text: str) -> list[float]:
    """The amounts of money in a text, in its order."""
    return [float(found.replace(",", "")) for found in re.findall(r"¥\s?([\d,]+(?:\.\d+)?)", text)]


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_b2_three_hundred_pieces_join_a_pool(open_page: OpenPage, language: str, phone: bool) -> None:
    other = join_brand(open_page, BRAND, phone=phone, language=language)
    other.goto("/orders/new")
    say(other, 60, language, GAUGES[language, phone])
    other.locator("#title").fill(DESIGN)
    post(other)
    expect(other.locator("#pool")).to_be_visible(timeout=30_000)

    page = open_page("/orders/new", role="seller", language=language, phone=phone)
    say(page, 300, language, GAUGES[language, phone])
    card = page.locator("#fitting-pool")
    expect(card).to_contain_text("500")
    expect(card).to_contain_text("140")
    expect(card.locator(".wf-cloth .oth").first).to_be_attached()
    expect(card.locator("time")).to_be_visible()
    alone, pooled, saved = amounts(card.locator("dl").inner_text())[:3]
    assert pooled < alone
    assert saved > 0
    post(page)
    pool = page.locator("#pool")
    expect(pool.locator(".wf-cloth")).to_be_visible(timeout=30_000)
    expect(pool).to_contain_text("140")
    expect(pool).to_contain_text(re.compile(r"\d\d:\d\d"))
    assert amounts(pool.locator("dl").inner_text())[:2] == [alone, pooled]
    expect(page.locator("#ranked-factories li").first).to_be_visible(timeout=30_000)
    for hidden in (BRAND, DESIGN):
        assert hidden not in page.content()
    code = re.search(r"P-\d+", pool.inner_text())
    assert code is not None
    expect(other.locator("#pool")).to_contain_text(code.group(), timeout=30_000)
    assert accessibility_faults(page) == []


def test_b2_who_would_rather_stand_alone_leaves(open_page: OpenPage) -> None:
    page = open_page("/orders/new", role="seller", language="en")
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill("200 pcs 9-gauge cashmere sweaters, camel, in 40 days")
    expect(page.locator("#category")).to_have_value("sweater")
    post(page)
    expect(page.locator("#pool")).to_be_visible(timeout=30_000)
    page.locator("[data-open=leave-pool]").click()
    page.locator("#leave-pool button[type=submit]").click()
    expect(page.locator("#ranked-factories li").first).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.locator("[data-open=leave-pool]")).to_have_count(0)
