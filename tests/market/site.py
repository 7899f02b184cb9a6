"""The whole web door on the tests' database, built once a run, and people before it.

Fixtures: `app_of_site`, `clock_of_site`, `web`, `operator`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from market.cli import register_commands
from market.config import Settings
from market.identity.service import MARKET_ID, Registration, add_person, register
from market.kit.clock import FrozenClock
from market.kit.databases import DatabaseAccess
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.work import SYSTEM_ACTOR, Work
from market.web import create_app
from market.wiring import Market, assemble
from tests.conftest import MONDAY


@dataclass(frozen=True)
class Person:
    """A browser. organisation_id: whose person is signed in; None for a visitor."""

    client: FlaskClient
    organisation_id: UUID | None = None

    def get(self, path: str, **arguments: Any) -> TestResponse:
        return self.client.get(path, **arguments)

    def post(self, path: str, fields: dict[str, Any] | None = None) -> TestResponse:
        """Send a form with the security token of this browser."""
        token = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get("/factories").text)
        assert token
        return self.client.post(path, data={**(fields or {}), "csrf_token": token[1]})


@dataclass(frozen=True)
class Web:
    app: Flask
    market: Market
    sessions: sessionmaker[Session]

    def visitor(self) -> Person:
        return Person(self.app.test_client())

    def person(self, kind: str, name: str, password_hash: str | None = None) -> Person:
        """A signed-in person of a new organisation, or of the market itself for an operator."""
        registration = Registration(kind, name, f"{name.replace(' ', '.')}@example.com".lower(), password_hash)
        with self.sessions() as session:
            act_as(session, SYSTEM)
            work = Work(session, SYSTEM_ACTOR, self.market.clock.now(), new_id, self.market.settings)
            if kind == "operator":
                organisation_id = MARKET_ID
                add_person(work, MARKET_ID, registration)
            else:
                organisation_id = register(work, registration).id
                act_as(session, SYSTEM)
            session.commit()
            sign = session.scalar(
                text("SELECT fs_uniquifier FROM users WHERE email = :email"), {"email": registration.email}
            )
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = sign, True
        return Person(client, organisation_id)


@pytest.fixture(scope="session")
def standing_clock() -> FrozenClock:
    """The clock that the market reads; tests take it by `clock_of_site`, which sets it back."""
    return FrozenClock(MONDAY)


@pytest.fixture
def clock_of_site(standing_clock: FrozenClock) -> FrozenClock:
    """The market's clock, which stands where it stood at the start of every test."""
    standing_clock.moment = MONDAY
    return standing_clock


@pytest.fixture(scope="session")
def market_of_site(
    access: DatabaseAccess, tmp_path_factory: pytest.TempPathFactory, standing_clock: FrozenClock
) -> Iterator[Market]:
    """A market over the shared database whose clock stands still; built once, as its encoder takes a second."""
    environment = {
        "DATABASE_URL": access.application_url,
        "WEFT_DATA": str(tmp_path_factory.mktemp("site")),
        "WEFT_DEMO": "1",
        "WEFT_EXPLORE_PERCENT": "0",
        "WEFT_SECRET_KEY": "only for tests, only for tests, only for tests",
    }
    market = assemble(Settings.from_environment(environment), standing_clock)
    yield market
    market.engine.dispose()


@pytest.fixture(scope="session")
def app_of_site(market_of_site: Market) -> Flask:
    app = create_app(market_of_site)
    register_commands(app)
    return app


@pytest.fixture
def web(app_of_site: Flask, market_of_site: Market, sessions: sessionmaker[Session], clock_of_site: FrozenClock) -> Web:
    return Web(app_of_site, market_of_site, sessions)


@pytest.fixture
def operator(web: Web) -> Person:
    return web.person("operator", "the operator")
