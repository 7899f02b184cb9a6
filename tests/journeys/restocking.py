"""What the restock journeys share: a brand's year of sales brought in by its pages, and waiting for the forecasts."""

import re
import time
from datetime import timedelta

from playwright.sync_api import FilePayload, Page, expect

from market.kit.clock import SystemClock, market_day
from tests.market.replenishment.sales_files import YearOfSales, year_of_sales

FORECAST_SECONDS = 240


def bring_in_a_year(page: Page, items: int) -> YearOfSales:
    """Upload twelve months of sales with stock in Chinese columns and GB18030, answer its gap, and take it in."""
    year = year_of_sales(market_day(SystemClock().now()) - timedelta(days=1), items)
    page.goto("/restock")
    page.locator("main a[href='/restock/import']").first.click()
    page.locator("#file").set_input_files(FilePayload(name="销量.csv", mimeType="text/csv", buffer=year.content))
    page.locator("main form button[type=submit]").first.click()
    take = page.locator("form[action$='/take'] button")
    take.wait_for(timeout=1000 * FORECAST_SECONDS)
    expect(page.locator("main")).to_contain_text("GB18030")
    page.locator("[id^='gap-'] button[value=closed]").first.click()
    page.locator("[id^='gap-'] button[aria-pressed=true]").first.wait_for()
    page.locator("form[action$='/take'] button").click()
    page.locator(".wf-ban.ok").first.wait_for(timeout=1000 * FORECAST_SECONDS)
    return year


def reload_until(page: Page, words: str | re.Pattern[str]) -> None:
    """Look again at the page until the part about one item says this; the worker forecasts meanwhile."""
    last = time.monotonic() + FORECAST_SECONDS
    while not page.locator("article.detail", has_text=words).count():
        assert time.monotonic() < last, f"{words} does not come: {page.locator('main').inner_text()[:1000]}"
        page.wait_for_timeout(2_000)
        page.reload()
