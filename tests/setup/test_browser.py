"""The browser that the journeys use starts here, writes Chinese, and axe finds what is wrong in a page."""

from playwright.sync_api import Page

from tests.browser import accessibility_faults

PAGE = """<!doctype html><html lang="zh"><title>织</title><main><h1>杯子 cup</h1>%s</main></html>"""


def test_chinese_is_drawn_with_a_font_of_its_own(page: Page) -> None:
    page.set_content(PAGE % '<span id="han" style="font-size:40px">杯</span>')
    width = page.evaluate("document.querySelector('#han').getBoundingClientRect().width")
    assert 36 <= width <= 44, f"a Han character 40 pixels high is {width} wide: is there a Chinese font?"


def test_axe_names_the_fault_and_the_element(page: Page) -> None:
    page.set_content(PAGE % "")
    assert accessibility_faults(page) == []
    page.set_content(PAGE % '<img src="data:," id="picture"><p style="color:#ccc;background:#fff">pale</p>')
    faults = "\n".join(accessibility_faults(page))
    assert "image-alt" in faults and "#picture" in faults and "color-contrast" in faults
