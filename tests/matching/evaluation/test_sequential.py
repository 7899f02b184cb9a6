"""The guard of a split: seldom stops what does no harm, however often it looks, and stops what does."""

import numpy as np
import pytest

from matching.evaluation.log import Floats
from matching.evaluation.sequential import ALARM, Trial, differences, interval, watch, wealths

RUNS, REQUESTS = 250, 1_200


def split(seed: int, share: float, ours: Floats, live: Floats) -> list[Trial]:
    """Requests in their order. ours, live: the chance of a deal of each, ranked by the candidate and by the live
    one."""
    random = np.random.default_rng(seed)
    assigned = random.random(len(ours)) < share
    deals = random.random(len(ours)) < np.where(assigned, ours, live)
    return [Trial(bool(one), share, bool(deal)) for one, deal in zip(assigned, deals, strict=True)]


def stops(share: float, ours: Floats, live: Floats) -> float:
    """In which share of runs the guard stopped, looking after every request."""
    told = [wealths(*differences(split(seed, share, ours, live))).max() >= 1 / ALARM for seed in range(RUNS)]
    return float(np.mean(told))


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("rate", [0.03, 0.4])
def test_what_does_no_harm_is_seldom_stopped(share: float, rate: float) -> None:
    same = np.full(REQUESTS, rate)
    assert stops(share, same, same) <= ALARM


def test_drift_of_the_whole_market_stops_nobody() -> None:
    drifting = 0.3 + 0.2 * np.sin(np.arange(REQUESTS) / 90)
    assert stops(0.5, drifting, drifting) <= ALARM
    assert stops(0.3, drifting + 0.05, drifting) <= ALARM


def test_real_harm_is_stopped() -> None:
    live = np.full(REQUESTS, 0.4)
    assert stops(0.5, live - 0.2, live) >= 0.99
    assert stops(0.2, live - 0.2, live) >= 0.9
    told = [watch(split(seed, 0.5, live - 0.2, live)).stopped_at or REQUESTS for seed in range(20)]
    assert np.median(told) < 500


def test_its_interval_covers_at_all_times() -> None:
    ours, live = np.full(600, 0.35), np.full(600, 0.45)
    missed = 0
    for seed in range(60):
        signs, reach = differences(split(seed, 0.4, ours, live))
        ends = [interval(signs[:count], reach[:count]) for count in (20, 60, 150, 300, 600)]
        missed += any(not low <= -0.1 <= high for low, high in ends)
    assert missed <= 0.05 * 60


def test_at_first_it_knows_nothing() -> None:
    for trials in ([], [Trial(True, 0.5, False)]):
        found = watch(trials)
        assert (found.low, found.high, found.harms) == (-1.0, 1.0, False) and found.evidence <= 2.0
    with pytest.raises(ValueError, match="share"):
        watch([Trial(True, 1.0, True)])
