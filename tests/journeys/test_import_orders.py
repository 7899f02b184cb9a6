"""A shop brings a table of orders in its own columns and encoding; what is wrong comes back, the rest comes in once."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser import OpenPage, accessibility_faults

HEADERS = {"zh": "采购单,商品,要多少,料,何时要", "en": "Purchase order,Thing,How many,Made of,Wanted on"}
COLUMNS = ("reference", "category", "quantity", "materials", "due_on")


def table(mark: str, language: str) -> bytes:
    """Twelve rows, two of them wrong, as a Chinese shop's office program saves them."""
    rows = [f"{mark}-{number},羊绒衫,{200 + number},羊绒30% 羊毛70%,2027-01-{number:02}" for number in range(1, 13)]
    rows[3] = f"{mark}-4,飞船,200,羊绒,2027-01-04"
    rows[7] = f"{mark}-8,羊绒衫,0,羊绒,2020-01-08"
    return "\n".join([HEADERS[language], *rows]).encode("gb18030")


@pytest.mark.parametrize(("language", "phone"), [("zh", False), ("en", True)], ids=["zh desktop", "en phone"])
def test_import_tells_what_is_wrong_and_takes_the_rest_once(open_page: OpenPage, language: str, phone: bool) -> None:
    mark = f"J{language}".upper()
    file = FilePayload(name="orders.csv", mimeType="text/csv", buffer=table(mark, language))
    page = open_page("/orders/import", role="seller", language=language, phone=phone)
    page.locator("#file").set_input_files(file)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("GB18030")
    for place, field in enumerate(COLUMNS):
        page.locator(f"#column_{place}").select_option(field)
    page.locator("form[action$='/columns'] button[type=submit]").click()
    expect(page.locator("input[name=expected]")).to_have_value("10")
    assert accessibility_faults(page) == []

    with page.expect_download() as waiting:
        page.locator("section a[href$='/faulty.csv']").click()
    faulty = list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    assert [row[0] for row in faulty[1:]] == [f"{mark}-4", f"{mark}-8"]
    assert faulty[0][-1] == {"zh": "问题", "en": "problem"}[language]
    assert all(row[-1] for row in faulty[1:])

    page.locator("form[action$='/take'] button").dblclick()
    expect(page.locator(".wf-ban.ok").first).to_be_visible()
    page.goto(f"/orders?q={mark}-")
    expect(page.locator("main tbody tr")).to_have_count(10)

    page.goto("/orders/import")
    page.locator("#file").set_input_files(file)
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#column_2")).to_have_value("quantity")
    expect(page.locator("input[name=expected]")).to_have_count(0)
