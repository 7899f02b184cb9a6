"""Solves small windows of an assignment almost exactly: a few pools, and the orders that are theirs or nobody's.

The linear relaxation of a window says how far it is from the best, which pools are in doubt, and which pairs cannot
be worth it; a constraint solver (CP-SAT) decides about the rest, starting from what is there. Its effort is limited in
its own deterministic units, so that the same window has the same answer.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from matching.pooling.parts import Part
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem, value_of
from matching.pooling.relaxation import Relaxation, relax
from matching.pooling.runs import Runs

_POOLS_A_WINDOW: Final = 16
_ROUNDS_OF_LARGE_FAMILIES: Final = 3
_EFFORT: Final = 0.1
_NEAR_ENOUGH: Final = 3e-4
_CUTOFF: Final = 6e-4
_SMALL: Final = 200
"""Pairs up to which nothing is left out but what cannot be better, so that the answer is the best one."""
_UNITS_OF_THE_LARGEST: Final = 1 << 20


def polish_exactly(part: Part, runs: Runs, seed: int) -> None:
    """Improves a feasible assignment window by window; it stays feasible."""
    for pools in _windows(part, runs, np.random.default_rng(seed)):
        orders = _orders_of(runs, pools)
        if orders:
            _improve_window(runs, orders, pools)


def _windows(part: Part, runs: Runs, random: np.random.Generator) -> Iterator[list[int]]:
    """Whole families where they are small; of large ones, pools and those that most orders could go to instead."""
    by_family = np.split(np.argsort(part.family, kind="stable"), np.bincount(part.family).cumsum()[:-1])
    for family in by_family:
        if len(family) <= _POOLS_A_WINDOW:
            yield family.tolist()
            continue
        for _ in range(_ROUNDS_OF_LARGE_FAMILIES):
            covered: set[int] = set()
            for pool in random.permutation(family).tolist():
                if pool not in covered:
                    window = _neighbours(runs, pool)
                    covered.update(window)
                    yield window


def _neighbours(runs: Runs, pool: int) -> list[int]:
    shared: defaultdict[int, int] = defaultdict(int)
    for order in runs.wished_by[pool]:
        for other in runs.wishes[order]:
            shared[other] += runs.quantity[order]
    shared.pop(pool, None)
    nearest = sorted(shared, key=lambda other: (-shared[other], other))[: _POOLS_A_WINDOW - 1]
    return sorted([pool, *nearest])


def _orders_of(runs: Runs, pools: list[int]) -> list[int]:
    """The orders that sit in these pools, or outside and could join one."""
    inside = {OUTSIDE, *pools}
    return sorted({order for pool in pools for order in runs.wished_by[pool] if runs.pool_of[order] in inside})


def _improve_window(runs: Runs, orders: list[int], pools: list[int]) -> None:
    problem = _problem_of(runs, orders, pools)
    place = {pool: number for number, pool in enumerate(pools)}
    current = np.array([place.get(runs.pool_of[order], OUTSIDE) for order in orders], dtype=np.int64)
    better = solve_from(problem, current)
    for order, before, after in zip(orders, current.tolist(), better.tolist(), strict=True):
        if before != after:
            runs.move(order, OUTSIDE if after == OUTSIDE else pools[after])


def _problem_of(runs: Runs, orders: list[int], pools: list[int]) -> PoolingProblem:
    place = {pool: number for number, pool in enumerate(pools)}
    pairs = [
        (number, place[pool], score)
        for number, order in enumerate(orders)
        for pool, score in runs.wishes[order].items()
        if pool in place
    ]
    return PoolingProblem(
        quantity=np.array([runs.quantity[order] for order in orders], dtype=np.int64),
        minimum=np.array([runs.minimum[pool] for pool in pools], dtype=np.int64),
        capacity=np.array([runs.capacity[pool] for pool in pools], dtype=np.int64),
        candidate_order=np.array([order for order, _, _ in pairs], dtype=np.int64),
        candidate_pool=np.array([pool for _, pool, _ in pairs], dtype=np.int64),
        candidate_score=np.array([score for _, _, score in pairs], dtype=np.float64),
    )


def solve_from(problem: PoolingProblem, current: Places) -> Places:
    """An assignment worth at least as much as the feasible `current` one, and near the best.

    Of a problem with at most 200 pairs it is the best one but for three parts in ten thousand.
    """
    value = value_of(problem, current)
    relaxed = relax(problem)
    if value >= relaxed.value * (1.0 - _NEAR_ENOUGH):
        return current
    found = _solve(problem, current, relaxed)
    return found if value_of(problem, found) > value else current


def _solve(problem: PoolingProblem, current: Places, relaxed: Relaxation) -> Places:
    model = cp_model.CpModel()
    sits = current[problem.candidate_order] == problem.candidate_pool
    small = len(sits) <= _SMALL
    gap = relaxed.value - value_of(problem, current)
    cutoff = gap if small else min(gap, _CUTOFF * relaxed.value)
    kept = np.flatnonzero(sits | (relaxed.loss <= cutoff))
    joins = {pair: model.new_bool_var(f"joins {pair}") for pair in kept.tolist()}
    runs = [model.new_bool_var(f"runs {pool}") for pool in range(len(problem.minimum))]
    _add_rules(model, problem, joins, runs)
    running = np.isin(np.arange(len(runs)), current)
    sure = np.abs(relaxed.running - running) < 1e-6
    for pool, variable in enumerate(runs):
        model.add_hint(variable, bool(running[pool]))
        if sure[pool] and not small:
            model.add(variable == int(running[pool]))
    worth = problem.quantity[problem.candidate_order] * problem.candidate_score
    units = np.rint(worth * (_UNITS_OF_THE_LARGEST / max(float(worth.max()), 1e-300))).astype(np.int64).tolist()
    model.maximize(sum(units[pair] * variable for pair, variable in joins.items()))
    for pair, variable in joins.items():
        model.add_hint(variable, bool(sits[pair]))
    return _places_found(problem, model, joins, current)


def _add_rules(
    model: cp_model.CpModel,
    problem: PoolingProblem,
    joins: dict[int, cp_model.IntVar],
    runs: list[cp_model.IntVar],
) -> None:
    by_order: defaultdict[int, list[int]] = defaultdict(list)
    by_pool: defaultdict[int, list[int]] = defaultdict(list)
    for pair in joins:
        by_order[int(problem.candidate_order[pair])].append(pair)
        by_pool[int(problem.candidate_pool[pair])].append(pair)
    for pairs in by_order.values():
        model.add_at_most_one(joins[pair] for pair in pairs)
    for pool, variable in enumerate(runs):
        pieces = {pair: int(problem.quantity[problem.candidate_order[pair]]) for pair in by_pool[pool]}
        held = sum(pieces[pair] * joins[pair] for pair in by_pool[pool])
        reach = sum(pieces.values())
        model.add(held >= min(int(problem.minimum[pool]), reach + 1) * variable)
        model.add(held <= min(int(problem.capacity[pool]), reach) * variable)


def _places_found(
    problem: PoolingProblem, model: cp_model.CpModel, joins: dict[int, cp_model.IntVar], current: Places
) -> Places:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = _EFFORT
    solver.parameters.relative_gap_limit = _NEAR_ENOUGH
    solver.parameters.linearization_level = 2
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return current
    places = np.full(len(problem.quantity), OUTSIDE, dtype=np.int64)
    for pair, variable in joins.items():
        if solver.value(variable):
            places[problem.candidate_order[pair]] = problem.candidate_pool[pair]
    return places
