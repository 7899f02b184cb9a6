"""F8: a factory gets materials to prepare from its buyers' forecasts, with interval, and who bears what is not used."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text

from market.demo.build import PASSWORD
from market.demo.orders import SHOP_NAMES
from tests.browser import LiveMarket, OpenPage
from tests.conftest import AS_SYSTEM


def mails_of_knit_shops(live_market: LiveMarket) -> list[str]:
    """The addresses of those apparel shops whose part of something is prepared already."""
    engine = create_engine(live_market.database_url)
    with engine.begin() as connection:
        connection.execute(AS_SYSTEM)
        found = connection.scalars(
            text(
                "SELECT DISTINCT users.email FROM preparation_shares JOIN organisations ON organisations.id = "
                "preparation_shares.organisation_id JOIN users ON users.organisation_id = organisations.id "
                "WHERE organisations.name = ANY(:names) ORDER BY users.email"
            ),
            {"names": list(SHOP_NAMES)},
        ).all()
    engine.dispose()
    return list(found)


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def told_of(page: Page) -> str:
    """A product whose yarn the factory is told of: which ones may be told follows the season."""
    products = page.locator("article", has=page.get_by_role("heading", level=2, name="美利奴羊毛"))
    return re.split("[，、]", products.locator("h2 + span").inner_text())[0]


def test_f8_a_factory_prepares_for_forecasts_and_each_shop_sees_its_own_part(
    open_page: OpenPage, live_market: LiveMarket
) -> None:
    page = open_page("/factory/materials", role="factory", phone=True)
    yarn = page.locator("article", has=page.get_by_role("heading", level=2, name="美利奴羊毛"))
    expect(yarn).to_contain_text("八成把握够用")
    expect(yarn).to_contain_text(re.compile(r"一半可能 [\d,.]+.公斤就够；备到 [\d,.]+.公斤，20 次里有 19 次够"))
    expect(yarn).to_contain_text(re.compile(r"90 天内没用完的，买家合计承担 \d+%，您承担 \d+%"))
    expect(yarn).to_contain_text(re.compile(r"\d+ 到 \d+ 家店铺"))
    expect(yarn).to_contain_text(re.compile("买家已下单|还要备"))
    for name in SHOP_NAMES:
        expect(page.locator("main")).not_to_contain_text(name)

    yarn.locator("input[inputmode=decimal]").fill("999999")
    yarn.get_by_role("button", name="备料").click()
    expect(yarn.locator(".wf-err")).to_contain_text("再多就没有人分担了")
    expect(yarn.locator("input[inputmode=decimal]")).to_have_value("999999")
    yarn.locator("input[inputmode=decimal]").fill("7.5")
    yarn.get_by_role("button", name="备料").click()
    expect(page.locator("[role=status]").first).to_contain_text("已记下")
    made = page.locator("#prepared article", has_text="7.5")
    expect(made).to_contain_text(re.compile("若还剩 7.5.公斤，买家合计承担"))

    shop = open_page("/sign-in")
    sign_in(shop, mails_of_knit_shops(live_market)[0])
    shop.goto("/restock/sharing")
    part = shop.locator("#prepared li").first
    expect(part).to_contain_text("您那份")
    expect(part).to_contain_text(re.compile("若一点没用，您承担|剩下的您不承担"))
    expect(shop.locator("main")).to_contain_text("至少三家店铺的合计")

    told, product = yarn.locator(".wf-odds").inner_text(), told_of(page)
    shop.get_by_role("button", name=re.compile(f"撤回.*{product}")).first.click()
    shop.locator("dialog[open] button[type=submit]").click()
    expect(shop.locator("[role=status]").first).to_contain_text("已撤回")
    line = shop.locator("section", has=shop.get_by_role("heading", name=product, exact=True))
    expect(line).to_contain_text("现有合计数里还有您的预测")
    page.reload()
    assert yarn.locator(".wf-odds").inner_text() == told, "a shop that leaves does not show"

    made.get_by_role("button", name="剩下的我另有用处").click()
    page.locator("dialog[open] button[type=submit]").click()
    expect(page.locator("[role=status]").first).to_contain_text("店铺不承担")
    shop.goto("/notices")
    expect(shop.locator("main")).to_contain_text("照包含您在内的预测备了美利奴羊毛")


def test_f8_a_factory_changes_a_recipe_and_what_it_needs_follows(open_page: OpenPage) -> None:
    page = open_page("/factory/materials", role="factory", phone=True)
    product = told_of(page)
    page.goto("/factory/materials/recipes")
    card = page.locator("section", has=page.get_by_role("heading", name=product, exact=True))
    card.get_by_role("link", name="添加材料").click()
    page.locator("#own_words").fill("防丢挂绳")
    page.locator("#unit label.wf-chip:has(input[value=piece])").click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("[data-error-summary]")).to_contain_text("请填一件用多少")
    expect(page.locator("#own_words")).to_have_value("防丢挂绳")
    page.locator("#per_piece").fill("1")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("防丢挂绳")
    for _try in range(20):
        page.goto("/factory/materials")
        if page.get_by_role("heading", level=2, name="防丢挂绳").count():
            break
        page.wait_for_timeout(500)
    cord = page.locator("article", has=page.get_by_role("heading", level=2, name="防丢挂绳"))
    expect(cord).to_contain_text("八成把握够用")
