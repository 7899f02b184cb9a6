"""Which ranked factories are offered a lead: earlier declines cost places, and a few leads are given to learning.

Pure: ranked leads in, ranked leads out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from matching.engine.exploration import explore_around
from matching.engine.model import RankerModel
from matching.records import RankedLead, Signal, Verdict

DECLINES: Final = "declines"
"""Name of the signal by which a factory comes less often for what it has declined."""

BARGAINED: Final = frozenset({"price", "region"})
"""Requirements that a missed one of is still worth a try."""

_STEPS: Final = 2.0**20
_NEVER, _SURELY = 1e-6, 1.0 - 1e-6


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
