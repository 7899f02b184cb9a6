"""Instances of the bare pooling problem and the bound that they are measured against."""

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]  # scipy ships no types.
from scipy.sparse import coo_matrix, vstack  # type: ignore[import-untyped]  # As above.

from matching.pooling.problem import PoolingProblem


def generated(orders: int, load: float, seed: int, *, sigma: float = 0.9, family: int = 200) -> PoolingProblem:
    """Orders of lognormal size in families of pools; the minima together are `load` times what is ordered."""
    random = np.random.default_rng(seed)
    pools, families = max(1, round(orders / 16.7)), max(1, round(orders / family))
    quantity = np.maximum(5, np.rint(40 * np.exp(sigma * random.standard_normal(orders)))).astype(np.int64)
    raw = 10 ** random.uniform(0, 1, pools)
    minimum = np.maximum(1, np.rint(raw * load * quantity.sum() / raw.sum())).astype(np.int64)
    pools_of = [np.flatnonzero(np.arange(pools) % families == number) for number in range(families)]
    chosen = [random.permutation(pools_of[int(random.integers(families))])[:4] for _ in range(orders)]
    return PoolingProblem(
        quantity=quantity,
        minimum=minimum,
        capacity=3 * minimum,
        candidate_order=np.repeat(np.arange(orders), [len(few) for few in chosen]),
        candidate_pool=np.concatenate(chosen),
        candidate_score=random.uniform(0.5, 1.0, sum(len(few) for few in chosen)),
    )


def relaxation_bound(problem: PoolingProblem) -> float:
    """Value of the linear relaxation with join <= run for each pair: no feasible assignment is worth more."""
    orders, pools, pairs = len(problem.quantity), len(problem.minimum), len(problem.candidate_order)
    pair, pool = np.arange(pairs), np.arange(pools)
    pieces = problem.quantity[problem.candidate_order].astype(float)
    width = pairs + pools

    def limits(sign: float, bound: np.ndarray) -> coo_matrix:
        values = np.concatenate([sign * pieces, -sign * bound])
        rows = np.concatenate([problem.candidate_pool, pool])
        return coo_matrix((values, (rows, np.concatenate([pair, pairs + pool]))), shape=(pools, width))

    once = coo_matrix((np.ones(pairs), (problem.candidate_order, pair)), shape=(orders, width))
    running = coo_matrix(
        (
            np.concatenate([np.ones(pairs), -np.ones(pairs)]),
            (np.concatenate([pair, pair]), np.concatenate([pair, pairs + problem.candidate_pool])),
        ),
        shape=(pairs, width),
    )
    matrix = vstack([once, running, limits(-1.0, problem.minimum), limits(1.0, problem.capacity)]).tocsr()
    right = np.concatenate([np.ones(orders), np.zeros(pairs + 2 * pools)])
    costs = np.concatenate([-pieces * problem.candidate_score, np.zeros(pools)])
    return -float(linprog(costs, A_ub=matrix, b_ub=right, bounds=(0, 1), method="highs").fun)
