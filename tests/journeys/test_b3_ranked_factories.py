"""B3: at most five ranked factories, each with what meets, nearly meets and misses; no chance before it is checked."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import OpenPage, accessibility_faults

WORDS = {
    "zh": "1500 件 12 针羊绒衫, 35 天交, 目标价 105 元, OEKO-TEX",
    "en": "1500 pcs 12-gauge cashmere sweaters in 35 days, target price 105 yuan, OEKO-TEX",
}


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_b3_few_factories_each_with_reasons(open_page: OpenPage, language: str, phone: bool) -> None:
    page = open_page("/orders/new", role="seller", language=language, phone=phone)
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS[language])
    expect(page.locator("#category")).to_have_value("sweater")
    page.locator("button[name=post]:visible").last.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    ranked = page.locator("#ranked-factories li.wf-rank")
    expect(ranked.first).to_be_visible(timeout=30_000)
    assert 1 <= ranked.count() <= 5
    for place in range(ranked.count()):
        factory = ranked.nth(place)
        expect(factory.locator(".wf-v.meet").first).to_be_visible()
        expect(factory.locator(".wf-tag.syn")).to_be_visible()
        expect(factory.locator(".wf-odds")).to_have_count(0)
    expect(page.locator("#ranked-factories .wf-v.near, #ranked-factories .wf-v.miss").first).to_be_visible()
    points = [
        int(found) for found in re.findall(r"(\d+)(?: of 100|，满分)", page.locator("#ranked-factories").inner_text())
    ]
    assert points == sorted(points, reverse=True) and len(points) == ranked.count()
    ranked.first.locator("summary").click()
    expect(ranked.first.locator("details table")).to_be_visible()
    assert accessibility_faults(page) == []
    page.locator("a[href='/ranking']").first.click()
    expect(page.locator("main table")).to_be_visible()
    assert accessibility_faults(page) == []
