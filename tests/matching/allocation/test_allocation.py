"""The allocation is the true optimum, holds every limit and does not depend on the order of its input."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.allocation import Candidate, allocate

Pairs = dict[tuple[str, str], float]
Limits = dict[str, int | None]


def _candidates(pairs: Pairs) -> list[Candidate]:
    return [Candidate(order, factory, probability) for (order, factory), probability in pairs.items()]


def _value(leads: Sequence[Candidate]) -> float:
    return sum(lead.deal_probability for lead in leads)


def _holds_limits(leads: Sequence[Candidate], top: int, limits: Limits) -> bool:
    per_order = Counter(lead.order_id for lead in leads)
    per_factory = Counter(lead.factory_id for lead in leads)
    return all(count <= top for count in per_order.values()) and all(
        (limit := limits.get(factory)) is None or count <= limit for factory, count in per_factory.items()
    )


def _best_by_trying_all(candidates: Sequence[Candidate], top: int, limits: Limits) -> float:
    return max(
        _value(leads)
        for size in range(len(candidates) + 1)
        for leads in combinations(candidates, size)
        if _holds_limits(leads, top, limits)
    )


@st.composite
def _problems(draw: st.DrawFn) -> tuple[Pairs, int, Limits]:
    pairs = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from(["f", "g", "h"])),
            st.floats(0.0, 1.0),
            max_size=9,
        )
    )
    limits = draw(st.dictionaries(st.sampled_from(["f", "g", "h"]), st.none() | st.integers(0, 3)))
    return pairs, draw(st.integers(0, 3)), limits


@settings(max_examples=150, deadline=None)
@given(_problems())
def test_no_choice_within_the_limits_is_worth_more(problem: tuple[Pairs, int, Limits]) -> None:
    pairs, top, limits = problem
    candidates = _candidates(pairs)
    leads = allocate(candidates, top=top, limits=limits)
    assert _holds_limits(leads, top, limits)
    assert _value(leads) == pytest.approx(_best_by_trying_all(candidates, top, limits), abs=1e-7)
    assert allocate(candidates[::-1], top=top, limits=limits) == leads


def test_gives_up_the_best_pair_when_two_others_are_worth_more() -> None:
    pairs = {("A", "f"): 0.9, ("A", "g"): 0.8, ("B", "f"): 0.7}
    leads = allocate(_candidates(pairs), top=1, limits={"f": 1})
    assert [(lead.order_id, lead.factory_id) for lead in leads] == [("A", "g"), ("B", "f")]


def test_without_limits_every_order_gets_its_best_factories() -> None:
    pairs = {("A", "f"): 0.1, ("A", "g"): 0.3, ("A", "h"): 0.2, ("B", "g"): 0.4}
    leads = allocate(_candidates(pairs), top=2)
    assert [(lead.order_id, lead.factory_id) for lead in leads] == [("A", "g"), ("A", "h"), ("B", "g")]


def test_a_pair_given_twice_counts_once() -> None:
    assert len(allocate([Candidate("A", "f", 0.1), Candidate("A", "f", 0.2)], top=5)) == 1


@pytest.mark.parametrize(
    ("candidates", "top", "limits", "message"),
    [
        ([Candidate("A", "f", 1.5)], 1, {}, "not between 0 and 1"),
        ([Candidate("A", "f", float("nan"))], 1, {}, "not between 0 and 1"),
        ([], -1, {}, "top is -1"),
        ([], 1, {"f": -2}, "limit of factory f is -2"),
    ],
)
def test_refuses_what_makes_no_sense(candidates: list[Candidate], top: int, limits: Limits, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        allocate(candidates, top=top, limits=limits)
