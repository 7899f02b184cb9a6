"""B1: a seller types one line, sees it as fields, corrects two of them, and posts the order."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from market.kit.clock import SystemClock, market_day
from tests.browser import OpenPage, accessibility_faults

LINES = {
    "zh": "300 件 12 针羊绒衫, 20 天交",
    "en": "300 pcs 12-gauge cashmere sweaters in 20 days",
}
CHANGED = {"zh": "350 件 12 针羊绒衫, 20 天交", "en": "350 pcs 12-gauge cashmere sweaters in 20 days"}
YOURS = {"zh": "您改的", "en": "yours"}


def type_line(page: Page, words: str) -> None:
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(words)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_b1_one_line_fills_the_fields_and_corrections_stay(open_page: OpenPage, language: str, phone: bool) -> None:
    page = open_page("/orders/new", role="seller", language=language, phone=phone)
    due = market_day(SystemClock().now()) + timedelta(days=20)
    type_line(page, LINES[language])
    expect(page.locator("#category")).to_have_value("sweater")
    expect(page.locator("#processes option:checked")).to_have_attribute("value", "flat-knitting")
    expect(page.locator("#material_0")).to_have_value("cashmere")
    expect(page.locator("#quantity")).to_have_value("300")
    expect(page.locator("#due_on")).to_have_value(due.isoformat())
    expect(page.locator("#attribute_gauge")).to_have_value("12")
    expect(page.locator("#quantity")).to_have_class(re.compile("is-read"))

    later = (due + timedelta(days=6)).isoformat()
    page.locator("#quantity").fill("450")
    page.locator("#due_on").fill(later)
    type_line(page, CHANGED[language])
    expect(page.locator("#quantity")).to_have_value("450")
    expect(page.locator("#due_on")).to_have_value(later)
    expect(page.locator("#quantity")).to_have_class(re.compile("is-edited"))
    expect(page.locator("#reading")).to_contain_text(YOURS[language])
    assert accessibility_faults(page) == []

    page.locator("button[name=post]:visible").first.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    expect(page.locator("h1")).to_contain_text("450")
    expect(page.locator("#asked + *, section[aria-labelledby=asked]").first).to_contain_text(CHANGED[language])
    expect(page.locator("#order-live .wf-card").first).to_be_visible()
    assert accessibility_faults(page) == []
    page.goto(f"{page.url}/terms")
    expect(page.locator("#due_on")).to_have_value(later)


def test_b1_without_a_script_a_button_reads_the_line(open_page: OpenPage) -> None:
    page = open_page("/orders/new", role="seller")
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
        base_url=page.url.partition("/orders")[0],
        locale="zh-CN",
    )
    try:
        page = plain.new_page()
        page.goto("/orders/new")
        page.locator("#words").fill(LINES["zh"])
        page.locator("button[name=read_now]").click()
        expect(page.locator("#category")).to_have_value("sweater")
        page.locator("#quantity").fill("0")
        page.locator("button[name=post]").first.click()
        expect(page.locator("#quantity")).to_have_value("0")
        expect(page.locator("#quantity")).to_have_attribute("aria-invalid", "true")
        page.locator("#quantity").fill("310")
        page.locator("button[name=post]").first.click()
        expect(page.locator("h1")).to_contain_text("310")
    finally:
        plain.close()


def test_b1_a_double_press_posts_one_order(open_page: OpenPage) -> None:
    page = open_page("/orders/new", role="seller")
    type_line(page, LINES["zh"])
    expect(page.locator("#category")).to_have_value("sweater")
    page.locator("#reference").fill("TWICE")
    page.locator("button[name=post]:visible").first.dblclick()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    page.goto("/orders?q=TWICE")
    expect(page.locator("main tbody tr")).to_have_count(1)
