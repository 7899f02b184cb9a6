"""F7: a factory reads what comparable closed deals paid, P25 to P75 with their number; nothing under eight deals."""

import re

from playwright.sync_api import expect

from tests.browser import LiveMarket, accessibility_faults
from tests.journeys.learned_market import close_deals
from tests.journeys.shoemakers import Seller, Shoemakers, open_lead, seller, seller_key, shoemakers

__all__ = ["seller", "seller_key", "shoemakers"]


def test_f7_the_band_appears_with_the_eighth_deal_and_names_nobody(
    shoemakers: Shoemakers, seller: Seller, live_market: LiveMarket
) -> None:
    page = shoemakers.join("温州价带鞋厂")
    close_deals(live_market, 7, category="shoes", quantity=4200, prices=(10_000, 13_000))
    seller.post_shoes("价带皮鞋 F7", quantity=4000)
    open_lead(page, "价带皮鞋 F7")
    band = page.locator("section[aria-labelledby=band-title]")
    expect(band).to_contain_text("少于 8 单，先不显示价格")
    expect(band).to_contain_text("目前 7 单")
    expect(band).not_to_contain_text("¥")
    assert accessibility_faults(page) == []

    close_deals(live_market, 1, category="shoes", quantity=3900, prices=(14_000, 14_000))
    page.reload()
    expect(band).to_contain_text(re.compile(r"¥108\.75–126\.25\s*P25–P75"))
    expect(band).to_contain_text("8 单，中位 ¥117.50")
    expect(band).not_to_contain_text("Past")
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="接单报价").click()
    page.wait_for_url("**/quote")
    expect(band).to_contain_text("8 单，中位 ¥117.50")
