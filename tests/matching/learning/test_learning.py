"""The model finds what made the outcomes, and no more than they can teach."""

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pytest

from matching.engine.engine import Engine
from matching.engine.model import PRIOR, RankerModel
from matching.learning.cases import NO_REASON, REASONS, reason_number
from matching.learning.check import check_forecast
from matching.records import FactoryRecord, OrderRecord, Outcome
from tests.matching.engine.market import TODAY, engine, factory, order

_FIRST = date(2026, 8, 3)
_WEEKS = 10


def _factories() -> list[FactoryRecord]:
    """Thirty makers alike on paper: every third one is unwilling, every second one cannot embroider in truth."""
    return [factory(factory_id=f"F{n:02}", processes=("cut-and-sew", "embroidery")) for n in range(30)]


def _orders(count: int) -> list[OrderRecord]:
    kinds = ("embroidery", "cut-and-sew")
    return [order(order_id=f"O{n:04}", processes=(kinds[n % 2],), target_unit_price=None) for n in range(count)]


def _chance(number: int, process: str) -> float:
    chance = 0.15 if number % 3 == 0 else 0.85
    return 0.05 if process == "embroidery" and number % 2 == 0 else chance


def _outcomes(orders: list[OrderRecord], seed: int = 0) -> list[Outcome]:
    random = np.random.default_rng(seed)
    found = []
    for place, one in enumerate(orders):
        day = _FIRST + timedelta(days=7 * _WEEKS * place // len(orders))
        for number in random.choice(30, 2, replace=False).tolist():
            accepted = bool(random.random() < _chance(number, one.processes[0]))
            won = bool(random.random() < 0.7) if accepted else None
            reason = "process" if not accepted and number % 2 == 0 and one.processes == ("embroidery",) else None
            found.append(
                Outcome(one.order_id, f"F{number:02}", day, accepted=accepted, won=won, declined_reason=reason)
            )
    return found


@lru_cache(maxsize=1)
def _taught() -> tuple[Engine, RankerModel]:
    orders = _orders(700)
    return engine(), engine().learn(orders, engine().index(_factories()), _outcomes(orders), as_of=TODAY)


def _forecast(model: RankerModel, number: int, process: str) -> float:
    asked = order(order_id="new", processes=(process,), target_unit_price=None)
    offer = Outcome("new", f"F{number:02}", TODAY)
    return float(engine().forecast([asked], engine().index(_factories()), [offer], model=model)[0])


def test_tells_the_willing_from_the_unwilling_and_who_cannot_do_what_it_declares() -> None:
    _, model = _taught()
    forecasts = {
        (number, process): _forecast(model, number, process)
        for number in range(30)
        for process in ("embroidery", "cut-and-sew")
    }
    truths = {key: 0.7 * _chance(*key) for key in forecasts}
    pairs = np.array([(forecasts[key], truths[key]) for key in forecasts])
    assert np.corrcoef(pairs.T)[0, 1] > 0.8
    assert np.abs(pairs[:, 0] - pairs[:, 1]).mean() < 0.12
    assert model.calibrated
    assert model.evidence == 1400
    assert model.learned_until == TODAY


def test_a_decline_for_a_process_is_remembered_as_that_process() -> None:
    _, model = _taught()
    unable = [model.beliefs[f"F{number:02}"].able["process", "embroidery"] for number in range(0, 30, 2)]
    able = [model.beliefs[f"F{number:02}"].able["process", "embroidery"] for number in range(1, 30, 2)]
    assert np.mean(unable) < np.mean(able) - 2.0


def test_a_newcomer_is_forecast_by_its_profile_alone() -> None:
    _, model = _taught()
    index = engine().index([*_factories(), factory(factory_id="new", processes=("cut-and-sew",))])
    leads = engine().rank([order(processes=("cut-and-sew",))], index, as_of=TODAY, model=model, top=40).leads
    newcomer = next(lead for lead in leads if lead.factory_id == "new")
    assert next(signal.value for signal in newcomer.signals if signal.name == "record") == 0.5
    assert leads[-1].deal_probability < newcomer.deal_probability < leads[0].deal_probability
    assert newcomer.high is not None
    assert newcomer.low is not None


def test_the_order_of_the_input_changes_nothing() -> None:
    orders = _orders(60)
    outcomes = _outcomes(orders)
    index, other = engine().index(_factories()), engine().index(_factories()[::-1])
    one = engine().learn(orders, index, outcomes, as_of=TODAY)
    assert one == engine().learn(orders[::-1], other, outcomes[::-1], as_of=TODAY)
    assert one == RankerModel.from_json(one.to_json())


def test_shuffled_outcomes_are_not_called_calibrated_and_tell_factories_less_apart() -> None:
    orders = _orders(300)
    outcomes = _outcomes(orders)
    random = np.random.default_rng(3)
    shuffled = [
        replace(one, accepted=other.accepted, won=other.won, declined_reason=None)
        for one, other in zip(outcomes, (outcomes[place] for place in random.permutation(len(outcomes))), strict=True)
    ]
    index = engine().index(_factories())
    model = engine().learn(orders, index, shuffled, as_of=TODAY)
    assert not model.calibrated
    assert model.market.willing < _taught()[1].market.willing


def test_one_outcome_moves_little_and_none_moves_nothing() -> None:
    index = engine().index(_factories())
    orders = _orders(1)
    single = engine().learn(orders, index, [Outcome("O0000", "F01", _FIRST, accepted=False)], as_of=TODAY)
    assert (single.evidence, single.calibrated) == (1, False)
    assert _forecast(single, 1, "embroidery") < _forecast(PRIOR, 1, "embroidery")
    assert _forecast(single, 2, "embroidery") == pytest.approx(_forecast(PRIOR, 2, "embroidery"), abs=0.1)
    assert engine().learn([], index, [], as_of=TODAY) == PRIOR
    assert engine().learn(orders, index, [Outcome("O0000", "F01", _FIRST)], as_of=TODAY) == PRIOR


def test_open_outcomes_and_factories_that_left_are_no_evidence() -> None:
    index = engine().index([factory(factory_id=name) for name in "ABCD"])
    outcomes = [
        Outcome("O", name, TODAY - timedelta(days=30), accepted=accepted, won=won)
        for name, accepted, won in (
            ("A", True, True),
            ("B", False, None),
            ("C", True, None),
            ("D", None, None),
            ("gone", True, True),
        )
    ]
    model = engine().learn([order()], index, outcomes, as_of=TODAY)
    assert model.evidence == 2
    assert model.beliefs.keys() == {"A", "B", "C"}
    ranked = engine().rank([order()], index, as_of=TODAY, model=model).leads
    assert ranked[0].factory_id == "A"
    assert ranked[-1].factory_id == "B"
    assert {lead.evidence for lead in ranked} == {2}


@pytest.mark.parametrize(("orders", "days", "message"), [(1, 0, "is not before"), (0, 5, "of an outcome is missing")])
def test_refuses_the_future_and_unknown_orders(orders: int, days: int, message: str) -> None:
    outcome = Outcome("O", "F", TODAY - timedelta(days=days), accepted=False)
    with pytest.raises(ValueError, match=message):
        engine().learn([order()][:orders], engine().index([factory()]), [outcome], as_of=TODAY)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("price", "price"),
        ("目标价太低", "price"),
        ("Can't make the deadline", "time"),
        ("交期来不及", "time"),
        ("MOQ not reached", "quantity"),
        ("没有这个工艺", "process"),
        ("fully booked this month", "capacity"),
        ("no thanks", "other"),
    ],
)
def test_reads_why_somebody_declined_in_either_language(words: str, reason: str) -> None:
    assert REASONS[reason_number(words)] == reason
    assert reason_number("  ") == reason_number(None) == NO_REASON


def test_the_check_counts_by_hand() -> None:
    check = check_forecast(np.array([0.5, 0.5]), np.array([1.0, 0.0]), base_rate=0.25)
    assert (check.leads, check.deals) == (2, 1)
    assert check.brier == 0.25
    assert check.base_brier == pytest.approx((0.75**2 + 0.25**2) / 2)
    assert check.error == pytest.approx(0.5)
    assert not check.passed
