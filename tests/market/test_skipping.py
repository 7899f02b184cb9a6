"""Days that a demo skips: for every process at once, only forward, and only where the demo's clock is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.clock import SkippingClock
from tests.market.site import Person


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
    assert operator.client.post("/demo/skip", data={"days": "7"}).status_code in (400, 404)
    assert "快进" not in operator.client.get("/operator").get_data(as_text=True)
