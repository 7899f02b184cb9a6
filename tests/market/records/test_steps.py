"""Limits rise by what was done well, fall by what went badly, and never by silence; no n is neither perfect nor bad."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.records.parts import Part
from market.records.steps import (
    LEAST,
    MOST,
    STEPS,
    VOUCHED_POINTS,
    WORTH,
    Deed,
    Event,
    StepName,
    most_pieces,
    next_step,
    points,
    step_at,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
DEEDS = st.lists(st.sampled_from(list(Deed)), max_size=40)


def on_days(deeds: list[Deed], *, apart: int = 7) -> list[Event]:
    return [Event(START + timedelta(days=apart * place), deed) for place, deed in enumerate(deeds)]


@given(DEEDS, st.sampled_from([deed for deed in Deed if deed is not Deed.VOUCHED]))
def test_one_more_deed_moves_the_limits_its_own_way_alone(past: list[Deed], deed: Deed) -> None:
    before, after = points(on_days(past)), points(on_days([*past, deed]))
    if deed is Deed.GOOD:
        assert after == min(MOST, before + 1) and step_at(after).needs >= step_at(before).needs
    else:
        assert after == max(LEAST, before + WORTH[deed]) and step_at(after).needs <= step_at(before).needs


@given(DEEDS, st.integers(1, 400))
def test_empty_months_change_nothing(past: list[Deed], apart: int) -> None:
    assert points(on_days(past, apart=apart)) == points(on_days(past))


@given(DEEDS)
def test_an_operators_word_is_worth_the_top_and_falls_with_what_goes_badly(past: list[Deed]) -> None:
    vouched = points(on_days([*past, Deed.VOUCHED]))
    assert vouched >= VOUCHED_POINTS and step_at(vouched).name is StepName.ESTABLISHED
    assert points(on_days([*past, Deed.VOUCHED, Deed.LOST, Deed.LOST])) == vouched - 6


@pytest.mark.parametrize(
    ("deeds", "step"),
    [
        ([], StepName.TRIAL),
        ([Deed.GOOD], StepName.TRIAL),
        ([Deed.GOOD] * 2, StepName.RISING),
        ([Deed.GOOD] * 2 + [Deed.LATE], StepName.TRIAL),
        ([Deed.GOOD] * 6, StepName.ESTABLISHED),
        ([Deed.GOOD] * 6 + [Deed.LOST], StepName.RISING),
        ([Deed.GOOD] * 500 + [Deed.LOST] * 4, StepName.TRIAL),
        ([Deed.LOST] * 9 + [Deed.GOOD] * 8, StepName.RISING),
    ],
)
def test_the_table_of_steps_worked_by_hand(deeds: list[Deed], step: StepName) -> None:
    assert step_at(points(on_days(deeds))).name is step


def test_each_step_allows_more_than_the_one_below() -> None:
    for below in STEPS[:-1]:
        above = next_step(below)
        assert above is not None and below.pieces and below.at_once and below.value
        assert above.pieces is None or (above.pieces > below.pieces and (above.at_once or 0) > below.at_once)
        assert above.value is None or all(above.value[name] > most for name, most in below.value.items())
    assert next_step(STEPS[-1]) is None
    assert most_pieces(STEPS[0], 2_000) == 4_000 and most_pieces(STEPS[0], None) == STEPS[0].pieces


@given(st.integers(0, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_part_is_never_perfect_nor_bad_from_little(counted: tuple[int, int]) -> None:
    part = Part(*counted)
    low, high = part.interval
    assert 0 <= low <= high <= 1
    if part.n:
        assert low <= part.good / part.n <= high
    else:
        assert part.share is None and (low, high) == (0, 1)


def test_the_interval_is_wilsons() -> None:
    assert Part(9, 10).interval == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert Part(1, 1).interval == pytest.approx((0.2065, 1.0), abs=1e-4)
