"""What a shop does on the page of its deal, from the sample's fee to the acceptance, over the web door."""

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from market.payments.events import PaymentAuthorised, PaymentFailed
from market.production import service
from tests.market.deals.conftest import SignIn
from tests.market.deals.test_standing import address, flat
from tests.market.production.yard import PHOTO, Run, pooled_deal, single_deal
from tests.market.quotes.conftest import Visitor
from tests.market.settlement.test_flows import dues_for, pay, provider_says
from tests.market.town import Town

PAGE = "https://provider.example/pay/1"


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def send(visitor: Visitor, run: Run, what: str, **fields: str) -> str:
    """Open the page, send one of its forms, and read the page that comes of it."""
    place = address(run, run.shops.index(visitor.organisation_id))
    fields.setdefault("key", key_of(visitor.read(place)))
    answer = visitor.post(f"{place}/{what}", **fields)
    assert answer.status_code == 303, flat(answer.text)
    run.town.deliver()
    return flat(visitor.read(place))


def open_page_at_provider(town: Town, due_id: UUID, state: str = "open") -> None:
    with town.work("system") as work:
        change = "UPDATE payments SET state = :state, page = :page WHERE reference = :due"
        work.session.execute(text(change), {"state": state, "page": PAGE, "due": due_id})


def test_what_is_to_be_paid_leads_to_the_provider_once_the_page_is_there(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    shop = sign_in(run.shops[0])
    page = flat(shop.read(address(run)))
    assert "付样品费" in page and "付款页正在准备" in page and PAGE not in page
    open_page_at_provider(town, dues_for(run, "sample_fee")[0].id)
    assert f'href="{PAGE}"' in flat(shop.read(address(run)))
    pay(run, "sample_fee")
    page = flat(shop.read(address(run)))
    assert PAGE not in page and "现在没有要您办的事" in page
    assert "¥380.01" in page and "抵货款" in page and "最长保管到" in page


def test_a_sample_is_rejected_with_comments_and_the_next_one_approved(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    shop = sign_in(run.shops[0])
    run.by_factory(service.make_sample, [PHOTO], "流苏 6 厘米")
    place = address(run)
    page = flat(shop.read(place))
    assert "流苏 6 厘米" in page and "front.png" in page and "最多 3 版" in page and "pay-deposit" not in page
    refused = shop.post(f"{place}/samples/{run.sample_id()}", key="1", choice="reject", comments=" ")
    assert (refused.status_code, "请写明要改什么" in flat(refused.text)) == (422, True)
    page = send(shop, run, f"samples/{run.sample_id()}", choice="reject", comments="流苏太短\n<b>8 厘米</b>")
    assert "第 1 版没通过：流苏太短" in page and "第 2 版打样中" in page and "pay-deposit" not in page
    run.by_factory(service.make_sample, [PHOTO])
    page = send(shop, run, f"samples/{run.sample_id()}", choice="approve")
    assert "付定金" in page and "¥28,800.00" in page and "48 小时" in page
    assert run.state == "deposit_due"


def test_a_second_press_does_nothing_and_another_form_is_told_how_it_stands(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    shop = sign_in(run.shops[0])
    run.by_factory(service.make_sample, [PHOTO])
    place, sample = address(run), run.sample_id()
    key = key_of(shop.read(place))
    for _press in range(2):
        fields = {"key": key, "choice": "reject", "comments": "太短"}
        assert shop.post(f"{place}/samples/{sample}", **fields).status_code == 303
    answer = shop.post(f"{place}/samples/{sample}", key="another", choice="reject", comments="还是太短")
    page = flat(answer.text)
    assert answer.status_code == 409 and "情况已经变了：正在打样或等待确认样品" in page and "还是太短" in page
    english = sign_in(run.shops[0], "en")
    answer = english.post(f"{place}/accept", key="x")
    assert answer.status_code == 409
    assert "Somebody was faster: the sample is being made or decided" in flat(answer.text)


@pytest.mark.parametrize(("choice", "state", "line"), [
    ("rework", "producing", "返工"),
    ("sort", "inspecting", "挑拣后重验"),
    ("discount", "balance_due", "让价收货"),
    ("reject", "disputed", "争议处理中"),
])  # fmt: skip
def test_a_failed_inspection_is_decided(town: Town, sign_in: SignIn, choice: str, state: str, line: str) -> None:
    run = single_deal(town).to_balance(major=30, discount_percent=10)
    shop = sign_in(run.shops[0])
    page = flat(shop.read(address(run)))
    assert "决定验货没过怎么办" in page and "尾款少付 ¥9,600.00" in page and "没通过" in page
    inspection = re.search(r"/inspections/([0-9a-f-]{36})", page)
    assert inspection
    assert line in send(shop, run, f"inspections/{inspection[1]}", choice=choice)
    assert run.state == state


def test_a_parcel_is_received_and_its_goods_accepted(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    pay(run, "sample_fee")
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    pay(run, "deposit")
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    run.by_factory(service.begin_production)
    for stage in service.stages_of(run.deal.vertical):
        run.by_factory(service.report_stage, stage)
    run.by_factory(service.report_inspection, run.report())
    shop = sign_in(run.shops[0])
    page = flat(shop.read(address(run)))
    assert "付尾款" in page and "货款 ¥96,000.00，减去已付 ¥29,180.01" in page
    pay(run, "balance")
    run.by_factory(service.ship, 800, run.parcels())
    page = flat(shop.read(address(run)))
    assert "SF0" in page and "确认送到" in page
    place = address(run)
    assert shop.post(f"{place}/received", key="1", received_by="").status_code == 422
    page = send(shop, run, "received", received_by="仓库 老王")
    assert "签收人：仓库 老王" in page and "确定验收？" in page and "放给工厂" in page and "¥91,200.00" in page
    page = send(shop, run, "accept")
    assert "您在" in page and "验收了" in page and "最晚" in page and "已放给工厂" in page
    assert run.state == "accepted"


def test_cancelling_says_what_comes_back_and_needs_the_factory_once_it_makes_the_run(
    town: Town, sign_in: SignIn
) -> None:
    run = single_deal(town)
    shop = sign_in(run.shops[0])
    pay(run, "sample_fee")
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    pay(run, "deposit")
    run.by_factory(service.prove_materials, 500_000, [PHOTO])
    page = flat(shop.read(address(run)))
    assert "取消这笔交易？" in page and "¥24,180.01" in page and "¥5,000.00" in page
    run.by_factory(service.begin_production)
    assert "要和工厂商定" in flat(shop.read(address(run)))
    assert "您申请了取消" in send(shop, run, "cancel", kind="ask")
    assert run.state == "producing"
    answer = shop.post(f"{address(run)}/cancel", key="once more", kind="ask")
    assert answer.status_code == 409 and "您之前已经决定过" in flat(answer.text)
    run.by_factory(service.cancel_deal)
    page = flat(shop.read(address(run)))
    assert "这笔交易已取消" in page and "双方同意取消" in page and "¥24,180.01" in page


def test_the_factory_asks_to_cancel_and_the_shop_agrees(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_inspection()
    run.by_factory(service.cancel_deal)
    shop = sign_in(run.shops[0])
    assert "工厂申请取消" in flat(shop.read(address(run)))
    assert "双方同意取消" in send(shop, run, "cancel", kind="ask")


def test_a_late_deposit_says_what_happens_and_a_failed_one_has_a_new_page(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    due = dues_for(run, "deposit")[0]
    provider_says(run, due, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, "declined"))
    page = flat(sign_in(run.shops[0]).read(address(run)))
    assert "付款没成功" in page and "剩 2 天" in page and "交易就终止" in page and "付款页正在准备" in page


def test_a_member_of_a_pool_sees_its_own_alone_and_can_leave(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.by_factory(service.make_sample, [PHOTO])
    page = send(sign_in(small), run, f"samples/{run.sample_id()}", choice="approve")
    assert "您已经表态，按您的件数计" in page and run.state == "sampling"
    assert sign_in(small).get(address(run, 1)).status_code == 404
    send(sign_in(large), run, f"samples/{run.sample_id()}", choice="approve")
    page = flat(sign_in(small, "en").read(address(run)))
    other = run.share(large)
    for secret in (other.code, "Large Shop", f"{other.pieces} pcs", f"{other.total.major():,}"):
        assert secret not in page, secret
    assert "Leave the run?" in page
    page = send(sign_in(small), run, "cancel", kind="leave")
    assert "您在" in page and "退出了这一批" in page and "pay-deposit" not in page


def test_a_card_that_stands_waits_for_the_others(town: Town, sign_in: SignIn) -> None:
    run = pooled_deal(town)
    run.by_factory(service.make_sample, [PHOTO])
    run.approve()
    due = next(row for row in dues_for(run, "deposit") if row.organisation_id == run.shops[0])
    provider_says(run, due, "authorised", lambda owner, paid, of: PaymentAuthorised(owner, paid, of))
    assert "预授权已成功" in flat(sign_in(run.shops[0]).read(address(run)))
    assert "预授权已成功" not in flat(sign_in(run.shops[1]).read(address(run, 1)))


def test_nobody_else_can_do_anything(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town).to_delivered()
    strangers = [sign_in(town.add_shop("South Shop"))]
    missing = "0199aaaa-0000-7000-8000-000000000000"
    for stranger in strangers:
        for path in (f"samples/{missing}", f"inspections/{missing}", "received", "accept", "cancel"):
            for place in (address(run), f"/deals/{missing}", "/deals/no-id"):
                assert stranger.post(f"{place}/{path}", key="x").status_code == 404
    assert sign_in(run.factory).post(f"{address(run)}/accept", key="x").status_code == 403
    assert run.state == "delivered"
