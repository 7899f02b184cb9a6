"""The operators' desk of money that stopped, through the whole web door."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.clock import FrozenClock
from market.kit.heartbeat import beat
from market.payments.events import TransferRefused
from market.settlement.stuck_queries import Matter
from tests.market.deals.test_money_pages import plain, signed_in
from tests.market.production.yard import single_deal
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.settlement.books import Books
from tests.market.settlement.test_flows import accepted_and_payable, asked_of_provider, moved, tell, with_deposits
from tests.market.settlement.test_stuck import failed_refund, of
from tests.market.town import Town

WHY = "买家换了卡"


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


@pytest.fixture
def desk(app_of_site: Flask, town: Town) -> Visitor:
    return signed_in(app_of_site, town, MARKET_ID, "operator")


def main_of(page: str) -> str:
    return plain(page.partition('id="main"')[2].partition('id="notices"')[0])


def test_a_failed_refund_is_seen_read_line_by_line_and_asked_again_once(town: Town, desk: Visitor) -> None:
    assert "没有卡住的钱" in desk.read("/operator/money")
    run = failed_refund(town)
    town.clock.advance(timedelta(hours=50))
    page = main_of(desk.read("/operator/money"))
    assert "退款失败：定金" in page and "退款失败：样品费" in page
    assert "卡已过期或注销" in page and "2 天" in page and "North Shop·Near Knit" in page
    row = of(town, Matter.REFUND)[0]
    address = f"/operator/money/refund/{row.id}"
    thread = main_of(desk.read(address))
    assert "退款失败" in thread and "向支付机构的请求" in thread and "expired_or_canceled_card" not in thread
    confirm = desk.read(f"{address}/again")
    assert "不会再发第二次" in confirm and f'value="{row.money.minor if row.money else 0}"' in confirm
    empty = desk.post(f"{address}/again", why=" ", seen=1)
    assert empty.status_code == 422 and "请写明原因" in words_of(empty)
    before = asked_of_provider(run, "refund")
    assert desk.post(f"{address}/again", why=WHY).status_code == 303
    after = desk.read(address)
    assert "已重新申请退款" in after and "这里已无需处理" in after and WHY in after
    twice = desk.post(f"{address}/again", why=WHY)
    assert twice.status_code == 409 and "已重新申请或已退还" in words_of(twice)
    (other,) = of(town, Matter.REFUND)
    by_hand = f"/operator/money/refund/{other.id}/by_hand"
    assert "从平台银行账户把" in desk.read(by_hand)
    assert desk.post(by_hand, why="银行凭证 2026-114").status_code == 303
    assert "已银行转账退还" in desk.read(f"/operator/money/refund/{other.id}")
    assert asked_of_provider(run, "refund") == before + 1 and of(town, Matter.REFUND) == []


def test_a_stuck_call_is_not_repeated_while_the_provider_is_silent(town: Town, desk: Visitor) -> None:
    with_deposits(single_deal(town))
    with town.work("system") as work:
        work.session.execute(
            text("UPDATE gateway_calls SET state = 'stuck', kind = 'take_payment', request = :request, tries = 14"),
            {"request": '{"charge": "pi_1", "minor": 5}'},
        )
    rows = of(town, Matter.CALL)
    page = main_of(desk.read("/operator/money"))
    assert "扣取预授权的钱" in page and "试了 14 次没有答复" in page
    silent = desk.post(f"/operator/money/call/{rows[0].id}/again", why=WHY)
    assert silent.status_code == 409 and "支付机构现在没有答复" in words_of(silent)
    assert WHY in words_of(silent)
    cannot = desk.post(f"/operator/money/call/{rows[0].id}/give_up", why=WHY)
    assert cannot.status_code == 409
    assert len(of(town, Matter.CALL)) == len(rows)


def test_a_bounced_payout_says_what_it_waits_for_and_goes_again(town: Town, desk: Visitor) -> None:
    run = accepted_and_payable(town)
    tell(run, TransferRefused(run.factory, *moved(run, "transfers"), "account_closed"))
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
    page = main_of(desk.read("/operator/money"))
    assert "收款账户已停用，要等工厂处理" in page and "银行账户已关闭" in page and "再转一次" not in page
    address = f"/operator/money/payout/{of(town, Matter.PAYOUT)[0].id}"
    assert desk.post(f"{address}/again", why=WHY).status_code == 409
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'enabled'"))
    assert "再转一次" in main_of(desk.read(address))
    assert desk.post(f"{address}/again", why=WHY).status_code == 303
    assert "几分钟内再转一次" in desk.read(address)


def test_a_factory_and_a_buyer_are_reminded_of_what_only_they_can_do(
    app_of_site: Flask, town: Town, desk: Visitor
) -> None:
    run = accepted_and_payable(town)
    tell(run, TransferRefused(run.factory, *moved(run, "transfers"), "account_closed"))
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'restricted'"))
    bounced = f"/operator/money/payout/{of(town, Matter.PAYOUT)[0].id}/remind"
    assert "收款账户" in main_of(desk.read(bounced)) and desk.post(bounced, why=WHY).status_code == 303
    assert "请处理好您的收款账户" in signed_in(app_of_site, town, run.factory, "factory").read("/notices")
    with town.work("system") as work:
        work.session.execute(text("UPDATE payout_accounts SET state = 'enabled'"))
    ready = desk.post(bounced, why=WHY)
    assert ready.status_code == 409 and "收款账户现在已正常" in words_of(ready)
    with town.work("system") as work:
        work.session.execute(text("UPDATE dues SET state = 'due', held_minor = 0, released_minor = 0"))
    town.clock.advance(timedelta(days=30))
    due = of(town, Matter.DUE)[0]
    assert desk.post(f"/operator/money/due/{due.id}/remind", why=WHY).status_code == 303
    assert town.notices(run.shops[0])[-1] == "payment_asked"
    assert "提醒了买家" in desk.read(f"/operator/money/due/{due.id}")


def test_a_debt_is_written_off_only_as_it_was_seen(town: Town, desk: Visitor) -> None:
    run = accepted_and_payable(town)
    with town.work("system") as work:
        books = Books(work, run.factory, {run.share(shop).id: shop for shop in run.shops})
        books.pay_back(run.share(run.shops[0]).id, 100_000)
    (row,) = of(town, Matter.DEBT)
    address = f"/operator/money/debt/{row.id}"
    assert row.money and "工厂欠款" in main_of(desk.read(address))
    for seen in ("1", "x", str(row.money.minor + 1)):
        other = desk.post(f"{address}/write_off", why=WHY, seen=seen)
        assert other.status_code == 409 and "欠的金额不同了" in words_of(other)
    assert desk.post(f"{address}/write_off", why=WHY, seen=row.money.minor).status_code == 303
    page = main_of(desk.read(address))
    assert "已核销" in page and "平台损失" in page and WHY in page
    assert desk.post(f"{address}/write_off", why=WHY, seen=row.money.minor).status_code == 409


def test_the_menu_counts_what_is_stuck_and_the_page_speaks_english(town: Town, desk: Visitor) -> None:
    failed_refund(town)
    with town.work("system") as work:
        beat(work.session, MARKET_ID, "pay_factories", timedelta(minutes=1), work.now - timedelta(minutes=6))
    desk.client.set_cookie("weft_language", "en")
    page = desk.read("/operator")
    assert "/operator/money" in page and '<span class="wf-count">3<' in page
    text_of = main_of(desk.read("/operator/money"))
    assert "A sweep stands still: pay_factories" in text_of and "Start the worker" in text_of
    assert text_of.index("A sweep") < text_of.index("A refund failed")


def test_nobody_else_reads_it_and_what_there_never_was_is_not_there(
    app_of_site: Flask, town: Town, desk: Visitor
) -> None:
    run = failed_refund(town)
    refund = of(town, Matter.REFUND)[0].id
    for owner, kind in ((run.factory, "factory"), (run.shops[0], "seller")):
        stranger = signed_in(app_of_site, town, owner, kind)
        assert stranger.get("/operator/money").status_code == 403
        assert stranger.post(f"/operator/money/refund/{refund}/again", why=WHY).status_code == 403
    for path in (f"refund/{uuid4()}", "refund/x", "sweep/pay_factories", "nothing/1", f"call/{uuid4()}", "debt/x.CNY",
                 f"refund/{refund}/give_up", f"payout/{refund}", f"due/{refund}", f"news/{uuid4()}"):  # fmt: skip
        assert desk.get(f"/operator/money/{path}").status_code == 404, path
