"""A joint budget against trying everything."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.replenishment.budget import Wish, saving, spend


def wish(seed: int, quantity: int, minimum: int, pack: int, cost: float) -> Wish:
    random = np.random.default_rng(seed)
    demand = random.poisson(random.uniform(1, 12), 40).astype(float)
    return Wish(quantity * pack, minimum, pack, cost, saving(demand, float(random.integers(0, 4)), 5.0, 0.5))


def gained(wishes: list[Wish], bought: tuple[int, ...] | list[int]) -> float:
    return sum(each.gain(float(pieces)) for each, pieces in zip(wishes, bought, strict=True))


def best(wishes: list[Wish], budget: float) -> float:
    """The greatest saving of all orders that keep minimum, packs and budget."""
    choices = [
        [0, *(pieces for pieces in range(each.pack_size, each.quantity + 1, each.pack_size) if pieces >= each.minimum)]
        for each in wishes
    ]
    affordable = (
        orders
        for orders in product(*choices)
        if sum(each.unit_cost * pieces for each, pieces in zip(wishes, orders, strict=True)) <= budget + 1e-9
    )
    return max(gained(wishes, orders) for orders in affordable)


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=3), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_with_steps_of_one_price_nothing_saves_more(seeds: list[int], budget: int) -> None:
    wishes = [wish(seed, 8, 0, 1, 2.0) for seed in seeds]
    assert gained(wishes, spend(wishes, budget)) == pytest.approx(best(wishes, budget))


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 3), st.integers(1, 3), st.integers(1, 9)),
        min_size=2,
        max_size=3,
    ),
    st.integers(0, 150),
)
@settings(max_examples=60, deadline=None)
def test_it_is_within_one_step_of_the_best_and_of_the_terms(
    asked: list[tuple[int, int, int, int, int]], budget: int
) -> None:
    wishes = [
        wish(seed, max(count, -(-minimum // pack)), minimum, pack, cost) for seed, count, minimum, pack, cost in asked
    ]
    bought = spend(wishes, budget)
    assert sum(each.unit_cost * pieces for each, pieces in zip(wishes, bought, strict=True)) <= budget + 1e-9
    for each, pieces in zip(wishes, bought, strict=True):
        assert pieces % each.pack_size == 0 and (pieces == 0 or pieces >= each.minimum) and pieces <= each.quantity
    step = max(each.gain(float(max(-(-max(each.minimum, 1) // each.pack_size), 1) * each.pack_size)) for each in wishes)
    assert gained(wishes, bought) >= best(wishes, budget) - max(step, 0.0) - 1e-9


def test_enough_money_buys_what_saves() -> None:
    wishes = [wish(seed, 10, 0, 1, 1.0) for seed in range(5)]
    for each, pieces in zip(wishes, spend(wishes, 1e9), strict=True):
        assert each.gain(float(pieces)) == pytest.approx(max(each.gain(float(count)) for count in range(11)))


def test_money_goes_where_it_saves_most_for_what_it_costs() -> None:
    cheap = Wish(5, 0, 1, 1.0, lambda pieces: 3.0 * pieces)
    dear = Wish(1, 0, 1, 10.0, lambda pieces: 9.0 * pieces)
    assert spend([dear, cheap], 10.0) == [0, 5]
    assert spend([dear, cheap], 15.0) == [1, 5]
