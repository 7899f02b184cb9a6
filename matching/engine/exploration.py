"""Shows a few leads in order to learn, with the true probability with which each one was shown.

Every lead of the best list owns a disjoint set of alternatives. With probability `share` the lead gives its place to
one of them, drawn evenly; all draws are independent. So the propensity of a lead is 1 - share, that of an alternative
share / (alternatives of that lead), exactly, also under limits: a factory stands in no more sets than it has room for.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

ALTERNATIVES_A_LEAD: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One factory to be shown for an order, and the probability with which this draw showed it."""

    order_id: str
    factory_id: str
    propensity: float


def explore_around(
    chosen: Mapping[str, Sequence[str]],
    ranked: Mapping[str, Sequence[str]],
    share: float,
    seed: int,
    room: Mapping[str, int | None],
) -> list[Choice]:
    """Replaces about `share` of the chosen leads by alternatives.

    chosen: for each order the factories of its leads. ranked: for each order its possible factories, best first; the
    nearest ones below the chosen become alternatives. room: how many more leads each factory may get beyond the chosen
    ones (absent or None: no limit). Raises ValueError for a share outside 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"explore is {share}; accepted is 0 to 1")
    left = dict(room)
    choices: list[Choice] = []
    for order_id in sorted(chosen):
        leads = chosen[order_id]
        if share == 0.0:
            choices += (Choice(order_id, lead, 1.0) for lead in leads)
            continue
        sets = _alternatives(leads, ranked[order_id], left)
        random = np.random.default_rng(_seed_of(seed, order_id))
        for lead, alternatives in zip(leads, sets, strict=True):
            draws = random.random(2)
            choices.append(_draw(order_id, lead, alternatives, share, float(draws[0]), float(draws[1])))
    return choices


def places_around(leads: Sequence[str], ranked: Sequence[str], share: float) -> list[dict[str, float]]:
    """For each place of one order without limits: with which probability `explore_around` shows whom in it.

    leads, ranked: of one order, as there.
    """
    sets = _alternatives(leads, ranked, {}) if share > 0.0 else [[] for _ in leads]
    return [
        {lead: 1.0 - share} | dict.fromkeys(others, share / len(others)) if others else {lead: 1.0}
        for lead, others in zip(leads, sets, strict=True)
    ]


def _alternatives(leads: Sequence[str], ranked: Sequence[str], left: dict[str, int | None]) -> list[list[str]]:
    """Deals the next factories with room out to the leads in turn, so that each gets near and farther ones."""
    sets: list[list[str]] = [[] for _ in leads]
    taken = set(leads)
    place = 0
    for factory_id in ranked:
        if not leads or place >= len(leads) * ALTERNATIVES_A_LEAD:
            break
        room = left.get(factory_id)
        if factory_id in taken or room == 0:
            continue
        if room is not None:
            left[factory_id] = room - 1
        sets[place % len(leads)].append(factory_id)
        place += 1
    return sets


def _draw(order_id: str, lead: str, alternatives: Sequence[str], share: float, first: float, second: float) -> Choice:
    if not alternatives or first >= share:
        return Choice(order_id, lead, 1.0 - share if alternatives else 1.0)
    return Choice(order_id, alternatives[int(second * len(alternatives))], share / len(alternatives))


def _seed_of(seed: int, order_id: str) -> int:
    """A seed of its own for each order, so that other orders in the file do not change its draw."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{order_id}".encode()).digest()[:8], "big")
