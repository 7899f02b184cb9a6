"""F9: a factory names its bank, is paid within days of acceptance, and a bounced transfer shows as bounced.

O8: an operator decides a 30 % refund after the payout: it is taken back from the factory, and the books balance.
"""

import json
import re
import urllib.request
from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from market.disputes import service as disputing
from market.kit.money import Money
from market.payments import queries as payments
from market.production import service
from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.behind import PHOTO, Behind, audit_holds, behind, live, wait_until
from tests.journeys.shoemakers import (
    WORKER_SECONDS,
    Seller,
    Shoemakers,
    seller,
    seller_key,
    shoemakers,
)
from tests.journeys.test_f9_from_sample_to_money import TITLE, win

__all__ = ["audit_holds", "behind", "live", "seller", "seller_key", "shoemakers"]
A_SWEEP = 90


def to_acceptance(deal: Behind) -> None:
    """Both sides do their part, and the buyer pays for real."""
    deal.make_sample()
    deal.approve_sample()
    deal.pay_at_provider("deposit")
    deal.make_goods()
    deal.pay_at_provider("balance")
    deal.ship()
    deal.receive()
    deal.by_shop(service.accept_share, deal.share().id)
    wait_until(lambda: sum(due.released.minor for due in deal.dues()) == deal.share().total.minor)


def name_bank(factory: Page, number: str) -> None:
    """On the provider's own page, which leads back."""
    factory.wait_for_url("**/onboarding/**")
    factory.locator(f"input[value='{number}']").check()
    factory.locator("form button").click()
    factory.wait_for_url("**/money")


def reload_until(page: Page, deal: Behind, words: str) -> None:
    """The sweep looks, and the page says so."""
    deal.ask_for("pay_factories")

    def says() -> bool:
        page.reload()
        return words in page.locator("main").inner_text()

    wait_until(says, A_SWEEP)


def days_pass_at_the_provider(market: LiveMarket, deal: Behind, days: int) -> None:
    """Once the provider has the payout, so many days go by there."""

    def is_under_way() -> bool:
        with deal.work() as work:
            newest = payments.payouts_of(work.session, deal.deal().factory_id)[:1]
        return [payout.state.value for payout in newest] == ["pending"]

    wait_until(is_under_way, A_SWEEP)
    told = json.dumps({"seconds": days * 86_400}).encode()
    asked = urllib.request.Request(f"{market.sandbox}/_sandbox/clock", told, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=10).close()


def dispute(deal: Behind) -> UUID:
    """24 of 400 pairs are defective; the shop asks the market at once, as if three days were over."""
    claim = disputing.Claim("defects", "24 双开胶，占 6%", 24, Money(139_200, "CNY"))
    deal.by_shop(disputing.open_dispute, deal.share().id, claim, [PHOTO])
    dispute_id = deal.three_days_go_by()
    deal.by_shop(disputing.ask_for_decision, dispute_id)
    return dispute_id


def decide_thirty_percent(operator: Page) -> None:
    """Every line is shown before: the factory gives back its part, the market its commission."""
    operator.locator("label.wf-chip:has(input[value=part_refund])").click()
    operator.locator("#refund").fill("417.60")
    operator.locator("#why").fill("照片显示开胶，按三成赔")
    operator.get_by_role("button", name="先看会怎样").click()
    lines = operator.locator("section[aria-labelledby=preview]")
    for amount in ("¥417.60", "¥396.72", "¥20.88"):
        expect(lines).to_contain_text(amount)
    operator.get_by_role("button", name="按所列裁定").click()
    expect(operator.locator("main .wf-ban.ok").first).to_contain_text("已裁定")


@pytest.mark.usefixtures("audit_holds")
def test_f9_a_bounced_payout_is_paid_to_the_right_account_and_o8_a_part_is_clawed_back(
    shoemakers: Shoemakers,
    seller: Seller,
    open_page: OpenPage,
    behind: Callable[[str], Behind],
    live_market: LiveMarket,
) -> None:
    factory = win(shoemakers, seller, open_page)
    factory.locator("article", has_text=TITLE).get_by_role("link", name=re.compile("送样")).tap()
    factory.wait_for_url("**/deals/*-*")
    deal = behind(factory.url)
    to_acceptance(deal)

    factory.goto("/money")
    expect(factory.locator("main")).to_contain_text("¥22,040.00")
    expect(factory.locator("main")).to_contain_text("到账")
    assert accessibility_faults(factory) == []
    factory.get_by_role("button", name="开通收款账户").click()
    factory.get_by_role("link", name="去支付机构继续填").click(timeout=WORKER_SECONDS * 1000)
    name_bank(factory, "000111111116")
    reload_until(factory, deal, "在途")
    days_pass_at_the_provider(live_market, deal, 3)
    reload_until(factory, deal, "被退回，钱仍在平台")
    expect(factory.locator("main")).to_contain_text("请核对账号")
    assert accessibility_faults(factory) == []

    factory.get_by_role("link", name="更换银行账户").click()
    name_bank(factory, "000123456789")
    reload_until(factory, deal, "在途")
    days_pass_at_the_provider(live_market, deal, 3)
    reload_until(factory, deal, "已到账")
    wait_until(lambda: deal.deal().state.value == "settled")

    decide_thirty_percent(open_page(f"/operator/disputes/{dispute(deal)}", role="operator"))
    factory.reload()
    expect(factory.locator("main")).to_contain_text("您欠平台的")
    expect(factory.locator("main")).to_contain_text("¥396.72")
    wait_until(lambda: sum(due.refunded.minor for due in deal.dues()) == 41_760, A_SWEEP)
