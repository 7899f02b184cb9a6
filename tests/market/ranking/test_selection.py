"""Who of the ranked factories is offered a lead: declines cost places, and a bounded share is given to learning."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.ranking.selection import DECLINES, with_alternatives, with_penalties
from matching.engine.exploration import ALTERNATIVES_A_LEAD
from matching.engine.model import PRIOR
from matching.records import RankedLead, RequirementVerdict, Signal, Verdict, WouldWin


def chance_of(score: float) -> float:
    return float(PRIOR.probabilities(np.array([score]))[0])


def ranked(count: int, misses: frozenset[int] = frozenset()) -> list[RankedLead]:
    """Leads of one order by falling score; those in `misses` plainly miss something."""
    return [
        RankedLead(
            order_id="o",
            factory_id=f"f{place:02}",
            rank=place + 1,
            score=1.0 - place / 64,
            deal_probability=chance_of(1.0 - place / 64),
            propensity=1.0,
            requirements=(RequirementVerdict("due", "1", "2", Verdict.MISSES),) if place in misses else (),
            low=0.1,
            high=0.4,
            would_win=(WouldWin("lead_time_days", "30", "20", 0.5),),
        )
        for place in range(count)
    ]


def shown(share: float, seed: int, count: int = 30, misses: frozenset[int] = frozenset()) -> tuple[RankedLead, ...]:
    return with_alternatives(ranked(count, misses), 5, share, seed)


@given(share=st.floats(0, 1), seed=st.integers(0, 2**128), count=st.integers(0, 30))
def test_as_many_are_asked_in_the_order_of_their_scores(share: float, seed: int, count: int) -> None:
    leads = shown(share, seed, count)
    assert len(leads) == min(count, 5) and len({lead.factory_id for lead in leads}) == len(leads)
    assert [lead.rank for lead in leads] == list(range(1, len(leads) + 1))
    assert [lead.score for lead in leads] == sorted((lead.score for lead in leads), reverse=True)
    assert leads == shown(share, seed, count), "the same seed draws the same"


def test_nothing_is_explored_without_a_share_or_without_anybody_below() -> None:
    assert {lead.propensity for lead in shown(0.0, 1)} == {1.0}
    assert {lead.propensity for lead in shown(0.5, 1, count=5)} == {1.0}


def test_the_share_is_kept_and_the_propensities_are_true() -> None:
    seen: Counter[str] = Counter()
    told: dict[str, float] = {}
    draws = 4_000
    for seed in range(draws):
        for lead in shown(0.1, seed):
            seen[lead.factory_id] += 1
            told[lead.factory_id] = lead.propensity
    explored = sum(count for factory_id, count in seen.items() if factory_id >= "f05")
    assert explored / (draws * 5) == pytest.approx(0.1, abs=0.01)
    assert {round(told[f"f{place:02}"], 9) for place in range(5)} == {0.9}
    assert told["f05"] == pytest.approx(0.1 / ALTERNATIVES_A_LEAD)
    for factory_id, count in seen.items():
        assert count / draws == pytest.approx(told[factory_id], abs=0.02)


@given(seed=st.integers(0, 10_000))
def test_nobody_who_plainly_misses_something_is_asked_for_learnings_sake(seed: int) -> None:
    missing = frozenset(range(4, 20))
    asked = {lead.factory_id for lead in shown(0.9, seed, misses=missing)}
    assert not asked & {f"f{place:02}" for place in range(5, 20)}


def test_a_decline_takes_points_off_and_lowers_every_chance_with_them() -> None:
    leads = [replace(lead, signals=(Signal("category", 1.0, lead.score),)) for lead in ranked(3)]
    weighed = with_penalties(leads, {"f00": 0.0625}, PRIOR)
    assert [lead.factory_id for lead in weighed] == ["f01", "f02", "f00"]
    last = weighed[-1]
    assert sum(signal.contribution for signal in last.signals) == last.score == 0.9375
    assert last.signals[-1] == Signal(DECLINES, 0.0625, -0.0625)
    assert last.deal_probability == pytest.approx(chance_of(0.9375))
    assert last.low is not None and last.high is not None
    assert 0 < last.low < 0.1 < last.high < 0.4 and 0 < last.would_win[0].deal_probability < 0.5
    assert weighed[0].low == 0.1, "whoever declined nothing keeps its chances"
