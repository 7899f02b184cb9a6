"""B10, O8: goods arrive with 6 % of defects. The shop disputes them with photos and only that part freezes; an operator
sees every line before deciding for 30 %; the provider pays it back, and the books balance. The shop
orders it again in one click, and the factory takes it with one tap at the price that it gave."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.identity.service import MARKET_ID
from market.kit.clock import SystemClock
from market.kit.db import Scope, Tenant, act_as, make_sessions
from market.kit.ids import new_id
from market.kit.uploads import UploadedFile
from market.kit.work import Actor, Work
from market.production import queries, service
from tests.browser import LiveMarket, OpenPage, accessibility_faults
from tests.journeys.shoemakers import WORKER_SECONDS, Seller, Shoemakers, seller, seller_key, shoemakers
from tests.journeys.test_b6_sample_and_deposit import LIVE_MILLISECONDS, PHOTO, award, pay_by_card

__all__ = ["seller", "seller_key", "shoemakers"]
PICTURE = UploadedFile("front.png", b"\x89PNG\r\n\x1a\n and more")
PIECES = 400
OPEN = "SELECT count(*) FROM outbox_events WHERE handled_at IS NULL"
BOOKS = """SELECT (SELECT coalesce(sum(minor), 0) FROM ledger_entries), (SELECT coalesce(sum(balance_minor), 0)
    FROM ledger_accounts account WHERE kind = 'frozen'), (SELECT count(*) FROM refunds WHERE state = 'succeeded')"""


@dataclass
class Run:
    """A deal of the live market, which the people of the journey bring along by the verbs behind their pages."""

    sessions: sessionmaker[Session]
    settings: Settings
    award_id: UUID

    @contextmanager
    def work(self, role: str, organisation_id: UUID | None) -> Iterator[Work]:
        scope = {"system": Scope.SYSTEM}.get(role, Scope.ORGANISATION)
        with self.sessions() as session:
            act_as(session, Tenant(scope, organisation_id))
            actor = Actor(organisation_id, None, f"a {role}", role)
            yield Work(session, actor, SystemClock().now(), new_id, self.settings)
            session.commit()

    @property
    def deal(self) -> queries.DealRow:
        with self.work("system", MARKET_ID) as work:
            found = queries.deal_of_award(work.session, self.award_id)
        assert found is not None
        return found

    def do(self, role: str, verb: Callable[..., object], *arguments: object) -> None:
        """Do something as one side, and let the worker hear of it."""
        deal = self.deal
        organisation_id = deal.factory_id if role == "factory" else deal.organisation_id
        with self.work(role, organisation_id) as work:
            verb(work, *arguments)
        self.settle()

    def settle(self) -> None:
        """Wait until the worker has delivered every event."""
        last = time.monotonic() + WORKER_SECONDS
        while self.asked(OPEN)[0]:
            assert time.monotonic() < last, "the worker is behind"
            time.sleep(0.2)

    def asked(self, statement: str) -> tuple[int, ...]:
        with self.work("system", MARKET_ID) as work:
            return tuple(work.session.execute(text(statement)).one())

    def reach(self, state: str) -> None:
        last = time.monotonic() + WORKER_SECONDS
        while self.deal.state.value != state:
            assert time.monotonic() < last, self.deal.state
            time.sleep(0.2)


@pytest.fixture
def run(live_market: LiveMarket) -> Iterator[Run]:
    engine = create_engine(live_market.database_url)
    settings = Settings.from_environment({"DATABASE_URL": live_market.database_url, "WEFT_DEMO": "1"})
    yield Run(make_sessions(engine), settings, MARKET_ID)
    engine.dispose()


def pay(shop: Page, purpose: str) -> None:
    """Pay what the deal asks at the provider's page."""
    shop.reload()
    due = shop.locator(f"section[aria-labelledby=pay-{purpose}]")
    due.get_by_role("link", name=re.compile("付 ¥")).click(timeout=LIVE_MILLISECONDS)
    pay_by_card(shop)


def make_and_deliver(run: Run, shop: Page) -> None:
    deal = run.deal
    run.do("factory", service.make_sample, deal.id, [PICTURE])
    with run.work("system", MARKET_ID) as work:
        sample = queries.samples_of_deal(work.session, deal.id)[-1].id
        (share,) = queries.shares_of_deal(work.session, deal.id)
    run.do("seller", service.approve_sample, deal.id, sample)
    pay(shop, "deposit")
    run.reach("materials")
    run.do("factory", service.prove_materials, deal.id, 100_000, [PICTURE])
    run.do("factory", service.begin_production, deal.id)
    for stage in service.stages_of(deal.vertical):
        run.do("factory", service.report_stage, deal.id, stage)
    sampled = service.inspection_terms(deal.inspection, deal.pieces).sampled
    report = service.InspectionReport(sampled, 0, 0, 0, {share.id: share.pieces})
    run.do("factory", service.report_inspection, deal.id, report)
    pay(shop, "balance")
    last = time.monotonic() + WORKER_SECONDS
    while run.asked(f"SELECT count(*) FROM dues WHERE deal_id = '{deal.id}' AND state = 'held'")[0] < 2:
        assert time.monotonic() < last, "the balance does not arrive"
        time.sleep(0.2)
    run.settle()
    run.do("factory", service.ship, deal.id, share.pieces, [service.Parcel(share.id, share.pieces, "SF", "SF 1")])
    run.do("seller", service.confirm_delivery, share.id, "仓库")
    run.reach("delivered")


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
    """The operator reads every line that the decision would write."""
    operator.locator("main tbody a").first.click()
    operator.locator("label.wf-chip:has(input[value=part_refund])").click()
    operator.locator("#refund").fill("417.60")
    operator.locator("#why").fill("照片显示开胶，按三成赔")
    operator.get_by_role("button", name="先看会怎样").click()
    lines = operator.locator("section[aria-labelledby=preview]")
    expect(lines).to_contain_text("¥417.60")
    expect(lines).to_contain_text("¥0.00")
    assert not accessibility_faults(operator)


def order_again(shop: Page, factory: Page, run: Run) -> None:
    """One click of the shop and one tap of the factory make a new deal at the agreed price."""
    shop.goto(f"/deals/{run.award_id}")
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
    run.settle()
    newest = "SELECT unit_price_minor, quantity FROM awards ORDER BY awarded_at DESC LIMIT 1"
    assert run.asked(newest) == (5_800, PIECES)
    expect(repeat).to_contain_text("由 温州争议鞋厂 生产", timeout=LIVE_MILLISECONDS)


def test_b10_six_percent_are_disputed_and_o8_an_operator_decides_by_what_is_shown(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage, run: Run
) -> None:
    factory = shoemakers.join("温州争议鞋厂")
    shop = open_page("/orders", role="seller", phone=True)
    award(shop, factory, seller.post_shoes("乐福鞋 B6", quantity=PIECES))
    run.award_id = UUID(shop.url.rpartition("/")[2])
    make_and_deliver(run, shop)

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
    run.settle()
    with run.work("system", MARKET_ID) as work:  # Three days go by for this dispute alone.
        work.session.execute(text("UPDATE disputes SET negotiate_until = now() - interval '1 minute'"))
    shop.reload()
    shop.get_by_role("button", name="请平台裁定").click()
    shop.get_by_role("dialog").get_by_role("button", name="请平台裁定").click()
    run.settle()

    operator = open_page("/operator/disputes", role="operator")
    decide_thirty_percent(operator)
    assert run.asked(BOOKS)[1] == 139_200, "a preview moves nothing"
    operator.get_by_role("button", name="按所列裁定").click()
    expect(operator.locator("main .wf-ban.ok").first).to_contain_text("已裁定")
    run.settle()

    expect(shop.locator("#dispute")).to_contain_text("已了结：退给买家 ¥417.60", timeout=LIVE_MILLISECONDS)
    expect(shop.locator("#dispute")).to_contain_text("按三成赔")
    last = time.monotonic() + WORKER_SECONDS
    while run.asked(BOOKS)[2] == 0:
        assert time.monotonic() < last, "the provider does not pay the refund"
        time.sleep(0.5)
    run.settle()
    assert run.asked(BOOKS)[:2] == (0, 0), "the books balance and nothing is frozen"

    order_again(shop, factory, run)
