"""A probability is called calibrated only after later weeks have borne it out."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from matching.engine.learning import ClosedLead, fit, records_at_the_time
from matching.engine.model import PRIOR, SIGNALS, record_value, sigmoid
from matching.learning.check import check_forecast
from matching.records import Outcome
from tests.matching.engine.market import TODAY, engine, factory, order

_ASKED = np.array([name in {"category", "text"} for name in SIGNALS])


def _leads(count: int, intercept: float, slope: float, seed: int = 0) -> list[ClosedLead]:
    """Leads of ten weeks whose odds follow the score by a known curve."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        features = np.full(len(SIGNALS), np.nan)
        features[_ASKED] = random.uniform(0, 1)
        score = float(PRIOR.contributions(features[None, :], _ASKED, np.zeros(1)).sum())
        deal = bool(random.random() < sigmoid(np.array([intercept + slope * score]))[0])
        day = date(2026, 8, 1) + timedelta(days=70 * number // count)
        found.append(ClosedLead(day, f"O{number}", f"F{random.integers(40)}", deal, features, _ASKED, 0.0))
    return found


def test_finds_the_curve_that_made_the_outcomes_and_passes_its_check() -> None:
    model, check = fit(_leads(2500, -4.0, 5.0))
    assert check is not None
    assert check.passed
    assert model.calibrated
    assert model.evidence == 2500
    assert check.brier < 0.97 * check.base_brier
    scores = np.array([0.3, 0.5, 0.7])
    assert model.probabilities(scores) == pytest.approx(sigmoid(-4.0 + 5.0 * scores), abs=0.06)


def test_few_outcomes_stay_near_the_prior_and_uncalibrated() -> None:
    model, check = fit(_leads(12, 0.0, 0.0))
    assert not model.calibrated
    assert check is None or not check.passed
    assert model.slope == pytest.approx(PRIOR.slope, abs=PRIOR.slope / 2)


def test_a_far_start_does_not_throw_the_fit_off() -> None:
    model, _ = fit(_leads(1500, 3.0, -2.0), base=replace(PRIOR, intercept=-30.0, slope=2.0))
    assert 0.0 <= model.slope < 40.0
    assert model.intercept > -30.0


def test_outcomes_without_signal_are_not_called_calibrated() -> None:
    model, _ = fit(_leads(1500, -1.5, 0.0, seed=3))
    assert not model.calibrated
    assert model.slope < PRIOR.slope / 3


def test_a_factorys_record_holds_nothing_that_was_not_known_at_the_time() -> None:
    lead = _leads(1, 9.0, 0.0)[0]
    days = [date(2026, 8, day) for day in (1, 1, 5, 8, 12)]
    history = [replace(lead, offered_on=day, deal=True, factory_id="A") for day in days]
    found = records_at_the_time([*history, replace(lead, offered_on=days[-1], factory_id="B")], PRIOR)
    known = np.array([0.0, 0.0, 0.0, 2.0, 3.0, 0.0])
    assert found == pytest.approx(record_value(known, known, PRIOR.base_rate, PRIOR.record_strength))
    assert list(found[[0, 5]]) == [0.5, 0.5]


def test_a_record_never_foretells_its_own_outcomes() -> None:
    """Chance alone decides and the record is the only signal: whoever counts a lead's own outcome in it finds a law."""
    chance = np.random.default_rng(5)
    nothing_else = np.zeros(len(SIGNALS), np.bool_)
    leads = [
        replace(lead, factory_id=f"F{number % 500}", deal=bool(chance.random() < 0.3), asked=nothing_else)
        for number, lead in enumerate(_leads(1500, 0.0, 0.0))
    ]
    model, _ = fit(leads)
    assert model.slope < PRIOR.slope / 2
    assert not model.calibrated


def test_what_is_held_out_takes_no_part_in_the_fit_that_it_checks() -> None:
    """Forecasts that knew nothing of the last weeks stay fixed, so what two changes of outcomes cost adds up."""
    leads = [replace(lead, factory_id=lead.order_id) for lead in _leads(400, -2.0, 3.0)]

    def brier(*flipped: int) -> float:
        changed = [replace(one, deal=one.deal != (place in flipped)) for place, one in enumerate(leads)]
        check = fit(changed)[1]
        assert check is not None
        return check.brier

    one, other = tuple(range(320, 360)), tuple(range(360, 400))
    assert brier(*one) + brier(*other) == pytest.approx(brier() + brier(*one, *other), abs=1e-12)


def test_a_drift_after_the_fit_fails_the_check() -> None:
    steady = _leads(1500, -4.0, 5.0, seed=1)
    drifted = [replace(lead, deal=not lead.deal) if lead.offered_on > date(2026, 9, 20) else lead for lead in steady]
    assert not fit(drifted)[0].calibrated


def test_the_order_of_the_leads_changes_nothing() -> None:
    leads = _leads(200, -3.0, 4.0)
    assert fit(leads)[0] == fit(leads[::-1])[0]


def test_the_check_counts_by_hand() -> None:
    check = check_forecast(np.array([0.5, 0.5]), np.array([1.0, 0.0]), base_rate=0.25)
    assert (check.leads, check.deals) == (2, 1)
    assert check.brier == 0.25
    assert check.base_brier == pytest.approx((0.75**2 + 0.25**2) / 2)
    assert check.error == pytest.approx(0.5)
    assert not check.passed


def _outcome(factory_id: str, accepted: bool | None, won: bool | None) -> Outcome:
    return Outcome("O", factory_id, TODAY - timedelta(days=30), accepted=accepted, won=won)


def test_open_outcomes_and_factories_that_left_are_no_evidence() -> None:
    index = engine().index([factory(factory_id=name) for name in "ABCD"])
    outcomes = [
        _outcome("A", True, True),
        _outcome("B", False, None),
        _outcome("C", True, None),
        _outcome("D", None, None),
        _outcome("gone", True, True),
    ]
    model = engine().learn([order()], index, outcomes, as_of=TODAY)
    assert model.evidence == 2
    assert model.records == (("A", 1, 1), ("B", 1, 0))
    ranked = engine().rank([order()], index, as_of=TODAY, model=model).leads
    assert [lead.factory_id for lead in ranked] == ["A", "C", "D", "B"]
    assert {lead.evidence for lead in ranked} == {2}
    assert engine().learn([], index, [], as_of=TODAY) == PRIOR


@pytest.mark.parametrize(("orders", "days", "message"), [(1, 0, "is not before"), (0, 5, "of an outcome is missing")])
def test_refuses_the_future_and_unknown_orders(orders: int, days: int, message: str) -> None:
    outcome = Outcome("O", "F", TODAY - timedelta(days=days), accepted=False)
    with pytest.raises(ValueError, match=message):
        engine().learn([order()][:orders], engine().index([factory()]), [outcome], as_of=TODAY)
