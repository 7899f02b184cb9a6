"""Instances of the bare pooling problem: families of pools that compete for the same orders."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.pooling.problem import Places, PoolingProblem

_ORDERS_A_POOL: Final = 16.7
_ELIGIBLE: Final = 4
_MEDIAN_PIECES: Final = 40
_LEAST_PIECES: Final = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """How an instance is drawn. family: orders that compete for the same pools (200 of them compete for 12).

    load: the sum of all minima over all that is ordered. sigma: of the lognormal order sizes.
    """

    orders: int
    load: float
    family: int = 200
    sigma: float = 0.9


def generated(shape: Shape, seed: int) -> PoolingProblem:
    """Orders of lognormal size (median 40, at least 5) with four eligible pools of their family, scores U(.5, 1).

    Minima are log-uniform over one decade, scaled to the load; capacities are three times the minimum.
    """
    random = np.random.default_rng(seed)
    orders = shape.orders
    pools, families = max(1, round(orders / _ORDERS_A_POOL)), max(1, round(orders / shape.family))
    sizes = _MEDIAN_PIECES * np.exp(shape.sigma * random.standard_normal(orders))
    quantity = np.maximum(_LEAST_PIECES, np.rint(sizes)).astype(np.int64)
    spread = 10 ** random.uniform(0, 1, pools)
    minimum = np.maximum(1, np.rint(spread * shape.load * quantity.sum() / spread.sum())).astype(np.int64)
    candidate_order, candidate_pool = _eligible(orders, pools, families, random)
    return PoolingProblem(
        quantity=quantity,
        minimum=minimum,
        capacity=3 * minimum,
        candidate_order=candidate_order,
        candidate_pool=candidate_pool,
        candidate_score=random.uniform(0.5, 1.0, len(candidate_order)),
    )


def parts_of(
    problem: PoolingProblem, family_of_pool: Places, wanted: Places | None = None
) -> Iterator[tuple[PoolingProblem, Places, Places]]:
    """The problem of each family (or of those wanted), and which orders and pools it holds."""
    family_of_pair = family_of_pool[problem.candidate_pool]
    by_family = np.argsort(family_of_pair, kind="stable")
    families = np.arange(int(family_of_pool.max(initial=-1)) + 1)
    starts = np.searchsorted(family_of_pair[by_family], families)
    ends = np.searchsorted(family_of_pair[by_family], families, side="right")
    for family in families if wanted is None else wanted:
        pairs = by_family[starts[family] : ends[family]]
        pools = np.flatnonzero(family_of_pool == family)
        orders = np.unique(problem.candidate_order[pairs])
        part = PoolingProblem(
            quantity=problem.quantity[orders],
            minimum=problem.minimum[pools],
            capacity=problem.capacity[pools],
            candidate_order=np.searchsorted(orders, problem.candidate_order[pairs]),
            candidate_pool=np.searchsorted(pools, problem.candidate_pool[pairs]),
            candidate_score=problem.candidate_score[pairs],
        )
        yield part, orders, pools


def families_of(shape: Shape) -> Places:
    """The family of each pool of an instance of this shape."""
    pools, families = max(1, round(shape.orders / _ORDERS_A_POOL)), max(1, round(shape.orders / shape.family))
    return np.arange(pools) % families


def of_orders(problem: PoolingProblem, kept: Places) -> PoolingProblem:
    """The problem with some of its orders only (numbered anew, in this order), and all of its pools."""
    place = np.full(len(problem.quantity), -1)
    place[kept] = np.arange(len(kept))
    pairs = np.flatnonzero(place[problem.candidate_order] >= 0)
    return replace(
        problem,
        quantity=problem.quantity[kept],
        candidate_order=place[problem.candidate_order[pairs]],
        candidate_pool=problem.candidate_pool[pairs],
        candidate_score=problem.candidate_score[pairs],
    )


def _eligible(orders: int, pools: int, families: int, random: np.random.Generator) -> tuple[Places, Places]:
    """Pairs of an order and one of up to four different pools of its family."""
    family = random.integers(families, size=orders)
    pools_in = np.bincount(np.arange(pools) % families, minlength=families)
    widest = int(pools_in.max())
    order_of, pool_of = [], []
    for start in range(0, orders, 100_000):
        rows = family[start : start + 100_000]
        drawn = random.random((len(rows), widest))
        drawn[np.arange(widest) >= pools_in[rows][:, None]] = np.inf
        chosen = np.argsort(drawn, axis=1)[:, :_ELIGIBLE]
        real = np.take_along_axis(drawn, chosen, axis=1) < np.inf
        order_of.append(np.repeat(np.arange(start, start + len(rows)), real.sum(axis=1)))
        pool_of.append((chosen * families + rows[:, None])[real])
    return np.concatenate(order_of), np.concatenate(pool_of).astype(np.int64)
