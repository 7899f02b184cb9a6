"""O9: news of the provider finds nothing: an operator sees its age, looks again, and puts it away with a reason."""

import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.payments.gateways.base import News, Subject
from market.payments.inbox import receive_news
from tests.browser import LiveMarket, OpenPage, accessibility_faults

WORKER_SECONDS = 30


def stray_news(live_market: LiveMarket) -> UUID:
    """News of a refund that is not ours, which the worker has parked and which has waited since yesterday."""
    engine = create_engine(live_market.database_url)
    environment = {"DATABASE_URL": live_market.database_url, "WEFT_DATA": str(live_market.data_folder)}
    event = f"evt_{uuid4()}"
    with Session(engine) as session:
        act_as(session, SYSTEM)
        now = datetime.now(UTC)
        work = Work(session, SYSTEM_ACTOR, now, new_id, Settings.from_environment(environment))
        assert receive_news(work, News(event, "refund.updated", Subject.REFUND, "re_of_nobody", "", "", now))
        session.commit()
    last = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < last:
        with Session(engine) as session:
            act_as(session, SYSTEM)
            found = session.scalar(
                text(
                    "UPDATE gateway_news SET received_at = received_at - interval '26 hours' "
                    "WHERE event = :event AND state = 'parked' RETURNING id"
                ),
                {"event": event},
            )
            session.commit()
        if found:
            engine.dispose()
            return UUID(str(found))
        time.sleep(0.3)
    raise AssertionError("the worker never parked it")


def give_reason(page: Page, label: str, why: str) -> None:
    page.get_by_role("link", name=label, exact=True).click()
    assert not accessibility_faults(page)
    page.locator("#why").fill(why)
    page.get_by_role("button", name=label, exact=True).click()


def test_an_operator_puts_away_what_finds_nothing_and_the_desk_follows(
    live_market: LiveMarket, open_page: OpenPage
) -> None:
    news = stray_news(live_market)
    address = f"/operator/money/news/{news}"
    watching = open_page("/operator/money", role="operator", language="en")
    row = watching.locator(f"#desk tr:has(a[href='{address}'])")
    expect(row).to_contain_text("26 hours")
    assert not accessibility_faults(watching)
    phone = open_page("/operator/money", role="operator", phone=True)
    assert not accessibility_faults(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator(f"th a[href='{address}']").click()
    expect(phone.locator("main")).to_contain_text("re_of_nobody")
    assert not accessibility_faults(phone)
    give_reason(phone, "再找一次", "刚补录了一笔退款")
    expect(phone.locator(".wf-flashes")).to_contain_text("仍找不到对应的款项")
    expect(phone.locator("main")).to_contain_text("刚补录了一笔退款")
    give_reason(phone, "搁置", "   ")
    expect(phone.locator(".wf-err")).to_contain_text("请写明原因")
    phone.locator("#why").fill("测试账户的退款")
    phone.get_by_role("button", name="搁置", exact=True).click()
    expect(phone.locator("main")).to_contain_text("这里已无需处理")
    expect(row).to_have_count(0)
