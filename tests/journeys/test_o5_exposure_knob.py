"""O5: an operator sees what more leads for learning would cost before it is applied; the history keeps who and why."""

from dataclasses import replace

from playwright.sync_api import expect

from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import add_resting_factory, add_shop, system_work
from tests.market.experiments.logged import PLACES, add_rankings
from tests.market.town import KNITTER


def test_o5_cost_is_shown_before_the_knob_is_turned(live_market: LiveMarket, open_page: OpenPage) -> None:
    with system_work(live_market) as work:
        makers = [
            add_resting_factory(work, replace(KNITTER, name=f"Past Mill {place}", staff_count=20))
            for place in range(2 * PLACES)
        ]
        add_rankings(work, add_shop(work), makers, 600, 0.1, best=0.8, other=0.2)
    page = open_page("/operator/exposure", role="operator", language="en")
    page.locator("#percent").fill("10")
    page.get_by_role("button", name="Show what it costs").click(timeout=60_000)
    expect(page.locator("main")).to_contain_text("10% instead of 0%")
    expect(page.locator("main")).to_contain_text("It would cost")
    expect(page.locator("main")).to_contain_text("600 requests of the past year")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Give 10% to learning").click()
    expect(page.locator(".wf-err").first).to_contain_text("Say why")
    page.locator("#why").fill("New mills wait too long")
    page.get_by_role("button", name="Give 10% to learning").click()
    expect(page.locator("main")).to_contain_text("0% → 10%")
    expect(page.locator("main")).to_contain_text("New mills wait too long")
    phone = open_page("/operator/exposure?percent=0", role="operator", phone=True)
    assert accessibility_faults(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("#why").fill("试完了")
    phone.get_by_role("button", name="把 0% 拿来学习").click()
    expect(phone.locator("main")).to_contain_text("10% → 0%")
