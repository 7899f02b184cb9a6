"""Every page, at both sizes and in both languages: no fault that axe can find, nothing wider than the screen."""

import pytest
from playwright.sync_api import Page

from tests.browser import OpenPage, accessibility_faults

# role -> pages; `>` opens the first link below it that matches.
PAGES = {
    None: [
        "/", "/sign-in", "/join", "/factories", "/factories > /factories/0", "/factories/register", "/api/docs",
        "/nothing",
    ],
    "seller": ["/orders", "/orders > /orders/0", "/orders/new", "/orders/import", "/rooms", "/account", "/notices",
        "/deals", "/deals > /deals/0", "/money",
        "/restock", "/restock > /restock/0", "/restock?show=retired", "/restock/import", "/restock/sharing"],
    "factory": ["/leads", "/leads > /leads/0", "/factory/profile", "/factory/profile/edit", "/factory/record", "/deals",
        "/notices",
        "/deals > /deals/0", "/money", "/deals/aql", "/deals/aql?lot=800&aql=2.5",
        "/rooms", "/factory/materials", "/factory/materials/recipes", "/factory/materials/recipes/new"],
    "operator": [
        "/operator", "/operator/lists", "/operator/quality", "/operator/quality?by=size&days=84",
        "/operator/quality/leads", "/operator/quality/leads?step=won", "/operator/report",
        "/operator/orders", "/operator/orders > /operator/orders/0", "/operator/pools",
        "/operator/pools > /operator/pools/0", "/operator/leads", "/rooms", "/operator/factories",
        "/operator/factories > /operator/factories/0", "/operator/quotes", "/operator/awards",
        "/operator/organisations",
        "/operator/organisations > /operator/organisations/0", "/operator/history",
        "/operator/rankers", "/operator/disputes", "/operator/disputes?show=ended", "/operator/money",
        "/operator/reviews", "/operator/moderation", "/operator/moderation?show=decided",
        "/operator/replay", "/operator/replay > /operator/replay/0", "/operator/health",
        "/operator/exposure", "/operator/exposure?percent=10", "/operator/shadows",
        "/operator/verticals", "/operator/verticals/new", "/operator/verticals/toys",
        "/operator/orders > /operator/history/orders", "/operator/quotes?words=nothing+fits", "/account", "/notices",
    ],
}  # fmt: skip


def visit(page: Page, path: str) -> None:
    start, _mark, link = path.partition(" > ")
    page.goto(start)
    if link:
        page.goto(str(page.locator(f"main a[href^='{link}']").first.get_attribute("href")))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("role", PAGES, ids=str)
def test_every_page_can_be_used_by_everybody(open_page: OpenPage, role: str | None, phone: bool, language: str) -> None:
    page = open_page("/livez", role=role, phone=phone, language=language)
    faults = []
    for path in PAGES[role]:
        visit(page, path)
        assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language], path
        # Axe takes most of the time. Phones show it all words, and desktops what only a wide page has.
        if phone or language == "en":
            faults += [f"{path}: {fault}" for fault in accessibility_faults(page)]
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            faults.append(f"{path}: {wider} px wider than the screen")
    assert not faults, "\n".join(faults)
