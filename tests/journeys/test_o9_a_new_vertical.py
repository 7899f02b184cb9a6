"""O9: an operator brings a trade by one file; form, reading, matching and search follow, and it goes again."""

import re
import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from market.kit.clock import SystemClock, market_day
from tests.browser import OpenPage, accessibility_faults
from tests.journeys.shoemakers import PASSWORD, next_step

PACK = Path(__file__).parents[1] / "market" / "verticals" / "eyewear.yaml"
DESK = "/operator/verticals"
WORKER_SECONDS = 120
LINES = {
    "zh": "急需800副板材镜架，醋酸板材，滚筒抛光，镜片宽度50毫米，40天交",
    "en": "800 acetate frames, cellulose acetate sheet, frame tumbling, lens width 50 mm, in 40 days",
}


@pytest.fixture
def operator(open_page: OpenPage) -> Iterator[Page]:
    """An operator, who leaves the shared market with the trades that it had."""
    page = open_page(DESK, role="operator")
    yield page
    page.goto(f"{DESK}/eyewear")
    if page.locator("#retire-why").count():
        retire(page)


def retire(page: Page) -> None:
    page.goto(f"{DESK}/eyewear")
    page.locator("#retire-why").fill("试过了")
    page.locator("section[aria-labelledby=retire] button[type=submit]").click()
    expect(page.locator("#retire-why")).to_have_count(0)


def publish(page: Page) -> None:
    """A faulty file first: all its faults, nothing changed; then mended on the page, previewed and published."""
    page.goto(f"{DESK}/new")
    text = PACK.read_text(encoding="utf-8")
    broken = text.replace("pattern: toy", "pattern: velvet").replace("zh: [贝塔钛, 记忆钛]", "zh: []")
    page.locator("#file").set_input_files(
        {"name": "eyewear.yaml", "mimeType": "application/yaml", "buffer": broken.encode()}
    )
    page.locator("#file-card ~ form button[type=submit], section[aria-labelledby=file-card] button").first.click()
    page.wait_for_url("**/drafts/*")
    expect(page.locator("main")).to_contain_text("没有任何改动")
    for place, words in (("5", "velvet"), ("21", "beta-titanium")):
        expect(page.locator("main tbody tr", has_text=words).first).to_contain_text(place)
    assert accessibility_faults(page) == []
    page.locator("#text").fill(text)
    page.locator("#sentences").fill("\n".join(LINES.values()))
    page.locator("section[aria-labelledby=text-card] button").first.click()
    expect(page.locator("main")).to_contain_text("没有错误")
    expect(page.locator("section[aria-labelledby=try] tbody tr")).to_have_count(2)
    expect(page.locator("section[aria-labelledby=try] tbody tr").first).to_contain_text("镜架滚光")
    assert accessibility_faults(page) == []
    page.locator("#why").fill("客户常问眼镜")
    page.locator("section[aria-labelledby=publish] button[type=submit]").click()
    page.wait_for_url(f"**{DESK}")
    expect(page.locator("main")).to_contain_text("客户常问眼镜")
    assert accessibility_faults(page) == []


def join(open_page: OpenPage, name: str) -> Page:
    page = open_page("/factories/register", phone=True)
    page.locator("#name").fill(name)
    page.locator("label.wf-chip:has(input[value='eyewear'])").click()
    next_step(page)
    for kind, value in (
        ("processes", "frame-milling"),
        ("processes", "barrel-tumbling"),
        ("categories", "acetate-frame"),
    ):
        page.locator(f"#{kind} label.wf-chip:has(input[value='{value}'])").click()
    next_step(page)
    page.locator("#minimum_quantity").fill("400")  # A new factory is offered twice its own minimum.
    page.locator("#capacity_per_week").fill("3,000")
    page.locator("#lead_time_days").fill("15")
    page.locator("#email").fill(f"frames-{secrets.token_hex(6)}@factory.example")
    page.locator("#password").fill(PASSWORD)
    next_step(page)
    page.wait_for_url("**/leads")
    return page


def wait_for(page: Page, link: Locator) -> None:
    """Reload the inbox until the worker has read every factory with the new pack and offered the order."""
    last = time.monotonic() + WORKER_SECONDS
    while not link.is_visible() and time.monotonic() < last:
        page.wait_for_timeout(500)
        page.reload()
    expect(link).to_be_visible()


def type_line(page: Page, words: str) -> None:
    with page.expect_response("**/orders/new/read"):
        page.locator("#words").fill(words)


def test_o9_a_trade_comes_by_one_file_and_goes_again(operator: Page, open_page: OpenPage) -> None:
    publish(operator)
    maker = join(open_page, "温州镜缘眼镜厂")
    due = (market_day(SystemClock().now()) + timedelta(days=40)).isoformat()
    for language in ("en", "zh"):
        page = open_page("/orders/new", role="seller", language=language)
        type_line(page, LINES[language])
        expect(page.locator("#category")).to_have_value("acetate-frame")
        assert "barrel-tumbling" in page.locator("#processes option:checked").evaluate_all(
            "all => all.map(o => o.value)"
        )
        expect(page.locator("#material_0")).to_have_value("cellulose-acetate-sheet")
        expect(page.locator("#quantity")).to_have_value("800")
        expect(page.locator("#due_on")).to_have_value(due)
        expect(page.locator("#attribute_lens_width")).to_have_value("50")
    page.locator("button[name=post]:visible").first.click()
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}$"))
    order = page.url
    maker.goto("/leads")
    link = maker.locator("h2 a", has_text="板材镜架").first
    wait_for(maker, link)
    link.click()
    expect(maker.locator("main")).to_contain_text("镜架滚光")
    found = open_page("/factories?q=板材镜架")
    expect(found.locator("main")).to_contain_text("温州镜缘眼镜厂")
    retire(operator)
    page.goto(order)
    expect(page.locator("main")).to_contain_text("板材镜架")
    page.goto("/orders/new")
    type_line(page, LINES["zh"])
    assert page.locator("#category").input_value() != "acetate-frame"
