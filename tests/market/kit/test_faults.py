"""What people and programs see when something cannot be done, and the headers that every answer carries."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pytest
from flask import Flask, abort
from sqlalchemy.exc import OperationalError

from market.kit.errors import Conflict, Forbidden, NotFound, NotSignedIn, invalid_field
from market.kit.headers import HEADERS
from market.web import create_app
from market.wiring import Market
from tests.market.site import Person, Web


class OrderGone(Conflict):
    """A fault of a capability: a subclass, as services raise them."""

    code = "order_gone"


def fail(fault: Exception) -> Callable[[], str]:
    def view() -> str:
        raise fault

    return view


FAULTS: dict[str, tuple[Callable[[], str], int, str]] = {
    "invalid": (fail(invalid_field("No.", "quantity", "it is 0", "1 or more")), 422, "invalid"),
    "missing": (fail(NotFound()), 404, "not_found"),
    "moved": (fail(OrderGone("The order is awarded.")), 409, "order_gone"),
    "forbidden": (fail(Forbidden("Not you.")), 403, "forbidden"),
    "stranger": (fail(NotSignedIn("Who?")), 401, "not_signed_in"),
    "abort": (lambda: abort(413), 413, "too_large"),
    "down": (fail(OperationalError("SELECT", {}, Exception("gone"))), 503, "not_ready"),
    "unforeseen": (fail(ZeroDivisionError("secret detail")), 500, "fault"),
}


@pytest.fixture(scope="module")
def failing(market_of_site: Market) -> Flask:
    """The application with pages and API operations that do nothing but fail."""
    app = create_app(market_of_site)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for name, (view, _status, _code) in FAULTS.items():
        app.add_url_rule(f"/fail/{name}", f"fail_{name}", view)
        app.add_url_rule(f"/api/v1/fail/{name}", f"api_fail_{name}", view)
    return app


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_one_status_as_a_page_and_for_programs(failing: Flask, web: Web, name: str) -> None:
    _view, status, code = FAULTS[name]
    page = failing.test_client().get(f"/fail/{name}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert '<header class="wf-top">' in page.text and "secret detail" not in page.text
    told = failing.test_client().get(f"/api/v1/fail/{name}")
    assert (told.status_code, told.mimetype) == (status, "application/problem+json")
    assert told.get_json()["type"] == f"urn:weft:problem:{code}"
    assert (told.get_json()["status"], told.get_json()["title"]) == (status, code.replace("_", " "))
    assert "secret detail" not in told.text
    assert ("reference" in told.get_json()) == (status >= 500)
    if status == 422:
        assert told.get_json()["errors"] == [{"field": "quantity", "problem": "it is 0", "accepted": "1 or more"}]


def test_who_tries_too_often_reads_when_to_try_again(market_of_site: Market) -> None:
    app = create_app(market_of_site)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answers = [client.post("/sign-in", data={}, headers={"Accept-Language": "en"}) for _ in range(31)]
    assert [answer.status_code == 429 for answer in answers] == [False] * 30 + [True]
    wait = int(answers[30].headers["Retry-After"])
    assert 0 < wait <= 60
    assert re.search(r"Please wait 1\smin and try again", answers[30].text), answers[30].text


@pytest.mark.parametrize(
    ("came_from", "back"),
    [("http://localhost/orders/import?step=1", True), ("http://elsewhere.example/orders/import", False), (None, False)],
)
def test_what_is_too_large_says_how_much_and_leads_back(web: Web, came_from: str | None, back: bool) -> None:
    shop = web.person("seller", "shop")
    headers = {"Referer": came_from} if came_from else {}
    answer = shop.client.post("/orders/import", data={"file": (BytesIO(bytes(12 << 20)), "big.csv")}, headers=headers)
    assert answer.status_code == 413
    assert "10 MB" in answer.text
    assert ('href="/orders/import?step=1">' in answer.text) is back


def test_visitors_are_led_to_sign_in_and_back(web: Web) -> None:
    answer = web.visitor().get("/operator/orders?state=posted&vertical=toys")
    assert (answer.status_code, answer.location) == (
        302,
        "/sign-in?next=/operator/orders%3Fstate%3Dposted%26vertical%3Dtoys",
    )
    assert web.visitor().get("/api/v1/orders").status_code == 401
    assert web.visitor().get("/api/v1/nothing").get_json()["title"] == "not found"


def test_a_form_without_its_token_does_nothing(web: Web) -> None:
    shop = web.person("seller", "shop")
    assert shop.client.post("/account", data={"name": "ERP", "scopes": "orders:read"}).status_code == 400
    assert shop.client.post("/account/language/en", data={"csrf_token": "made up"}).status_code == 400
    assert "ERP" not in shop.get("/account").text


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/livez", "/api/docs", "/api/openapi.json", "/api/v1/orders", "/nothing", "/static/css/weft.css"],
)
def test_every_answer_carries_the_headers(web: Web, path: str) -> None:
    answer = web.visitor().get(path)
    for name in HEADERS:
        assert answer.headers[name] == HEADERS[name]
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert path.startswith("/static/") or answer.headers["Cache-Control"] == "no-store"


def test_pages_hold_no_script_or_style_of_their_own(web: Web, operator: Person) -> None:
    for page in (web.visitor().get("/").text, operator.get("/operator").text, operator.get("/account").text):
        assert " style=" not in page and "<style" not in page and " onclick=" not in page
        assert all(" src=" in tag.partition(">")[0] for tag in page.split("<script")[1:])


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(web: Web) -> None:
    strict = create_app(replace(web.market, settings=replace(web.market.settings, demo=False, production=True)))
    cookie = strict.test_client().get("/join").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Lax" in cookie


def test_readiness_tells_whether_the_database_answers(web: Web) -> None:
    assert web.visitor().get("/readyz").status_code == web.visitor().get("/livez").status_code == 200
    away = create_app(replace(web.market, database_url="postgresql+psycopg://weft_app@/weft?host=/nowhere"))
    client = away.test_client()
    assert (client.get("/readyz").status_code, client.get("/livez").status_code) == (503, 200)
    assert client.get("/factories").status_code == 503
    told = client.get("/api/v1/orders", headers={"Authorization": "Bearer weft_x"})
    assert (told.status_code, told.get_json()["title"]) == (503, "not ready")
    assert b"weft_events_waiting 0.0" in web.visitor().get("/metrics").data
