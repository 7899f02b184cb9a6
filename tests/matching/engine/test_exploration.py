"""Propensities are the true probabilities of being shown, and exploring breaks no limit."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.exploration import explore_around

RANKED = [f"F{number}" for number in range(12)]


def test_each_factory_is_shown_as_often_as_its_propensity_says() -> None:
    runs = 4000
    shown: Counter[str] = Counter()
    told: dict[str, float] = {}
    for seed in range(runs):
        for choice in explore_around({"O": RANKED[:2]}, {"O": RANKED}, 0.4, seed, {}):
            shown[choice.factory_id] += 1
            told[choice.factory_id] = choice.propensity
    assert told == {**dict.fromkeys(RANKED[:2], 0.6), **dict.fromkeys(RANKED[2:10], 0.1)}
    for factory, propensity in told.items():
        assert shown[factory] / runs == pytest.approx(propensity, abs=0.025)


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.lists(st.sampled_from(RANKED), max_size=3, unique=True)),
    st.floats(0, 1),
    st.integers(0, 99),
    st.dictionaries(st.sampled_from(RANKED), st.none() | st.integers(0, 2)),
)
def test_no_factory_is_shown_twice_for_an_order_or_beyond_its_room(
    chosen: dict[str, list[str]], share: float, seed: int, room: dict[str, int | None]
) -> None:
    choices = explore_around(chosen, dict.fromkeys(chosen, RANKED), share, seed, room)
    pairs = [(choice.order_id, choice.factory_id) for choice in choices]
    assert len(set(pairs)) == len(pairs) == sum(len(leads) for leads in chosen.values())
    added = Counter(factory for order, factory in pairs if factory not in chosen[order])
    for factory, count in added.items():
        limit = room.get(factory)
        assert limit is None or count <= limit
    assert all(0.0 < choice.propensity <= 1.0 for choice in choices)


def test_without_exploring_everything_is_certain_and_other_orders_change_nothing() -> None:
    alone = explore_around({"A": RANKED[:3]}, {"A": RANKED}, 0.5, 7, {})
    beside = explore_around({"A": RANKED[:3], "B": RANKED[:3]}, {"A": RANKED, "B": RANKED}, 0.5, 7, {})
    assert [choice for choice in beside if choice.order_id == "A"] == alone
    certain = explore_around({"A": RANKED[:3]}, {"A": RANKED}, 0.0, 7, {})
    assert [(choice.factory_id, choice.propensity) for choice in certain] == [(name, 1.0) for name in RANKED[:3]]
