"""A model goes live only when it has forecast weeks that nobody had seen better than the one it replaces."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from matching.engine.model import PRIOR, RankerModel
from matching.learning.check import check_forecast, ripe_until
from matching.learning.contest import Contest, Reason, hold_contest
from matching.records import Outcome

_FIRST = date(2026, 8, 3)
_AS_OF = _FIRST + timedelta(days=70)
_CHANCES = np.random.default_rng(1).uniform(0.02, 0.9, 1400)
_DRAWS = np.random.default_rng(2).random(1400)


def _outcomes(count: int = 1400) -> list[Outcome]:
    """Twenty leads a day for ten weeks, each with a chance of its own."""
    return [
        Outcome(f"O{n:04}", f"F{n % 40}", _FIRST + timedelta(days=n // 20), accepted=True, won=bool(win))
        for n, win in enumerate(_DRAWS[:count] < _CHANCES[:count])
    ]


def _held(outcomes: list[Outcome], live: RankerModel, slope: float) -> Contest[RankerModel]:
    """A live model that knows the base rate alone against one that knows the chances, stretched by `slope`."""

    def forecast(model: RankerModel, offers: list[Outcome]) -> np.ndarray:
        chances = _CHANCES[[int(offer.order_id[1:]) for offer in offers]]
        if model.id == "live":
            return np.full(len(offers), _CHANCES.mean())
        logits = slope * np.log(chances / (1 - chances))
        return 1 / (1 + np.exp(-logits))

    return hold_contest(
        outcomes,
        live,
        as_of=_AS_OF,
        learn=lambda some, day: replace(PRIOR, id="candidate", evidence=len(some), learned_until=day),
        forecast=forecast,  # type: ignore[arg-type]  # Sequence and list.
        marked=lambda model, calibrated: replace(model, calibrated=calibrated),
    )


_LIVE = replace(PRIOR, id="live")


def test_the_better_forecast_wins_and_is_refitted_on_everything() -> None:
    held = _held(_outcomes(), _LIVE, 1.0)
    assert (held.won, held.reason) == (True, Reason.FIRST_CALIBRATED)
    assert (held.model.evidence, held.model.learned_until, held.model.calibrated) == (1400, _AS_OF, True)
    assert held.candidate is not None
    assert held.live is not None
    assert held.candidate.brier < held.live.brier
    assert held.gain == pytest.approx(held.live.brier - held.candidate.brier)
    assert held.held_out_from == _FIRST + timedelta(days=52)


def test_an_uncalibrated_candidate_never_replaces_a_calibrated_model() -> None:
    held = _held(_outcomes(), replace(_LIVE, calibrated=True), 8.0)
    assert (held.won, held.reason) == (False, Reason.NOT_CALIBRATED)
    assert held.model.id == "live"


def test_a_candidate_that_is_no_better_leaves_the_live_one() -> None:
    held = _held(_outcomes(), replace(PRIOR, id="other", calibrated=True), 1.0)
    assert (held.won, held.reason, held.gain) == (False, Reason.NOT_BETTER, 0.0)


def test_nobody_is_checked_on_leads_that_the_live_model_has_learned_from() -> None:
    seen = replace(_LIVE, calibrated=True, learned_until=_FIRST + timedelta(days=60))
    assert _held(_outcomes(), seen, 1.0).held_out_from == _FIRST + timedelta(days=60)
    held = _held(_outcomes(), replace(seen, learned_until=_FIRST + timedelta(days=68)), 1.0)
    assert (held.won, held.reason) == (False, Reason.TOO_FEW)


@pytest.mark.parametrize("count", [0, 1, 30])
def test_few_outcomes_change_nothing(count: int) -> None:
    held = _held(_outcomes(count), _LIVE, 1.0)
    assert (held.won, held.reason, held.model) == (False, Reason.TOO_FEW, _LIVE)


def test_a_week_is_ripe_once_its_deals_are_known() -> None:
    outcomes = _outcomes()
    young = [
        replace(outcome, won=None) if outcome.offered_on > _FIRST + timedelta(days=55) and outcome.won else outcome
        for outcome in outcomes
    ]
    assert ripe_until(outcomes) == _FIRST + timedelta(days=69)
    last = ripe_until(young)
    assert last is not None
    assert _FIRST + timedelta(days=55) <= last <= _FIRST + timedelta(days=57)
    assert ripe_until([]) is None


def test_a_week_of_which_one_lead_in_sixteen_is_open_is_not_ripe_where_others_are_closed() -> None:
    newest = _FIRST + timedelta(days=63)
    some = [
        replace(outcome, won=None) if outcome.offered_on >= newest and place % 16 == 0 else outcome
        for place, outcome in enumerate(_outcomes())
    ]
    found = ripe_until(some)
    assert found is not None
    assert newest - timedelta(days=1) <= found <= newest + timedelta(days=2)
    late = [replace(outcome, won=None) if place % 16 == 0 else outcome for place, outcome in enumerate(_outcomes())]
    assert ripe_until(late) == newest + timedelta(days=6)


def test_skill_is_the_share_of_error_taken_away() -> None:
    check = check_forecast(np.array([0.75, 0.25]), np.array([1.0, 0.0]), base_rate=0.5)
    assert check.skill == pytest.approx(0.75)
    assert not check.enough
