"""B4: a seller moves the deadline by five days and sees first how the ranks move, then the order moved."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults

WORDS = "1200 件 12 针羊绒衫, 22 天交, 目标价 140 元"


def post_order(page: Page) -> str:
    """An order big enough to stand alone, with its factories found; returns its address."""
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS)
    expect(page.locator("#category")).to_have_value("sweater")
    page.locator("button[name=post]:visible").last.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    expect(page.locator("#ranked-factories li").first).to_be_visible(timeout=30_000)
    return page.url


@pytest.mark.parametrize("language", ["zh", "en"])
def test_b4_five_days_more_are_tried_and_then_taken(open_page: OpenPage, language: str) -> None:
    page = open_page("/orders/new", role="seller", language=language)
    address = post_order(page)
    page.locator(f"a[href$='{address.rpartition('/')[2]}/terms']").click()
    before = date.fromisoformat(page.locator("#due_on").input_value())
    after = before + timedelta(days=5)

    page.locator(f"a[href*='due_on={after.isoformat()}']").click()
    expect(page.locator("#due_on")).to_have_value(after.isoformat())
    rows = page.locator("#preview tbody tr")
    expect(rows.first).to_be_visible()
    expect(rows.filter(has_text="→").first).to_be_visible()
    best = rows.first.locator("th").inner_text().split("\n")[0].strip()
    assert accessibility_faults(page) == []
    other = open_page(f"{address}/terms", role="seller", language=language)
    expect(other.locator("#due_on")).to_have_value(before.isoformat())

    page.locator("aside button[type=submit]").first.click()
    expect(page).to_have_url(address)
    expect(page.locator("section[aria-labelledby=history]")).to_contain_text(re.compile(f"{after.day}"))
    ranked = page.locator("#ranked-factories li.wf-rank h3")
    expect(ranked.first).to_have_text(
        re.compile(re.escape(best.split(" 合成")[0].split(" synthetic")[0])), timeout=30_000
    )


def test_b4_a_tab_that_was_left_open_is_told_what_changed(open_page: OpenPage) -> None:
    page = open_page("/orders/new", role="seller")
    address = post_order(page)
    stale = open_page(f"{address}/terms", role="seller")
    page.goto(f"{address}/terms")
    page.locator("#quantity").fill("1300")
    page.locator("aside button[type=submit]").first.click()
    expect(page).to_have_url(address)
    stale.locator("#quantity").fill("900")
    stale.locator("aside button[type=submit]").first.click()
    expect(stale.locator(".wf-ban.warn")).to_be_visible()
    expect(stale.locator("#quantity")).to_have_value("1300")
