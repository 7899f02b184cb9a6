"""Every component and shell page in a real browser: accessible, silent under the policy, nothing sticking out."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import ROOT, accessibility_faults
from tests.look.conftest import OpenGallery

PICTURES = ROOT / "test-results" / "look"
Look = tuple[str, bool, bool]  # language, dark, phone
EVERY_LOOK: list[Look] = [
    (language, dark, phone) for language in ("zh", "en") for dark in (False, True) for phone in (False, True)
]
# Half of the looks, in which every language, colour scheme and size still meets every other.
CROSSED: list[Look] = [look for look in EVERY_LOOK if look[1] == (look[2] == (look[0] == "zh"))]
PAGES = {
    "components-seller": "/components?role=seller",
    "components-factory": "/components?role=factory&faulty=1",
    "components-operator": "/components?role=operator",
    "home": "/",
    "sign-in": "/sign-in?faulty=1",
    "missing": "/error/404?role=factory",
    "failed": "/error/500",
    "api": "/api",
}


CASES = [
    (name, *look)
    for name in PAGES
    for look in (EVERY_LOOK if name in ("components-seller", "components-factory") else CROSSED)
]


@pytest.mark.parametrize(("name", "language", "dark", "phone"), CASES)
def test_page_is_accessible_and_keeps_within_the_screen(
    open_gallery: OpenGallery, name: str, language: str, dark: bool, phone: bool
) -> None:
    page = open_gallery(PAGES[name], phone=phone, language=language, dark=dark)
    page.wait_for_load_state("networkidle")
    picture = picture_path(name, language, dark, phone)
    page.screenshot(path=picture, full_page=True)
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert too_wide <= 0, f"{name} is {too_wide} px wider than the screen; see {picture}"
    assert accessibility_faults(page) == []


def picture_path(name: str, language: str, dark: bool, phone: bool) -> Path:
    """Where the picture of a page goes, for the eye."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES / f"{name}.{language}.{'dark' if dark else 'light'}.{'390' if phone else '1440'}.png"


@pytest.mark.parametrize("phone", [False, True])
def test_open_dialog_and_searched_list_are_accessible(open_gallery: OpenGallery, phone: bool) -> None:
    page = open_gallery("/components?role=seller", phone=phone)
    page.wait_for_selector(".ts-control")
    page.click(".ts-control")
    page.keyboard.type("process 2")
    expect(page.locator(".ts-dropdown .option:visible")).to_have_count(12)
    page.keyboard.press("Enter")
    expect(page.locator(".ts-wrapper.multi .ts-control .item")).to_have_count(1)
    assert accessibility_faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Withdraw").first.click()
    assert page.locator("dialog#withdraw").evaluate("dialog => dialog.open")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Back").click()
    assert not page.locator("dialog#withdraw").evaluate("dialog => dialog.open")
