"""Programs of shops and factories before the JSON interface: a key of their own, one idempotency key a request."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from market.identity.service import issue_key
from market.kit.ids import new_id
from tests.market.production.yard import PHOTO
from tests.market.site import Web
from tests.market.town import Town

FILE = {"name": PHOTO.name, "content": base64.b64encode(PHOTO.content).decode()}


@dataclass(frozen=True)
class Program:
    """What an organisation lets speak for it."""

    client: FlaskClient
    secret: str
    town: Town

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self._headers())

    def read(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.get_json()
        return found

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> TestResponse:
        headers = {**self._headers(), "Idempotency-Key": key or str(new_id())}
        return self.client.post(f"/api/v1{path}", json=body or {}, headers=headers)

    def do(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A verb that must be done, twice with one key; the worker has heard of it then."""
        key = str(new_id())
        first, second = (self.post(path, body, key=key) for _twice in range(2))
        assert first.status_code in (200, 201), first.text
        assert (second.status_code, second.get_json()) == (first.status_code, first.get_json())
        self.town.deliver()
        done: dict[str, Any] = first.get_json()
        return done

    def refused(self, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        """The status, and the code of the problem."""
        answer = self.post(path, body)
        assert answer.mimetype == "application/problem+json", answer.text
        return answer.status_code, answer.get_json()["type"].rpartition(":")[2]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"} if self.secret else {}


def program(web: Web, town: Town, role: str, organisation_id: UUID) -> Program:
    """A program with a key that may read and write deals."""
    with town.work(role, organisation_id) as work:
        _row, secret = issue_key(work, "ERP", ("deals:read", "deals:write", "factories:read"))
    return Program(web.app.test_client(), secret, town)
