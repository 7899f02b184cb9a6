"""O1: the dashboard opens with traffic × conversion × repeat as a tree, each defined on the spot, down to one lead."""

import re

from playwright.sync_api import expect

from market.measures.counting import count_touched_days
from market.measures.sums import freshness
from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import system_work


def count_all(market: LiveMarket) -> None:
    """What the worker does every minute, until nothing waits; it may be at it itself meanwhile."""
    waiting = 1
    while waiting:
        with system_work(market) as work:
            count_touched_days(work)
            waiting = freshness(work.session)[1]


def test_the_tree_is_read_and_followed_down_to_a_lead(live_market: LiveMarket, open_page: OpenPage) -> None:
    count_all(live_market)
    page = open_page("/operator", role="operator", language="en")
    for name in ("Growth: deals that return", "Traffic: runs offered", "Conversion: runs won", "Repeat: again in 60"):
        expect(page.get_by_role("heading", name=re.compile(name))).to_be_visible()
    conversion = page.locator("section", has=page.locator("#conversion"))
    expect(conversion).to_contain_text(re.compile(r"\d+ / \d+ · [\d.]+%–[\d.]+%"))
    expect(conversion.get_by_text("Of the runs offered in these days")).to_be_hidden()
    conversion.get_by_text("What is counted").click()
    expect(conversion.get_by_text("Of the runs offered in these days")).to_be_visible()
    assert not accessibility_faults(page)

    won = conversion.get_by_role("link").first
    won.click()
    rows = page.locator("main tbody tr")
    expect(page.get_by_role("heading", name="Leads behind the number")).to_be_visible()
    expect(rows.first).to_contain_text("awarded")
    assert not accessibility_faults(page)
    rows.first.get_by_role("link").last.click()
    expect(page.get_by_role("main")).to_contain_text("became")
    page.go_back()
    rows.first.get_by_role("rowheader").get_by_role("link").click()
    expect(page).to_have_url(re.compile("/operator/(orders|pools)/"))


def test_the_tree_of_one_trade_in_chinese_on_a_phone(live_market: LiveMarket, open_page: OpenPage) -> None:
    count_all(live_market)
    page = open_page("/operator", role="operator", phone=True)
    expect(page.get_by_role("heading", name="流量：给出的批次")).to_be_visible()
    whole = int(page.locator("#traffic ~ .v, section:has(#traffic) .v").first.inner_text().split()[0].replace(",", ""))
    page.get_by_role("button", name="筛选数据").click()
    page.get_by_label("行业").select_option("apparel")
    page.get_by_role("button", name="显示").click()
    part = int(page.locator("section:has(#traffic) .v").first.inner_text().split()[0].replace(",", ""))
    assert 0 < part < whole
    assert not accessibility_faults(page)
