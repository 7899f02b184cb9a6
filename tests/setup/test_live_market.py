"""The ground of the journeys: the live market lets each role in, at both sizes and in both languages."""

import pytest

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
