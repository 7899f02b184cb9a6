"""What one factory should prepare: the plans of many sellers, told through bills of materials, as one pooled total."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from forecasting.panel import Floats

LEAST_SELLERS: Final = 3
"""Below so many sellers a total would tell what one of them sells."""
DRAWS: Final = 4_000
_TOLD: Final = (0.5, 0.8, 0.95)


@dataclass(frozen=True, slots=True)
class Need:
    """Pieces of an item that one seller will want made.

    chances, pieces: points of the distribution, both growing; a single point is certain. by: the day by which the
    seller has to order, None where nothing is to be ordered yet. planned: pieces that the plan suggests now.
    """

    seller: str
    sku: str
    chances: tuple[float, ...]
    pieces: tuple[float, ...]
    planned: int = 0
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What one piece of an item takes of a material. seller: whose item it is, None for every seller's."""

    sku: str
    material: str
    unit: str
    per_piece: float
    seller: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A material to prepare, in its unit, as quantiles of the pooled total.

    by: the earliest day by which one of the orders has to be placed; orders: how many suggested orders are in it.
    """

    material: str
    unit: str
    needed_p50: float
    needed_p80: float
    needed_p95: float
    by: date | None
    orders: int
    sellers: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """requirements: materials in order of name; withheld: materials of fewer sellers than LEAST_SELLERS, untold."""

    requirements: tuple[Requirement, ...]
    withheld: tuple[str, ...]


def pool_materials(needs: Sequence[Need], uses: Sequence[Use], seed: int = 0) -> Pooled:
    """Adds scenarios seller by seller, so that quantiles are those of the total.

    Sellers are independent of each other; the items of one seller move together, for they share its season and luck.
    """
    recipes: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        recipes[use.sku].append(use)
    totals: dict[tuple[str, str], dict[str, Floats]] = defaultdict(dict)
    days: dict[tuple[str, str], list[date]] = defaultdict(list)
    orders: dict[tuple[str, str], int] = defaultdict(int)
    luck = {seller: _luck(seller, seed) for seller in sorted({need.seller for need in needs})}
    for need in sorted(needs, key=lambda need: (need.seller, need.sku)):
        drawn = np.interp(luck[need.seller], need.chances, need.pieces)
        for use in recipes.get(need.sku, ()):
            if use.seller not in (None, need.seller):
                continue
            key = (use.material, use.unit)
            of_seller = totals[key].setdefault(need.seller, np.zeros(DRAWS))
            of_seller += drawn * use.per_piece
            orders[key] += int(need.planned > 0)
            if need.by is not None and need.planned > 0:
                days[key].append(need.by)
    told = {key: parts for key, parts in totals.items() if _sellers(parts) >= LEAST_SELLERS}
    found = [_requirement(key, told[key], days[key], orders[key]) for key in sorted(told)]
    return Pooled(tuple(found), tuple(sorted({key[0] for key in totals if key not in told})))


def _sellers(parts: Mapping[str, Floats]) -> int:
    """Sellers who may need some of it: one who never does hides nobody."""
    return sum(1 for part in parts.values() if part.any())


def _requirement(key: tuple[str, str], parts: Mapping[str, Floats], days: list[date], orders: int) -> Requirement:
    total = np.sum(list(parts.values()), axis=0)
    low, middle, high = (round(float(amount), 3) for amount in np.quantile(total, _TOLD))
    return Requirement(key[0], key[1], low, middle, high, min(days, default=None), orders, _sellers(parts))


def _luck(seller: str, seed: int) -> Floats:
    """Chances of one seller's scenarios: evenly spread, in an order of its own that no other seller changes."""
    digest = hashlib.sha256(f"{seed}:{seller}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    return (random.permutation(DRAWS) + 0.5) / DRAWS
