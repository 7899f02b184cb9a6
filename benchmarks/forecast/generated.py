"""Generated weekly demand of five kinds. A seed draws the market's own numbers too, so no two seeds are one market."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.random import Generator

from benchmarks.forecast.evaluation import EvaluationSet, plain_set
from forecasting.panel import Flags, Floats, Panel, Wholes
from forecasting.periods import Frequency, number_of

ITEMS: Final = 150
_FIRST: Final = number_of(Frequency.WEEK, date(2023, 1, 2))
_YEAR: Final = 52
_LAST_ORIGINS: Final = (12, 8, 4)


def fashion(seed: int) -> EvaluationSet:
    """A sharp peak once a year, then a fall below the usual level that differs in depth and length from year to year.

    About 2.3 years: the third peak is forecast four weeks before it, in it, and four weeks after it. A quarter of the
    items came in the second year. Peaks move by up to a week between years, and by a week or two between items.
    """
    random = np.random.default_rng(seed)
    first_peak = int(random.integers(10, 18))
    third_peak = first_peak + 2 * _YEAR
    weeks = third_peak + 8
    moved = np.append(random.integers(-1, 2, size=2), 0)
    centres = first_peak + _YEAR * np.arange(3) + moved + random.normal(0, 0.8, size=(ITEMS, 1))
    heights = random.uniform(2.0, 9.0, size=(ITEMS, 1)) * random.lognormal(0, 0.2, size=(ITEMS, 3))
    widths = random.uniform(1.3, 2.4, size=(ITEMS, 1))
    depths, lengths = random.uniform(0.35, 0.8, size=3), random.integers(4, 8, size=3)
    growth = np.cumsum(random.normal(0, 0.25, size=(ITEMS, 3)), axis=1)
    level = random.lognormal(np.log(12), 0.8, size=(ITEMS, 1)) * np.exp(_wandering(random, weeks, 0.04))
    week = np.arange(weeks)
    for year in range(3):
        away = week - centres[:, year, None]
        level = level * (1 + heights[:, year, None] * np.exp(-0.5 * (away / widths) ** 2))
        fallen = (away > 2 * widths) & (away < 2 * widths + lengths[year])
        level = np.where(fallen, level * (1 - depths[year]), level)
    level *= np.exp(np.repeat(growth, _YEAR, axis=1)[:, :weeks])
    begun = np.where(random.random(ITEMS) < 0.25, random.integers(20, 60, size=ITEMS), 0)
    panel = _panel(_counts(random, level, 6.0), begun)
    return plain_set(panel, [third_peak - 4, third_peak, third_peak + 4])


def spare_parts(seed: int) -> EvaluationSet:
    """Mostly zero, with lumps: demand that comes in streaks, a fifth of the items fading out, a tenth moving up."""
    random = np.random.default_rng(seed)
    weeks = 2 * _YEAR
    rate = np.exp(random.uniform(np.log(0.05), np.log(0.45), size=(ITEMS, 1))) * np.ones(weeks)
    turn = random.integers(30, weeks, size=(ITEMS, 1))
    since = np.maximum(np.arange(weeks) - turn, 0)
    fate = random.random((ITEMS, 1))
    rate = np.where(fate < 0.2, rate * np.exp(-since / random.uniform(4, 15)), rate)
    rate = np.where(fate > 0.9, np.where(since > 0, np.minimum(rate * 2.5, 0.8), rate), rate)
    streak = random.uniform(0.1, 0.4)
    asked = np.zeros((ITEMS, weeks), dtype=bool)
    for week in range(weeks):
        again = asked[:, week - 1] if week else np.zeros(ITEMS, dtype=bool)
        asked[:, week] = random.random(ITEMS) < np.where(again, streak + (1 - streak) * rate[:, week], rate[:, week])
    lump = random.lognormal(np.log(4), 0.9, size=(ITEMS, 1))
    spread = random.uniform(0.2, 1.1, size=(ITEMS, 1))
    demand = np.where(asked, np.ceil(lump * random.lognormal(0, spread, size=(ITEMS, weeks))), 0.0)
    sold = demand > 0
    begun = np.where(sold.any(axis=1), sold.argmax(axis=1), weeks)
    return plain_set(_panel(demand, begun), [weeks - back for back in _LAST_ORIGINS])


def promotions(seed: int) -> EvaluationSet:
    """Growing and shrinking items with promotions at a lower price, a dip after each, and list prices that rise."""
    random = np.random.default_rng(seed)
    weeks = 2 * _YEAR
    week = np.arange(weeks)
    days, discount = _promoted(random, weeks, random.uniform(0.04, 0.09))
    steps = random.random((ITEMS, weeks)) < 0.02
    listed = random.lognormal(2.5, 0.6, size=(ITEMS, 1)) * np.exp(np.cumsum(steps * 0.06, axis=1))
    elasticity = random.uniform(1.2, 3.5, size=(ITEMS, 1))
    display = random.uniform(0.2, 0.8, size=(ITEMS, 1))
    lifted = days * (display - elasticity * np.log(1 - discount))
    dip = np.pad(lifted, ((0, 0), (1, 0)))[:, :-1] * random.uniform(0.1, 0.35)
    trend = random.normal(0.05, 0.35, size=(ITEMS, 1)) * week / _YEAR
    season = random.uniform(0.05, 0.25) * np.sin(2 * np.pi * (week / _YEAR - random.random()))
    level = random.lognormal(np.log(35), 0.9, size=(ITEMS, 1)) * (listed / listed[:, :1]) ** -elasticity
    mean = level * np.exp(trend + season + _wandering(random, weeks, 0.03) + lifted - dip)
    price = listed * (1 - days * discount)
    panel = _panel(_counts(random, mean, 8.0), np.zeros(ITEMS, dtype=np.int64), price, days)
    return plain_set(panel, [weeks - back for back in _LAST_ORIGINS])


def short_histories(seed: int) -> EvaluationSet:
    """New items of 8 to 30 weeks among older ones of the same five families, which rise and tire alike.

    Only the new ones are scored. A family's name begins the name of its items.
    """
    random = np.random.default_rng(seed)
    older, weeks = 70, 96
    origins = [weeks - back for back in _LAST_ORIGINS]
    begun = np.concatenate(
        [random.integers(0, origins[0] - 34, size=older), random.integers(origins[0] - 22, origins[0] - 7, size=ITEMS)]
    )
    family = random.integers(0, 5, size=older + ITEMS)
    ramp = random.uniform(1.0, 5.0, size=5)[family][:, None] * random.lognormal(0, 0.2, size=(len(begun), 1))
    tiring = random.uniform(10, 60, size=5)[family][:, None] * random.lognormal(0, 0.3, size=(len(begun), 1))
    rest = random.uniform(0.1, 0.7, size=5)[family][:, None]
    usual = random.lognormal(np.log(15), 0.5, size=5)[family][:, None]
    age = np.arange(weeks) - begun[:, None]
    life = (1 - np.exp(-(age + 1) / ramp)) * (rest + (1 - rest) * np.exp(-age / tiring))
    item = random.lognormal(0, 0.6, size=(len(begun), 1)) * np.exp(_wandering(random, weeks, 0.04, len(begun)))
    mean = np.where(age >= 0, usual * item * life, 0.0)
    skus = [f"{'ABCDE'[which]}{place:04d}" for place, which in enumerate(family.tolist())]
    panel = _panel(_counts(random, mean, 6.0), begun, skus=skus)
    return plain_set(panel, origins, np.arange(len(begun)) >= older)


def _promoted(random: Generator, weeks: int, often: float) -> tuple[Floats, Floats]:
    """The share of each week's days with a promotion, and the discount of it; promotions last one or two weeks."""
    begins = random.random((ITEMS, weeks)) < often
    second = np.pad(begins & (random.random((ITEMS, weeks)) < 0.5), ((0, 0), (1, 0)))[:, :-1]
    on = begins | second
    days = np.where(on, random.choice([3 / 7, 5 / 7, 1.0], size=(ITEMS, weeks)), 0.0)
    return days, np.where(on, random.choice([0.1, 0.2, 0.3], size=(ITEMS, 1)), 0.0)


def _wandering(random: Generator, weeks: int, step: float, items: int = ITEMS) -> Floats:
    """Logarithms of levels that wander a little every week."""
    return np.cumsum(random.normal(0, step, size=(items, weeks)), axis=1)


def _counts(random: Generator, mean: Floats, evenness: float) -> Floats:
    """Negative binomial counts; evenness: the shape, infinite for Poisson."""
    return random.poisson(random.gamma(evenness, mean / evenness)).astype(np.float64)


def _panel(
    demand: Floats,
    begun: Wholes,
    price: Floats | None = None,
    promoted: Floats | None = None,
    skus: Sequence[str] | None = None,
) -> Panel:
    """A panel in which every week since an item began is known."""
    lived: Flags = np.arange(demand.shape[1]) >= begun[:, None]
    return Panel(
        Frequency.WEEK,
        _FIRST,
        tuple(skus or (f"{row:04d}" for row in range(len(demand)))),
        np.where(lived, demand, 0.0),
        lived,
        begun.astype(np.int64),
        np.where(lived, np.nan if price is None else price, np.nan),
        np.where(lived, 0.0 if promoted is None else promoted, 0.0),
    )
