"""The pages of leads, quotes and awards through the whole web door: bad input, late comers, strangers."""

from datetime import timedelta
from uuid import UUID

import pytest

from market.kit.ids import new_id
from market.leads.queries import inbox
from market.leads.service import accept_lead
from market.orders.service import TermsChange, change_terms
from market.quotes import queries, service
from tests.market.quotes.conftest import Visitor, words_of
from tests.market.quotes.test_award import ladder, lead_of, quote
from tests.market.town import Town

GOOD = {
    "steps-0-from_quantity": "200",
    "steps-0-unit_price": "134",
    "steps-1-from_quantity": "８００",
    "steps-1-unit_price": "¥118.00",
    "lead_time_days": "15",
    "valid_days": "14",
    "sample_fee": "",
    "sample_days": "",
    "note": "含吊牌",
    "seen_round": "1",
}


def lead_path(town: Town, factory: Visitor) -> str:
    return f"/leads/{lead_of(town, factory.organisation_id)}"


def test_a_quote_sent_straight_from_a_new_lead_also_takes_the_place(
    town: Town, seller: Visitor, factory: Visitor
) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    path = lead_path(town, factory)
    assert "接单后可见店名" in factory.read(path)
    assert 'value="200"' in factory.read(f"{path}/quote")
    assert factory.post(f"{path}/quote", **GOOD).status_code == 302
    page = factory.read(path)
    assert "北店" in page
    assert "改报价" in page
    with town.work("factory", factory.organisation_id) as work:
        (row,) = queries.quotes_of_factory(work.session, factory.organisation_id).rows
    assert [(step.from_quantity, step.unit_price.minor) for step in row.steps] == [(200, 13_400), (800, 11_800)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps-1-unit_price": "140"}, "价格反而高"),
        (
            {"steps-0-from_quantity": "", "steps-0-unit_price": "", "steps-1-from_quantity": "900"},
            "阶梯价请从这个数或更少起",
        ),
        ({"steps-1-from_quantity": "200"}, "重复"),
        ({"steps-1-unit_price": ""}, "两格都填"),
        ({"steps-0-unit_price": "lots"}, "金额写成"),
        ({"steps-0-unit_price": "1.005"}, "小数"),
        ({"lead_time_days": ""}, "请填需要几天"),
        ({"lead_time_days": "0"}, "整数"),
        ({"valid_days": "91"}, "整数"),
        ({"note": "x" * 2001}, "最多 2,000 字"),
        ({f"steps-{row}-{name}": "" for row in (0, 1) for name in ("from_quantity", "unit_price")}, "至少填一个价格"),
    ],
)
def test_a_quote_that_cannot_be_taken_says_why_and_keeps_what_was_typed(
    town: Town, seller: Visitor, factory: Visitor, wrong: dict[str, str], words: str
) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    answer = factory.post(f"{lead_path(town, factory)}/quote", **(GOOD | wrong))
    assert answer.status_code == 422
    page = words_of(answer)
    assert words in page
    assert all(f'value="{typed}"' in page or typed in page for typed in wrong.values() if typed)
    with town.work("factory", factory.organisation_id) as work:
        assert queries.quotes_of_factory(work.session, factory.organisation_id).rows == ()


def test_a_quote_on_terms_that_moved_is_shown_the_new_ones_first(town: Town, seller: Visitor, factory: Visitor) -> None:
    order_id = town.post(seller.organisation_id, town.sweaters(800))
    path = lead_path(town, factory)
    with town.work("seller", seller.organisation_id) as work:
        change_terms(work, order_id, TermsChange(version=1, quantity=900))
    town.deliver()
    answer = factory.post(f"{path}/quote", **GOOD)
    assert answer.status_code == 409
    assert "买家改了条件" in words_of(answer)
    assert factory.post(f"{path}/quote", **(GOOD | {"seen_round": "2"})).status_code == 302


def test_who_comes_too_late_for_the_last_place_gets_a_friendly_page(
    town: Town, seller: Visitor, factory: Visitor
) -> None:
    others = [town.add_factory(f"Knit {number}") for number in range(3)]
    town.post(seller.organisation_id, town.sweaters(800))
    path = lead_path(town, factory)
    assert "接单报价" in factory.read(path)
    for other in others:
        with town.work("factory", other) as work:
            accept_lead(work, inbox(work.session, other).rows[0].id)
    late = factory.post(f"{path}/accept")
    assert late.status_code == 409
    assert "别家快了一步" in words_of(late)
    later = factory.post(f"{path}/quote", **GOOD)
    assert later.status_code == 409
    assert "含吊牌" in words_of(later)
    assert "3 个名额已满" in factory.read(path)


def test_an_answered_lead_cannot_be_answered_again(town: Town, seller: Visitor, factory: Visitor) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    path = lead_path(town, factory)
    refused = factory.post(f"{path}/decline", note="旺季")
    assert refused.status_code == 422
    assert "旺季" in words_of(refused)
    assert factory.post(f"{path}/decline", reason="wings").status_code == 422
    assert factory.post(f"{path}/decline", reason="price").status_code == 302
    assert "已有变化" in words_of(factory.post(f"{path}/accept"))
    assert factory.post(f"{path}/counter", due_on="2027-01-20").status_code == 409
    assert "您没有接" in factory.read(path)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "请提出别的日期或起订量"),
        ({"due_on": "2026-11-23"}, "今天以后"),
        ({"due_on": "next week"}, "日期写成"),
        ({"minimum_quantity": "0"}, "整数"),
        ({"due_on": "2027-01-20", "note": "x" * 501}, "500"),
    ],
)
def test_a_counter_that_says_nothing_usable_is_refused(
    town: Town, seller: Visitor, factory: Visitor, fields: dict[str, str], words: str
) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    answer = factory.post(f"{lead_path(town, factory)}/counter", **fields)
    assert answer.status_code == 422
    assert words in words_of(answer)


def test_the_pill_counts_what_is_new_and_the_fragment_holds_only_that(
    town: Town, seller: Visitor, factory: Visitor
) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    since = town.clock.now().isoformat().replace("+", "%2B")
    town.clock.advance(timedelta(minutes=1))
    assert words_of(factory.get(f"/leads/news?since={since}", fragment=True)).strip() == ""
    town.post(seller.organisation_id, town.sweaters(900, title="Second sweaters"))
    assert "有 1 条新商机" in words_of(factory.get(f"/leads/news?since={since}", fragment=True))
    fresh = words_of(factory.get(f"/leads?since={since}", fragment=True))
    assert fresh.count("<article") == 1
    assert "Second sweaters" in fresh
    assert '<span id="count-waiting" hx-swap-oob="true">2</span>' in fresh
    assert factory.get("/leads/news?since=yesterday").status_code == 200
    assert factory.get("/leads?after=nonsense").status_code == 422


def test_of_two_awards_in_two_tabs_the_second_is_told_about_the_first(
    town: Town, seller: Visitor, factory: Visitor
) -> None:
    far = town.add_factory("Far Knit")
    order_id = town.post(seller.organisation_id, town.sweaters(800))
    first, second = quote(town, factory.organisation_id, ladder((200, 13_400))), quote(town, far, ladder((200, 13_000)))
    done = seller.post(f"/orders/{order_id}/award/{first}?version=1")
    assert done.status_code == 302
    assert "¥107,200.00" in seller.read(done.location)
    again = seller.post(f"/orders/{order_id}/award/{second}?version=1")
    assert again.status_code == 409
    assert "已经选定了" in words_of(again)
    assert "¥107,200.00" in words_of(again)
    factory_page = factory.read(done.location)
    assert "北店" in factory_page
    assert "¥32,160.00" in factory_page
    assert done.location.removesuffix("/purchase-order") in factory.read("/deals")


@pytest.mark.parametrize(
    ("version", "words"), [("0", "条件改过"), ("2", "条件改过"), ("", "条件改过"), ("x" * 20, "条件改过")]
)
def test_an_award_of_terms_that_nobody_saw_is_refused(
    town: Town, seller: Visitor, factory: Visitor, version: str, words: str
) -> None:
    order_id = town.post(seller.organisation_id, town.sweaters(800))
    quote_id = quote(town, factory.organisation_id, ladder((200, 13_400)))
    answer = seller.post(f"/orders/{order_id}/award/{quote_id}?version={version}")
    assert answer.status_code == 409
    assert words in words_of(answer)


def test_a_choice_in_a_pool_is_noted_and_counted(town: Town, seller: Visitor, factory: Visitor) -> None:
    town.post(town.add_shop("South Shop"), town.sweaters(100))
    order_id = town.post(seller.organisation_id, town.sweaters(120))
    quote_id = quote(town, factory.organisation_id, ladder((100, 12_000)))
    refused = seller.post(f"/orders/{order_id}/award/{quote_id}?version=1")
    assert refused.status_code == 409
    assert seller.post(f"/orders/{order_id}/choose/{quote_id}").status_code == 302
    assert seller.post(f"/orders/{order_id}/choose/{new_id()}").status_code == 404


def test_strangers_find_nothing_under_foreign_addresses(town: Town, seller: Visitor, factory: Visitor) -> None:
    far, shop = town.add_factory("Far Knit"), town.add_shop("South Shop")
    order_id = town.post(shop, town.sweaters(800))
    lead_id, quote_id = lead_of(town, far), quote(town, far, ladder((200, 13_400)))
    with town.work("seller", shop) as work:
        award_id = service.award_quote(work, order_id, quote_id, 1).id
    for missing in (UUID(int=7), "nonsense"):
        for path in ("/leads/{}", "/leads/{}/quote", "/leads/{}/counter", "/deals/{}"):
            assert factory.get(path.format(missing)).status_code == 404
    for path in (f"/leads/{lead_id}", f"/leads/{lead_id}/quote", f"/leads/{lead_id}/decline", f"/deals/{award_id}"):
        assert factory.get(path).status_code == 404
    for path in (f"/orders/{order_id}/quotes.csv", f"/orders/{order_id}/quotes.xlsx", f"/deals/{award_id}"):
        assert seller.get(path).status_code == 404
    assert seller.post(f"/orders/{order_id}/award/{quote_id}?version=1").status_code == 404
    assert seller.get("/leads").status_code == 403
    assert factory.get(f"/orders/{order_id}/quotes.csv").status_code == 403
