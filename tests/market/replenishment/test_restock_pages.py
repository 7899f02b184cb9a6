"""The seller's restock pages through the whole web door, with security tokens and row-level security on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import event

from market.identity.service import issue_key
from market.kit.clock import FrozenClock
from market.kit.i18n import LANGUAGE_COOKIE
from market.replenishment import service
from market.replenishment.item_pages import ITEMS_A_PAGE
from market.replenishment.queries import SuggestionRow, restock_line, versions_of
from tests.market.replenishment.ground import CALM, LAST_DAY, Shelf
from tests.market.site import Person, Web

LEAP = (60, 75, 70, 80)
"""Far more a week than CALM."""
TERMS = {
    "name": "Wool scarf", "category": "scarf", "lead_time_days": "21", "lead_time_sd_days": "2.5", "review_days": "14",
    "minimum": "100", "pack_size": "24", "unit_cost": "42", "unit_price": "128.50", "service": "97.5",
}  # fmt: skip


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the shelf and its pages."""
    return clock_of_site


@pytest.fixture
def shop(web: Web) -> Person:
    """A seller who reads English."""
    person = web.person("seller", "Shelf Shop")
    person.client.set_cookie(LANGUAGE_COOKIE, "en")
    return person


def own(person: Person) -> UUID:
    assert person.organisation_id is not None
    return person.organisation_id


def read(person: Person, path: str, status: int = 200) -> str:
    """The page as a reader sees it: tags gone, white space single, no-break spaces plain."""
    answer = person.get(path)
    assert answer.status_code == status, answer.text
    return words_of(answer.text)


def words_of(html: str) -> str:
    body = re.sub(r"<(script|svg|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").split())


def told(shelf: Shelf, person: Person, item_id: UUID) -> SuggestionRow:
    with shelf.work(own(person)) as work:
        found = restock_line(work.session, own(person), item_id).suggestion
    assert found is not None
    return found


def stocked(shelf: Shelf, person: Person) -> UUID:
    """An item with a suggestion to order."""
    item_id = shelf.put("KN-1", CALM * 5, shop=own(person), on_hand=30)
    shelf.suggest(own(person))
    return item_id


def test_a_new_shop_is_shown_the_way_in(shop: Person) -> None:
    page = shop.get("/restock").text
    assert "A file of what you sold is enough to begin." in page
    assert 'href="/restock/import"' in page


def test_the_list_has_most_sales_at_risk_first_and_says_what_to_do(shop: Person, shelf: Shelf) -> None:
    shelf.put("SMALL", (3,) * 40, shop=own(shop), on_hand=1)
    shelf.put("GREAT", (90,) * 40, shop=own(shop), on_hand=10)
    shelf.put("PLENTY", (5,) * 40, shop=own(shop), on_hand=900)
    shelf.put("GUESS", CALM * 5, shop=own(shop), on_hand=None)
    assert shelf.suggest(own(shop)) == 4
    page = read(shop, "/restock")
    assert "Restock: 2 items to order" in page
    places = [page.index(f"{sku} scarf stock") for sku in ("GREAT", "SMALL", "PLENTY")]
    assert places == sorted(places)
    assert "stock unknown" in page and "too many" in page and "of sales at risk" in page
    only = read(shop, "/restock?show=order")
    assert "GREAT scarf" in only and "PLENTY scarf" not in only
    found = read(shop, "/restock?q=plent")
    assert "PLENTY scarf" in found and "GREAT scarf" not in found
    assert "No item fits this search." in read(shop, "/restock?q=nothing+like+it")


@contextmanager
def statements(web: Web) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []
    with web.app.app_context():
        engine = web.app.extensions["sqlalchemy"].engines["default"]

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_pages_go_on_and_more_items_ask_no_more_of_the_database(web: Web, shop: Person, shelf: Shelf) -> None:
    shelf.put("A-0", CALM * 3, shop=own(shop), on_hand=5)
    shelf.suggest(own(shop))
    read(shop, "/restock")
    with statements(web) as before:
        read(shop, "/restock")
    for number in range(1, ITEMS_A_PAGE + 3):
        shelf.put(f"A-{number}", CALM * 3, shop=own(shop), on_hand=5 * number)
    shelf.suggest(own(shop))
    with statements(web) as after:
        first = shop.get("/restock").text
    assert len(after) == len(before)
    onward = re.search(r'href="(/restock\?cursor=[^"]+)"', first)
    assert onward
    second = shop.get(unescape(onward[1])).text
    assert len(set(re.findall(r"A-\d+ scarf", first)) & set(re.findall(r"A-\d+ scarf", second))) == 0
    assert shop.get("/restock?cursor=nonsense").status_code == 422


def test_an_item_says_how_much_by_when_and_why_in_parts_that_sum(shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    suggestion = told(shelf, shop, item_id)
    html = shop.get(f"/restock/{item_id}").text
    page = words_of(html)
    assert f"Why {suggestion.quantity}" in page
    sums = html[html.index('class="wf-sum"') :]
    signed = re.findall(r"(?:<span class=\"eq\">(.)</span>)?<span><b[^>]*>([\d,]+)</b>", sums[: sums.index("</div>")])
    pieces = [int(number.replace(",", "")) * (-1 if sign == "−" else 1) for sign, number in signed]
    assert sum(pieces[:-1]) == pieces[-1] == suggestion.quantity
    assert "30 in stock run out around" in page
    assert "An order takes 14 days" in page
    assert f"Tried {suggestion.tried} times on 8 past weeks, such forecasts missed by" in page
    assert "repeating last year by" in page
    assert "the mean of the last 8 weeks" in page
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids)), "each id once, so that every label finds its field"
    table = html[html.index('id="weeks-item"') :]
    rows = table[: table.index("</table>")].count("<tr") - 1
    assert rows == len(CALM) * 5 + len(suggestion.weeks)


def test_the_same_words_in_chinese(web: Web, shelf: Shelf) -> None:
    person = web.person("seller", "中文店")
    item_id = stocked(shelf, person)
    suggestion = told(shelf, person, item_id)
    page = read(person, f"/restock/{item_id}")
    assert f"为什么是 {suggestion.quantity}" in page
    assert "现有 30 件，约" in page and "卖完" in page
    assert "照抄去年是" in page


def test_sliders_answer_with_the_order_under_other_terms(shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    usual = told(shelf, shop, item_id)
    part = shop.get(f"/restock/{item_id}/what-if?lead=14&service=90", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<div") and "As it is suggested" in part
    assert f"Order {usual.quantity}" in words_of(part)
    longer = words_of(shop.get(f"/restock/{item_id}/what-if?lead=42", headers={"HX-Request": "true"}).text)
    moved = re.search(r"Order (\d+) today.*?(\d+) pcs more", longer)
    assert moved and int(moved[1]) == usual.quantity + int(moved[2])
    same = words_of(shop.get(f"/restock/{item_id}/what-if?lead=14&service=89.9", headers={"HX-Request": "true"}).text)
    assert "The same order as is suggested." in same
    safer = words_of(shop.get(f"/restock/{item_id}/what-if?service=99.5", headers={"HX-Request": "true"}).text)
    assert "pcs more" in safer
    whole = shop.get(f"/restock/{item_id}/what-if?lead=42").text
    assert "<h1" in whole and 'value="42"' in whole
    for silly in ("lead=soon&service=much", "lead=-3", "lead=99999", "service=0", "lead=1.5&service=1000"):
        assert shop.get(f"/restock/{item_id}/what-if?{silly}").status_code == 200


def test_stock_is_counted_and_what_cannot_be_read_is_named(shop: Person, shelf: Shelf, clock: FrozenClock) -> None:
    item_id = shelf.put("KN-1", CALM * 5, shop=own(shop), on_hand=None)
    shelf.suggest(own(shop))
    assert "How many are in stock?" in read(shop, f"/restock/{item_id}")
    wrong = {"on_hand": "many", "on_order": "", "stocked_on": (LAST_DAY + timedelta(days=9)).isoformat()}
    refused = shop.post(f"/restock/{item_id}/stock", wrong)
    assert refused.status_code == 422
    page = words_of(refused.text)
    assert "Write a whole number from 0" in page and "Write a number." in page
    assert 'value="many"' in refused.text, "what was typed stays"
    ahead = shop.post(f"/restock/{item_id}/stock", {**wrong, "on_hand": "40", "on_order": "0"})
    assert ahead.status_code == 422 and "is in the future" in words_of(ahead.text)
    clock.advance(timedelta(minutes=1))
    right = {"on_hand": "１,040", "on_order": "5", "stocked_on": LAST_DAY.isoformat()}
    assert shop.post(f"/restock/{item_id}/stock", right).status_code == 303
    shelf.suggest(own(shop))
    assert (told(shelf, shop, item_id).on_hand, told(shelf, shop, item_id).on_order) == (1040, 5)


def test_terms_are_kept_and_shape_the_next_suggestion(shop: Person, shelf: Shelf, clock: FrozenClock) -> None:
    item_id = stocked(shelf, shop)
    clock.advance(timedelta(minutes=1))
    assert shop.post(f"/restock/{item_id}/terms", TERMS).status_code == 303
    shelf.suggest(own(shop))
    suggestion = told(shelf, shop, item_id)
    assert suggestion.terms["lead_time_days"] == 21
    assert suggestion.terms["critical_ratio"] == 0.975
    assert suggestion.quantity % 24 == 0 and suggestion.quantity >= 100
    page = shop.get(f"/restock/{item_id}").text
    for name, value in {"lead_time_sd_days": "2.5", "service": "97.5", "unit_price": "128.50"}.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("lead_time_days", "soon", "Write a whole number from 0 to 365."),
        ("lead_time_sd_days", "1.25", "Write a number from 0 to 365."),
        ("review_days", "0", "Write a whole number from 1 to 180."),
        ("pack_size", "0", "Write a whole number from 1"),
        ("minimum", "", "Write a number."),
        ("service", "100", "Write a number from 50 to 99.9."),
        ("unit_cost", "12.345", "Write an amount like 128 or 128.50"),
        ("unit_price", "0", "is no usable price"),
        ("name", " ", "is empty or too long"),
        ("category", "spaceships", "is not known"),
    ],
)
def test_terms_that_cannot_be_taken_are_named_and_change_nothing(
    shop: Person, shelf: Shelf, field: str, typed: str, said: str
) -> None:
    item_id = shelf.put("KN-1", (), shop=own(shop))
    refused = shop.post(f"/restock/{item_id}/terms", {**TERMS, field: typed})
    assert refused.status_code == 422
    assert said in words_of(refused.text)
    assert 'value="KN-1 scarf"' in shop.get(f"/restock/{item_id}").text


def test_one_click_opens_an_order_with_everything_filled_in(shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    quantity = told(shelf, shop, item_id).quantity
    first = shop.post(f"/restock/{item_id}/order")
    assert first.status_code == 303 and "/orders/new?draft=" in first.location
    assert shop.post(f"/restock/{item_id}/order").location == first.location, "a second press finds the same draft"
    form = shop.get(first.location).text
    assert re.search(rf'name="quantity"[^>]* value="{quantity}"', form)
    assert re.search(r'name="title"[^>]* value="KN-1 scarf"', form)
    page = read(shop, f"/restock/{item_id}")
    assert f"An order of {quantity} is a draft" in page and "Go on with the draft" in page
    order_id = UUID(first.location.rpartition("=")[2])
    with shelf.unit() as work:
        service.note_ordered(work, own(shop), order_id)
    assert "See the order" in read(shop, f"/restock/{item_id}")


def test_a_suggestion_is_put_aside_with_a_reason(shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    assert shop.post(f"/restock/{item_id}/dismiss", {"why": "the season is over"}).status_code == 303
    page = read(shop, f"/restock/{item_id}")
    assert "Not now: you passed on" in page
    assert "Restock: nothing to order" in page
    late = shop.post(f"/restock/{item_id}/order")
    assert late.location.endswith(f"/restock/{item_id}")
    assert "Not now: you passed on" in read(shop, f"/restock/{item_id}")


def test_an_item_leaves_the_list_and_comes_back(shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    shelf.put("KN-2", CALM, shop=own(shop))
    assert shop.post(f"/restock/{item_id}/retire").status_code == 303
    assert "KN-1 scarf" not in read(shop, "/restock")
    assert "KN-1 scarf" in read(shop, "/restock?show=retired")
    assert shop.post(f"/restock/{item_id}/retire", {"sold": "y"}).status_code == 303
    assert "KN-1 scarf" in read(shop, "/restock")


def test_an_earlier_version_is_shown_whole_and_its_forecast_beside_what_came(
    shop: Person, shelf: Shelf, clock: FrozenClock
) -> None:
    month = timedelta(weeks=4)
    clock.moment -= month
    item_id = shelf.put("KN-1", CALM * 5, shop=own(shop), on_hand=400, until=LAST_DAY - month)
    shelf.suggest(own(shop))
    old = told(shelf, shop, item_id)
    clock.moment += month
    shelf.sell(item_id, LEAP, shop=own(shop))
    shelf.suggest(own(shop))
    new = told(shelf, shop, item_id)
    assert (new.on_hand, new.as_of) == (400 - sum(LEAP), LAST_DAY)
    page = read(shop, f"/restock/{item_id}")
    assert "What came of earlier suggestions" in page
    assert "0 of 1 forecast held what came inside its 80% band." in page, "it was far above"
    assert f"{sum(LEAP)}" in page and "above" in page
    then = read(shop, f"/restock/{item_id}/versions/{old.id}")
    assert "As it was suggested on" in then and "400 in stock" in then
    assert f"enough to have {old.order_up_to}" in then
    with shelf.work(own(shop)) as work:
        assert len(versions_of(work.session, own(shop), item_id)) == 2


def test_what_moved_since_yesterday_stands_on_top_with_its_reasons(
    shop: Person, shelf: Shelf, clock: FrozenClock
) -> None:
    item_id = stocked(shelf, shop)
    before = told(shelf, shop, item_id).quantity
    assert "New with the last forecast" not in read(shop, "/restock"), "a first suggestion has nothing to differ from"
    clock.advance(timedelta(hours=1))
    with shelf.work(own(shop)) as work:
        service.count_stock(work, item_id, 10, 0, LAST_DAY)
    shelf.suggest(own(shop))
    after = told(shelf, shop, item_id).quantity
    page = read(shop, "/restock")
    assert "New with the last forecast" in page
    assert f"{after} instead of {before} to order: 20 fewer in stock." in page
    clock.advance(timedelta(days=2))
    assert "New with the last forecast" not in read(shop, "/restock")


def test_what_belongs_to_another_shop_reads_like_what_does_not_exist(web: Web, shop: Person, shelf: Shelf) -> None:
    rival = web.person("seller", "Rival Shop")
    item_id = stocked(shelf, rival)
    version = told(shelf, rival, item_id).id
    for path in ("", "/what-if", f"/versions/{version}"):
        assert shop.get(f"/restock/{item_id}{path}").status_code == 404
    for verb in ("order", "dismiss", "retire", "stock", "terms"):
        assert shop.post(f"/restock/{item_id}/{verb}").status_code == 404
    assert shop.get("/restock/nonsense").status_code == 404
    assert web.person("factory", "A Factory").get("/restock").status_code == 403
    assert web.visitor().get("/restock").status_code == 302


def test_the_same_as_json(web: Web, shop: Person, shelf: Shelf) -> None:
    item_id = stocked(shelf, shop)
    shelf.put("KN-2", CALM * 5, shop=own(shop), on_hand=4_000)
    shelf.suggest(own(shop))
    with shelf.work(own(shop)) as work:
        _row, reads = issue_key(work, "reads", ("restock:read",))
        _row, other = issue_key(work, "other", ("orders:read",))
    client = web.app.test_client()
    headers = {"Authorization": f"Bearer {reads}"}
    first = client.get("/api/v1/restock/items?limit=1", headers=headers).get_json()
    assert [item["sku"] for item in first["items"]] == ["KN-1"]
    rest = client.get(f"/api/v1/restock/items?limit=1&cursor={first['next_cursor']}", headers=headers).get_json()
    assert ([item["sku"] for item in rest["items"]], rest["next_cursor"]) == (["KN-2"], None)
    found = client.get(f"/api/v1/restock/items/{item_id}", headers=headers).get_json()
    suggestion = found["suggestion"]
    assert suggestion["quantity"] == sum(part["pieces"] for part in suggestion["parts"])
    assert found["verdict"] == "order" and len(suggestion["weeks"]) == 8
    assert suggestion["sales_at_risk"]["currency"] == "CNY"
    assert client.get("/api/v1/restock/items?verdict=order", headers=headers).get_json()["items"] == first["items"]
    assert client.get("/api/v1/restock/items", headers={"Authorization": f"Bearer {other}"}).status_code == 403
    assert client.get(f"/api/v1/restock/items/{UUID(int=9)}", headers=headers).status_code == 404
