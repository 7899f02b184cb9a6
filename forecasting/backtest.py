"""Rolling backtests: what every model would have said at earlier days, with nothing but what was known then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.calibration import restlessness
from forecasting.panel import Flags, Floats, Panel, Wholes
from forecasting.periods import season_of
from forecasting.ports import Candidate, Teller

_RECENT: Final = 6
_HALF_LIFE: Final = 13.0
"""Periods after which an origin says half as much."""
_AROUND: Final = (-4, -2, 0, 2, 4)
"""Periods around this time of the last season at which it is asked how models did then."""
_SHARE_OF_SEASON: Final = 0.5
_YOUNGEST: Final = 4


@dataclass(frozen=True, slots=True)
class Origin:
    """A column at which forecasts are made of it and what follows. weight: how much it says of a forecast made now."""

    column: int
    weight: float


@dataclass(frozen=True, slots=True)
class Backtests:
    """said: models x items x origins x periods, NaN where a model says nothing. came: items x origins x periods.

    weight: items x origins; less where an item was out of stock, 0 where it was too young.
    restless: items x origins, of one period (forecasting.calibration.restlessness). asked: models x items x origins,
    where a model was asked at all: a model that costs something is not asked everywhere, which is nothing against it.
    told: of the models (by place) that tell chances: targets x items x origins x levels.
    """

    origins: tuple[Origin, ...]
    said: Floats
    came: Floats
    weight: Floats
    restless: Floats
    asked: Flags
    told: Mapping[int, Floats]


def origins_of(panel: Panel, horizon: int) -> tuple[Origin, ...]:
    """The last origins, and where two seasons exist those about a season ago, each half of the weight."""
    width, season = panel.demand.shape[1], season_of(panel.frequency)
    step = max(1, horizon // 2)
    recent = [width - horizon - step * place for place in range(_RECENT)]
    found = {column: 0.5 ** ((width - horizon - column) / _HALF_LIFE) for column in recent if column >= _YOUNGEST}
    earlier = {
        column: 1.0 / (1.0 + abs(away) / 4)
        for away in _AROUND
        if (column := width - season + away) >= 2 * _YOUNGEST and column + horizon <= width and season > 12
    }
    if not earlier:
        return tuple(Origin(column, weight) for column, weight in sorted(found.items()))
    shares = ((found, 1 - _SHARE_OF_SEASON), (earlier, _SHARE_OF_SEASON))
    blended: dict[int, float] = {}
    for group, share in shares:
        total = sum(group.values())
        for column, weight in group.items():
            blended[column] = blended.get(column, 0.0) + share * weight / total
    return tuple(Origin(column, weight) for column, weight in sorted(blended.items()))


def run_backtests(
    panel: Panel, candidates: Sequence[Candidate], horizon: int, targets: Sequence[Wholes], levels: Floats
) -> Backtests:
    """Asks every model at every origin; those that tell chances at these levels of the total of each target's steps."""
    chosen = origins_of(panel, horizon)
    columns = np.array([origin.column for origin in chosen], dtype=np.int64)
    shape = (len(candidates), len(panel), len(columns), horizon)
    said, asked = np.full(shape, np.nan), np.zeros(shape[:3], dtype=np.bool_)
    told: dict[int, Floats] = {}
    for place, candidate in enumerate(candidates):
        rows = _tried_on(panel, candidate.tier.tried_on)
        part = panel.only(rows) if len(rows) < len(panel) else panel
        if isinstance(candidate, Teller):
            told[place] = np.full((len(targets), len(panel), len(columns), len(levels)), np.nan)
        for at in _asked_at(chosen, candidate.tier.origins):
            then = part.until(int(columns[at]))
            if isinstance(candidate, Teller):
                said[place, rows, at], told[place][:, rows, at] = candidate.tell(then, horizon, targets, levels)
            else:
                said[place, rows, at] = candidate.paths(then, horizon)
            asked[place, rows, at] = True
    windows = columns[:, None] + np.arange(horizon)
    weight = np.where(
        panel.begun[:, None] < columns,
        panel.seen[:, windows].mean(axis=2) * np.array([origin.weight for origin in chosen]),
        0.0,
    )
    restless = [np.zeros((len(panel), 0))] + [
        restlessness(panel.demand[:, :column], np.minimum(panel.begun, column), 1)[:, None] for column in columns
    ]
    return Backtests(chosen, said, panel.demand[:, windows], weight, np.concatenate(restless, axis=1), asked, told)


def _tried_on(panel: Panel, most: int | None) -> Wholes:
    """Items that stand for all: spread evenly over those of little and of great demand."""
    if most is None or len(panel) <= most:
        return np.arange(len(panel))
    by_demand = np.argsort(panel.demand.sum(axis=1), kind="stable")
    return np.sort(by_demand[np.linspace(0, len(panel) - 1, most).round().astype(np.int64)])


def _asked_at(origins: Sequence[Origin], most: int | None) -> list[int]:
    """The places of the origins that weigh most."""
    if most is None or len(origins) <= most:
        return list(range(len(origins)))
    heaviest = sorted(range(len(origins)), key=lambda place: (-origins[place].weight, place))
    return sorted(heaviest[:most])
