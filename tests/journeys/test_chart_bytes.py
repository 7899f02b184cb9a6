"""A page with a chart stays affordable: the library that draws it comes once, and nothing else is heavy."""

from tests.browser import OpenPage
from tests.journeys.test_inbox_bytes import transferred

MOST_BYTES = 460 * 1024


def test_a_cold_load_of_an_item_with_its_chart_is_bounded(open_page: OpenPage) -> None:
    page = open_page("/restock", role="seller", phone=True)
    path = page.locator(".wf-skus a").first.get_attribute("href")
    found = transferred(page, str(path))
    assert any("echarts" in address for address in found), found
    assert sum(found.values()) <= MOST_BYTES, found
