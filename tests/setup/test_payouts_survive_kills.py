"""A payout that worker, web server, database and provider are killed under is one payout, in a market as it runs.

Everything is real: `make run`'s processes, an embedded database, the sandbox's pages, transfers and payouts.
"""

import json
import random
import shutil
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from market.audit import broken_promises
from market.config import Settings
from market.kit.outbox import defer
from market.payments import queries as payments
from market.payments import service as provider
from market.production.models import Deal
from market.settlement import queries as settlement
from market.wiring import assemble
from tests.browser import LiveMarket, free_port, start_market
from tests.market.production.yard import Run, awarded, ladder
from tests.market.town import Town

FACTORIES = 2
PATIENCE = 180
CARD = "4242 4242 4242 4242"
VICTIMS = {"worker": "market.worker", "web": "gunicorn", "database": "postgres", "sandbox": "market.payments.sandbox"}


class WatchedTown(Town):
    """A town whose events the market's own worker delivers."""

    def deliver(self) -> int:
        wait_until(lambda: not self._waiting(), "the worker delivers")
        return 0


def wait_until(holds: Callable[[], Any], what: str) -> Any:
    """What `holds` gives as soon as it is true. While the database is down nothing holds."""
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        with suppress(SQLAlchemyError, OSError):
            if found := holds():
                return found
        time.sleep(0.2)
    pytest.fail(f"in {PATIENCE} s it never came about that {what}")


class PaidRun(Run):
    """A deal whose buyer pays on the provider's pages."""

    def pay(self, purpose: str, shop: UUID | None = None) -> None:
        pay(self, purpose)


@pytest.fixture
def market() -> Iterator[LiveMarket]:
    folder = Path(tempfile.mkdtemp(prefix="weft-kills-"))
    folder.chmod(0o755)
    running = start_market(folder, free_port(), None, demo=False)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(60)
        shutil.rmtree(folder)


@pytest.fixture
def town(market: LiveMarket) -> Iterator[WatchedTown]:
    place = {"WEFT_DATA": str(market.data_folder), "WEFT_PORT": market.address.rpartition(":")[2], "WEFT_DEMO": "0"}
    ours = assemble(Settings.from_environment(place))
    yield WatchedTown(ours.sessions, ours.clock, ours.settings, ours.ranker, ours.handlers)  # type: ignore[arg-type]  # its clock runs
    ours.engine.dispose()


def test_killed_at_any_moment_a_factory_is_paid_once(market: LiveMarket, town: WatchedTown) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    print(f"seed {seed}")  # a failure names it
    runs = [accepted(town) for _ in range(FACTORIES)]
    sandbox = market.sandbox
    accounts = [open_account(town, run.factory) for run in runs]
    for account in accounts:
        post(f"{sandbox}/_sandbox/accounts/{account}/complete", {"bank": "000123456789"})
    ask_for_payouts(town)
    kill_at_random(market, town, chance, ["worker", "database", "web", "worker", "sandbox"])
    wait_until(lambda: states(town, "transfers") == ["made"] * FACTORIES, "every factory has its transfer")
    wait_until(lambda: states(town, "payouts") == ["pending"] * FACTORIES, "every payout is at the provider")
    post(f"{sandbox}/_sandbox/clock", {"seconds": 3 * 86_400})
    kill_at_random(market, town, chance, ["worker", "web", "database"])
    wait_until(lambda: {run.state for run in runs} == {"settled"}, "every deal is settled")
    assert states(town, "remittances") == ["paid"] * FACTORIES
    counted = json.loads(get(f"{sandbox}/_sandbox/state"))["objects"]
    assert (counted["transfer"], counted["payout"]) == (FACTORIES, FACTORIES)
    with town.work("system") as work:
        assert [promise for promise, count in broken_promises(work) if count] == []
        for run in runs:
            (sent,) = settlement.remittances_of(work.session, run.factory)
            (owed,) = settlement.owed_to(work.session, run.factory)
            paid = sum(due.released.minor for due in settlement.dues_of_deal(work.session, run.deal_id))
            assert (owed.payable.minor, owed.in_transit.minor, owed.debt.minor) == (0, 0, 0)
            assert sent.money.minor == paid - (paid * 500 + 5_000) // 10_000


def accepted(town: WatchedTown) -> Run:
    """A deal from the award to acceptance, whose buyer paid on the provider's pages."""
    factory, shop, _quote = awarded(town, ladder(fee=None))
    town.deliver()
    with town.work("system") as work:
        deal_id = work.session.scalars(select(Deal.id).where(Deal.factory_id == factory)).one()
    run = PaidRun(town, factory, (shop,), deal_id)
    run.to_delivered()
    run.accept(shop)
    wait_until(lambda: all(due.released.minor for due in dues_of(run)), "the money is released")
    return run


def dues_of(run: Run) -> list[settlement.DueRow]:
    with run.town.work("system") as work:
        return settlement.dues_of_deal(work.session, run.deal_id)


def pay(run: Run, purpose: str) -> None:
    """Pay what a shop owes with a card, on the provider's page."""
    due = wait_until(lambda: next((due for due in dues_of(run) if due.purpose.value == purpose), None), "it is asked")

    def page() -> str:
        with run.town.work("system") as work:
            tries = payments.payments_of_reference(work.session, due.organisation_id, due.id)
            return next((found.page for found in tries if found.page), "")

    post_form(wait_until(page, "its page is there"), card=CARD)
    wait_until(lambda: next(one for one in dues_of(run) if one.id == due.id).held.minor, "it is held")


def open_account(town: Town, factory: UUID) -> str:
    """Ask for a factory's account; returns the provider's name for it."""
    with town.work("factory", factory) as work:
        provider.open_account(work, factory, "CN", "factory@example.com")

    def named() -> str:
        with town.work("system") as work:
            found = payments.payout_account(work.session, factory)
            return found.gateway_id if found else ""

    return str(wait_until(named, "the account is open"))


def ask_for_payouts(town: Town) -> None:
    """Let the sweep look now and not within a minute."""
    wait_until(lambda: states(town, "payout_accounts") == ["enabled"] * FACTORIES, "the accounts are enabled")
    with town.work("system") as work:
        defer(work.session, "pay_factories", {"timestamp": 0})


def kill_at_random(market: LiveMarket, town: Town, chance: random.Random, victims: list[str]) -> None:
    """Kill one after another, in any order and at any moment, and let the sweeps look after each."""
    chance.shuffle(victims)
    for name in victims:
        time.sleep(chance.uniform(0.0, 1.5))
        for process in wait_until(partial(processes, market, name), f"{name} runs"):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        print(f"killed {name}")
        with suppress(SQLAlchemyError), town.work("system") as work:
            defer(work.session, "pay_factories", {"timestamp": 0})


def processes(market: LiveMarket, name: str) -> list[psutil.Process]:
    """The living processes of one part of the market; of the database its first one, which ends the others."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "ppid"]):
        line = " ".join(process.info["cmdline"] or ())
        if VICTIMS[name] in line and belongs(process, market):
            found.append(process)
    return found


def belongs(process: psutil.Process, market: LiveMarket) -> bool:
    with suppress(psutil.Error):
        if str(market.data_folder) in " ".join(process.cmdline()):
            return True
        return market.process.pid in [parent.pid for parent in process.parents()]
    return False


def states(town: Town, table: str) -> list[str]:
    with town.work("system") as work:
        return list(work.session.scalars(text(f"SELECT state FROM {table} ORDER BY id")))


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def post(address: str, told: dict[str, Any]) -> None:
    asked = urllib.request.Request(address, json.dumps(told).encode(), {"Content-Type": "application/json"})
    wait_until(lambda: urllib.request.urlopen(asked, timeout=10).status == 200, f"{address} answers")


def post_form(address: str, **fields: str) -> None:
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(address, urllib.parse.urlencode(fields).encode(), timeout=10).close()
