"""F9 in a pool, on a phone: who gets how many pieces, a parcel and a packing list for each order, and the day of the
money from day one."""

import pytest
from playwright.sync_api import Page, expect

from market.production import service
from tests.browser import OpenPage
from tests.journeys.behind import Live, audit_holds, live, wait_until
from tests.journeys.pooled import PooledRun, gather
from tests.journeys.shoemakers import Shoemakers, shoemakers
from tests.journeys.test_f9_from_sample_to_money import PICTURE, can_be_used, now, payout_day

__all__ = ["audit_holds", "live", "shoemakers"]
BRANDS = [("乌桕鞋社", "乌桕绑带平底鞋", 260), ("江澜鞋履", "江澜牛津鞋", 420)]
NET = "¥37,468.00"  # 680 x 58 less 5 %
NET_OF_THE_SHEET = "¥37,357.80"  # two pieces less


def to_inspection(run: PooledRun) -> None:
    run.deal.make_sample()
    for member in run.members:
        member.deal.approve_sample()
    wait_until(lambda: run.deal.is_asked("deposit"))
    run.deal.pay("deposit")
    run.deal.begin()
    for stage in service.stages_of(run.deal.deal().vertical):
        run.deal.by_factory(service.report_stage, run.deal.deal().id, stage)


def share_out(run: PooledRun) -> None:
    """Two pieces of the smaller order are missing on the sheet."""
    page, codes = run.factory, [member.deal.share().code for member in run.members]
    now(page, "验货")
    page.locator("#inspection-major").fill("1")
    page.get_by_label(codes[0]).fill("261")
    page.get_by_role("button", name="提交验货结果").click()
    expect(page.get_by_label(codes[0])).to_have_value("261")
    page.get_by_label(codes[0]).fill("258")
    can_be_used(page)
    page.get_by_role("button", name="提交验货结果").click()
    now(page, "等各家尾款")
    waits = page.locator("#now")
    expect(waits).to_contain_text(codes[0])
    expect(waits).to_contain_text("¥10,440.00")  # 258 x 58 less the deposit of 260
    expect(waits).to_contain_text("¥17,052.00")


def ship(run: PooledRun) -> None:
    page = run.factory
    for place, waybill in enumerate(("SF1001", "SF1002")):
        page.locator(f"#ship-carrier_{place}").fill("顺丰")
        page.locator(f"#ship-waybill_{place}").fill(waybill)
    can_be_used(page)
    page.get_by_role("button", name="已发出").click()
    now(page, "运输中")


def confirm(page: Page, code: str) -> None:
    parcel = page.locator("#now .wf-well", has_text=code)
    if not parcel.locator("details[open]").count():  # The last one stands open by itself.
        parcel.locator("summary").click()
    parcel.locator("input[id$=received_by]").fill("仓库老李")
    parcel.locator("input[id$=files-camera]").set_input_files(PICTURE)
    parcel.get_by_role("button", name="确认送达").click()


@pytest.mark.usefixtures("audit_holds")
def test_f9_a_pooled_run_is_shared_out_shipped_and_paid(
    live: Live, shoemakers: Shoemakers, open_page: OpenPage
) -> None:
    run = gather(live, shoemakers, open_page, "温州合单出货鞋厂", BRANDS)
    page, codes = run.factory, [member.deal.share().code for member in run.members]
    promised = payout_day(page.locator("#money"))
    page.goto("/deals")
    assert payout_day(page.locator("section[aria-labelledby=running-title] li").first) == promised
    page.goto(run.deal.address)
    expect(page.locator("#money .wf-big")).to_contain_text(NET)
    to_inspection(run)

    share_out(run)
    expect(page.locator("#money .wf-big")).to_contain_text(NET_OF_THE_SHEET)
    wait_until(lambda: run.deal.is_asked("balance"))
    run.deal.pay("balance")
    now(page, "发货")
    ship(run)
    for member, pieces in zip(run.members, ("258 件", "420 件"), strict=True):
        member.page.goto(f"{member.deal.address}/packing-list")
        paper = member.page.locator("main")
        expect(paper).to_contain_text(pieces)
        expect(paper).not_to_contain_text({"258 件": codes[1], "420 件": codes[0]}[pieces])

    confirm(page, codes[0])
    expect(page.locator("#now details")).to_have_count(1)
    confirm(page, codes[1])
    now(page, "已送达")
    for member in run.members:
        member.deal.by_shop(service.accept_share, member.deal.share().id)
    now(page, "货款正在打给您")
    expect(page.locator("#now")).to_contain_text("最晚")
    can_be_used(page)
