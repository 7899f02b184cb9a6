"""B8: twelve months of sales with a gap and a promotion, in Chinese columns and GB18030, become a forecast with band,
its error beside the naive one, and "order so many by that day" with why."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.restocking import FORECAST_SECONDS, bring_in_a_year, reload_until
from tests.journeys.shoemakers import join_brand

ORDER = {"zh": r"(?:今天就下|\d+ 月 \d+ 日前下) ([\d,]+) 件", "en": r"Order ([\d,]+) (?:today|by \d+ \w+)"}
FORECAST = {"zh": "每周销量与预测", "en": "Weekly sales and forecast"}
ERRORS = {
    "zh": r"回测 \d+ 次，每次 8 周：这样预测误差 \d+%，照抄去年是 \d+%",
    "en": r"Tried \d+ times on 8 past weeks, such forecasts missed by \d+%; repeating last year by \d+%",
}
STOCK = 25


def headline(page: Page, language: str) -> int:
    """How many pieces the deciding line says to order."""
    line = page.locator("#item-title").inner_text().replace("\u00a0", " ")
    found = re.fullmatch(ORDER[language], line)
    assert found, line
    return int(found[1].replace(",", ""))


def count_stock(page: Page, pieces: int) -> None:
    page.locator("#on_hand").fill(str(pieces))
    page.locator("form[action$='/stock'] button[type=submit]").click()
    page.locator(".wf-ban.ok").first.wait_for()


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_b8_a_year_of_sales_says_what_to_order_by_when_and_why(open_page: OpenPage, language: str, phone: bool) -> None:
    page = join_brand(open_page, f"Year of Sales {language}", phone=phone, language=language)
    year = bring_in_a_year(page, items=3)

    page.goto(f"/restock?q={year.skus[0]}")
    expect(page.locator(".wf-skus li")).to_have_count(1)
    page.locator(".wf-skus a").click()
    reload_until(page, re.compile(ERRORS[language]))
    count_stock(page, STOCK)
    # What is typed and opened meanwhile stays when the new forecast comes by itself.
    page.locator("#minimum").fill("77")
    page.locator("figure.wf-chart summary").click()
    follows = re.compile(rf"{STOCK}\b.*?(卖完|run out)")
    expect(page.locator("article.detail")).to_contain_text(follows, timeout=1000 * FORECAST_SECONDS)
    expect(page.locator("#minimum")).to_have_value("77")

    quantity = headline(page, language)
    sums = [int(text.replace(",", "")) for text in page.locator(".wf-sum b").all_inner_texts()]
    signs = [-1 if sign == "−" else 1 for sign in page.locator(".wf-sum .eq").all_inner_texts()[:-1]]
    assert sums[0] + sum(sign * part for sign, part in zip(signs, sums[1:-1], strict=True)) == sums[-1] == quantity
    assert STOCK in sums

    figure = page.locator("figure.wf-chart")
    figure.locator("canvas").wait_for()
    expect(figure.locator(".plot")).to_have_attribute("aria-label", re.compile(r"8"))
    expect(figure.locator("tr[data-promoted]").first).to_be_visible()
    coming = figure.locator("tbody tr").last.locator("td").all_inner_texts()
    assert coming[0] == ""
    mean, low, high = (float(text.replace(",", "")) for text in coming[1:4])
    assert low <= mean <= high and low < high
    assert accessibility_faults(page) == []

    before = page.locator("#what-if-answer").inner_text()
    page.locator("#try-lead").focus()
    for _press in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#what-if-answer")).not_to_have_text(before)
    expect(page.locator("#lead-shown")).to_contain_text("35")
    expect(page.locator("#what-if-answer")).to_contain_text({"zh": "比现在的建议多", "en": "more"}[language])
    assert headline(page, language) == quantity, "what if changes nothing"


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_b8_the_list_of_the_demo_shop(open_page: OpenPage, phone: bool) -> None:
    page = open_page("/restock", role="seller", phone=phone, language="en")
    expect(page.locator(".wf-skus li").first).to_be_visible()
    assert page.locator("article.detail").is_visible() is not phone, "on phones the list stands alone"
    fetched = page.evaluate("performance.getEntriesByType('resource').some((each) => each.name.includes('echarts'))")
    assert fetched is not phone, "what draws charts is fetched where one is seen"
    page.locator(".wf-skus a").first.click()
    page.locator("figure.wf-chart canvas").wait_for()
    assert page.locator(".wf-skus").is_visible() is not phone
    expect(page.locator("h2", has_text=FORECAST["en"])).to_be_visible()
