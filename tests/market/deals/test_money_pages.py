"""What each side reads of its money: known from the first day, and true to the ledger after every turn."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from market.identity.service import Registration, add_person
from market.kit.clock import FrozenClock
from market.payments.events import TransferRefused
from market.production.events import DealAccepted
from market.settlement.gateway_flows import pay_factories
from tests.market.production.yard import FEE, Run, single_deal
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.settlement.test_flows import (
    DEPOSIT,
    accepted_and_payable,
    asked_of_provider,
    moved,
    tell,
    with_deposits,
)
from tests.market.town import Town


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


def signed_in(app: Flask, town: Town, organisation_id: UUID, kind: str) -> Visitor:
    """A browser of somebody of an organisation that is there already."""
    email = f"{organisation_id}@example.com"
    with town.work("system") as work:
        add_person(work, organisation_id, Registration(kind, "", email, None))
        sign = work.session.scalar(text("SELECT fs_uniquifier FROM users WHERE email = :email"), {"email": email})
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = sign, True
    return Visitor(client, organisation_id)


def day_of(run: Run, days: int) -> str:
    day = (run.deal.opened_at + timedelta(days=days, hours=8)).date()
    return f"{day.month} 月 {day.day} 日"


def plain(page: str) -> str:
    """The words of a page without its marks and with plain blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " "))


def test_a_factory_knows_from_the_first_day_what_comes_and_by_when(app_of_site: Flask, town: Town) -> None:
    run = single_deal(town)
    page = plain(signed_in(app_of_site, town, run.factory, "factory").read("/money"))
    # 800 at ¥120, 5 % of it; 40 days of making and 22 of clocks.
    assert "¥96,000.00 ¥4,800.00 ¥91,200.00" in page
    assert day_of(run, 62) in page
    assert "还没有转账" in page and "开通收款账户" in page


def test_what_is_released_is_owed_with_its_day_and_stands_in_the_statement(app_of_site: Flask, town: Town) -> None:
    run = with_deposits(single_deal(town))
    factory = signed_in(app_of_site, town, run.factory, "factory")
    shop = signed_in(app_of_site, town, run.shops[0], "seller")
    assert f"¥{DEPOSIT / 100:,.2f}" in shop.read("/money")
    with town.work("system") as work:
        work.session.execute(text("UPDATE deals SET state = 'accepted'"))
    tell(run, DealAccepted(run.deal.organisation_id, run.deal_id))
    net = f"¥{(FEE + DEPOSIT - 145_900) / 100:,.2f}"
    page = plain(factory.read("/money"))
    assert re.search(rf"最晚 ?{day_of(run, 7)} ?到账 {re.escape(net)}", page)
    month = run.deal.opened_at.strftime("%Y-%m")
    assert f"本期结余 {net}" in plain(factory.read(f"/money/statement?month={month}"))
    own = plain(shop.read(f"/money/statement?month={month}"))
    assert "平台保管中" in own and "本期结余 ¥0.00" in own and "应付给您" not in own
    for wrong in ("2026-13", "x", "2026-1"):
        assert factory.get(f"/money/statement?month={wrong}").status_code == 404


def test_a_bounced_payout_is_told_as_bounced_and_goes_again_once_the_factory_says_so(
    app_of_site: Flask, town: Town
) -> None:
    run = accepted_and_payable(town)
    factory = signed_in(app_of_site, town, run.factory, "factory")
    assert "在途" in factory.read("/money")
    tell(run, TransferRefused(run.factory, *moved(run, "transfers"), "account closed"))
    page = factory.read("/money")
    assert "被退回，钱仍在平台" in page and "account closed" in page
    assert town.sweep(pay_factories) == 0
    assert factory.post("/money/again").status_code == 303
    town.deliver()
    assert "几分钟内会再转一次" in factory.read("/money")
    assert "再转一次" not in factory.read("/money")
    assert town.sweep(pay_factories) == 1


def test_a_factory_asks_for_its_account_once_and_only_for_a_place_we_pay_to(app_of_site: Flask, town: Town) -> None:
    factory = signed_in(app_of_site, town, town.add_factory("Near Knit"), "factory")
    assert factory.get("/money/account/page").status_code == 404
    assert factory.post("/money/account", country="ZZ").status_code == 422
    for _press in range(2):
        assert factory.post("/money/account", country="CN").status_code == 303
    run = Run(town, factory.organisation_id, (), factory.organisation_id)
    assert asked_of_provider(run, "open_account") == 1
    assert "开通中" in factory.read("/money")
    assert "开通中" in words_of(factory.get("/money/account", fragment=True))


def test_nobody_reads_the_money_of_others(app_of_site: Flask, town: Town) -> None:
    run = with_deposits(single_deal(town))
    stranger = signed_in(app_of_site, town, town.add_factory("Far Knit"), "factory")
    assert run.deal.code not in stranger.read("/money")
    assert "到那时为止，您的账上没有往来" in stranger.read("/money/statement")
    assert signed_in(app_of_site, town, town.add_shop("South Shop"), "seller").post("/money/again").status_code == 403
