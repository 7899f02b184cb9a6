"""Programs read which trades are in use and what an order in them may name."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from market.identity.service import issue_key
from market.kit.ids import new_id
from matching.verticals.pack import KINDS, load_vocabulary
from tests.market.site import Web
from tests.market.town import Town
from tests.market.verticals.packs import publish, retire


class Program:
    """Reads with a key of one shop."""

    def __init__(self, town: Town, web: Web, *scopes: str) -> None:
        self.client: FlaskClient = web.app.test_client()
        shop: UUID = town.add_shop(f"shop {new_id()}")
        with town.work("shop", shop) as work:
            _row, secret = issue_key(work, "ERP", scopes)
        self.headers = {"Authorization": f"Bearer {secret}"}

    def read(self, address: str) -> dict[str, Any]:
        answer = self.client.get(address, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def status(self, address: str) -> int:
        return self.client.get(address, headers=self.headers).status_code


@pytest.fixture
def program(town: Town, web: Web) -> Program:
    return Program(town, web, "factories:read")


def test_every_term_that_an_order_may_name_is_told(program: Program) -> None:
    shipped = load_vocabulary()
    told = program.read("/api/v1/trades")
    assert [trade["id"] for trade in told["trades"]] == list(shipped.packs)
    assert told["vocabulary"] == shipped.digest
    for trade in told["trades"]:
        read = program.read(f"/api/v1/trades/{trade['id']}")
        assert read["trade"] == trade
        for kind in KINDS:
            assert [(term["id"], term["name_zh"]) for term in read["terms"][kind]] == [
                (term.id, term.name_zh) for term in shipped.choices(kind, trade["id"])
            ]
        assert {each["id"]: [choice["id"] for choice in each["choices"]] for each in read["attributes"]} == {
            each.id: [choice.id for choice in each.choices] for each in shipped.attributes(trade["id"])
        }


def test_a_published_trade_comes_and_a_retired_one_goes(program: Program, town: Town) -> None:
    before = program.read("/api/v1/trades")["vocabulary"]
    assert program.status("/api/v1/trades/eyewear") == 404
    publish(town)
    read = program.read("/api/v1/trades/eyewear")
    assert read["trade"]["version"] == 1 and read["vocabulary"] != before
    retire(town)
    assert program.status("/api/v1/trades/eyewear") == 404
    assert "eyewear" not in [trade["id"] for trade in program.read("/api/v1/trades")["trades"]]


def test_it_takes_a_key_that_may(town: Town, web: Web, program: Program) -> None:
    assert Program(town, web, "orders:read").status("/api/v1/trades") == 403
    assert web.app.test_client().get("/api/v1/trades").status_code == 401
    assert program.status("/api/v1/trades/all") == 404
