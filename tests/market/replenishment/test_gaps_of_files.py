"""Which stretches without rows are a surprise: only those that chance would hardly bring about."""

from datetime import date

import numpy as np
import pytest

from market.replenishment.import_findings import LOST, ZERO, find_gaps

MONDAY = date(2025, 12, 1).toordinal()
YEAR = np.arange(MONDAY, MONDAY + 364)


def without(days: np.ndarray, first: int, count: int) -> np.ndarray:
    return days[(days < MONDAY + first) | (days >= MONDAY + first + count)]


def at_random(share: float, seed: int) -> np.ndarray:
    return YEAR[np.random.default_rng(seed).random(len(YEAR)) < share]


WORKING_DAYS = YEAR[YEAR % 7 != MONDAY % 7 - 1]
WORKING_DAYS = WORKING_DAYS[(WORKING_DAYS - MONDAY) % 7 < 5]


@pytest.mark.parametrize(
    ("days", "gaps"),
    [
        (without(YEAR, 70, 3), [(70, 3, LOST)]),
        (without(without(YEAR, 70, 12), 200, 5), [(70, 12, LOST), (200, 5, LOST)]),
        (WORKING_DAYS, []),
        (without(WORKING_DAYS, 70, 7), [(68, 9, LOST)]),
        (YEAR[::15], []),
        (without(YEAR[::15], 61, 50), [(61, 59, ZERO)]),
        (YEAR[[0, 31, 33]], []),
        (YEAR[:1], []),
    ],
    ids=["three days off", "two gaps", "weekends", "a week off", "rare", "very rare", "three days", "one day"],
)
def test_gaps(days: np.ndarray, gaps: list[tuple[int, int, str]]) -> None:
    found = [(gap.first - MONDAY, gap.last - gap.first + 1, gap.meaning) for gap in find_gaps(days)]
    assert found == gaps


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7, 0.9])
def test_days_that_chance_leaves_out_are_no_lost_information(share: float) -> None:
    lost = [sum(gap.meaning == LOST for gap in find_gaps(at_random(share, seed))) for seed in range(40)]
    assert sum(lost) <= 2, "chance brings about one in a hundred files"
