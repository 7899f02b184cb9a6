"""The commands: there is no demo in production, and faults are told in one line."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from market.cli import register_commands
from market.config import SettingFault
from market.demo.factories import PRICE_CLASS, synthetic_factories, usual_prices
from market.demo.orders import ledger_orders
from market.kit.postgres import ServerFault
from market.web import create_app
from market.wiring import Market
from tests.conftest import MONDAY
from tests.market.site import Web

ROOT = Path(__file__).parents[3]


def test_sign_in_links_name_every_role(web: Web) -> None:
    told = web.app.test_cli_runner().invoke(args=["sign-in-links"])
    assert told.exit_code == 0
    assert [line.split()[0] for line in told.output.splitlines()] == ["seller:", "factory:", "operator:"]
    assert "http://127.0.0.1:8000/demo/sign-in/operator" in told.output


@pytest.mark.parametrize("change", [{"demo": False}, {"demo": False, "production": True}])
@pytest.mark.parametrize("command", [["demo", "build"], ["sign-in-links"]])
def test_there_is_no_demo_where_it_is_off(web: Web, change: dict[str, Any], command: list[str]) -> None:
    app = create_app(strict := replace(web.market, settings=replace(web.market.settings, **change)))
    app.extensions["weft"] = {**app.extensions["weft"], Market: strict}
    register_commands(app)
    refused = app.test_cli_runner().invoke(args=command)
    assert refused.exit_code == 1
    assert "the demo market is off" in refused.output


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"DATABASE_URL": "postgresql://a:b@h:abc/weft"}, "Weft cannot run: DATABASE_URL is no address: write it like"),
        ({"DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}, "Error: the database cannot be used: connection failed"),
    ],
)
def test_a_market_that_cannot_run_says_so_in_one_line(settings: dict[str, str], message: str) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("WEFT_", "DATABASE_"))}
    command = [sys.executable, "-m", "flask", "--app", "app", "audit"]
    ran = subprocess.run(command, cwd=ROOT, env=bare | settings, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].startswith(message)
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("settings", "fault", "message"),
    [
        ({"DATABASE_URL": "nonsense"}, ServerFault, "DATABASE_URL is no address: write it like postgresql://"),
        ({"DATABASE_URL": "mysql://a@b/c"}, ServerFault, "DATABASE_URL names mysql: only PostgreSQL"),
        ({"WEFT_PRODUCTION": "1"}, SettingFault, "WEFT_SECRET_KEY must hold at least 32"),
    ],
)
def test_what_no_market_can_run_with_is_a_fault_of_its_start(
    settings: dict[str, str], fault: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry point tells these faults in one line, as above."""
    for name in [name for name in os.environ if name.startswith(("WEFT_", "DATABASE_"))]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(fault, match=message):
        create_app()


def test_tables_that_are_up_to_date_stay_as_they_are(web: Web) -> None:
    for _time in range(2):
        told = web.app.test_cli_runner().invoke(args=["migrate"])
        assert (told.exit_code, told.output) == (0, "The tables are up to date.\n")


def test_synthetic_factories_ask_about_what_the_orders_hope_for(web: Web) -> None:
    factories = list(synthetic_factories(web.market.vocabulary, 320, 7, MONDAY.date()))
    assert factories == list(synthetic_factories(web.market.vocabulary, 320, 7, MONDAY.date()))
    for factory in factories:
        draft = factory.draft
        assert draft.name.startswith("样例") and "Sample" in draft.name
        assert draft.unit_price_low_minor and draft.unit_price_high_minor
        for category in draft.categories:
            usual = usual_prices()[category] * 100
            middle = (draft.unit_price_low_minor + draft.unit_price_high_minor) / 2
            assert 1 / (2 * PRICE_CLASS) < middle / usual < 2 * PRICE_CLASS, (draft.name, category)
    orders = list(ledger_orders(web.market.vocabulary, 30, 7, MONDAY.date()))
    assert all(order.draft.origin["invoice"] and order.draft.origin["source"] for order in orders)
