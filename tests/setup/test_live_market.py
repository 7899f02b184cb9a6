"""The ground of the journeys: the live market lets each role in, at both sizes and in both languages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import LiveMarket, OpenPage, answer_status


@pytest.mark.parametrize("role", ["seller", "factory", "operator"])
def test_one_click_signs_a_role_in(open_page: OpenPage, role: str) -> None:
    page = open_page("/account", role=role)
    assert page.url.endswith("/account")


def test_a_visitor_reads_both_languages_on_both_sizes(open_page: OpenPage) -> None:
    for language, phone in (("zh", False), ("en", True)):
        page = open_page("/", language=language, phone=phone)
        assert page.evaluate("document.documentElement.lang").startswith(language)
        assert page.evaluate("window.innerWidth") == (390 if phone else 1440)


def test_the_market_says_that_it_lives(live_market: LiveMarket) -> None:
    assert [answer_status(live_market.address + path) for path in ("/livez", "/readyz", "/metrics")] == [200, 200, 200]


@pytest.mark.parametrize(("role", "due"), [("seller", "确认样品"), ("factory", "报工序")])
def test_both_sides_of_the_demo_find_deals_at_every_turn(open_page: OpenPage, role: str, due: str) -> None:
    page = open_page("/deals", role=role, phone=True)
    expect(page.locator("main")).to_contain_text(due)
    for state in ("打样中", "生产中", "待验收", "已到账"):
        expect(page.locator("main .wf-tag", has_text=state).first).to_be_visible()
    page.get_by_role("link", name=re.compile("autumn run")).first.click()
    expect(page.locator("#deal")).to_contain_text("¥26,601.90")
