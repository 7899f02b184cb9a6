"""What no assignment can pass: the linear relaxation, and the proven optimum where it can be had."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]  # scipy has no types.

from matching.pooling.problem import PoolingProblem
from matching.pooling.relaxation import linear_program, relax


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best value that a solver found, and a bound that nothing passes; proven when they meet."""

    value: float
    bound: float
    proven: bool


def relaxation_bound(problem: PoolingProblem) -> float:
    """Value of the linear relaxation with join <= run for each pair: no feasible assignment is worth more."""
    return relax(problem).value


def solve_program(problem: PoolingProblem, seconds: float) -> Optimum:
    """The problem given to a mixed-integer solver (HiGHS) with a time limit, to a gap of .00001."""
    program = linear_program(problem)
    found = milp(
        program.costs,
        constraints=LinearConstraint(program.matrix, -np.inf, program.right),
        integrality=np.ones(len(program.costs)),
        bounds=Bounds(0, 1),
        options={"time_limit": seconds, "mip_rel_gap": 1e-5},
    )
    value = 0.0 if found.x is None else -float(found.fun)
    bound = np.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    return Optimum(value, bound, proven=found.status == 0)
