"""O4: "Why not me?" replays that ranking: identical, with model and index version, and says what stood in the way."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import add_factory, system_work
from tests.market.town import KNITTER

WORDS = "1600 pairs of cotton socks in 40 days, target price 8 yuan"
SOCK_KNITTER = replace(
    KNITTER, description="Cotton socks", categories=("socks",), processes=("sock-knitting",), materials=("cotton",),
    attributes={}, unit_price_low_minor=600, unit_price_high_minor=900,
)  # fmt: skip


@pytest.fixture(scope="module")
def posted(live_market: LiveMarket) -> dict[str, str]:
    """The number of the order that this module posts once, in a market with more factories for it than are asked."""
    with system_work(live_market) as work:
        for place in range(8):
            add_factory(work, replace(SOCK_KNITTER, name=f"Why Not Sock Knitting {place}"))
    return {}


def post_order(page: Page) -> str:
    """Post an order that factories are asked for; its number."""
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(WORDS)
    expect(page.locator("#category")).to_have_value("socks")
    page.locator("button[name=post]:visible").last.click()
    expect(page.locator("#ranked-factories li.wf-rank").first).to_be_visible(timeout=30_000)
    code = re.search(r"R-\d+", page.locator("main").inner_text())
    assert code
    return code[0]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_an_operator_replays_a_ranking_and_says_why_a_factory_was_not_asked(
    open_page: OpenPage, posted: dict[str, str], phone: bool
) -> None:
    code = posted.get("code") or post_order(open_page("/orders/new", role="seller", language="en"))
    posted["code"] = code
    page = open_page("/operator/replay", role="operator", phone=phone, language="en")
    assert not accessibility_faults(page)
    page.locator("#f-code").fill(code)
    page.get_by_role("button", name="Show", exact=True).click()
    page.locator(".wf-name").first.click()
    expect(page.locator(".wf-ban.ok")).to_contain_text("Identical")
    expect(page.locator("#made-with").locator("..").locator("..")).to_contain_text("Ranker version")
    asked = page.locator("section[aria-labelledby=then] tbody th").all_inner_texts()
    assert 1 <= len(asked) <= 5 and page.locator("section[aria-labelledby=today] tbody tr").count() >= len(asked)
    assert not accessibility_faults(page)
    page.locator("#f-factory").fill(asked[0])
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#answer")).to_contain_text("at place 1")
    others = ask_others(page, asked)
    assert any("ranked at place" in answer for answer in others), others
    assert not accessibility_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def ask_others(page: Page, asked: list[str]) -> list[str]:
    """What is answered for factories that were not asked, until one was ranked below."""
    page.locator("#f-factory").fill("Why Not Sock")
    page.get_by_role("button", name="Ask", exact=True).click()
    links = page.locator("section[aria-labelledby=why-not] li a")
    ways = [
        str(links.nth(place).get_attribute("href"))
        for place, name in enumerate(links.all_inner_texts())
        if name not in asked
    ]
    answers = []
    for way in ways:
        page.goto(way)
        answers.append(page.locator("#answer").inner_text())
        if "ranked at place" in answers[-1]:
            break
    return answers
