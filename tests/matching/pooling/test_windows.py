"""Orders that cannot wait are placed with an eye on those that are still to come."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.pooling.arrivals import placed_on_arrival
from benchmarks.pooling.bounds import relaxation_bound
from benchmarks.pooling.instances import Shape, generated
from matching.pooling.assignment import assign
from matching.pooling.problem import OUTSIDE, PoolingProblem, breaches_of, value_of
from matching.pooling.windows import Committed, place_waiting


def _orders(quantity: list[int], scores: tuple[float, ...]) -> PoolingProblem:
    """Orders that all score the same: one score for each of the first pools, of two that need 100 pieces."""
    orders, pools = len(quantity), len(scores)
    return PoolingProblem(
        quantity=np.array(quantity, dtype=np.int64),
        minimum=np.array([100, 100]),
        capacity=np.array([150, 150]),
        candidate_order=np.repeat(np.arange(orders), pools),
        candidate_pool=np.tile(np.arange(pools), orders),
        candidate_score=np.tile(np.array(scores, dtype=np.float64), orders),
    )


def _held(first: int, second: int) -> Committed:
    return Committed(np.array([first, second]), np.array([0.9 * first, 0.9 * second]))


def test_with_nothing_to_come_the_answer_is_that_of_the_whole_problem() -> None:
    problem = generated(Shape(300, 1.2), seed=8)
    nothing = Committed(np.zeros_like(problem.minimum), np.zeros(len(problem.minimum)))
    assert np.array_equal(place_waiting(problem, nothing, problem, 0.0), assign(problem))


@pytest.mark.parametrize(
    ("held", "to_come", "expected"),
    [
        ((0, 0), 0.0, [OUTSIDE, OUTSIDE]),
        ((0, 0), 60.0, [OUTSIDE, OUTSIDE]),
        ((0, 0), 100.0, [0, 0]),
        ((0, 60), 0.0, [1, 1]),
        ((95, 0), 0.0, [0, 0]),
        ((150, 60), 0.0, [1, 1]),
    ],
)
def test_joins_what_can_reach_its_minimum_without_needing_all_that_is_expected(
    held: tuple[int, int], to_come: float, expected: list[int]
) -> None:
    waiting = _orders([20, 20], (0.9, 0.6))
    assert place_waiting(waiting, _held(*held), waiting, to_come).tolist() == expected


@pytest.mark.parametrize(("to_come", "expected"), [(0.0, OUTSIDE), (24.0, OUTSIDE), (26.0, 0)])
def test_expects_as_many_pieces_however_small_the_orders_were(to_come: float, expected: int) -> None:
    waiting, seen = _orders([85], (0.9,)), _orders([1] * 100, (0.9,))
    assert place_waiting(waiting, _held(0, 0), seen, to_come).tolist() == [expected]


def test_joins_the_pool_that_those_to_come_will_fill() -> None:
    waiting = _orders([40, 40], (0.9, 0.6))
    only_second = replace(_orders([40, 40, 40], (0.9,)), candidate_pool=np.array([1, 1, 1]))
    assert place_waiting(waiting, _held(0, 0), only_second, 100.0).tolist() == [1, 1]


def test_nothing_seen_promises_nothing() -> None:
    waiting = _orders([40, 40], (0.9, 0.6))
    assert place_waiting(waiting, _held(0, 0), _orders([], (0.9,)), 100.0).tolist() == [OUTSIDE, OUTSIDE]


def test_never_fills_a_pool_as_if_what_it_holds_were_given_up() -> None:
    waiting = _orders([60, 60], (0.9, 0.0))
    worthless = Committed(np.array([100, 0]), np.array([1.0, 0.0]))
    assert 0 not in place_waiting(waiting, worthless, waiting, 0.0).tolist()


def test_places_nobody_when_nobody_waits() -> None:
    assert place_waiting(_orders([], (0.9,)), _held(50, 0), _orders([40], (0.9,)), 100.0).tolist() == []


@pytest.mark.parametrize("load", [1.2, 2.0])
def test_orders_over_time_come_near_those_known_in_advance(load: float) -> None:
    problem = generated(Shape(600, load), seed=9)
    assignment = placed_on_arrival(problem, seed=9)
    value = value_of(problem, assignment)
    assert list(breaches_of(problem, assignment.tolist())) == []
    assert value >= 0.9 * relaxation_bound(problem)
    assert value > value_of(problem, placed_on_arrival(problem, seed=9, foresees=False))
    assert value > value_of(problem, placed_on_arrival(problem, seed=9, patience=1)) > 0.8 * value
    assert np.array_equal(placed_on_arrival(problem, seed=9), assignment)
