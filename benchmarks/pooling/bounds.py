"""What no assignment can pass: the linear relaxation, and the proven optimum where it can be had."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp  # type: ignore[import-untyped]  # scipy has no types.
from scipy.sparse import coo_matrix, vstack  # type: ignore[import-untyped]  # As above.

from matching.pooling.problem import Floats, PoolingProblem


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best value that a solver found, and a bound that nothing passes; proven when they meet."""

    value: float
    bound: float
    proven: bool


def relaxation_bound(problem: PoolingProblem) -> float:
    """Value of the linear relaxation with join <= run for each pair: no feasible assignment is worth more."""
    matrix, right, costs = _program(problem)
    return -float(linprog(costs, A_ub=matrix, b_ub=right, bounds=(0, 1), method="highs").fun)


def solve_program(problem: PoolingProblem, seconds: float) -> Optimum:
    """The problem given to a mixed-integer solver (HiGHS) with a time limit, to a gap of .00001."""
    matrix, right, costs = _program(problem)
    found = milp(
        costs,
        constraints=LinearConstraint(matrix, -np.inf, right),
        integrality=np.ones(len(costs)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 1e-5},
    )
    value = 0.0 if found.x is None else -float(found.fun)
    bound = np.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    return Optimum(value, bound, proven=found.status == 0)


def _program(problem: PoolingProblem) -> tuple[Any, Floats, Floats]:
    """Rows `matrix @ x <= right` and costs to minimise; x holds a part of each pair, then whether each pool runs."""
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
    return matrix, right, np.concatenate([-pieces * problem.candidate_score, np.zeros(pools)])
