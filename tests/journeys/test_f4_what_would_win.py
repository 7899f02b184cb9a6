"""F4: a factory opens a lead and reads why it matched, what it misses, and what would win it, with chances."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.learned_market import learned
from tests.journeys.shoemakers import Seller, Shoemakers, open_lead, seller, seller_key, shoemakers

__all__ = ["learned", "seller", "seller_key", "shoemakers"]


def test_f4_before_chances_are_checked_the_changes_stand_without_them(shoemakers: Shoemakers, seller: Seller) -> None:
    page = shoemakers.join("温州改进鞋厂", minimum=500)
    seller.post_shoes("小单凉鞋 F4", quantity=260)
    open_lead(page, "小单凉鞋 F4")
    win = page.locator("section[aria-labelledby=win-title]")
    expect(win).to_contain_text("只列您改得了的")
    expect(win).to_contain_text(re.compile(r"接 260.件的小单，档案里起订量是 500.件"))
    expect(win).to_contain_text("等验证过才显示")
    expect(win).not_to_contain_text("%")
    expect(page.locator("article")).to_contain_text("成交机会还不显示")
    assert accessibility_faults(page) == []


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_f4_chance_range_n_and_what_would_raise_it(
    shoemakers: Shoemakers, seller: Seller, learned: str, open_page: OpenPage, live_market: LiveMarket, phone: bool
) -> None:
    page = shoemakers.join("温州机会鞋厂", minimum=2_000, phone=phone)  # far off, so that other words weigh little
    title = f"小单拖鞋 F4 {'手机' if phone else '电脑'}"
    seller.post_shoes(title, quantity=260)
    open_lead(page, title)
    odds = page.locator("article .wf-odds").first
    expect(odds).to_contain_text(re.compile(r"\d+%.*区间 \d+–\d+%.*依据 [\d,]+ 条已了结的商机", re.DOTALL))
    change = page.locator("section[aria-labelledby=win-title] li", has_text="起订量")
    found = re.search(r"机会 (\d+) → (\d+)%", change.inner_text())
    assert found and int(found[2]) > int(found[1])
    assert odds.locator(".v").inner_text().startswith(f"{found[1]}%")
    assert accessibility_faults(page) == []

    page.goto("/factory/profile/edit")
    page.locator("#minimum_quantity").fill("200")
    page.locator("#main form button[type=submit]").last.click()
    page.wait_for_url("**/factory/profile")
    again = f"{title}。"  # the same words, so that only the minimum differs
    seller.post_shoes(again, quantity=260)
    open_lead(page, again)
    risen = int(re.findall(r"(\d+)%", page.locator("article .wf-odds .v").first.inner_text())[0])
    assert risen > int(found[1]), "what was promised came true"
