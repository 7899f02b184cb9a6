"""B6, B7, O7 in a pool: members reject a sample and approve the next; then each pays its own deposit, which is held.

Each has a room of its own with the factory; when the run is predicted to be late, each is told in its own.
"""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from tests.browser import OpenPage, accessibility_faults
from tests.journeys.behind import Live, audit_holds, live, wait_until
from tests.journeys.pooled import Member, PooledRun, gather
from tests.journeys.shoemakers import WORKER_SECONDS, Shoemakers, shoemakers
from tests.journeys.test_b6_sample_and_deposit import make_sample, pay_by_card

__all__ = ["audit_holds", "live", "shoemakers"]
LIVE_MILLISECONDS = WORKER_SECONDS * 1000
BRANDS = [("青柚鞋社", "青柚蝴蝶结平底鞋", 260), ("北岸鞋履", "北岸流苏乐福鞋", 420)]
OF_OTHERS = {"青柚鞋社": ("北岸", "420", "¥24,360", "¥7,308"), "北岸鞋履": ("青柚", "260", "¥15,080", "¥4,524")}
FACTORY = "温州两家鞋厂"
# Identifiers, versions of files and the form's token may hold any figure by chance.
RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\?v=[0-9a-f]+|name=\"csrf_token\" value=\"[^\"]*\"")


def sees_only_its_own(member: Member) -> None:
    """Nothing of another brand stands on its page, in words or between them."""
    page = RANDOM.sub("", member.page.content())
    for hidden in OF_OTHERS[member.name]:
        assert hidden not in page, f"{member.name} sees {hidden}"


def judge(member: Member, comments: str = "") -> None:
    """Reject a sample with comments, or approve it."""
    card = member.page.locator("section[aria-labelledby=judge]")
    if comments:
        card.locator("#comments").fill(comments)
        card.get_by_role("button", name="不通过").click()
    else:
        card.get_by_role("button", name=re.compile("版通过")).click()
    expect(member.page.locator("#judge")).to_have_count(0)


def pay_deposit(member: Member, amount: str) -> None:
    due = member.page.locator("section[aria-labelledby=pay-deposit]")
    expect(due).to_contain_text(amount, timeout=LIVE_MILLISECONDS)
    due.get_by_role("link", name=re.compile(f"付 {amount}")).click(timeout=LIVE_MILLISECONDS)
    pay_by_card(member.page)


def card_of_now(factory: Page, words: str) -> None:
    expect(factory.locator("#now")).to_contain_text(words, timeout=LIVE_MILLISECONDS)


@pytest.fixture
def run(live: Live, shoemakers: Shoemakers, open_page: OpenPage) -> PooledRun:
    return gather(live, shoemakers, open_page, FACTORY, BRANDS)


@pytest.mark.usefixtures("audit_holds")
def test_b6_members_judge_a_sample_and_b7_each_pays_its_own_deposit(run: PooledRun) -> None:
    small, large = run.members
    make_sample(run.factory, "鞋头按来样")
    for member in run.members:
        expect(member.page.locator("#judge")).to_be_visible(timeout=LIVE_MILLISECONDS)
    judge(small, "鞋头太尖")
    expect(small.page.locator("main")).to_contain_text("等其他买家")
    expect(large.page.locator("main")).not_to_contain_text("鞋头太尖")
    judge(large, "流苏太短，加 1 厘米")
    card_of_now(run.factory, "流苏太短")
    expect(run.factory.locator("#now")).to_contain_text("鞋头太尖")
    expect(small.page.locator("#deal")).to_contain_text("第 1 版没通过", timeout=LIVE_MILLISECONDS)
    for member in run.members:
        expect(member.page.locator("#pay-deposit")).to_have_count(0)
        sees_only_its_own(member)

    make_sample(run.factory, "圆头，流苏 4 厘米")
    for member in run.members:
        expect(member.page.locator("section[aria-labelledby=judge]")).to_contain_text(
            "第 2 版", timeout=LIVE_MILLISECONDS
        )
    assert not accessibility_faults(small.page)
    judge(large)
    pay_deposit(large, "¥7,308.00")
    expect(large.page.locator("main")).to_contain_text("等", timeout=LIVE_MILLISECONDS)
    card_of_now(run.factory, "等各家定金")
    pay_deposit(small, "¥4,524.00")

    card_of_now(run.factory, "采购材料")
    for member, amount in ((small, "¥4,524.00"), (large, "¥7,308.00")):
        money = member.page.locator("section[aria-labelledby=money]")
        expect(money).to_contain_text(amount, timeout=LIVE_MILLISECONDS)
        expect(money).to_contain_text("您验收后才放给工厂")
        expect(money).to_contain_text(re.compile(r"最长保管到\s*(\d{4}\s年\s)?\d+\s月\s\d+\s日"))
        sees_only_its_own(member)
        assert not accessibility_faults(member.page)


def enter_room(page: Page) -> None:
    """From the page of a deal into its room."""
    page.locator("main a[href^='/rooms/']").click()
    page.wait_for_url("**/rooms/*")


def write(page: Page, words: str) -> None:
    page.locator("#text").fill(words)
    page.get_by_role("button", name="发送").click()


@pytest.mark.usefixtures("audit_holds")
def test_o7_each_member_has_its_own_room_and_a_late_run_warns_in_each(run: PooledRun) -> None:
    small, large = run.members
    for member in run.members:
        enter_room(member.page)
    run.factory.goto("/rooms")
    own, other = (run.factory.locator("main li", has_text=member.deal.share().code) for member in run.members)
    expect(own).to_contain_text("260 件")
    expect(other).to_contain_text("420 件")
    own.get_by_role("link").click()
    write(small.page, "蝴蝶结请改小一号")
    expect(run.factory.locator(".wf-msg", has_text="蝴蝶结请改小一号")).to_be_visible(timeout=LIVE_MILLISECONDS)
    write(run.factory, "好，样品上改")
    expect(small.page.locator(".wf-msg:not(.me)", has_text="好，样品上改")).to_be_visible(timeout=LIVE_MILLISECONDS)
    expect(large.page.locator(".wf-msg")).to_have_count(0)

    run.deal.make_sample()
    for member in run.members:
        member.deal.approve_sample()
    wait_until(lambda: run.deal.is_asked("deposit"))
    run.deal.pay("deposit")
    run.deal.begin()
    with run.deal.work() as work:
        soon = "UPDATE deals SET due_on = current_date + 1, watched_on = NULL WHERE id = :id"
        work.session.execute(text(soon), {"id": run.deal.deal().id})
    run.deal.ask_for("watch_milestones")
    for member in run.members:
        warning = member.page.locator(".wf-sys.warn")
        expect(warning).to_contain_text("预计延期", timeout=LIVE_MILLISECONDS)
        sees_only_its_own(member)
        assert not accessibility_faults(member.page)
