"""B10, O8 in a pool: one member disputes 6 % of its own share with photos, and only that part freezes. An operator
decides for 30 %; the other member sees nothing of it and is done; the books balance."""

import pytest
from playwright.sync_api import expect

from market.disputes import service as disputing
from tests.browser import OpenPage
from tests.journeys.behind import Live, audit_holds, live, wait_until
from tests.journeys.pooled import Member, PooledRun, can_be_used, gather
from tests.journeys.shoemakers import WORKER_SECONDS, Shoemakers, shoemakers
from tests.journeys.test_b10_o8_a_dispute import decide_thirty_percent, open_dispute

__all__ = ["audit_holds", "live", "shoemakers"]
LIVE_MILLISECONDS = WORKER_SECONDS * 1000
BRANDS = [("白鹭鞋社", "白鹭穆勒鞋", 260), ("苍岭鞋履", "苍岭乐福鞋", 400)]
OF_THE_DISPUTE = ("1,392", "417.60", "开胶", "苍岭")


def bring_to_the_doors(run: PooledRun) -> None:
    """Everybody paid, and has its parcel."""
    run.deal.make_sample()
    for member in run.members:
        member.deal.approve_sample()
    run.deal.pay_at_provider("deposit")
    run.deal.make_goods()
    run.deal.pay_at_provider("balance")
    run.deal.ship()
    for member in run.members:
        member.deal.receive()
    run.deal.reach("delivered")


def accept(member: Member) -> None:
    member.page.goto(member.deal.address)
    member.page.locator("section[aria-labelledby=accept-goods] .wf-act").get_by_role(
        "button", name="验收"
    ).first.click()
    member.page.get_by_role("dialog").get_by_role("button", name="验收").click()


def call_the_market(member: Member) -> str:
    """Three days go by without an agreement, and its shop asks for a decision; returns the operator's page of it."""
    dispute_id = member.deal.three_days_go_by()
    member.deal.by_shop(disputing.ask_for_decision, dispute_id)
    member.deal.settle()
    return f"/operator/disputes/{dispute_id}"


def sees_nothing_of_it(member: Member, *more: str) -> None:
    for path in (member.deal.address, "/notices", *more):
        member.page.goto(path)
        for hidden in OF_THE_DISPUTE:
            assert hidden not in member.page.locator("main").inner_text(), f"{hidden} on {path}"


@pytest.mark.usefixtures("audit_holds")
def test_b10_one_member_disputes_its_share_and_o8_only_that_part_waits(
    live: Live, shoemakers: Shoemakers, open_page: OpenPage
) -> None:
    run = gather(live, shoemakers, open_page, "温州合单争议鞋厂", BRANDS)
    other, disputing_shop = run.members
    bring_to_the_doors(run)

    disputing_shop.page.goto(disputing_shop.deal.address)
    open_dispute(disputing_shop.page)
    money = disputing_shop.page.locator("section[aria-labelledby=money]")
    expect(money).to_contain_text("只冻结有争议的 ¥1,392.00", timeout=LIVE_MILLISECONDS)
    assert run.deal.frozen_and_refunded() == (139_200, 0)
    sees_nothing_of_it(other, f"/orders/{other.order_id}", "/money", "/rooms")
    accept(other)
    run.deal.reach("accepted")
    run.factory.goto(run.deal.address)
    dispute = run.factory.locator("section[aria-labelledby=disputes]")
    expect(dispute).to_contain_text(disputing_shop.deal.share().code)
    can_be_used(run.factory)
    dispute.get_by_role("link", name="查看争议").click()
    expect(run.factory.locator("#dispute")).to_contain_text("24 双开胶")

    operator = open_page(call_the_market(disputing_shop), role="operator")
    decide_thirty_percent(operator)
    assert run.deal.frozen_and_refunded() == (139_200, 0), "a preview moves nothing"
    operator.get_by_role("button", name="按所列裁定").click()
    expect(operator.locator("main .wf-ban.ok").first).to_contain_text("已裁定")
    expect(disputing_shop.page.locator("#dispute")).to_contain_text("退给买家 ¥417.60", timeout=LIVE_MILLISECONDS)
    wait_until(lambda: run.deal.frozen_and_refunded() == (0, 41_760))
    sees_nothing_of_it(other)
    disputing_shop.page.goto(disputing_shop.deal.address)
    can_be_used(disputing_shop.page)
    other.page.goto(f"/orders/{other.order_id}")
    expect(other.page.locator("#pool")).to_contain_text("各家都已验收")
    can_be_used(other.page)
