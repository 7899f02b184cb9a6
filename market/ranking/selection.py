"""Which ranked factories are offered a lead: earlier declines cost places, and a few leads are given to learning.

Pure: an index and what is asked of it in, ranked leads out. So a ranking that was made can be made again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np

from matching.engine.engine import Engine
from matching.engine.exploration import ALTERNATIVES_A_LEAD, explore_around, places_around
from matching.engine.index import FactoryIndex
from matching.engine.model import RankerModel
from matching.records import OrderRecord, RankedLead, Signal, Verdict

DECLINES: Final = "declines"
"""Name of the signal by which a factory comes less often for what it has declined."""

BARGAINED: Final = frozenset({"price", "region"})
"""Requirements that a missed one of is still worth a try."""

_STEPS: Final = 2.0**20
_NEVER, _SURELY = 1e-6, 1.0 - 1e-6


@dataclass(frozen=True, slots=True)
class RankingTerms:
    """What a ranking is asked beside the order, the index and the version. Factories by their ids.

    as_of: the day on which work would start. exclude: who is not offered it. only: who alone is, None for everybody.
    penalties: points between 0 and 1 to take off the score of some. explore: the share of leads given to learning,
    drawn by `seed`. would_win: adds to each lead what its factory could change.
    """

    as_of: date
    top: int
    exclude: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    penalties: Mapping[str, float] = field(default_factory=dict)
    explore: float = 0.0
    seed: int = 0
    would_win: bool = False

    @property
    def reach(self) -> int:
        """How many of the best can have a part in the outcome."""
        return self.top * (1 + ALTERNATIVES_A_LEAD) if self.explore else self.top


def choose(
    engine: Engine, index: FactoryIndex, order: OrderRecord, terms: RankingTerms, model: RankerModel
) -> tuple[tuple[RankedLead, ...], dict[str, float]]:
    """The leads that are offered, and those of the penalties without which they could be others: the same ranking
    comes of these alone."""
    found, within, taken_off = _within(engine, index, order, terms, model)
    leads = with_alternatives(within, terms.top, terms.explore, terms.seed)
    least = within[-1].score if within else 0.0
    scores = {lead.factory_id: lead.score for lead in found}
    decisive = {one: points for one, points in taken_off.items() if points and scores.get(one, -1.0) >= least}
    return leads, decisive


def places_of(
    engine: Engine, index: FactoryIndex, order: OrderRecord, terms: RankingTerms, model: RankerModel
) -> tuple[list[dict[str, float]], dict[str, float]]:
    """Of the same ranking: for each place with which probability it shows whom, and the chance of a deal of
    everybody who stands in a place."""
    _, within, _ = _within(engine, index, order, terms, model)
    chosen = [lead.factory_id for lead in within[: terms.top]]
    ranked = chosen + [lead.factory_id for lead in within[terms.top :] if not _misses(lead)]
    places = places_around(chosen, ranked, terms.explore)
    shown = {factory_id for place in places for factory_id in place}
    return places, {lead.factory_id: lead.deal_probability for lead in within if lead.factory_id in shown}


def _within(
    engine: Engine, index: FactoryIndex, order: OrderRecord, terms: RankingTerms, model: RankerModel
) -> tuple[tuple[RankedLead, ...], tuple[RankedLead, ...], dict[str, float]]:
    """What was found, what of it can have a part in the outcome once penalties are off, and the penalties in steps."""
    taken_off = {factory_id: in_steps(points) for factory_id, points in terms.penalties.items()}
    left_out = set(terms.exclude)
    if terms.only is not None:
        left_out |= index.table.rows.keys() - terms.only
    found = engine.rank(
        [order],
        index,
        as_of=terms.as_of,
        top=terms.reach + len(taken_off),
        model=model,
        exclude={order.order_id: left_out},
        would_win=terms.would_win,
    )
    return found.leads, with_penalties(found.leads, taken_off, model)[: terms.reach], taken_off


def in_steps(points: float) -> float:
    """Rounded to a whole multiple of 2**-20, like every part of a score, so that sums stay exact."""
    if not math.isfinite(points) or points < 0:
        raise ValueError(f"a penalty is {points}; accepted is a finite number of zero or more")
    return round(points * _STEPS) / _STEPS


def with_penalties(
    leads: Sequence[RankedLead], taken_off: Mapping[str, float], model: RankerModel
) -> tuple[RankedLead, ...]:
    """The leads in the order of their scores once the points of `taken_off` (by factory id) are gone."""
    weighed = [_penalised(lead, taken_off.get(lead.factory_id, 0.0), model) for lead in leads]
    return _numbered(sorted(weighed, key=lambda lead: (-lead.score, lead.factory_id)))


def with_alternatives(leads: Sequence[RankedLead], top: int, share: float, seed: int) -> tuple[RankedLead, ...]:
    """The `top` best leads, of which about `share` give their place to one that stands below, with true propensities.

    Nobody is asked for learning's sake who plainly misses something: such a lead is offered only by its rank.
    """
    if not share or not leads:
        return _numbered(leads[:top])
    by_factory = {lead.factory_id: lead for lead in leads}
    chosen = [lead.factory_id for lead in leads[:top]]
    ranked = chosen + [lead.factory_id for lead in leads[top:] if not _misses(lead)]
    order_id = leads[0].order_id
    choices = explore_around({order_id: chosen}, {order_id: ranked}, share, seed, {})
    propensities = {choice.factory_id: choice.propensity for choice in choices}
    shown = [by_factory[factory_id] for factory_id in ranked if factory_id in propensities]
    return _numbered([replace(lead, propensity=propensities[lead.factory_id]) for lead in shown])


def _misses(lead: RankedLead) -> bool:
    return any(row.verdict is Verdict.MISSES and row.name not in BARGAINED for row in lead.requirements)


def _numbered(leads: Sequence[RankedLead]) -> tuple[RankedLead, ...]:
    return tuple(replace(lead, rank=place) for place, lead in enumerate(leads, start=1))


def _penalised(lead: RankedLead, points: float, model: RankerModel) -> RankedLead:
    """The lead with its score lowered, and every chance of it lowered by the same step of log odds."""
    if not points:
        return lead
    score = lead.score - points
    before, after = model.probabilities(np.array([lead.score, score]))
    step = _log_odds(float(after)) - _log_odds(float(before))
    return replace(
        lead,
        score=score,
        deal_probability=_moved(lead.deal_probability, step),
        low=None if lead.low is None else _moved(lead.low, step),
        high=None if lead.high is None else _moved(lead.high, step),
        would_win=tuple(
            replace(change, deal_probability=_moved(change.deal_probability, step)) for change in lead.would_win
        ),
        signals=(*lead.signals, Signal(DECLINES, points, -points)),
    )


def _log_odds(chance: float) -> float:
    inside = min(max(chance, _NEVER), _SURELY)
    return math.log(inside / (1.0 - inside))


def _moved(chance: float, step: float) -> float:
    return 1.0 / (1.0 + math.exp(-(_log_odds(chance) + step)))
