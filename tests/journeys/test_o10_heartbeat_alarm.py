"""O10: a worker is killed: the heartbeat alarms on the operators' page and in the bell, and says so when it is over."""

import time

import psutil
from playwright.sync_api import Page, expect

from tests.browser import LiveMarket, OpenPage, accessibility_faults

SEEN_WITHIN = 60_000
WELL_WITHIN = 150_000


def worker_of(market: LiveMarket) -> psutil.Process:
    """The worker that the supervisor of the market holds."""
    last = time.monotonic() + 60
    while time.monotonic() < last:
        for process in psutil.Process(market.process.pid).children():
            try:
                if "market.worker" in process.cmdline():
                    return process
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.2)
    raise AssertionError("no worker runs")


def unread(page: Page) -> str:
    page.goto("/notices")
    return page.locator("main").inner_text()


def test_a_killed_worker_is_an_alarm_until_another_is_alive(live_market: LiveMarket, open_page: OpenPage) -> None:
    page = open_page("/operator/health", role="operator", language="en")
    expect(page.locator("#alarms")).to_contain_text("Everything runs.", timeout=WELL_WITHIN)
    assert not accessibility_faults(page)
    worker_of(live_market).kill()
    expect(page.locator("#alarms")).to_contain_text("fell silent", timeout=SEEN_WITHIN)
    assert not accessibility_faults(page)
    bell = open_page("/notices", role="operator", language="en")
    expect(bell.locator("main")).to_contain_text("A part of the market fell silent")
    expect(page.locator("#alarms")).to_contain_text("Everything runs.", timeout=WELL_WITHIN)
    assert "What had fallen silent runs again" in unread(bell)
    phone = open_page("/operator/health", role="operator", phone=True)
    assert not accessibility_faults(phone)
    assert phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
