"""B10, O8: goods arrive with 6 % of defects. The shop disputes them with photos and only that part freezes; an operator
sees every line before deciding for 30 %; the provider pays it back, and the books balance. The shop
orders it again in one click, and the factory takes it with one tap at the price that it gave."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import Behind, audit_holds, behind, live, wait_until
from tests.journeys.shoemakers import Seller, Shoemakers, seller, seller_key, shoemakers
from tests.journeys.test_b6_sample_and_deposit import LIVE_MILLISECONDS, PHOTO, award, pay_by_card

__all__ = ["audit_holds", "behind", "live", "seller", "seller_key", "shoemakers"]
PIECES = 400


def pay(shop: Page, purpose: str) -> None:
    """Pay what the deal asks at the provider's page."""
    shop.reload()
    due = shop.locator(f"section[aria-labelledby=pay-{purpose}]")
    due.get_by_role("link", name=re.compile("付 ¥")).click(timeout=LIVE_MILLISECONDS)
    pay_by_card(shop)


def make_and_deliver(deal: Behind, shop: Page) -> None:
    deal.make_sample()
    deal.approve_sample()
    pay(shop, "deposit")
    deal.make_goods()
    pay(shop, "balance")
    held = "SELECT count(*) FROM dues WHERE deal_id = :id AND state = 'held'"
    wait_until(lambda: deal.asked(held, id=deal.deal().id)[0] == 2)
    deal.ship()
    deal.receive()
    deal.reach("delivered")


def open_dispute(shop: Page) -> None:
    """24 of 400 pieces, with a photo; the amount is worked out from them."""
    shop.reload()
    shop.get_by_role("link", name="提争议").click()
    shop.locator("label.wf-chip:has(input[value=defects])").click()
    shop.locator("#pieces").fill("24")
    expect(shop.locator("#worked-out")).to_contain_text("¥1,392.00")
    shop.locator("#words").fill("24 双开胶，占 6%，见照片")
    shop.locator("#files").set_input_files(PHOTO)
    assert not accessibility_faults(shop)
    shop.get_by_role("button", name="提交争议").click()


def decide_thirty_percent(operator: Page) -> None:
    """The operator, before a dispute, reads every line that the decision would write."""
    operator.locator("label.wf-chip:has(input[value=part_refund])").click()
    operator.locator("#refund").fill("417.60")
    operator.locator("#why").fill("照片显示开胶，按三成赔")
    operator.get_by_role("button", name="先看会怎样").click()
    lines = operator.locator("section[aria-labelledby=preview]")
    expect(lines).to_contain_text("¥417.60")
    expect(lines).to_contain_text("¥0.00")
    assert not accessibility_faults(operator)


def order_again(shop: Page, factory: Page, deal: Behind) -> None:
    """One click of the shop and one tap of the factory make a new deal at the agreed price."""
    shop.goto(deal.address)
    again = shop.locator("section[aria-labelledby=again]")
    expect(again).to_contain_text("¥58.00")
    expect(again.locator("#pieces")).to_have_value(str(PIECES))
    assert not accessibility_faults(shop)
    again.get_by_role("button", name="再下一单").click()
    shop.wait_for_url("**/orders/**")
    repeat = shop.locator("#ranked-factories [role=status]")
    expect(repeat).to_contain_text("再次下单，每件 ¥58.00", timeout=LIVE_MILLISECONDS)
    expect(repeat).to_contain_text("等 温州争议鞋厂 答复", timeout=LIVE_MILLISECONDS)
    assert not accessibility_faults(shop)
    factory.goto("/leads")
    factory.locator("article", has_text="再次下单").get_by_role("link").first.click()
    expect(factory.locator("main")).to_contain_text("您当时的报价是每件 ¥58.00")
    assert not accessibility_faults(factory)
    factory.get_by_role("button", name="按 ¥58 接单").click()
    expect(factory.locator("main")).to_contain_text("您按每件 ¥58.00 接了这张再次下的单")
    deal.settle()
    newest = "SELECT unit_price_minor, quantity FROM awards ORDER BY awarded_at DESC LIMIT 1"
    assert deal.asked(newest) == (5_800, PIECES)
    expect(repeat).to_contain_text("由 温州争议鞋厂 生产", timeout=LIVE_MILLISECONDS)


@pytest.mark.usefixtures("audit_holds")
def test_b10_six_percent_are_disputed_and_o8_an_operator_decides_by_what_is_shown(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, behind: Callable[[str], Behind]
) -> None:
    factory = shoemakers.join("温州争议鞋厂")
    shop = open_page("/orders", role="seller", phone=True)
    award(shop, factory, seller.post_shoes("乐福鞋 B6", quantity=PIECES))
    deal = behind(shop.url)
    make_and_deliver(deal, shop)

    open_dispute(shop)
    money = shop.locator("section[aria-labelledby=money]")
    expect(money).to_contain_text("只冻结有争议的 ¥1,392.00", timeout=LIVE_MILLISECONDS)
    expect(shop.locator(".wf-msg img")).to_have_attribute("alt", "front.png")
    assert not accessibility_faults(shop)

    factory.goto(shop.url)
    expect(factory.locator("#dispute")).to_contain_text("24 双开胶")
    factory.locator("label.wf-chip:has(input[value=nothing])").click()
    factory.get_by_role("button", name="提交方案").click()
    expect(shop.locator("section[aria-labelledby=settle]")).to_contain_text("不退款给买家", timeout=LIVE_MILLISECONDS)
    shop.get_by_role("button", name="不接受").click()
    deal.settle()
    deal.three_days_go_by()
    shop.reload()
    shop.get_by_role("button", name="请平台裁定").click()
    shop.get_by_role("dialog").get_by_role("button", name="请平台裁定").click()
    deal.settle()

    operator = open_page("/operator/disputes", role="operator")
    operator.locator("main tbody a").first.click()
    decide_thirty_percent(operator)
    assert deal.frozen_and_refunded() == (139_200, 0), "a preview moves nothing"
    operator.get_by_role("button", name="按所列裁定").click()
    expect(operator.locator("main .wf-ban.ok").first).to_contain_text("已裁定")
    deal.settle()

    expect(shop.locator("#dispute")).to_contain_text("已了结：退给买家 ¥417.60", timeout=LIVE_MILLISECONDS)
    expect(shop.locator("#dispute")).to_contain_text("按三成赔")
    wait_until(lambda: deal.frozen_and_refunded() == (0, 41_760))

    order_again(shop, factory, deal)
