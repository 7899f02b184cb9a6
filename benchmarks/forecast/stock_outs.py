"""Generated days of sales of items that run out: what is sold is not what was wanted."""

from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecast.evaluation import EvaluationSet
from forecasting.panel import Flags, Floats, Sale, make_panel
from forecasting.periods import Frequency

ITEMS: Final = 150
_MONDAY: Final = date(2023, 1, 2)
_WEEKS: Final = 80
_LAST_ORIGINS: Final = (12, 8, 4)
_DAYS: Final = np.array([1.1, 0.8, 0.8, 0.9, 1.2, 1.4, 0.8])


def stock_outs(seed: int) -> EvaluationSet:
    """Items ordered up to a level once a week that is too low for a good week, so the best weeks are those cut off.

    Levels wander, and a quarter of the items moves to another one. A day is out of stock when somebody went away with
    nothing. What was known at an origin is read from the lines up to the day before, so no later week repairs it.
    """
    random = np.random.default_rng(seed)
    level = random.lognormal(np.log(18), 0.8, size=(ITEMS, 1))
    moves = np.where(random.random((ITEMS, 1)) < 0.25, random.normal(0, 0.5, size=(ITEMS, 1)), 0.0)
    late = np.arange(_WEEKS) >= random.integers(20, _WEEKS - 8, size=(ITEMS, 1))
    week = level * np.exp(np.cumsum(random.normal(0, 0.05, size=(ITEMS, _WEEKS)), axis=1) + moves * late)
    daily = np.repeat(random.gamma(5.0, week / 5.0), 7, axis=1) * np.tile(_DAYS / 7, _WEEKS)
    wanted = random.poisson(daily).astype(np.float64)
    up_to = np.ceil(level[:, 0] * 2 * random.uniform(0.6, 1.3, size=ITEMS))
    sold = _sold(wanted, up_to)
    sales = _lines(sold, sold >= wanted)
    truth = wanted.reshape(ITEMS, _WEEKS, 7).sum(axis=2)
    histories = {
        week: make_panel(sales, Frequency.WEEK, _MONDAY + timedelta(days=7 * week - 1))
        for week in (_WEEKS - back for back in _LAST_ORIGINS)
    }
    panel = make_panel(sales, Frequency.WEEK, _MONDAY + timedelta(days=7 * _WEEKS - 1))
    return EvaluationSet(panel, truth, histories, np.ones(ITEMS, dtype=bool))


def _sold(wanted: Floats, up_to: Floats) -> Floats:
    """What could be sold each day when what is missing to `up_to` is ordered on Mondays and comes a week later."""
    on_hand, on_order = up_to.copy(), np.zeros_like(up_to)
    sold = np.zeros_like(wanted)
    for day in range(wanted.shape[1]):
        if day % 7 == 0:
            on_hand = on_hand + on_order
            on_order = up_to - on_hand
        sold[:, day] = np.minimum(wanted[:, day], on_hand)
        on_hand = on_hand - sold[:, day]
    return sold


def _lines(sold: Floats, in_stock: Flags) -> list[Sale]:
    """A line for every day on which something was sold or somebody went away; all items sell from the first day on."""
    told = (sold > 0) | ~in_stock
    told[:, 0] = True
    places: NDArray[np.int64] = np.argwhere(told)
    return [
        Sale(
            f"{row:04d}",
            _MONDAY + timedelta(days=day),
            float(sold[row, day]),
            in_stock=bool(in_stock[row, day]),
        )
        for row, day in places.tolist()
    ]
