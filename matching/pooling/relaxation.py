"""The linear relaxation of a pooling problem: parts of orders may join, and pools may run in part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]  # scipy ships no types.
from scipy.sparse import coo_array, vstack  # type: ignore[import-untyped]  # As above.

from matching.pooling.problem import Floats, PoolingProblem


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """Rows `matrix @ x <= right` and costs to minimise; x holds a part of each pair, then how far each pool runs."""

    matrix: Any
    right: Floats
    costs: Floats


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The relaxation solved. value: no assignment is worth more. running: how far each pool runs (0 to 1).

    loss: for each pair, what the value falls by at least when its order joins there (0 where it does).
    """

    value: float
    running: Floats
    loss: Floats


def relax(problem: PoolingProblem) -> Relaxation:
    program = linear_program(problem)
    solved = linprog(program.costs, A_ub=program.matrix, b_ub=program.right, bounds=(0, 1), method="highs-ds")
    pairs = len(problem.candidate_order)
    return Relaxation(-float(solved.fun), np.asarray(solved.x[pairs:]), np.asarray(solved.lower.marginals[:pairs]))


def linear_program(problem: PoolingProblem) -> LinearProgram:
    """An order joins once; a pair joins at most as far as its pool runs, which makes the relaxation tight; a pool that
    runs holds between its minimum and its capacity."""
    orders, pools, pairs = len(problem.quantity), len(problem.minimum), len(problem.candidate_order)
    pair, pool = np.arange(pairs), np.arange(pools)
    pieces = problem.quantity[problem.candidate_order].astype(np.float64)
    width = pairs + pools

    def limits(sign: float, bound: Floats) -> Any:
        values = np.concatenate([sign * pieces, -sign * bound])
        rows = np.concatenate([problem.candidate_pool, pool])
        return coo_array((values, (rows, np.concatenate([pair, pairs + pool]))), shape=(pools, width))

    once = coo_array((np.ones(pairs), (problem.candidate_order, pair)), shape=(orders, width))
    joined = np.concatenate([np.ones(pairs), -np.ones(pairs)])
    columns = np.concatenate([pair, pairs + problem.candidate_pool])
    running = coo_array((joined, (np.concatenate([pair, pair]), columns)), shape=(pairs, width))
    reach = np.bincount(problem.candidate_pool, pieces, minlength=pools)
    capacity = np.minimum(problem.capacity, reach)
    matrix = vstack([once, running, limits(-1.0, problem.minimum.astype(np.float64)), limits(1.0, capacity)]).tocsr()
    right = np.concatenate([np.ones(orders), np.zeros(pairs + 2 * pools)])
    return LinearProgram(matrix, right, np.concatenate([-pieces * problem.candidate_score, np.zeros(pools)]))
