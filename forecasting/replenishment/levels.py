"""Chooses order-up-to levels: rules are played over the seller's own past, and their levels averaged by what they cost.

Taking the rule that did best for each item follows chance; an average weighted by exp(-regret / .05) over the costs of
all items does better (benchmarks/replenishment). It counts only as far as it has been better than the fixed rule by
more than chance.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from forecasting.panel import Floats, Panel
from forecasting.periods import Frequency, season_of
from forecasting.replenishment.candidates import FIXED_RULE, LevelHistory, level_history, periods_in, usual_models
from forecasting.replenishment.simulation import Terms, lead_times, play

TEMPERATURE: Final = 0.05
"""A cost greater by this share of the least weighs a rule down by e."""
_HALF_LIVES: Final = (8, 26)
"""Weeks after which what a rule cost says half as much, where shortages are not too rare; both views count alike."""
_RARE: Final = 0.025
_LONGEST_MEMORY: Final = 8.0
"""Rarer shortages than in this share of periods need a memory longer in proportion, up to so many times."""
_OF_SEASON: Final = 0.9
"""Share of the season in what is known, where one year follows the other exactly."""
_SEASON_REACH: Final = 5
_SEASON_AHEAD: Final = 2
"""Periods after this time of an earlier season that say most: what is ordered comes some periods later."""
_EVENING: Final = 0.75
"""Power of an item's own usual cost by which its costs are divided: else few items with great costs decide alone."""
_STANDARD_ERRORS: Final = 2.0
"""The average rule counts whole when it was better than the fixed rule by so many standard errors over items."""
_PAST_WEEKS: Final = {Frequency.DAY: 26, Frequency.WEEK: 78, Frequency.MONTH: 156}
_YOUNGEST_WEEKS: Final = 13
_LEAST_PAST: Final = 4
_SHORTEST_OVERLAP: Final = 26
SEEDS: Final = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The order-up-to level of each item.

    weights: of the rules, summing to 1; trust: the share of their average, the rest is the fixed rule's.
    """

    names: tuple[str, ...]
    weights: Floats
    trust: float
    levels: Floats

    @property
    def model(self) -> str:
        """The rules that count most, each with its share."""
        share = self.trust * self.weights
        share[self.names.index(FIXED_RULE)] += 1 - self.trust
        best = np.argsort(-share, kind="stable")[:3]
        return ", ".join(f"{self.names[place]} {share[place]:.0%}" for place in best if share[place] >= 0.05)


def choose_now(panel: Panel, terms: Terms, seed: int = 0) -> Chosen:
    """Levels for the coming period: the fixed rule's where the past is too short to play, 0 for what never sold."""
    width = panel.demand.shape[1]
    youngest = periods_in(_YOUNGEST_WEEKS, panel.frequency)
    first = max(min(youngest, width // 2), width - periods_in(_PAST_WEEKS[panel.frequency], panel.frequency))
    history = level_history(panel, terms, usual_models(panel.frequency), min(first, width), width)
    ratio = float(np.average(terms.ratio, weights=np.maximum(terms.value, 1e-9)))
    found = choose(panel, history, past_costs(panel, terms, history, seed), width, ratio)
    return replace(found, levels=np.where(panel.ages > 0, found.levels, 0.0))


def past_costs(panel: Panel, terms: Terms, history: LevelHistory, seed: int = 0) -> Floats:
    """What every rule would have cost in each past period of the history: rules x items x periods.

    Every rule begins with the fixed rule's level on the shelf. Periods before an item began cost nothing.
    """
    first, width = history.columns[0], panel.demand.shape[1]
    lived = np.arange(first, width) >= panel.begun[:, None]
    demand = np.where(lived, panel.demand[:, first:], 0.0)
    lead = lead_times(terms, width - first, SEEDS, seed)
    begin = history.levels[history.place(FIXED_RULE), :, 0]
    played = play(demand, history.levels[..., : width - first], begin, terms, lead)
    return np.where(lived, terms.cost(played), 0.0)


def choose(panel: Panel, history: LevelHistory, costs: Floats, column: int, ratio: float) -> Chosen:
    """The average level for a column, weighted by what was known of costs before it. ratio: the usual critical one."""
    past = column - history.columns[0]
    rules, items = costs.shape[:2]
    regret, told = np.zeros(rules), np.zeros((rules, items))
    for importance, share in _views(panel, column, past, ratio):
        spent = costs[..., :past] @ share
        usual = spent.mean(axis=0)
        evened = spent * np.where(usual > 0, np.maximum(usual, 1e-9) ** -_EVENING, 0.0)
        total = evened.sum(axis=1)
        least = max(float(total.min()), 1e-9)
        regret += importance * (total / least - 1.0)
        told += importance * evened / least
    weights = np.exp(-regret / TEMPERATURE)
    weights /= weights.sum()
    fixed = history.place(FIXED_RULE)
    trust = _trust(told[fixed] - weights @ told) if past >= _LEAST_PAST else 0.0
    now = history.levels[..., past]
    return Chosen(history.names, weights, trust, trust * (weights @ now) + (1 - trust) * now[fixed])


def _trust(gained: Floats) -> float:
    """How far to follow the average rule, by how surely it gained over the fixed rule: 0 to 1."""
    error = float(gained.std()) / float(np.sqrt(max(len(gained), 1)))
    surely: float = float(gained.mean()) / max(error, 1e-12) / _STANDARD_ERRORS
    return min(max(surely, 0.0), 1.0)


def _views(panel: Panel, column: int, past: int, ratio: float) -> list[tuple[float, Floats]]:
    """How much each past period says of the coming one: recent ones, and those about this time of earlier seasons.

    Each view of the past comes with its importance; regrets are measured inside a view, for a peak's costs would drown
    those of the quiet weeks that followed it. Seasons count as far as one year followed the other.
    """
    back = np.arange(past)[::-1] + 1
    memory = min(max(_RARE / (1 - ratio), 1.0), _LONGEST_MEMORY)
    half_lives = [periods_in(weeks, panel.frequency) * memory for weeks in _HALF_LIVES]
    recent = [(1 / len(half_lives), 0.5 ** ((back - 1) / half_life)) for half_life in half_lives]
    season = season_of(panel.frequency)
    likeness = _OF_SEASON * _likeness(panel.demand[:, :column], season)
    away = np.abs(back[:, None] - season * np.array([1, 2]) + _SEASON_AHEAD).min(axis=1)
    seasonal = np.where(away <= _SEASON_REACH, 1.0 / (1.0 + away / 4), 0.0)
    if season <= 12 or not likeness or not seasonal.any():
        return recent
    return [*((importance * (1 - likeness), share) for importance, share in recent), (likeness, seasonal)]


def _likeness(demand: Floats, season: int) -> float:
    """The correlation of all items' demand with that one season earlier, on roots; 0 for too short a past."""
    total = np.sqrt(demand.sum(axis=0))
    if len(total) - season < _SHORTEST_OVERLAP:
        return 0.0
    now, then = total[season:], total[:-season]
    if not (now.std() > 0 and then.std() > 0):
        return 0.0
    return max(0.0, float(np.corrcoef(now, then)[0, 1]))
