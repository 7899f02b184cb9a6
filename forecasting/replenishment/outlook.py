"""What is expected of demand in the coming periods, as scenarios: cumulated pieces, one row for each chance."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final, Self

import numpy as np

from forecasting.engine import Forecast, forecast
from forecasting.panel import Floats, Panel
from forecasting.replenishment.simulation import Terms

SCENARIOS: Final = 50
"""Each as likely as the others: the middles of so many equal parts of 0 to 1."""
_NORMAL: Final = NormalDist().inv_cdf
UNSOLD: Final = "nothing sold yet"
_AHEAD: Final = 2.0
"""Stock is followed for so many times as long as orders have to last; beyond it the mean goes on."""
_LONGEST: Final = 104
_MUCH_LESS: Final = 0.7

Forecaster = Callable[[Panel, int, Sequence[float]], list[Forecast]]
"""Quantiles of the total over a horizon, for every item of a panel: the engine's `forecast` with sums."""


def chances(scenarios: int = SCENARIOS) -> Floats:
    """The chance that demand stays below each scenario."""
    return np.asarray((np.arange(scenarios) + 0.5) / scenarios, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Scenarios of cumulated demand.

    cumulated: items x scenarios x (periods + 1), pieces wanted until the end of each period, from 0 at the start on.
    Scenario s is the quantile of its chance at every period, so its marginals are right, and one scenario is high or
    low throughout. mean: items x (periods + 1). model: what foretold each item.
    """

    skus: tuple[str, ...]
    cumulated: Floats
    mean: Floats
    model: tuple[str, ...]

    def from_within(self, elapsed: float) -> Self:
        """The outlook from a moment inside the first period on; elapsed: the share of it that is over."""
        if elapsed <= 0:
            return self
        periods = self.mean.shape[1] - 1
        moments = np.minimum(np.arange(periods + 1) + elapsed, periods)
        cumulated = at_periods(self.cumulated, moments) - at_periods(self.cumulated, np.array([elapsed]))
        mean = at_periods(self.mean, moments) - at_periods(self.mean, np.array([elapsed]))
        return replace(self, cumulated=cumulated, mean=mean)

    def expected(self, periods: Floats) -> Floats:
        """Mean demand of each item over its own number of periods."""
        rows = zip(self.mean, periods.tolist(), strict=True)
        return np.array([until(row, period) for row, period in rows])

    def over(self, periods: Floats, spread: Floats, seed: int = 0) -> Floats:
        """Scenarios of demand over a random number of periods, normal and never negative: items x scenarios, sorted."""
        random = np.random.default_rng(seed)
        scenarios = self.cumulated.shape[1]
        moved = np.array([_NORMAL(chance) for chance in chances(scenarios).tolist()])
        # Demand and lead time are independent, so the scenarios of one are shuffled against those of the other.
        shuffled = moved[random.permutation(scenarios)]
        total = np.zeros((len(self.skus), scenarios))
        for row, (mean, deviation) in enumerate(zip(periods.tolist(), spread.tolist(), strict=True)):
            lasting = np.maximum(mean + deviation * shuffled, 0.0).tolist()
            paths = self.cumulated[row]
            total[row] = [until(path, length) for path, length in zip(paths, lasting, strict=True)]
        return np.sort(total, axis=1)


def with_engine(panel: Panel, horizon: int, levels: Sequence[float]) -> list[Forecast]:
    """Totals over a horizon by the engine, here and now."""
    return forecast(panel, horizon, levels, sums=True)


def make_outlook(panel: Panel, terms: Terms, forecaster: Forecaster = with_engine) -> Outlook:
    """Asks for totals over what the orders have to last, longest and usual; totals over other times follow from these.

    The mean is taken as even, and what chance adds to it as growing with the root of time.
    Nothing is expected of an item that never sold.
    """
    anchors = _anchors(terms)
    told = [forecaster(panel, anchor, chances().tolist()) for anchor in anchors]
    means = np.array([[float(one.mean[0]) for one in rows] for rows in told])
    quantiles = np.array([[one.quantiles[0] for one in rows] for rows in told])
    lengths = np.array(anchors, dtype=np.float64)
    rate = means / lengths[:, None]
    chance = (quantiles - means[..., None]) / np.sqrt(lengths)[:, None, None]
    periods = np.arange(math.ceil(_AHEAD * anchors[-1]) + 1, dtype=np.float64)
    mean = between(rate, lengths, periods) * periods
    cumulated = mean[:, None] + between(chance, lengths, periods) * np.sqrt(periods)
    sold = panel.ages > 0
    growing = np.maximum.accumulate(np.where(sold[:, None, None], np.maximum(cumulated, 0.0), 0.0), axis=-1)
    level = np.maximum.accumulate(np.where(sold[:, None], mean, 0.0), axis=-1)
    models = (one.model if known else UNSOLD for one, known in zip(told[-1], sold.tolist(), strict=True))
    return Outlook(panel.skus, growing, level, tuple(models))


def _anchors(terms: Terms) -> list[int]:
    """Whole periods to ask for; each costs a forecast, so the usual length is asked for only where it is much less."""
    lasting = np.minimum(np.ceil(terms.protected), _LONGEST)
    longest, usual = int(lasting.max(initial=1.0)), int(np.ceil(np.median(lasting)))
    return [usual, longest] if usual <= longest * _MUCH_LESS else [longest]


def between(values: Floats, lengths: Floats, periods: Floats) -> Floats:
    """Values at some lengths (first axis), as lines between them and level beyond: the same with periods last."""
    if len(lengths) == 1:
        return np.repeat(values[0][..., None], len(periods), axis=-1)
    share = np.clip((periods - lengths[0]) / (lengths[1] - lengths[0]), 0.0, 1.0)
    return np.asarray(values[0][..., None] * (1 - share) + values[1][..., None] * share, dtype=np.float64)


def until(path: Floats, periods: float) -> float:
    """Pieces of a cumulated path after a number of periods; beyond its end it goes on at its own mean."""
    last = len(path) - 1
    if periods <= last:
        return float(np.interp(periods, np.arange(last + 1), path))
    return float(path[-1]) * periods / last


def periods_until(path: Floats, pieces: float) -> float:
    """When a cumulated path comes to more than so many pieces, in periods; infinite where it never does."""
    last = len(path) - 1
    if path[-1] > pieces:
        place = int(np.argmax(path > pieces))
        before = float(path[place - 1]) if place else 0.0
        return max(place - 1 + (pieces - before) / (float(path[place]) - before), 0.0) if place else 0.0
    rate = float(path[-1]) / last
    return max(pieces / rate, float(last)) if rate > 1e-9 else float("inf")


def at_periods(paths: Floats, moments: Floats) -> Floats:
    """Cumulated paths (last axis periods) read between periods."""
    low = np.floor(moments).astype(np.int64)
    high = np.minimum(low + 1, paths.shape[-1] - 1)
    return paths[..., low] + (paths[..., high] - paths[..., low]) * (moments - low)
