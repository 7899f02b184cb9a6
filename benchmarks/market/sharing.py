"""One capacity-aware allocation for all policies: the min-cost flow of `matching.allocation`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.market.population import Floats, Ints
from matching.allocation import Candidate, allocate

_CANDIDATES: Final = 80
_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Lead:
    """order, factory: their numbers in the market. forecast: P(deal) where the policy tells one."""

    order: int
    factory: int
    forecast: float | None = None
    propensity: float = 1.0
    rank: int = 1


def share_out(scores: Floats, orders: Sequence[int], factories: Sequence[int], limits: Ints, top: int) -> list[Lead]:
    """The leads with the largest sum of scores: at most `top` an order and limits[factory] a factory (0: no limit).

    scores: orders × factories, 0 to 1. Only the best candidates of each order are looked at.
    """
    kept = min(_CANDIDATES, scores.shape[1])
    best = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]
    candidates = [
        Candidate(f"{row:05d}", f"{place:05d}", min(float(scores[row, place]) + _SMALLEST, 1.0))
        for row in range(len(orders))
        for place in best[row]
    ]
    room = {f"{place:05d}": int(limits[number]) or None for place, number in enumerate(factories)}
    return [
        Lead(orders[int(one.order_id)], factories[int(one.factory_id)])
        for one in allocate(candidates, top=top, limits=room)
    ]
