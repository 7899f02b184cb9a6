"""O10: fakes of a buyer wait with their reasons; an operator pauses it, its leads go back live, the log tells all."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.sync_api import expect

from market.kit.work import Work
from market.orders.drafts import MaterialShare, OrderDraft
from market.orders.service import post_order
from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import Live, audit_holds, live
from tests.journeys.shoemakers import (
    WORKER_SECONDS,
    Shoemakers,
    join_brand,
    open_lead,
    shoemakers,
)

__all__ = ["audit_holds", "live", "shoemakers"]
LIVE = 1000 * WORKER_SECONDS
SHOP = "速成鞋贸 O10"
WHY = "两单都把人引到平台外付款"


def fake(work: Work, title: str) -> OrderDraft:
    return OrderDraft(
        title=title,
        description="报价前请先加微信 kuaiqian2026 详谈，货款都在平台外面付，别走平台，量大从优长期合作",
        quantity=400,
        unit="pair",
        vertical="apparel",
        category="shoes",
        processes=("shoe-lasting",),
        materials=(MaterialShare("genuine-leather"),),
        due_on=work.today + timedelta(days=60),
        wants_pool=False,
    )


@pytest.mark.usefixtures("audit_holds")
def test_o10_a_buyer_of_fakes_is_paused_and_its_leads_go_back(
    shoemakers: Shoemakers, open_page: OpenPage, live: Live
) -> None:
    factory = shoemakers.join("温州防骗鞋厂")
    shop = join_brand(open_page, SHOP, phone=True)
    (shop_id,) = live.asked(
        "SELECT id FROM organisations WHERE name = :name ORDER BY created_at DESC LIMIT 1", name=SHOP
    )
    for title in ("假单一 O10", "假单二 O10"):
        with live.work(UUID(str(shop_id))) as work:
            post_order(work, fake(work, title))
    live.settle()
    open_lead(factory, "假单二 O10")

    desk = open_page("/operator/moderation", role="operator")
    case = desk.locator("li.wf-card", has_text="假单二 O10")
    expect(case).to_contain_text("文字里有联系方式：聊天账号")
    expect(case).to_contain_text("权重 3")
    expect(case).to_contain_text(SHOP)
    assert accessibility_faults(desk) == []
    case.get_by_label(re.compile("理由")).fill(WHY)
    case.get_by_role("button", name="暂停这家店").click()
    expect(desk.locator("[role=status]").first).to_contain_text("已")
    expect(desk.locator("main")).not_to_contain_text("假单一 O10")

    expect(factory.locator("#news .wf-pill")).to_be_visible(timeout=LIVE)
    factory.goto("/notices")
    expect(factory.locator("main")).to_contain_text(re.compile("平台暂停了.*假单二 O10"), timeout=LIVE)
    factory.goto("/leads")
    expect(factory.locator("main")).not_to_contain_text("假单二 O10")

    desk.goto("/operator/moderation?show=decided")
    expect(desk.locator("li.wf-card", has_text="假单一 O10")).to_contain_text("已暂停店铺")
    assert accessibility_faults(desk) == []
    desk.locator("li.wf-card", has_text="假单一 O10").get_by_role("link", name=SHOP).click()
    told = desk.locator("section[aria-labelledby=history]")
    expect(told).to_contain_text(WHY)
    expect(told).to_contain_text("Weft")
    expect(told.locator("time").first).to_be_visible()

    shop.goto("/orders")
    expect(shop.locator("main")).to_contain_text("账号已暂停")
    expect(shop.locator("main")).to_contain_text(WHY)
    expect(shop.locator("main")).to_contain_text("operator@demo.example")
    assert accessibility_faults(shop) == []
