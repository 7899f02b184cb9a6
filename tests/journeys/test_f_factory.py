"""F1 to F6: what a factory owner does on the first day, mostly on a phone and in Chinese."""

import re
import time
from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.journeys.shoemakers import (
    Seller,
    Shoemakers,
    open_lead,
    seller,
    seller_key,
    shoemakers,
    wait_for_lead,
)

__all__ = ["seller", "seller_key", "shoemakers"]


def test_f1_joins_in_chinese_on_a_phone_and_can_be_matched_at_once(shoemakers: Shoemakers, seller: Seller) -> None:
    started = time.monotonic()
    page = shoemakers.join("温州一步鞋厂", material="真皮", vouched=False)
    assert time.monotonic() - started < 300
    expect(page.locator("[role=status]").first).to_contain_text("入驻成功")
    expect(page.locator("#no-leads")).to_be_visible()

    seller.post_shoes("居家棉拖 F1")
    wait_for_lead(page, "居家棉拖 F1")
    page.goto("/factory/profile")
    expect(page.locator("main")).to_contain_text("绷楦贴底")
    expect(page.locator("main")).to_contain_text("真皮")
    expect(page.locator("#meter-title")).to_contain_text(re.compile(r"档案完整 \d+ / \d+"))


def test_f1_what_is_wrong_is_said_in_chinese_and_nothing_typed_is_lost(open_page: OpenPage) -> None:
    page = open_page("/factories/register", phone=True)
    page.locator("#name").fill("温州二步鞋厂")
    page.locator("form .wf-act .btn-primary").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("请选行业")
    expect(page.locator("#name")).to_have_value("温州二步鞋厂")
    page.locator("label.wf-chip:has(input[value='apparel'])").click()
    page.locator("form .wf-act .btn-primary").click()
    page.locator("#processes label.wf-chip:has(input[value='shoe-lasting'])").click()
    page.locator("form .wf-act .btn-primary").click()
    page.locator("#minimum_quantity").fill("很多")
    page.locator("#email").fill("no address")
    page.locator("#password").fill("short")
    page.locator("form .wf-act .btn-primary").click()
    expect(page.locator("#minimum_quantity-error")).to_contain_text("整数")
    expect(page.locator("#minimum_quantity")).to_have_value("很多")
    expect(page.locator("#email-error")).to_be_visible()
    expect(page.locator("input[type=hidden][name=processes]").first).to_have_value("shoe-lasting")


def test_f2_full_this_week_brings_no_new_leads_until_it_opens(shoemakers: Shoemakers, seller: Seller) -> None:
    page = shoemakers.join("温州满单鞋厂")
    page.goto("/factory/profile")
    page.locator("label[for=takes_leads]").click()
    expect(page.locator("#takes_leads-hint")).to_contain_text("自动打开")
    assert not page.locator("#takes_leads").is_checked()

    order_id = seller.post_shoes("帆布鞋 F2")
    page.wait_for_timeout(5_000)  # the worker has long looked at it
    assert seller.read(f"/orders/{order_id}/leads")["leads"] == []
    page.goto("/leads")
    expect(page.locator("main")).not_to_contain_text("帆布鞋 F2")
    expect(page.locator("#no-leads")).to_contain_text("本周已满")

    page.goto("/factory/profile")
    page.locator("label[for=takes_leads]").click()
    page.locator("#takes_leads:checked").wait_for(state="attached")
    wait_for_lead(page, "帆布鞋 F2")


def test_f3_a_new_lead_waits_in_the_pill_and_moves_nothing(shoemakers: Shoemakers, seller: Seller) -> None:
    page = shoemakers.join("温州手机鞋厂")
    seller.post_shoes("凉拖 F3 一")
    wait_for_lead(page, "凉拖 F3 一")
    page.evaluate("window.neverReloaded = true")
    card = page.locator("#leads article").first
    before = card.bounding_box()
    expect(card).to_contain_text(re.compile(r"买家：.*成交 \d+ 单.*发单 \d+ 单"))
    expect(card.locator("time")).to_contain_text("剩")

    seller.post_shoes("凉拖 F3 二")
    pill = page.locator(".wf-pill")
    expect(pill).to_have_text("有 1 条新商机", timeout=30_000)
    assert card.bounding_box() == before
    assert page.locator("#leads article").count() == 1

    pill.click()
    expect(page.locator("#leads article")).to_have_count(2)
    expect(page.locator("#leads article").first).to_contain_text("凉拖 F3 二")
    expect(page.locator("#count-waiting")).to_have_text("2")
    expect(page.locator(".wf-pill")).to_have_count(0)
    assert page.evaluate("window.neverReloaded") is True


def test_f4_opens_one_and_reads_why_it_came_and_what_it_misses(shoemakers: Shoemakers, seller: Seller) -> None:
    page = shoemakers.join("温州理由鞋厂")
    seller.post_shoes("皮鞋 F4", materials=[{"id": "cotton"}], certifications=["oeko-tex-100"], quantity=250)
    open_lead(page, "皮鞋 F4")
    reasons = page.locator("section[aria-labelledby=why-title]")
    expect(reasons.locator(".wf-v.meet", has_text="绷楦贴底")).to_be_visible()
    expect(reasons.locator(".wf-v.unknown, .wf-v.miss, .wf-v.near").first).to_be_visible()
    expect(page.locator("section[aria-labelledby=buyer-title]")).to_contain_text("接单后可见店名")
    expect(page.locator("section[aria-labelledby=buyer-title]")).to_contain_text("平台保管")
    expect(page.locator("article .wf-odds", has_text="区间")).to_have_count(0)  # nothing is calibrated yet
    page.get_by_role("button", name="接单报价").click()
    page.wait_for_url("**/quote")
    page.goto(page.url.removesuffix("/quote"))
    expect(page.locator("section[aria-labelledby=buyer-title] dd b").first).not_to_be_empty()


def test_f5_declines_with_a_reason(shoemakers: Shoemakers, seller: Seller, open_page: OpenPage) -> None:
    page = shoemakers.join("温州婉拒鞋厂")
    order_id = seller.post_shoes("靴子 F5")
    open_lead(page, "靴子 F5")
    page.locator("button[data-open=decline]").click()
    dialog = page.locator("dialog#decline")
    dialog.locator("#note").fill("旺季排满")
    dialog.locator("button[type=submit]").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("请选一个理由")
    expect(page.locator("main #note")).to_have_value("旺季排满")
    page.locator("label.wf-chip:has(input[value='capacity'])").click()
    page.locator("form .wf-act .btn-danger").click()
    page.wait_for_url("**/leads")
    expect(page.locator("[role=status]").first).to_contain_text("已不接")
    expect(page.locator("#leads")).not_to_contain_text("靴子 F5")
    page.goto("/leads?part=ended")
    expect(page.locator("#leads")).to_contain_text("靴子 F5")
    leads = seller.read(f"/orders/{order_id}/leads")["leads"]
    assert [lead["state"] for lead in leads] == ["declined"]


def test_f5_the_next_factory_gets_it_and_that_kind_comes_less(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage
) -> None:
    names = [f"温州接力{place}号鞋厂" for place in "一二三四五六"]
    pages = {name: shoemakers.join(name) for name in names}
    asked = ranked_names(open_page(f"/orders/{seller.post_shoes('接力靴 F5')}", role="seller"), 5)
    (left_out,) = set(names) - set(asked)
    expect(pages[left_out].locator("#no-leads")).to_be_visible()

    decliner = pages[asked[0]]
    open_lead(decliner, "接力靴 F5")
    decliner.locator("button[data-open=decline]").click()
    decliner.locator("dialog#decline label.wf-chip:has(input[value='process'])").click()
    decliner.locator("dialog#decline button[type=submit]").click()
    decliner.wait_for_url("**/leads")
    expect(pages[left_out].locator(".wf-pill")).to_have_text("有 1 条新商机", timeout=30_000)
    pages[left_out].locator(".wf-pill").click()
    expect(pages[left_out].locator("#leads article")).to_contain_text("接力靴 F5")

    again = ranked_names(open_page(f"/orders/{seller.post_shoes('接力靴 F5 再来')}", role="seller"), 5)
    assert set(again) == set(names) - {asked[0]}


def ranked_names(page: Page, count: int) -> list[str]:
    """The factories of an order, best first, once so many were asked."""
    ranked = page.locator("#ranked-factories li.wf-rank h3")
    expect(ranked).to_have_count(count, timeout=30_000)
    return [name.strip() for name in ranked.all_inner_texts()]


def test_f6_counters_with_a_later_date_and_a_lower_minimum(
    shoemakers: Shoemakers, seller: Seller, open_page: OpenPage
) -> None:
    page = shoemakers.join("温州还价鞋厂", minimum=600)
    order_id = seller.post_shoes("运动鞋 F6", quantity=500)
    open_lead(page, "运动鞋 F6")
    page.get_by_role("link", name="还价改期").click()
    page.get_by_role("button", name="发出还价").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("请提出别的日期或起订量")
    later = date.today() + timedelta(days=60)  # noqa: DTZ011 (the browser's own day)
    page.locator("#due_on").fill(later.isoformat())
    page.locator("#minimum_quantity").fill("450")
    page.locator("#note").fill("鞋底要等半个月")
    page.get_by_role("button", name="发出还价").click()
    page.wait_for_url(re.compile(r"/leads/[0-9a-f-]{36}$"))
    expect(page.locator("article[aria-labelledby=lead-title]")).to_contain_text("您的还价在等买家答复")

    mine = open_page(f"/orders/{order_id}", role="seller")
    expect(mine.locator("main")).to_contain_text("鞋底要等半个月", timeout=20_000)
    expect(mine.locator("main")).to_contain_text(re.compile(rf"{later.month}.月.{later.day}.日"))
    expect(mine.locator("main")).to_contain_text("450")
    difference = mine.locator("#ranked-factories .wf-note")
    expect(difference).to_contain_text(re.compile("晚 15.天"))
    expect(difference).to_contain_text("您的数量够了")
    difference.get_by_role("button", name="同意这个条件").click()
    expect(page.locator("#news .wf-pill")).to_be_visible(timeout=20_000)
    page.reload()
    expect(page.locator("main")).to_contain_text("买家同意了您的条件")
