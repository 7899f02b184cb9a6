"""Days that a demo skips: for every process at once, only forward, and only where the demo's clock is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import SkippingClock
from market.kit.databases import DatabaseAccess
from market.kit.db import SYSTEM, act_as
from market.web import create_app
from market.wiring import SWEEPS, assemble
from tests.market.payments.provider import running_provider
from tests.market.site import Person, Web


def ahead_of_now(clock: SkippingClock) -> float:
    return (clock.now() - datetime.now(UTC)).total_seconds()


@given(days=st.lists(st.integers(-9, 9), max_size=5))
def test_two_processes_are_ahead_alike_and_never_go_back(
    tmp_path_factory: pytest.TempPathFactory, days: list[int]
) -> None:
    file = tmp_path_factory.mktemp("skip") / "skipped"
    one, other = SkippingClock(file), SkippingClock(file)
    for number in days:
        before = other.now()
        one.skip(timedelta(days=number))
        assert other.now() >= before
    assert abs(ahead_of_now(other) - 86_400 * sum(max(number, 0) for number in days)) < 5


def test_a_market_on_another_clock_has_no_such_address(operator: Person) -> None:
    assert operator.post("/demo/skip", {"days": "7"}).status_code == 404
    assert "快进" not in operator.client.get("/operator").get_data(as_text=True)


def test_a_skip_moves_the_market_the_sandbox_and_every_sweep(
    access: DatabaseAccess, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    with running_provider(tmp_path) as provider:
        place = {"DATABASE_URL": access.application_url, "WEFT_DATA": str(tmp_path), "WEFT_DEMO": "1"}
        market = assemble(Settings.from_environment({**place, "WEFT_GATEWAY_ADDRESS": provider.server.address}))
        person = Web(create_app(market), market, sessions).person("seller", "the seller")
        before = provider.control("clock", seconds=0)["seconds"]
        answer = person.post("/demo/skip", {"days": "7", "next": "/orders"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/orders")
        assert abs(provider.control("clock", seconds=0)["seconds"] - before - 7 * 86_400) < 60
        assert abs(ahead_of_now(market.clock) - 7 * 86_400) < 5  # type: ignore[arg-type]  # a demo's clock
        with sessions() as session:
            act_as(session, SYSTEM)
            waiting = session.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'")).all()
        assert {sweep.__name__ for sweep in SWEEPS} <= set(waiting)
        for wrong in ("2", "-7", "x", ""):
            assert person.post("/demo/skip", {"days": wrong}).status_code == 404
        market.engine.dispose()
