"""Generated weekly demand: seasonal fashion with a shock after its peak, and intermittent demand in lumps."""

from datetime import date
from typing import Final

import numpy as np
from numpy.random import Generator

from forecasting.panel import Floats, Panel, Wholes
from forecasting.periods import Frequency, number_of

ITEMS: Final = 150
_FIRST: Final = number_of(Frequency.WEEK, date(2023, 1, 2))
_YEAR: Final = 52
WEEKS_A_WINDOW: Final = 13


def fashion(seed: int) -> tuple[Panel, tuple[int, ...]]:
    """Two and a half years with a peak each year, after which demand falls below its usual level for some weeks.

    Windows: thirteen weeks that end two weeks after the third peak, and the thirteen that follow. Depth and length of
    the fall, the height of the peak and the growth of an item differ from year to year; a quarter is a year younger.
    """
    random = np.random.default_rng(seed)
    peak = int(random.integers(12, 20))
    weeks = peak + 2 * _YEAR + 3 + WEEKS_A_WINDOW
    week = np.arange(weeks)
    rate = random.lognormal(np.log(10), 0.9, size=(ITEMS, 1)) * _wandering(random, weeks, 0.05)
    depth, length = random.uniform(0.3, 0.8, size=3), random.integers(4, 10, size=3)
    for year in range(3):
        centre = peak + year * _YEAR + random.integers(-1, 2) * (year < 2) + random.normal(0, 0.8, size=(ITEMS, 1))
        height = random.uniform(1.5, 7.0, size=(ITEMS, 1)) * random.lognormal(0, 0.25, size=(ITEMS, 1))
        width = random.uniform(1.5, 3.0, size=(ITEMS, 1))
        away = (week - centre) / width
        fallen = (away > 1.8) & (week - centre < 1.8 * width + length[year])
        rate = rate * (1 + height * np.exp(-0.5 * away**2)) * np.where(fallen, 1 - depth[year], 1.0)
    growth = np.cumsum(random.normal(0, 0.25, size=(ITEMS, 3)), axis=1)
    rate = rate * np.exp(np.repeat(growth, _YEAR, axis=1)[:, :weeks])
    begun = np.where(random.random(ITEMS) < 0.25, random.integers(30, 60, size=ITEMS), 0)
    demand = random.poisson(random.gamma(5.0, rate / 5.0)).astype(np.float64)
    return _panel(demand, begun), (weeks - 2 * WEEKS_A_WINDOW, weeks - WEEKS_A_WINDOW)


def intermittent(seed: int) -> tuple[Panel, tuple[int, ...]]:
    """Two years of lumps with empty weeks between; some items fade out, some grow. Windows: the last two quarters."""
    random = np.random.default_rng(seed)
    weeks = 2 * _YEAR
    chance = np.exp(random.uniform(np.log(0.06), np.log(0.5), size=(ITEMS, 1))) * np.ones(weeks)
    since = np.maximum(np.arange(weeks) - random.integers(30, weeks, size=(ITEMS, 1)), 0)
    fate = random.random((ITEMS, 1))
    chance = np.where(fate < 0.15, chance * np.exp(-since / random.uniform(5, 20)), chance)
    chance = np.where((fate > 0.9) & (since > 0), np.minimum(2.5 * chance, 0.8), chance)
    lump = random.lognormal(np.log(4), 0.8, size=(ITEMS, 1))
    spread = random.uniform(0.2, 1.0, size=(ITEMS, 1))
    asked = random.random((ITEMS, weeks)) < chance
    demand = np.where(asked, np.ceil(lump * random.lognormal(0, spread, size=(ITEMS, weeks))), 0.0)
    begun = np.where((demand > 0).any(axis=1), (demand > 0).argmax(axis=1), weeks)
    return _panel(demand, begun), (weeks - 2 * WEEKS_A_WINDOW, weeks - WEEKS_A_WINDOW)


def _wandering(random: Generator, weeks: int, step: float) -> Floats:
    return np.exp(np.cumsum(random.normal(0, step, size=(ITEMS, weeks)), axis=1))


def _panel(demand: Floats, begun: Wholes) -> Panel:
    lived = np.arange(demand.shape[1]) >= begun[:, None]
    skus = tuple(f"{row:04d}" for row in range(len(demand)))
    unknown = np.full(demand.shape, np.nan)
    found = np.where(lived, demand, 0.0)
    return Panel(Frequency.WEEK, _FIRST, skus, found, lived, begun.astype(np.int64), unknown, np.zeros(demand.shape))
