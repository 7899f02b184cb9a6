"""Trials forecast the days right after those that they learned from, and each lead once."""

import numpy as np
import pytest

from matching.learning.cases import Cases, Whole
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


def test_some_factories_alone_are_the_same_cases_with_numbers_from_zero() -> None:
    cases = _cases(np.array([0, 0, 1, 2, 2, 2]))
    kept = cases.of_factories(np.array([True, False, True]))
    assert (kept.factories, kept.factory.tolist(), kept.day.tolist()) == (2, [0, 0, 1, 1, 1], [0, 1, 3, 4, 5])
    assert kept.group_factory[kept.group].tolist() == kept.factory.tolist()
    assert kept.bit_factory[kept.wish_bit].tolist() == kept.factory[kept.wish_case].tolist()
    assert kept.size.tolist() == [10.0, 12.0]
    assert kept.bit_standing.tolist() == [0, 2]


def _cases(factory: Whole) -> Cases:
    """One wish, one group and one bit for each factory; a lead a day."""
    count, factories = len(factory), int(factory.max()) + 1
    none, numbers, whole = np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros(factories, dtype=np.int64)
    names = np.arange(factories)
    return Cases(
        factories=factories,
        factory=factory,
        order=none,
        group=factory,
        group_factory=names,
        accepted=none == 0,
        won=none,
        reason=none,
        weight=numbers,
        day=np.arange(count),
        wish_case=np.arange(count),
        wish_bit=factory,
        wish_kind=none,
        wish_weight=numbers,
        bit_factory=names,
        bit_kind=whole,
        bit_standing=names,
        plain=np.zeros((count, 4)),
        overload=numbers,
        shortfall=numbers,
        quantity=numbers,
        gap=numbers,
        days=numbers,
        quote=numbers,
        quoted_gap=numbers,
        size=numbers[:factories] + 10.0 + names,
        size_way=whole,
        price_way=whole,
        lead=numbers[:factories],
        lead_way=whole,
    )
