"""The pages of a shop through the whole web door, with security tokens and row-level security on."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from market.config import Settings
from market.identity.service import Registration, register
from market.kit.clock import FrozenClock
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.orders import service
from market.orders.drafts import OrderDraft
from tests.market.orders.test_order_files import PDF, PNG

WORDS = "300 件 12 针羊绒衫, 20 天交"


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the orders and their pages."""
    return clock_of_site


@pytest.fixture
def shop(app_of_site: Flask, sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings) -> FlaskClient:
    """A browser that is signed in as a demo shop."""
    with sessions() as session:
        act_as(session, SYSTEM)
        work = Work(session, SYSTEM_ACTOR, clock.now(), new_id, settings)
        register(work, Registration("seller", "小店", "shop@example.com", None, demo=True))
        session.commit()
    client = app_of_site.test_client()
    assert client.get("/demo/sign-in/seller").status_code == 302
    return client


def page(client: FlaskClient, path: str = "/orders/new") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def fields_of(html: str, form: str = "order-form") -> dict[str, str]:
    """What a browser would send back of a form untouched; lists by their last value."""
    body = html[html.index(f'id="{form}"') :] if f'id="{form}"' in html else html
    found = {}
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and 'type="file"' not in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option value="([^"]*)"[^>]*selected', inner)
        if chosen:
            found[name] = chosen[1] or chosen[2] or ""
    for name, inner in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', body, re.DOTALL):
        found[name] = unescape(inner).strip()
    return found


def send(client: FlaskClient, fields: dict[str, str], **changes: object) -> TestResponse:
    return client.post("/orders/new", data={**fields, **changes}, content_type="multipart/form-data")


def written(client: FlaskClient) -> dict[str, str]:
    """The form after the words were read without a script, by the button."""
    answer = send(client, {**fields_of(page(client)), "words": WORDS, "read_now": "1"})
    assert answer.status_code == 200
    fields = fields_of(answer.text)
    fields.pop("read_now", None)
    return fields


def test_words_fill_the_form_without_a_script_and_corrections_stay(shop: FlaskClient) -> None:
    fields = written(shop)
    assert (fields["category"], fields["quantity"], fields["due_on"]) == ("sweater", "300", "2026-12-13")
    answer = shop.post("/orders/new/read", data={**fields, "quantity": "450", "words": WORDS.replace("300", "350")})
    again = fields_of(answer.text, "reading")
    assert (again["quantity"], again["due_on"]) == ("450", "2026-12-13")
    assert "is-edited" in answer.text and "350 件" in answer.text


def test_words_from_the_front_page_are_read_without_a_script(shop: FlaskClient) -> None:
    fields = fields_of(page(shop, f"/orders/new?text={quote(WORDS)}"))
    typed = written(shop)
    assert fields["words"] == WORDS and fields["token"] != typed["token"]
    own = {"token", "csrf_token", "post"}
    assert {name: value for name, value in fields.items() if name not in own} == {
        name: value for name, value in typed.items() if name not in own
    }
    assert send(shop, fields, post="pool").status_code == 303


def test_the_unit_and_the_currency_of_the_words_are_taken(shop: FlaskClient) -> None:
    words = "200 pairs of leather loafers in 40 days, target 5.50 USD each, 100% inspection"
    answer = shop.post("/orders/new/read", data={**fields_of(page(shop)), "words": words})
    read = fields_of(answer.text, "reading")
    assert (read["quantity"], read["unit"]) == ("200", "pair")
    assert (read["target_price"], read["currency"]) == ("5.50", "USD")
    posted = send(shop, {**fields_of(page(shop)), **read, "words": words}, post="alone")
    assert posted.status_code == 303
    order = page(shop, posted.location)
    assert "200\N{NO-BREAK SPACE}双" in order
    assert "$5.50" in order


def test_a_second_press_finds_the_first_order(shop: FlaskClient) -> None:
    fields = written(shop)
    first, second = send(shop, fields, post="pool"), send(shop, fields, post="pool")
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert "R-" in page(shop, first.location)
    other = send(shop, written(shop), post="alone")
    assert other.location != first.location


def test_a_refusal_keeps_what_was_typed_and_names_the_files(shop: FlaskClient) -> None:
    fields = written(shop)
    answer = send(
        shop, fields, post="pool", quantity="0", due_on="2020-01-01", target_price="zwölf", reference="PO <1>",
        files=(io.BytesIO(PNG), "sketch.png"),
    )  # fmt: skip
    assert answer.status_code == 422
    kept = fields_of(answer.text)
    assert (kept["quantity"], kept["due_on"], kept["target_price"]) == ("0", "2020-01-01", "zwölf")
    assert (kept["reference"], kept["words"], kept["category"]) == ("PO <1>", WORDS, "sweater")
    assert answer.text.count('aria-invalid="true"') >= 3
    assert "sketch.png" in answer.text
    assert "data-error-summary" in answer.text
    good = {**kept, "quantity": "300", "due_on": "2027-01-01", "target_price": "12"}
    assert send(shop, good, post="pool").status_code == 303


def test_ten_megabytes_of_words_are_refused_politely(shop: FlaskClient) -> None:
    answer = send(shop, {**fields_of(page(shop)), "words": "羊" * 400_000}, post="pool")
    assert answer.status_code in {413, 422}
    assert "</html>" in answer.text


@pytest.mark.parametrize("path", ["", "/terms", "/files/00000000-0000-7000-8000-000000000000"])
@pytest.mark.parametrize("order_id", ["00000000-0000-7000-8000-000000000000", "nonsense", "1 OR 1=1"])
def test_what_does_not_exist_is_missing(shop: FlaskClient, order_id: str, path: str) -> None:
    assert shop.get(f"/orders/{order_id}{path}").status_code == 404


@pytest.fixture
def foreign_order(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings, draft: OrderDraft) -> str:
    with sessions() as session:
        act_as(session, SYSTEM)
        work = Work(session, SYSTEM_ACTOR, clock.now(), new_id, settings)
        rival = register(work, Registration("seller", "别家", "rival@example.com", None))
        acting = replace(work, actor=replace(work.actor, organisation_id=rival.id, role="seller"))
        row = service.post_order(acting, draft)
        session.commit()
        return str(row.id)


def test_a_foreign_order_looks_like_a_missing_one(shop: FlaskClient, foreign_order: str) -> None:
    for path in ("", "/terms"):
        foreign = shop.get(f"/orders/{foreign_order}{path}")
        missing = shop.get(f"/orders/00000000-0000-7000-8000-000000000000{path}")
        assert (foreign.status_code, missing.status_code) == (404, 404)
    token = fields_of(page(shop))["csrf_token"]
    for path in ("/terms", "/withdraw", "/files", "/answer"):
        answer = shop.post(f"/orders/{foreign_order}{path}", data={"csrf_token": token, "why": "x", "version": "1"})
        assert answer.status_code == 404
    assert "12-gauge" not in page(shop, "/orders")


def test_files_come_back_only_as_downloads(shop: FlaskClient) -> None:
    location = send(shop, written(shop), post="pool", files=(io.BytesIO(PDF), "工艺单.pdf")).location
    link = re.search(r'href="(/orders/[^"]+/files/[^"]+)"', page(shop, location))
    assert link is not None
    answer = shop.get(link[1])
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    token = fields_of(page(shop))["csrf_token"]
    lie = {"csrf_token": token, "files": (io.BytesIO(b"<script>"), "a.png")}
    shop.post(f"{location}/files", data=lie, content_type="multipart/form-data")
    assert page(shop, location).count("/files/") == 1


def test_terms_move_and_a_stale_tab_is_told_so(shop: FlaskClient) -> None:
    location = send(shop, written(shop), post="pool").location
    stale = fields_of(page(shop, f"{location}/terms"))
    preview = page(shop, f"{location}/terms?due_on=2026-12-18")
    assert fields_of(preview)["due_on"] == "2026-12-18"
    assert fields_of(page(shop, f"{location}/terms"))["due_on"] == "2026-12-13"
    assert shop.post(f"{location}/terms", data={**stale, "due_on": "2026-12-18"}).status_code == 303
    late = shop.post(f"{location}/terms", data={**stale, "quantity": "900"})
    assert late.status_code == 409
    shown = fields_of(late.text)
    assert (shown["quantity"], shown["due_on"], shown["version"]) == ("300", "2026-12-18", "2")
    bad = shop.post(f"{location}/terms", data={**shown, "due_on": "2020-02-30", "quantity": "many"})
    assert bad.status_code == 422
    assert fields_of(bad.text)["quantity"] == "many" and bad.text.count('aria-invalid="true"') == 2


def test_an_order_is_withdrawn_with_a_reason_and_made_again(shop: FlaskClient) -> None:
    location = send(shop, written(shop), post="pool").location
    token = fields_of(page(shop))["csrf_token"]
    shop.post(f"{location}/withdraw", data={"csrf_token": token, "why": ""})
    assert "order-state" in page(shop, location)
    shop.post(f"{location}/withdraw", data={"csrf_token": token, "why": "季节过了"})
    assert "季节过了" in page(shop, location)
    again = fields_of(page(shop, f"/orders/new?again={location.rpartition('/')[2]}"))
    assert (again["category"], again["quantity"], again["due_on"]) == ("sweater", "300", "")
    assert shop.get(f"{location}/terms").status_code == 200


def test_a_draft_waits_and_is_posted_once(shop: FlaskClient) -> None:
    location = send(shop, written(shop), save="1").location
    identifier = location.rpartition("/")[2]
    kept = fields_of(page(shop, f"/orders/new?draft={identifier}"))
    assert (kept["order_id"], kept["quantity"], kept["words"]) == (identifier, "300", WORDS)
    posted = send(shop, {**kept, "quantity": "350"}, post="pool")
    assert posted.location == location
    assert "350" in page(shop, location)
    assert page(shop, "/orders").count("/orders/" + identifier) == 1


def test_the_list_is_filtered_searched_and_empty_at_first(shop: FlaskClient) -> None:
    assert "/orders/new" in page(shop, "/orders")
    location = send(shop, written(shop), post="pool").location
    number = re.search(r"R-\d+", page(shop, location))
    assert number is not None
    for query in ("", "?show=open", f"?q={number[0]}", "?q=毛衣", "?show=nonsense"):
        assert location in page(shop, f"/orders{query}")
    for query in ("?show=over", "?q=no such order", "?show=draft"):
        assert location not in page(shop, f"/orders{query}")
    assert shop.get("/orders?cursor=rubbish!").status_code == 422


def test_the_import_wizard_from_file_to_orders(shop: FlaskClient) -> None:
    token = fields_of(page(shop))["csrf_token"]
    lines = ["订单号,品名,数量,交期"]
    lines += [f"NO-000{number},羊绒衫,{count},2026-12-2{number}" for number, count in ((1, 300), (2, 0), (3, 9))]
    rows = "\n".join([*lines, ""]).encode("gb18030")
    upload = {"csrf_token": token, "file": (io.BytesIO(rows), "单.csv")}
    answer = shop.post("/orders/import", data=upload, content_type="multipart/form-data")
    assert answer.status_code == 303
    checked = page(shop, answer.location)
    assert "GB18030" in checked and 'name="expected" value="2"' in checked
    faulty = shop.get(f"{answer.location}/faulty.csv")
    assert faulty.data.startswith(b"\xef\xbb\xbf") and "NO-0002" in faulty.text and "小于 1" in faulty.text
    assert "NO-0001" not in faulty.text
    for _ in range(2):
        taken = shop.post(f"{answer.location}/take", data={"csrf_token": token, "expected": "2"})
        assert taken.status_code == 303
    assert page(shop, "/orders").count("NO-0001") == 1 and "NO-0002" not in page(shop, "/orders")
    empty = {"csrf_token": token, "file": (io.BytesIO(b""), "空.csv")}
    refused = shop.post("/orders/import", data=empty, content_type="multipart/form-data")
    assert refused.status_code == 422 and "空.csv" in refused.text


@pytest.mark.parametrize("path", ["/orders", "/orders/new", "/orders/import"])
def test_only_sellers_come_in(app_of_site: Flask, path: str) -> None:
    answer = app_of_site.test_client().get(path)
    assert answer.status_code == 302 and "/sign-in" in answer.location


def test_the_days_of_the_market_are_the_readers(shop: FlaskClient, clock: FrozenClock) -> None:
    clock.advance(timedelta(hours=15))
    fields = written(shop)
    assert fields["due_on"] == "2026-12-14"
