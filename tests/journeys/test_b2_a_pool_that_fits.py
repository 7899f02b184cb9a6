"""B2: a run under the minimum sees a pool it fits, the pieces missing, the gain and the closing time, and no brand."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults

WORDS = {
    "zh": "{count} 件 {gauge} 针羊绒衫, 藏青, 20 天交",
    "en": "{count} pcs {gauge}-gauge cashmere sweaters, navy, in 20 days",
}
GAUGES = {"zh": 3, "en": 5}
"""A yarn lot of its own for each language, so that the journeys do not share a pool."""


def say(page: Page, count: int, language: str) -> None:
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS[language].format(count=count, gauge=GAUGES[language]))
    expect(page.locator("#category")).to_have_value("sweater")


def post(page: Page) -> None:
    page.locator("button[name=post][value=pool]:visible").click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_b2_three_hundred_pieces_join_a_pool(open_page: OpenPage, language: str, phone: bool) -> None:
    page = open_page("/orders/new", role="seller", language=language, phone=phone)
    say(page, 60, language)
    expect(page.locator("#fitting-pool")).to_be_visible()
    post(page)
    expect(page.locator("#pool .wf-cloth")).to_be_visible(timeout=30_000)
    name = page.locator("#pool-title").inner_text()

    page.goto("/orders/new")
    say(page, 300, language)
    card = page.locator("#fitting-pool")
    expect(card).to_contain_text("500")
    expect(card.locator(".wf-cloth .oth").first).to_be_attached()
    expect(card.locator("time")).to_be_visible()
    post(page)
    pool = page.locator("#pool")
    expect(pool.locator(".wf-cloth")).to_be_visible(timeout=30_000)
    code = re.search(r"P-\d+", name)
    assert code is not None
    expect(pool).to_contain_text(code.group())
    expect(pool).to_contain_text("300")
    expect(pool.locator("dl")).to_contain_text(re.compile("¥"))
    expect(page.locator("#ranked-factories li").first).to_be_visible(timeout=30_000)
    assert accessibility_faults(page) == []


def test_b2_who_would_rather_stand_alone_leaves(open_page: OpenPage) -> None:
    page = open_page("/orders/new", role="seller", language="en")
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill("200 pcs 9-gauge cashmere sweaters, camel, in 40 days")
    expect(page.locator("#category")).to_have_value("sweater")
    post(page)
    expect(page.locator("#pool .wf-cloth")).to_be_visible(timeout=30_000)
    page.locator("[data-open=leave-pool]").click()
    page.locator("#leave-pool button[type=submit]").click()
    expect(page.locator("#ranked-factories li").first).to_be_visible(timeout=30_000)
    page.reload()
    expect(page.locator("#pool .wf-cloth")).to_have_count(0)
