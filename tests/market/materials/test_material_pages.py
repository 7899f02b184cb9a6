"""The pages of materials through the whole web door: a factory's, and a shop's."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from market.kit.ids import new_id
from market.materials import preparing, queries
from market.materials.flows import remember_maker
from market.orders.service import advance_order
from market.quotes.events import QuoteAwarded
from tests.market.materials.conftest import Valley
from tests.market.quotes.conftest import Visitor, factory, seller, words_of
from tests.market.town import Town

__all__ = ["factory", "seller"]

SHARING, MATERIALS, RECIPES = "/restock/sharing", "/factory/materials", "/factory/materials/recipes"
LINE = {"category": "sweater", "material": "cashmere", "own_words": "", "unit": "kg", "per_piece": "０.3",
        "sourcing_days": "15", "unit_cost": "520"}  # fmt: skip


@pytest.fixture
def valley(town: Town, factory: Visitor) -> Valley:
    """The town's valley, whose factory has a person."""
    return Valley(town, factory.organisation_id)


def three_shops(valley: Valley, seller: Visitor) -> None:
    """Three shops that share; the last one is the seller's."""
    valley.shop("North", risk=10)
    valley.shop("West", 150)
    valley.need(seller.organisation_id, 120)
    valley.share(seller.organisation_id, 25)


def outlook_id(valley: Valley) -> UUID:
    return valley.outlook()[0].id


def test_a_factory_writes_its_recipe_line_by_line(valley: Valley, factory: Visitor) -> None:
    assert "先写好产品的用料" in factory.read(MATERIALS)
    assert "还没有材料" in factory.read(RECIPES)
    assert factory.post(f"{RECIPES}/new", **LINE).status_code == 303
    valley.town.deliver()
    page = factory.read(RECIPES)
    assert "羊绒" in page and "每件 0.3\u00a0公斤" in page.replace("&nbsp;", "\u00a0") and "¥520" in page
    assert "暂不显示" in factory.read(MATERIALS)
    again = factory.post(f"{RECIPES}/new", **LINE)
    assert again.status_code == 409
    assert "这个产品已有这种材料" in words_of(again)
    with valley.town.work("factory", valley.factory) as work:
        (row,) = queries.recipe_rows(work.session, valley.factory)
    assert 'value="0.3"' in factory.read(f"{RECIPES}/{row.id}")
    assert factory.post(f"{RECIPES}/{row.id}", **{**LINE, "per_piece": "0.35"}).status_code == 303
    assert "0.35" in factory.read(RECIPES)
    assert factory.post(f"{RECIPES}/{row.id}/remove").status_code == 303
    assert "还没有材料" in factory.read(RECIPES)
    assert factory.get(f"{RECIPES}/{row.id}").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"material": ""}, "请在上面选材料"),
        ({"per_piece": ""}, "请填一件用多少"),
        ({"per_piece": "0"}, "要大于零"),
        ({"per_piece": "一些"}, "之间的数"),
        ({"per_piece": "0.12345"}, "4 位小数"),
        ({"sourcing_days": "a month"}, "整数"),
        ({"unit_cost": "0"}, "价格要大于零"),
        ({"unit": "bale"}, "data-error-summary"),
    ],
)
def test_a_line_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    valley: Valley, factory: Visitor, wrong: dict[str, str], words: str
) -> None:
    answer = factory.post(f"{RECIPES}/new", **{**LINE, **wrong})
    assert answer.status_code == 422
    page = words_of(answer)
    assert words in page
    assert all(f'value="{typed}"' in page for name, typed in wrong.items() if typed and name != "unit")
    with valley.town.work("factory", valley.factory) as work:
        assert queries.recipe_rows(work.session, valley.factory) == []


def test_a_shop_agrees_reads_what_is_shared_and_withdraws(valley: Valley, seller: Visitor) -> None:
    assert "商品有了品类" in seller.read(SHARING)
    valley.need(seller.organisation_id, 120)
    page = seller.read(SHARING)
    assert "Sample Knit" in page and "至少三家店铺的合计" in page and "您的店名、商品、销量和库存" in page
    give = f"{SHARING}/sweater"
    maker = str(valley.factory)
    refused = seller.post(give, **{"sweater-maker": "", "sweater-risk_percent": "25"})
    assert refused.status_code == 422
    assert "请选一家工厂" in words_of(refused)
    assert seller.post(give, **{"sweater-maker": maker, "sweater-risk_percent": "33"}).status_code == 422
    assert seller.post(f"{SHARING}/t-shirt", **{"t-shirt-maker": maker}).status_code == 404
    assert seller.post(give, **{"sweater-maker": maker, "sweater-risk_percent": "25"}).status_code == 303
    page = seller.read(SHARING)
    assert "您承担自己那份的 25%" in page
    with valley.town.work("seller", seller.organisation_id) as work:
        (share,) = queries.share_rows(work.session, seller.organisation_id)
    assert seller.post(f"{SHARING}/consents/{share.id}/withdraw").status_code == 303
    assert "您承担自己那份的 25%" not in seller.read(SHARING)
    assert seller.post(f"{SHARING}/consents/{new_id()}/withdraw").status_code == 404


def test_factories_that_made_for_the_shop_stand_first(valley: Valley, seller: Visitor) -> None:
    other = valley.town.add_factory("A Knit")
    order_id = valley.town.post(seller.organisation_id, valley.town.sweaters(400))
    valley.need(seller.organisation_id, 120)
    assert re.findall(r'<option value="([0-9a-f-]{36})"', seller.read(SHARING)) == [str(other), str(valley.factory)]
    award(valley, seller.organisation_id, order_id)
    page = seller.read(SHARING)
    assert re.findall(r'<option value="([0-9a-f-]{36})"', page) == [str(valley.factory), str(other)]
    assert "Sample Knit（给您做过）" in page


def award(valley: Valley, shop: UUID, order_id: UUID) -> None:
    """The order goes to the valley's factory, as the quotes above tell it."""
    with valley.town.work("system") as work:
        for state in ("quoting", "awarded"):
            advance_order(work, shop, order_id, state)
    event = QuoteAwarded(shop, new_id(), order_id, new_id(), valley.factory)
    for _time in range(2):
        with valley.town.work("system") as work:
            remember_maker(work, event)


def test_a_factory_reads_what_to_prepare_in_words(valley: Valley, seller: Visitor, factory: Visitor) -> None:
    valley.recipe()
    order_id = valley.town.post(seller.organisation_id, valley.town.sweaters(400))
    award(valley, seller.organisation_id, order_id)
    three_shops(valley, seller)
    page = factory.read(MATERIALS).replace("&nbsp;", "\u00a0")
    assert "羊绒" in page and "八成把握够用" in page and "3 到 5 家店铺" in page
    assert "另计 120\u00a0公斤" in page
    assert "90 天内没用完的，买家合计承担 10%，您承担 90%" in page
    (row,) = valley.outlook()
    assert f"{row.p80:f}".rstrip("0").rstrip(".") + "\u00a0公斤" in page
    english = words_of(factory.client.get(f"/language/en?next={MATERIALS}", follow_redirects=True))
    assert "8 in 10 chance that it is enough" in english and "3 to 5 shops" in english


def test_prepared_once_however_often_it_is_pressed(valley: Valley, seller: Visitor, factory: Visitor) -> None:
    valley.recipe()
    three_shops(valley, seller)
    found = outlook_id(valley)
    sent = {f"{found}-key": "one press", f"{found}-quantity": "５0"}
    for _press in range(3):
        assert factory.post(f"{MATERIALS}/{found}/prepare", **sent).status_code == 303
    with valley.town.work("factory", valley.factory) as work:
        (row,) = queries.preparation_rows(work.session, valley.factory)
    assert row.quantity == 50
    valley.town.deliver()
    page = seller.read(SHARING).replace("&nbsp;", "\u00a0")
    assert "您那份" in page and "您承担" in page and "¥" in page
    assert "照包含您在内的预测备了羊绒" in seller.read("/notices")


def test_a_quantity_that_cannot_be_prepared_says_why_and_stays(
    valley: Valley, seller: Visitor, factory: Visitor
) -> None:
    valley.recipe()
    three_shops(valley, seller)
    found = outlook_id(valley)
    for typed, words in (("99999", "再多就没有人分担了"), ("0", "大于 0"), ("", "请填数量"), ("much", "之间的数")):
        answer = factory.post(f"{MATERIALS}/{found}/prepare", **{f"{found}-key": "k", f"{found}-quantity": typed})
        assert answer.status_code == 422
        assert words in words_of(answer)
        assert f'value="{typed}"' in words_of(answer)
    gone = factory.post(f"{MATERIALS}/{new_id()}/prepare", quantity="5")
    assert gone.status_code in (303, 422)
    assert valley.outlook()[0].prepared == 0


def test_a_factory_says_what_became_of_it(valley: Valley, seller: Visitor, factory: Visitor) -> None:
    valley.recipe()
    three_shops(valley, seller)
    with valley.town.work("factory", valley.factory) as work:
        made, kept = (preparing.prepare(work, outlook_id(valley), Decimal(amount)) for amount in (40, 30))
    valley.town.deliver()
    path = f"{MATERIALS}/preparations/{made}"
    for typed, words in (("41", "用量不能超过备料量"), ("", "没用填 0")):
        answer = factory.post(f"{path}/used", **{f"{made}-used": typed})
        assert answer.status_code == 422
        assert words in words_of(answer)
    assert factory.post(f"{path}/used", **{f"{made}-used": "10"}).status_code == 303
    assert factory.post(f"{MATERIALS}/preparations/{kept}/release").status_code == 303
    valley.town.clock.advance(timedelta(days=100))
    assert "期限已到" in factory.read(MATERIALS)
    assert factory.post(f"{path}/used", **{f"{made}-used": "20"}).status_code == 303
    valley.town.deliver()
    page = factory.read(MATERIALS).replace("&nbsp;", "\u00a0")
    assert "已结清 2 笔" in page and "2\u00a0公斤" in page and "18\u00a0公斤" in page and "余料自留" in page
    assert "付款要等结算功能上线" in page
    told = seller.read(SHARING)
    assert "有剩余" in told and "剩余部分您承担" in told and "已解除" in told
    assert factory.post(f"{path}/used", **{f"{made}-used": "30"}).status_code == 303
    assert "已经结清" in factory.read(MATERIALS)
    assert factory.post(f"{MATERIALS}/preparations/{new_id()}/release").status_code == 404


def test_strangers_are_kept_out(valley: Valley, seller: Visitor, factory: Visitor) -> None:
    for path in (MATERIALS, RECIPES, f"{RECIPES}/new"):
        assert seller.get(path).status_code == 403
    assert factory.get(SHARING).status_code == 403
    line = valley.recipe(factory=valley.town.add_factory("Other"))
    assert factory.get(f"{RECIPES}/{line}").status_code == 404
    assert factory.post(f"{RECIPES}/{line}/remove").status_code == 404


def test_no_page_of_a_factory_names_a_shop_or_its_figure(valley: Valley, seller: Visitor, factory: Visitor) -> None:
    valley.recipe()
    three_shops(valley, seller)
    with valley.town.work("factory", valley.factory) as work:
        preparing.prepare(work, outlook_id(valley), Decimal(50))
    valley.town.deliver()
    with valley.town.work("seller", seller.organisation_id) as work:
        (part,) = queries.part_rows(work.session, seller.organisation_id)
    page = factory.read(MATERIALS) + factory.read("/notices")
    assert "北店" not in page and str(seller.organisation_id) not in page
    assert f"{part.part.normalize():f}" not in page and f"{part.at_most.normalize():f}" not in page
