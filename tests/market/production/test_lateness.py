"""Predicting the finish of a run: parts that sum to it, pace that shrinks, and being told of it once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.production import service
from market.production.lateness import Pace, StagePace, expected_days, predict
from market.production.watching import watch_milestones
from tests.market.production.yard import PHOTO, events, single_deal
from tests.market.town import Town

STAGES = ("materials", "panels", "assembly", "packing")
BEGAN = date(2026, 11, 23)


def on(day: int) -> date:
    return BEGAN + timedelta(days=day)


def test_without_a_past_the_plan_is_shared_by_the_stages() -> None:
    found = predict(STAGES, [], {}, started_on=BEGAN, planned_days=20, today=BEGAN)
    assert found.finish == on(20)
    assert [(part.stage, part.days, part.basis) for part in found.parts] == [(stage, 5, "plan") for stage in STAGES]


def test_what_was_reported_counts_as_it_was_and_the_rest_by_the_factorys_pace() -> None:
    paces = {"panels": StagePace(own=Pace(90, 15), market=Pace(200, 40)), "assembly": StagePace(market=Pace(400, 40))}
    found = predict(STAGES, [("materials", on(9))], paces, started_on=BEGAN, planned_days=20, today=on(9))
    assert [(part.stage, part.days, part.basis) for part in found.parts] == [
        ("materials", 9, "reported"),
        ("panels", 6, "factory"),
        ("assembly", 9, "market"),
        ("packing", 5, "plan"),
    ]
    assert found.finish == on(29)


def test_a_stage_that_should_be_over_lasts_at_least_until_today() -> None:
    found = predict(STAGES, [("materials", on(5))], {}, started_on=BEGAN, planned_days=20, today=on(14))
    assert (found.parts[1].stage, found.parts[1].days, found.parts[1].basis) == ("panels", 9, "waiting")
    assert found.finish == on(24)


paces = st.builds(Pace, days=st.integers(0, 400), runs=st.integers(0, 40))


@given(
    st.lists(st.integers(0, 30), max_size=4),
    st.dictionaries(st.sampled_from(STAGES), st.builds(StagePace, own=paces, market=paces)),
    st.integers(1, 200),
    st.integers(0, 200),
)
def test_the_parts_sum_to_the_finish_which_is_never_before_today_while_something_is_left(
    days: list[int], past: dict[str, StagePace], planned: int, later: int
) -> None:
    reported = [
        (stage, on(sum(days[: place + 1]))) for place, (stage, _day) in enumerate(zip(STAGES, days, strict=False))
    ]
    today = on(sum(days) + later)
    found = predict(STAGES, reported, past, started_on=BEGAN, planned_days=planned, today=today)
    assert [part.stage for part in found.parts] == list(STAGES)
    assert BEGAN + timedelta(days=sum(part.days for part in found.parts)) == found.finish
    assert len(days) == len(STAGES) or found.finish >= today
    assert found == predict(STAGES, reported, past, started_on=BEGAN, planned_days=planned, today=today)


@given(st.floats(1, 60), paces, paces)
def test_the_expected_days_lie_between_the_plan_and_what_was_seen(plan: float, own: Pace, market: Pace) -> None:
    means = [plan, *(pace.days / pace.runs for pace in (own, market) if pace.runs)]
    whole = StagePace(own if own.runs else Pace(), market if market.runs else Pace())
    assert min(means) - 1e-9 <= expected_days(plan, whole) <= max(means) + 1e-9


def test_more_runs_of_its_own_draw_the_expectation_from_the_market_to_the_factory() -> None:
    market = Pace(1_000, 100)
    drawn = [expected_days(10, StagePace(Pace(20 * runs, runs), market)) for runs in (0, 1, 5, 50)]
    assert drawn == sorted(drawn)
    assert drawn[0] == pytest.approx(10) and drawn[2] == pytest.approx(15) and drawn[-1] > 19


def test_a_run_that_will_be_late_is_told_once_and_again_when_it_slips_further(town: Town) -> None:
    run = single_deal(town).to_materials()
    assert town.sweep(watch_milestones) == 1
    assert town.sweep(watch_milestones) == 0
    assert events(town, "MilestoneLate") == []

    town.clock.advance(timedelta(days=25))
    assert town.sweep(watch_milestones) == 1
    told = events(town, "MilestoneLate")
    assert len(told) == 1
    parts = told[0]["why"]
    assert isinstance(parts, list) and [part["basis"] for part in parts] == ["waiting", *["plan"] * 4]
    assert date.fromisoformat(str(told[0]["predicted"])) == run.deal.predicted_on
    assert str(told[0]["due"]) == run.deal.due_on.isoformat()
    assert parts[-1]["to"] == told[0]["predicted"]

    town.clock.advance(timedelta(days=1))
    assert town.sweep(watch_milestones) == 1
    assert len(events(town, "MilestoneLate")) == 1
    town.clock.advance(timedelta(days=2))
    town.sweep(watch_milestones)
    assert len(events(town, "MilestoneLate")) == 2

    run.by_factory(service.prove_materials, 5, [PHOTO])
    run.by_factory(service.begin_production)
    assert town.sweep(watch_milestones) == 1
