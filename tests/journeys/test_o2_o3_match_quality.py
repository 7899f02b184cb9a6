"""O2, O3: the funnel by slices, probabilities held against what came, and an alarm that is told once and ends."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from market.measures.drift import watch_drift
from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import add_resting_factory, add_shop, system_work
from tests.journeys.test_o1_growth_tree import count_all
from tests.market.past import Maker, add_past
from tests.market.town import KNITTER

SAY = text("UPDATE leads SET calibrated = :calibrated, deal_probability = :p WHERE ranker_version = 'before'")


def say(market: LiveMarket, *, calibrated: bool, chance: float) -> None:
    """Let the leads of the past have said so, and do what the worker does every minute."""
    with system_work(market) as work:
        work.session.execute(SAY, {"calibrated": calibrated, "p": chance})
    count_all(market)
    with system_work(market) as work:
        watch_drift(work)


@pytest.fixture
def past(live_market: LiveMarket) -> LiveMarket:
    with system_work(live_market) as work:
        makers = [Maker(add_resting_factory(work, KNITTER), kind) for kind in (0, 0, 1, 1)]
        add_past(work, add_shop(work), makers, weeks=3, orders_a_week=25)
    return live_market


def bins(page: Page) -> list[str]:
    return page.locator("#bins tbody tr").all_inner_texts()


def test_the_funnel_by_slices_and_whether_probabilities_are_true(past: LiveMarket, open_page: OpenPage) -> None:
    say(past, calibrated=True, chance=0.15)
    page = open_page("/operator/quality", role="operator", language="en")
    expect(page.get_by_role("heading", name="Are the probabilities true?")).to_be_visible()
    expect(page.locator("figure[data-chart=calibration] canvas")).to_be_visible()
    page.get_by_text("See the numbers").click()
    assert any(re.search(r"10%–20%\s+[\d,]+\s+15%", row) for row in bins(page)), bins(page)
    for baseline in ("Brier, lower is better", "similarity only", "base rate only"):
        expect(page.get_by_text(baseline, exact=True)).to_be_visible()
    assert not accessibility_faults(page)

    page.get_by_label("Cut by", exact=True).select_option("newcomer")
    page.get_by_role("button", name="Show", exact=True).click()
    cut = page.locator("section:has(#cut)")
    shown = cut.locator("tbody tr").first.get_by_role("link").nth(1)
    count = shown.inner_text().replace(",", "")
    shown.click()
    expect(page.get_by_text(f"{int(count):,} lead", exact=False).first).to_be_visible()
    page.go_back()
    with page.expect_download() as file:
        cut.get_by_role("link", name="CSV").click()
    assert file.value.path().read_bytes().startswith(b"\xef\xbb\xbfnewcomer,offered")


def test_an_alarm_is_raised_when_they_drift_and_ends_when_they_are_true_again(
    past: LiveMarket, open_page: OpenPage
) -> None:
    say(past, calibrated=True, chance=0.9)
    page = open_page("/operator", role="operator", language="en")
    alarm = page.locator(".wf-ban.warn", has_text=re.compile("the whole market: says 9"))
    expect(alarm).to_be_visible()
    expect(alarm).to_contain_text("past the limit since")
    expect(page.locator("section:has(#todo)")).to_contain_text("Probabilities are off")
    page.goto("/notices")
    expect(page.get_by_text("Probabilities are off: they say").first).to_be_visible()
    page.goto("/operator")
    alarm.get_by_role("link", name="Look").click()
    expect(page.locator("section:has(#alarms)")).to_contain_text("stands")
    say(past, calibrated=False, chance=0.1)
    page.goto("/operator")
    expect(alarm).to_have_count(0)
