"""I1: an integrator posts an order by API key and idempotency key twice, and there is one order."""

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser import LiveMarket, OpenPage

ORDER = {"title": "12 针羊绒圆领衫", "quantity": 300, "vertical": "apparel", "category": "sweater"}


@dataclass(frozen=True)
class Client:
    """A program with an API key, over real HTTP."""

    address: str
    key: str

    def send(
        self, method: str, path: str, body: Any = None, *, once: str | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any], str]:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}", "Content-Type": "application/json"}
        if once is not None:
            headers["Idempotency-Key"] = once
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer), answer.headers["Content-Type"]
        except urllib.error.HTTPError as fault:
            return fault.code, json.load(fault), fault.headers["Content-Type"]


def make_key(open_page: OpenPage, role: str, *scopes: str) -> str:
    """Make a key on the account page, as a person does, and copy it."""
    page = open_page("/account", role=role, language="en")
    page.get_by_label("What the key is for").fill("our ERP")
    for scope in scopes:
        page.locator(f"label.wf-chip:has(input[value='{scope}'])").click()
    page.get_by_role("button", name="Make a key").click()
    return page.locator("#secret").inner_text()


@pytest.fixture(scope="session")
def seller_key() -> list[str]:
    """The key of the demo seller, made once: it is shown only then."""
    return []


@pytest.fixture
def seller(open_page: OpenPage, live_market: LiveMarket, seller_key: list[str]) -> Client:
    """A program of the demo seller's."""
    if not seller_key:
        seller_key.append(make_key(open_page, "seller", "orders:read", "orders:write", "leads:read", "quotes:read"))
    return Client(live_market.address, seller_key[0])


def test_i1_the_same_key_twice_makes_one_order(seller: Client) -> None:
    first = seller.send("POST", "/api/v1/orders", ORDER, once="erp-7731")
    again = seller.send("POST", "/api/v1/orders", ORDER, once="erp-7731")
    assert (first[0], again[0]) == (201, 201)
    assert first[1] == again[1]
    assert re.fullmatch(r"R-\d+", first[1]["number"])
    _status, found, _type = seller.send("GET", f"/api/v1/orders?limit=200&words={first[1]['number'][2:]}")
    assert [row["id"] for row in found["orders"]] == [first[1]["id"]]
    other = seller.send("POST", "/api/v1/orders", {**ORDER, "quantity": 301}, once="erp-7731")
    assert other[0] == 422
    assert other[1]["errors"][0]["field"] == "Idempotency-Key"
    status, read, _type = seller.send("GET", f"/api/v1/orders/{first[1]['id']}")
    assert (status, read["quantity"]) == (200, 300)


REFUSED = [
    ({**ORDER, "quantity": 0}, 422, "quantity"),
    ({**ORDER, "quantity": "300"}, 422, "quantity"),
    ({**ORDER, "quantity": 10**12}, 422, "quantity"),
    ({**ORDER, "due_on": "2001-01-01"}, 422, "due_on"),
    ({**ORDER, "due_on": "yesterday"}, 422, "due_on"),
    ({**ORDER, "category": "spaceship"}, 422, "category"),
    ({**ORDER, "title": ""}, 422, "title"),
    ({**ORDER, "title": "x" * 1_000_000}, 422, "title"),
    ({**ORDER, "colour": "red"}, 422, "colour"),
    ({**ORDER, "target_unit_price": {"minor": 1.5, "currency": "CNY"}}, 422, "target_unit_price.minor"),
    ({"quantity": 5}, 422, "title"),
    ([], 422, ""),
    (b"{not json", 400, ""),
    (b"\xff\xfe\x00", 400, ""),
]


@pytest.mark.parametrize(("body", "status", "field"), REFUSED)
def test_i1_bad_input_names_the_field_and_makes_nothing(seller: Client, body: Any, status: int, field: str) -> None:
    before = seller.send("GET", "/api/v1/orders?limit=1")[1]["orders"][0]["id"]
    found, problem, kind = seller.send("POST", "/api/v1/orders", body, once="bad")
    assert (found, kind) == (status, "application/problem+json")
    assert problem["status"] == status
    if field:
        assert field in [fault["field"] for fault in problem["errors"]]
    assert seller.send("GET", "/api/v1/orders?limit=1")[1]["orders"][0]["id"] == before


def test_i1_a_key_opens_what_its_scopes_and_its_organisation_allow(
    seller: Client, open_page: OpenPage, live_market: LiveMarket
) -> None:
    assert seller.send("GET", "/api/v1/orders", key="weft_guess")[0] == 401
    assert seller.send("GET", "/api/v1/leads")[0] == 403
    assert seller.send("GET", "/api/v1/factories")[0] == 403
    assert seller.send("POST", "/api/v1/orders", ORDER)[1]["errors"][0]["field"] == "Idempotency-Key"
    order_id = seller.send("GET", "/api/v1/orders?limit=1")[1]["orders"][0]["id"]
    factory = Client(live_market.address, make_key(open_page, "factory", "leads:read", "orders:read"))
    assert factory.send("GET", "/api/v1/leads")[0] == 200
    assert factory.send("GET", f"/api/v1/orders/{order_id}")[0] == 403
    foreign = seller.send("GET", "/api/v1/orders/00000000-0000-7000-8000-000000000000")
    assert (foreign[0], foreign[1]["title"]) == (404, "not found")


def test_i1_the_description_names_every_path(seller: Client, open_page: OpenPage) -> None:
    status, description, _type = seller.send("GET", "/api/openapi.json")
    assert (status, description["openapi"][:3]) == (200, "3.1")
    page = open_page("/api/docs", language="en")
    shown = page.locator("main").inner_text()
    assert all(path in shown for path in description["paths"])
