"""Order-up-to levels as many rules would have set them in each past period, with nothing but what was known then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.candidates.averages import MovingAverage, SeasonalLevel, SeasonalNaive
from forecasting.panel import Flags, Floats, Panel
from forecasting.periods import Frequency, days_in
from forecasting.ports import Candidate
from forecasting.replenishment.simulation import Terms

FIXED_RULE: Final = "fixed rule"
AVERAGE_RULE: Final = "moving average + z sigma"
FIXED_WEEKS: Final = 13
_AVERAGE_WEEKS: Final = 13
_SPREAD_WEEKS: Final = 52
"""Weeks that tell how much demand varies."""
_DAYS_A_WEEK: Final = 7
_SAFETIES: Final = (0.0, 0.5, 1.0, 1.5)
"""Multiples of the safety stock that a normal demand would ask for."""
_LEAST_SPREAD: Final = 0.2


@dataclass(frozen=True, slots=True)
class LevelHistory:
    """Levels of rules. levels: rules x items x columns, for each of `columns` what was known when it began."""

    names: tuple[str, ...]
    levels: Floats
    columns: tuple[int, ...]

    def place(self, name: str) -> int:
        return self.names.index(name)


def level_history(panel: Panel, terms: Terms, models: Sequence[Candidate], first: int, fixed_at: int) -> LevelHistory:
    """The levels of every rule at the columns from `first` to the end of the panel, the coming period included.

    fixed_at: the column at which the fixed rule last set its level; before that it set one every quarter of a year.
    """
    horizon = int(np.ceil(terms.protected.max(initial=1.0)))
    quarter = periods_in(FIXED_WEEKS, panel.frequency)
    columns = range(first, panel.demand.shape[1] + 1)
    told: dict[str, list[Floats]] = {}
    held = fixed_level(panel.until(first), terms)
    for column in columns:
        then = panel.until(column)
        if column <= fixed_at and (fixed_at - column) % quarter == 0:
            held = fixed_level(then, terms)
        for name, level in _levels(then, terms, models, horizon, held):
            told.setdefault(name, []).append(level)
    levels = _different({name: np.stack(rows, axis=1) for name, rows in told.items()})
    return LevelHistory(tuple(levels), np.stack(list(levels.values())), tuple(columns))


def _different(levels: dict[str, Floats]) -> dict[str, Floats]:
    """The rules without those that say the same as an earlier one all along, which would count twice."""
    seen: set[bytes] = set()
    kept = {}
    for name, level in levels.items():
        if level.tobytes() not in seen or name == AVERAGE_RULE:
            kept[name] = level
            seen.add(level.tobytes())
    return kept


def usual_models(frequency: Frequency) -> tuple[Candidate, ...]:
    """The models whose forecasts rules are made of: cheap enough to be asked in every past period."""
    windows = sorted({periods_in(weeks, frequency) for weeks in (4, 8, 16, 52)})
    return (*(MovingAverage(window) for window in windows), SeasonalLevel(), SeasonalNaive())


def periods_in(weeks: int, frequency: Frequency) -> int:
    """Periods that are about as long as some weeks, at least one."""
    return max(1, round(weeks * _DAYS_A_WEEK / days_in(frequency)))


def fixed_level(panel: Panel, terms: Terms) -> Floats:
    """The fixed rule: mean demand of the whole history over lead time and review, and z standard deviations."""
    return _normal_level(panel, terms, panel.demand.shape[1])


def average_level(panel: Panel, terms: Terms) -> Floats:
    """The moving average over a quarter of a year of weeks, and z standard deviations of the same periods."""
    return _normal_level(panel, terms, periods_in(_AVERAGE_WEEKS, panel.frequency))


def _normal_level(panel: Panel, terms: Terms, window: int) -> Floats:
    mean, spread = moments(panel, window)
    return mean * terms.protected + terms.factor * deviation(mean, spread, terms)


def moments(panel: Panel, window: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a period of each item's last periods; 0 for an item without any."""
    width = panel.demand.shape[1]
    recent = panel.demand[:, max(0, width - window) :]
    lived = np.arange(width)[max(0, width - window) :] >= panel.begun[:, None]
    count = np.maximum(lived.sum(axis=1), 1)
    mean = np.where(lived, recent, 0.0).sum(axis=1) / count
    squares = np.where(lived, (recent - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return mean, np.sqrt(squares / np.maximum(count - 1, 1))


def deviation(mean: Floats, spread: Floats, terms: Terms) -> Floats:
    """Standard deviation of demand over lead time and review: sqrt(P s^2 + m^2 l^2), with P their mean and l the lead
    time's standard deviation (Silver, Pyke and Thomas, Inventory and production management, on random lead times)."""
    return np.sqrt(terms.protected * spread**2 + (mean * terms.lead_sd) ** 2)


def _levels(
    panel: Panel, terms: Terms, models: Sequence[Candidate], horizon: int, held: Floats
) -> Iterator[tuple[str, Floats]]:
    yield FIXED_RULE, held
    yield AVERAGE_RULE, average_level(panel, terms)
    yield from _quantiles_of_sums(panel, terms)
    recent_mean, recent_spread = moments(panel, periods_in(_SPREAD_WEEKS, panel.frequency))
    for model in models:
        path = model.paths(panel, horizon)
        known: Flags = np.asarray(np.isfinite(path).all(axis=1))
        path = np.where(known[:, None], np.nan_to_num(path), recent_mean[:, None])
        mean = over_protection(path, terms)
        # What varies grows with the root of what is expected, so that a coming season widens the spread too.
        grown = np.sqrt((mean / terms.protected + _LEAST_SPREAD) / (recent_mean + _LEAST_SPREAD))
        wide = deviation(mean / terms.protected, np.maximum(recent_spread, _LEAST_SPREAD) * grown, terms)
        for safety in _SAFETIES:
            yield f"{model.name} + {safety:g} z sigma", mean + safety * terms.factor * wide


def over_protection(path: Floats, terms: Terms) -> Floats:
    """Pieces expected over lead time and review (items) of expected pieces a period (items x periods)."""
    periods = np.arange(path.shape[1])
    share = np.clip(terms.protected[:, None] - periods, 0.0, 1.0)
    return np.asarray((path * share).sum(axis=1), dtype=np.float64)


def _quantiles_of_sums(panel: Panel, terms: Terms) -> Iterator[tuple[str, Floats]]:
    """The critical ratio's quantile of what the item itself sold over past stretches as long as an order lasts."""
    width = panel.demand.shape[1]
    total = np.pad(np.cumsum(panel.demand, axis=1), ((0, 0), (1, 0)))
    for weeks in (_SPREAD_WEEKS // 2, _SPREAD_WEEKS):
        window = periods_in(weeks, panel.frequency)
        level = np.zeros(len(panel))
        for length in np.unique(np.ceil(terms.protected)).astype(np.int64).tolist():
            members = np.ceil(terms.protected) == length
            start = max(0, width - window)
            sums = total[members, start + length :] - total[members, start : width + 1 - length]
            if sums.shape[1]:
                found = np.array([np.quantile(row, r) for row, r in zip(sums, terms.ratio[members], strict=True)])
                level[members] = found * (terms.protected[members] / length)
            else:
                level[members] = average_level(panel, terms)[members]
        yield f"quantile of {weeks} weeks", level
