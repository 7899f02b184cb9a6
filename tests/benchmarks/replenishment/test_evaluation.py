"""The bounds between which replenishment policies are measured."""

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.replenishment.evaluation import Case, costs, paired, shares
from benchmarks.replenishment.generated import fashion, intermittent
from forecasting.panel import Floats, Panel


@pytest.mark.parametrize("ratio", [0.9, 0.975])
@pytest.mark.parametrize("make", [fashion, intermittent])
def test_nobody_costs_less_than_perfect_foresight(
    ratio: float, make: Callable[[int], tuple[Panel, tuple[int, ...]]]
) -> None:
    panel, starts = make(1)
    case = Case(panel, starts[0], ratio)
    mean = case.demand.mean(axis=1)
    levels = {f"{weeks} weeks": np.repeat(weeks * mean[:, None], 13, axis=1) for weeks in (1, 2, 3, 4, 6)}
    spent = costs(case, levels, 2 * mean)
    bound = spent.pop("perfect foresight")
    assert all((cost >= bound - 1e-6).all() for cost in spent.values())


def test_a_share_is_that_of_the_gap() -> None:
    each: Floats = np.ones(20)
    spent = {"fixed": 10 * each, "half": 6 * each, "perfect foresight": 2 * each}
    told = shares(spent, "fixed")
    assert (told["half"]["share"], told["half"]["from"], told["half"]["to"]) == (0.5, 0.5, 0.5)
    assert told["half"]["cost"] == 0.6
    assert paired(spent, "half", "fixed", "fixed")["mean"] == 0.5
