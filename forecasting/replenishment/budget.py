"""Spends a joint budget where it earns most: by gain for each unit of money, step by step of what can be ordered."""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.panel import Floats

_STEPS: Final = 200
"""Most steps that one item's order is cut into."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an item would be ordered without a budget.

    quantity: pieces, in whole packs and at least the minimum. unit_cost: money a piece. gain: money that ordering so
    many pieces is expected to save, concave, 0 for none.
    """

    quantity: int
    minimum: int
    pack_size: int
    unit_cost: float
    gain: Callable[[float], float]


def saving(demand: Floats, position: float, short: float, keep: float) -> Callable[[float], float]:
    """What an order saves in expected costs of the newsvendor over scenarios of demand.

    short: money lost by a piece that is missing; keep: money a piece costs that is over.
    """

    def cost(there: float) -> float:
        missing = np.maximum(demand - there, 0.0).mean()
        over = np.maximum(there - demand, 0.0).mean()
        return float(short * missing + keep * over)

    without = cost(position)
    return lambda ordered: without - cost(position + ordered)


def spend(wishes: Sequence[Wish], budget: float) -> list[int]:
    """Pieces of each wish that a budget buys.

    Takes the step with the greatest gain for its money again and again; a step that is too dear ends its item. The
    first step of an item is its minimum. With concave gains it is within one step of the best (Dantzig 1957), and is
    the best where all steps cost the same.
    """
    ladders = [_steps(wish) for wish in wishes]
    bought = [0] * len(wishes)
    left = budget
    waiting: list[tuple[float, int, int]] = []

    def offer(place: int, step: int) -> None:
        if step < len(ladders[place]):
            rate = _rate(wishes[place], bought[place], ladders[place][step])
            if rate > 0:
                heapq.heappush(waiting, (-rate, place, step))

    for place in range(len(wishes)):
        offer(place, 0)
    while waiting:
        _, place, step = heapq.heappop(waiting)
        reached = ladders[place][step]
        cost = (reached - bought[place]) * wishes[place].unit_cost
        if cost <= left + 1e-9:
            left -= cost
            bought[place] = reached
            offer(place, step + 1)
    return bought


def _steps(wish: Wish) -> list[int]:
    """Quantities that an order may grow through: the minimum in whole packs, then packs, at most some hundred."""
    if wish.quantity <= 0:
        return []
    first = max(math.ceil(max(wish.minimum, 1) / wish.pack_size), 1)
    last = wish.quantity // wish.pack_size
    width = max(1, math.ceil((last - first) / _STEPS))
    packs = [*range(first, last, width), last]
    return [count * wish.pack_size for count in packs]


def _rate(wish: Wish, bought: int, reached: int) -> float:
    gain = wish.gain(float(reached)) - wish.gain(float(bought))
    cost = (reached - bought) * wish.unit_cost
    return gain / cost if cost > 0 else (math.inf if gain > 0 else 0.0)
