"""Trials forecast the days right after those that they learned from, and each lead once."""

import numpy as np
import pytest

from matching.learning.check import LEAST_HELD_OUT
from matching.learning.trials import rounds


@pytest.mark.parametrize(
    ("days", "leads_a_day", "most_ahead"),
    [(70, 20, 7), (365, 3, 9), (365, 1, 25), (4, 100, 7)],
)
def test_no_lead_is_forecast_by_who_knew_it_or_long_before_it(days: int, leads_a_day: int, most_ahead: int) -> None:
    day = np.repeat(np.arange(days), leads_a_day)
    closed = np.random.default_rng(0).random(len(day)) < 0.9
    forecast = np.zeros(len(day), dtype=np.int64)
    found = list(rounds(day, closed))
    assert found
    for earlier, later in found:
        assert day[earlier].max() < day[later].min()
        assert day[later].max() - day[earlier].max() <= most_ahead
        assert closed[later].all()
        forecast += later
    assert forecast.max() == 1
    assert forecast.sum() >= min(LEAST_HELD_OUT, 0.15 * closed.sum()) * 0.9


def test_leads_of_one_day_cannot_be_forecast_from_each_other() -> None:
    assert not list(rounds(np.zeros(500, dtype=np.int64), np.ones(500, dtype=np.bool_)))
