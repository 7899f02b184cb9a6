"""The web door over the town: browsers of one shop and one factory that are signed in."""

from dataclasses import dataclass, field
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from market.factories.service import register_factory
from market.identity.service import Registration, add_organisation, add_person
from market.kit.clock import FrozenClock
from market.kit.ids import new_id
from market.records.service import vouch
from tests.market.town import KNITTER, Town


@pytest.fixture
def clock(clock_of_site: FrozenClock) -> FrozenClock:
    """One clock for the town and its pages."""
    return clock_of_site


@dataclass
class Visitor:
    """A browser of one organisation. `token` is the security token of its last page."""

    client: FlaskClient
    organisation_id: UUID
    token: str = field(default="")

    def get(self, path: str, *, fragment: bool = False) -> TestResponse:
        answer = self.client.get(path, headers={"HX-Request": "true"} if fragment else {})
        _head, mark, rest = answer.get_data(as_text=True).partition('name="csrf-token" content="')
        if mark:
            self.token = rest.partition('"')[0]
        return answer

    def post(self, path: str, **fields: object) -> TestResponse:
        if not self.token:
            self.get("/account")
        return self.client.post(path, data={"csrf_token": self.token, **fields})

    def read(self, path: str) -> str:
        """The words of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
        return words_of(answer)


def words_of(answer: TestResponse) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def seller(app_of_site: Flask, town: Town) -> Visitor:
    return _signed_in(app_of_site, town, "seller", "北店")


@pytest.fixture
def factory(app_of_site: Flask, town: Town) -> Visitor:
    visitor = _signed_in(app_of_site, town, "factory", "近织厂")
    with town.work("factory", visitor.organisation_id) as work:
        register_factory(work, KNITTER)
    with town.work("operator") as work:
        vouch(work, visitor.organisation_id, "known for long", tell=False)
    return visitor


def _signed_in(app: Flask, town: Town, kind: str, name: str) -> Visitor:
    registration = Registration(kind, name, f"{kind}@example.com", None, demo=True)
    organisation_id = new_id()
    with town.work("system") as work:
        add_organisation(work, registration, organisation_id)
        add_person(work, organisation_id, registration)
    client = app.test_client()
    assert client.get(f"/demo/sign-in/{kind}").status_code == 302
    return Visitor(client, organisation_id)
