"""An assignment is always feasible, near the best, and the same for the same input."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pooling.bounds import relaxation_bound
from benchmarks.pooling.instances import Shape, generated
from matching.pooling.assignment import Effort, assign
from matching.pooling.parts import parts_of
from matching.pooling.problem import OUTSIDE, PoolingProblem, breaches_of, value_of
from matching.pooling.runs import Runs


def problem_of(
    quantity: list[int], pools: list[tuple[int, int]], candidates: dict[tuple[int, int], float]
) -> PoolingProblem:
    pairs = list(candidates)
    return PoolingProblem(
        quantity=np.array(quantity, dtype=np.int64),
        minimum=np.array([minimum for minimum, _ in pools], dtype=np.int64),
        capacity=np.array([capacity for _, capacity in pools], dtype=np.int64),
        candidate_order=np.array([order for order, _ in pairs], dtype=np.int64),
        candidate_pool=np.array([pool for _, pool in pairs], dtype=np.int64),
        candidate_score=np.array(list(candidates.values()), dtype=np.float64),
    )


@st.composite
def _small_problems(draw: st.DrawFn) -> PoolingProblem:
    quantity = draw(st.lists(st.integers(1, 30), min_size=1, max_size=6))
    minima = draw(st.lists(st.integers(0, 50), min_size=1, max_size=3))
    pools = [(minimum, draw(st.integers(0, 90))) for minimum in minima]
    pairs = st.tuples(st.integers(0, len(quantity) - 1), st.integers(0, len(pools) - 1))
    return problem_of(quantity, pools, draw(st.dictionaries(pairs, st.floats(0.0, 1.0), max_size=12)))


def _best_by_trying_all(problem: PoolingProblem) -> float:
    choices = [
        [OUTSIDE, *problem.candidate_pool[problem.candidate_order == order].tolist()]
        for order in range(len(problem.quantity))
    ]
    return max(
        value_of(problem, np.array(assignment))
        for assignment in product(*choices)
        if not list(breaches_of(problem, assignment))
    )


@settings(max_examples=100, deadline=None)
@given(_small_problems(), st.sampled_from(Effort))
def test_is_always_feasible_and_near_the_best_of_all_when_thorough(problem: PoolingProblem, effort: Effort) -> None:
    assignment = assign(problem, effort=effort)
    best = _best_by_trying_all(problem)
    assert list(breaches_of(problem, assignment.tolist())) == []
    assert value_of(problem, assignment) <= best + 1e-9
    if effort is Effort.THOROUGH:
        assert value_of(problem, assignment) >= best * (1 - 4e-4) - 1e-9


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.6, 1.2, 2.0]), st.sampled_from([20, 200]), st.sampled_from([0.5, 1.5]))
def test_is_feasible_on_every_kind_of_instance(seed: int, load: float, family: int, sigma: float) -> None:
    problem = generated(Shape(120, load, family, sigma), seed)
    for effort in (Effort.QUICK, Effort.STANDARD):
        assert list(breaches_of(problem, assign(problem, effort=effort).tolist())) == []


def test_windows_of_a_large_family_only_improve_it() -> None:
    problem = generated(Shape(400, 2.0, family=400), seed=4)
    standard, thorough = assign(problem), assign(problem, effort=Effort.THOROUGH)
    assert list(breaches_of(problem, thorough.tolist())) == []
    assert value_of(problem, thorough) > value_of(problem, standard)
    assert np.array_equal(assign(problem, effort=Effort.THOROUGH), thorough)


def test_parts_hold_every_candidate_once_and_families_share_no_order() -> None:
    problem = generated(Shape(30_000, 1.2), seed=6)
    parts = list(parts_of(problem))
    assert len(parts) > 1
    assert sum(len(part.problem.candidate_order) for part in parts) == len(problem.candidate_order)
    assert sum(len(part.orders) for part in parts) == len(np.unique(problem.candidate_order))
    for part in parts:
        family = part.family[part.problem.candidate_pool]
        lowest, highest = np.full(len(part.orders), 10**9), np.full(len(part.orders), -1)
        np.minimum.at(lowest, part.problem.candidate_order, family)
        np.maximum.at(highest, part.problem.candidate_order, family)
        assert np.array_equal(lowest, highest)


@pytest.mark.parametrize(("load", "least"), [(1.2, 0.985), (2.0, 0.97)])
def test_is_near_the_bound_that_nothing_passes(load: float, least: float) -> None:
    problem = generated(Shape(600, load), seed=5)
    assignment = assign(problem)
    assert list(breaches_of(problem, assignment.tolist())) == []
    assert least <= value_of(problem, assignment) / relaxation_bound(problem) <= 1.0 + 1e-9
    assert np.array_equal(assign(problem), assignment)


def test_takes_the_worse_pool_that_can_run_over_the_better_that_cannot() -> None:
    problem = problem_of([30, 30], [(100, 200), (50, 200)], {(0, 0): 1.0, (1, 0): 1.0, (0, 1): 0.6, (1, 1): 0.6})
    assert assign(problem).tolist() == [1, 1]


def test_subsidises_one_order_to_let_the_pool_of_many_run() -> None:
    candidates = {(0, 0): 0.9, (1, 0): 0.9, (2, 0): 0.5, (2, 1): 0.6}
    problem = problem_of([30, 30, 40], [(100, 100), (40, 100)], candidates)
    assert assign(problem).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("assignment", "fault"),
    [
        ([0, OUTSIDE], "its minimum is 50"),
        ([1, OUTSIDE], "none of its candidates"),
        ([0, 0], "its capacity is 55"),
        ([0], "1 orders are assigned"),
    ],
)
def test_the_checker_names_each_breach(assignment: list[int], fault: str) -> None:
    problem = problem_of([30, 30], [(50, 55), (0, 99)], {(0, 0): 1.0, (1, 0): 1.0})
    assert any(fault in breach for breach in breaches_of(problem, assignment))


@given(_small_problems(), st.lists(st.tuples(st.integers(0, 11), st.booleans()), max_size=12))
def test_steps_taken_back_leave_no_trace(problem: PoolingProblem, steps: list[tuple[int, bool]]) -> None:
    runs = Runs(problem, np.full(len(problem.quantity), OUTSIDE))
    pairs = list(zip(problem.candidate_order.tolist(), problem.candidate_pool.tolist(), strict=True))

    def walk() -> None:
        for number, inside in steps:
            if number < len(pairs):
                runs.move(pairs[number][0], pairs[number][1] if inside else OUTSIDE)

    walk()
    before, held, value = runs.assignment().tolist(), list(runs.held), runs.value
    mark = runs.mark()
    walk()
    runs.undo_to(mark)
    assert runs.assignment().tolist() == before
    assert runs.held == held
    assert runs.value == pytest.approx(value)
    assert value == pytest.approx(value_of(problem, runs.assignment()))


@pytest.mark.parametrize(
    ("quantity", "pools", "candidates", "message"),
    [
        ([0], [(1, 2)], {}, "a quantity is below 1"),
        ([1], [(1, 2)], {(0, 1): 1.0}, "does not exist"),
        ([1], [(1, 2)], {(0, 0): float("nan")}, "not finite"),
    ],
)
def test_refuses_what_makes_no_sense(
    quantity: list[int], pools: list[tuple[int, int]], candidates: dict[tuple[int, int], float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        problem_of(quantity, pools, candidates)
