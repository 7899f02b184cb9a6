"""B5: a seller compares quotes in columns, exports the table and awards; the factory reads the purchase order."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.browser import OpenPage
from tests.journeys.shoemakers import Seller, Shoemakers, fill_quote, open_lead, seller, seller_key, shoemakers

__all__ = ["seller", "seller_key", "shoemakers"]


def quote(page: Page, title: str, rows: list[tuple[str, str]], days: str) -> None:
    """Accept a lead on the phone and quote a ladder."""
    open_lead(page, title)
    page.get_by_role("button", name="接单报价").click()
    page.wait_for_url("**/quote")
    fill_quote(page, rows, days)


def exports_hold_the_same(page: Page, folder: Path) -> None:
    """Both files hold what the table shows, and no formula."""
    for kind in ("CSV", "Excel"):
        with page.expect_download() as started:
            page.locator("#quotes a.btn", has_text=kind).click()
        started.value.save_as(folder / kind)
    exported = list(csv.reader(io.StringIO((folder / "CSV").read_text("utf-8-sig"))))
    assert exported[0][1:] == ["温州便宜鞋厂", "温州快手鞋厂"]
    assert ["400 件（您的）", "46.50", "52.00"] in exported
    assert exported[-1][1:] == ["'=含鞋盒", "'=含鞋盒"]
    sheet = CalamineWorkbook.from_path(folder / "Excel").get_sheet_by_index(0).to_python()
    assert ["400 件（您的）", 46.5, 52.0] in sheet


def test_b5_compares_in_columns_exports_and_awards(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, tmp_path: Path
) -> None:
    cheap, quick = shoemakers.join("温州便宜鞋厂"), shoemakers.join("温州快手鞋厂")
    order_id = seller.post_shoes("乐福鞋 B5", quantity=400)

    quote(cheap, "乐福鞋 B5", [("100", "58"), ("400", "60")], "30")
    expect(cheap.locator("#steps-1-unit_price-error")).to_contain_text("价格反而高")
    expect(cheap.locator("#steps-0-unit_price")).to_have_value("58")
    cheap.locator("#steps-1-unit_price").fill("46.50")
    cheap.get_by_role("button", name="发出报价").click()
    expect(cheap.locator("[role=status]").first).to_contain_text("报价已发给买家")
    quote(quick, "乐福鞋 B5", [("300", "52"), ("1,000", "49")], "12")
    expect(quick.locator("[role=status]").first).to_contain_text("报价已发给买家")

    page = open_page(f"/orders/{order_id}", role="seller")
    table = page.locator("#quotes table")
    expect(table.locator("thead th.num")).to_have_count(2)
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()
    }
    assert [re.sub(r"\s", "", name) for name in rows][:4] == ["100件", "300件", "400件（您的）", "1,000件"]
    prices = [[re.sub(r"[^\d.]", "", cell) for cell in cells] for cells in list(rows.values())[:4]]
    assert prices == [["58.00", ""], ["58.00", "52.00"], ["46.50", "52.00"], ["46.50", "49.00"]]
    own = table.locator("tr.on")
    expect(own.locator("td").first).to_contain_text("最低")
    expect(table.locator("tr", has_text="交货").locator("td").last).to_contain_text("最快")
    assert table.locator("tr", has_text="起订").locator("td").all_inner_texts() == ["100 / ¥260", "300 / ¥260"]
    expect(table.locator("tr", has_text="准交").locator("td").first).to_contain_text("n=0")
    expect(table.locator("tr", has_text="400 件合计").locator("td").first).to_contain_text("¥18,600.00")

    exports_hold_the_same(page, tmp_path)

    table.get_by_role("button", name=re.compile("选这家")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="选定").click()
    page.wait_for_url("**/deals/**")
    expect(page.locator("main")).to_contain_text("¥18,600.00")
    expect(page.locator("main")).to_contain_text("¥5,580.00")  # the deposit of 30 %

    cheap.goto("/deals")
    cheap.locator("section[aria-labelledby=running-title] a", has_text="乐福鞋 B5").click()
    expect(cheap.locator("main")).to_contain_text("¥18,600.00")
    quick.goto("/leads?part=ended")
    expect(quick.locator("#leads article", has_text="乐福鞋 B5")).to_contain_text("没选中：别家价格更低")
    page.goto(f"/orders/{order_id}")
    expect(page.locator("#quotes")).to_contain_text("已选定 温州便宜鞋厂")
