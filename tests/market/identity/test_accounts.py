"""Joining, signing in, languages and keys, over HTTP and against the tables."""

from dataclasses import replace
from typing import Any

import pytest
from flask_security import hash_password
from sqlalchemy import text
from sqlalchemy.orm import Session

from market.identity.service import (
    MARKET_ID,
    Registration,
    RegistrationFault,
    issue_key,
    pause_organisation,
    register,
    resume_organisation,
)
from market.kit.errors import Conflict, Invalid
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Actor, Work
from market.web import create_app
from tests.conftest import MONDAY
from tests.market.site import Person, Web

JOINING = {"name": "素面", "email": "Buyer@Example.com", "password": "a long sentence 1", "agreed": "y"}


def sign_in(person: Person, email: str, password: str, query: str = "") -> str:
    """Where the sign-in form leads, or "" when it is shown again."""
    answer = person.post(f"/sign-in{query}", {"email": email, "password": password})
    return answer.headers.get("Location", "")


def test_a_shop_joins_once_for_each_address(web: Web, session: Session) -> None:
    joined = web.visitor()
    answer = joined.post("/join", JOINING)
    assert (answer.status_code, answer.location) == (302, "/orders")
    assert joined.get("/account").status_code == 200
    told = session.execute(text("SELECT kind, name, state FROM organisations WHERE kind = 'seller'")).one()
    assert tuple(told) == ("seller", "素面", "active")
    assert session.scalar(text("SELECT what FROM history WHERE aggregate = 'organisations'")) == "registered"
    assert session.scalar(text("SELECT password FROM users")).startswith("$argon2id$")
    again = web.visitor().post("/join", {**JOINING, "email": "buyer@EXAMPLE.com"})
    assert again.status_code == 422
    assert session.scalar(text("SELECT count(*) FROM organisations WHERE kind = 'seller'")) == 1


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"name": "x" * 81}, {"email": "nobody"}, {"password": "short"}, {"agreed": ""}]
)
def test_a_form_that_cannot_be_taken_is_shown_again(web: Web, session: Session, change: dict[str, str]) -> None:
    answer = web.visitor().post("/join", {**JOINING, **change})
    assert answer.status_code == 422
    assert f'href="#{next(iter(change))}"' in answer.text.partition("data-error-summary")[2]
    assert session.scalar(text("SELECT count(*) FROM users")) == 0


def test_a_registration_names_each_field_that_cannot_be_taken(web: Web, session: Session) -> None:
    work = Work(session, SYSTEM_ACTOR, MONDAY, new_id, web.market.settings)
    register(work, Registration("seller", "First", "a@example.com", None))
    with pytest.raises(RegistrationFault) as refused:
        register(work, Registration("operator", " ", " A@example.com ", None))
    assert {fault.field for fault in refused.value.faults} == {"kind", "name", "email"}


def test_sign_in_takes_the_right_password_and_leads_nowhere_else(web: Web) -> None:
    with web.app.app_context():
        password = hash_password("the right sentence")
    web.person("seller", "shop", password)
    assert sign_in(web.visitor(), "shop@example.com", "the right sentence") == "/welcome"
    assert sign_in(web.visitor(), "shop@example.com", "the right sentence", "?next=/notices") == "/notices"
    assert sign_in(web.visitor(), "shop@example.com", "the right sentence", "?next=//evil.example/") == ""
    guesser = web.visitor()
    assert sign_in(guesser, "shop@example.com", "the wrong sentence") == ""
    assert guesser.get("/account").location == "/sign-in?next=/account"
    wrong, unknown = [
        web.visitor().post("/sign-in", {"email": email, "password": "x" * 12}).text.replace(email, "")
        for email in ("shop@example.com", "nobody@example.com")
    ]
    assert wrong.count("wf-bad") == unknown.count("wf-bad") and ("Invalid" in wrong) == ("Invalid" in unknown)


def test_a_language_is_kept_with_the_person(web: Web, session: Session) -> None:
    shop = web.person("seller", "shop")
    assert 'lang="zh-CN"' in shop.get("/account").text
    assert shop.post("/account/language/en").status_code == 302
    assert session.scalar(text("SELECT language FROM users")) == "en"
    shop.client.delete_cookie("weft_language")
    assert '<html lang="en"' in shop.get("/account", headers={"Accept-Language": "zh-CN"}).text
    assert shop.post("/account/language/fr").status_code == 404


@pytest.mark.parametrize("change", [{"demo": False}, {"demo": False, "production": True}])
def test_one_click_sign_in_exists_in_the_demo_alone(web: Web, session: Session, change: dict[str, Any]) -> None:
    web.person("seller", "shop")
    session.execute(text("UPDATE organisations SET demo = true"))
    session.commit()
    assert web.visitor().get("/demo/sign-in/seller").location == "/orders"
    strict = create_app(replace(web.market, settings=replace(web.market.settings, **change)))
    assert strict.test_client().get("/demo/sign-in/seller").status_code == 404
    assert "/demo/sign-in" not in strict.test_client().get("/sign-in").text
    assert web.visitor().get("/demo/sign-in/emperor").status_code == 404


def key_of(person: Person, *scopes: str) -> str:
    page = person.post("/account", {"name": "ERP", "scopes": list(scopes)}).text
    return page.partition('id="secret">')[2].partition("<")[0]


def status(web: Web, path: str, key: str) -> int:
    return web.app.test_client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def test_a_key_opens_what_it_was_made_for_until_it_is_closed(web: Web, session: Session) -> None:
    shop, rival = web.person("seller", "shop"), web.person("seller", "rival")
    key = key_of(shop, "orders:read")
    assert key.startswith("weft_") and key not in shop.get("/account").text
    row = session.execute(text("SELECT * FROM api_keys")).one()
    assert key not in str(row) and row.prefix == key[:10]
    assert status(web, "/api/v1/orders", key) == 200
    assert status(web, "/api/v1/factories", key) == 403
    assert status(web, "/api/v1/orders", key + "x") == status(web, "/api/v1/orders", "") == 401
    assert shop.get("/api/v1/orders").status_code == 401
    assert rival.post(f"/account/keys/{row.id}/revoke").status_code == 404
    assert status(web, "/api/v1/orders", key) == 200
    assert shop.post(f"/account/keys/{row.id}/revoke").status_code == 302
    assert status(web, "/api/v1/orders", key) == 401
    assert shop.post(f"/account/keys/{row.id}/revoke").status_code == 404
    assert shop.post("/account/keys/nonsense/revoke").status_code == 404


def test_a_paused_organisation_opens_nothing(web: Web, session: Session) -> None:
    shop = web.person("seller", "shop")
    key = key_of(shop, "orders:read")
    work = Work(session, Actor(MARKET_ID, None, "operator", "operator"), MONDAY, new_id, web.market.settings)
    assert shop.organisation_id
    pause_organisation(work, shop.organisation_id, "it sells wind")
    session.commit()
    assert status(web, "/api/v1/orders", key) == 401
    assert (shop.get("/orders").status_code, "it sells wind" in shop.get("/orders").text) == (403, True)
    with pytest.raises(Conflict):
        pause_organisation(work, shop.organisation_id, "again")
    resume_organisation(work, shop.organisation_id, "it explained")
    session.commit()
    assert status(web, "/api/v1/orders", key) == shop.get("/orders").status_code == 200
    with pytest.raises(Conflict):
        pause_organisation(work, MARKET_ID, "why not")
    with pytest.raises(Invalid):
        pause_organisation(work, shop.organisation_id, " ")


@pytest.mark.parametrize(
    ("name", "scopes", "fields"),
    [
        ("", ("orders:read",), {"name"}),
        ("x" * 81, ("orders:read",), {"name"}),
        ("ERP", (), {"scopes"}),
        (" ", ("orders:delete",), {"name", "scopes"}),
    ],
)
def test_a_key_that_cannot_be_made(
    web: Web, session: Session, name: str, scopes: tuple[str, ...], fields: set[str]
) -> None:
    work = Work(session, Actor(new_id(), None, "shop", "seller"), MONDAY, new_id, web.market.settings)
    with pytest.raises(Invalid) as refused:
        issue_key(work, name, scopes)
    assert {fault.field for fault in refused.value.faults} == fields
