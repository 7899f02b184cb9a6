"""What another policy would convert: a case worked by hand, the truth of a simulated market, and plain refusals."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from benchmarks.off_policy.town import observe, policy, populate, read, requests_of, reward_model, truth
from matching.evaluation.estimators import (
    Estimate,
    Refusal,
    by_rates,
    difference,
    doubly_robust,
    inverse_propensity,
    naive,
    self_normalised,
)
from matching.evaluation.log import MOST_WEIGHT, Log, Request, log_of

ESTIMATORS = (inverse_propensity, self_normalised, doubly_robust, by_rates)
LOGGED, TARGET, WORD = {"a": 0.8, "b": 0.2}, {"a": 0.5, "b": 0.5}, {"a": 0.4, "b": 0.7}


def shown(name: str, deal: bool) -> Request:
    return Request([name], name if deal else None, [LOGGED], [TARGET], WORD)


BY_HAND = [shown("a", place < 30) for place in range(60)] + [shown("b", place < 12) for place in range(20)]
"""80 requests of one place: a shown 60 times with 30 deals (weight .625), b 20 times with 12 deals (weight 2.5)."""


def test_a_case_worked_by_hand() -> None:
    found = inverse_propensity(log_of(BY_HAND))
    assert naive(log_of(BY_HAND)).value == pytest.approx(42 / 80)
    assert found.value == pytest.approx((30 * 0.625 + 12 * 2.5) / 80)
    assert self_normalised(log_of(BY_HAND)).value == pytest.approx((30 * 0.625 + 12 * 2.5) / (60 * 0.625 + 20 * 2.5))
    assert found.effective == pytest.approx(87.5**2 / (60 * 0.625**2 + 20 * 2.5**2))
    assert (found.requests, found.leads, found.deals, found.cut, found.unsupported) == (80, 80, 42, 0, 0.0)
    assert found.a_lead == (found.value, found.low, found.high)
    error = np.sqrt(((30 * 0.625**2 + 12 * 2.5**2) / 80 - 0.609375**2) / 79)
    assert width(found) / 2 == pytest.approx(2.01 * error, rel=0.05)


def test_a_reward_model_worked_by_hand() -> None:
    """Forecasts .4 and .7 become rates; their level is set so that 42 deals are foreseen; then a is foreseen with x
    and b with y, and what each missed is weighed."""
    held = log_of(BY_HAND)
    a, b = (held.foreseen[place] for place in (0, 79))
    assert 60 * a + 20 * b == pytest.approx(42)
    assert log(1 - b) / log(1 - a) == pytest.approx(0.7 / 0.4)
    expected = 0.5 * a + 0.5 * b
    assert held.expected[0] == pytest.approx(expected)
    assert doubly_robust(held).value == pytest.approx(expected + (0.625 * (30 - 60 * a) + 2.5 * (12 - 20 * b)) / 80)
    rate_a, rate_b = -log(1 - a), -log(1 - b)
    missed = 0.625 * (30 * rate_a / a - 60 * rate_a) + 2.5 * (12 * rate_b / b - 20 * rate_b)
    none = 0.5 * exp(-rate_a) + 0.5 * exp(-rate_b)
    assert by_rates(held).value == pytest.approx(expected + none * missed / 80)


def test_two_places_add_up() -> None:
    """Four factories in two places: weights of .625 + 2.5 - 1 and so on, and never their product."""
    places = [LOGGED, {"c": 0.5, "d": 0.5}]
    target = [TARGET, {"c": 0.9, "d": 0.1}]
    requests = [Request(["b", "d"], "d", places, target, {}), Request(["c", "a"], None, places, target, {})]
    assert log_of(requests).weight == pytest.approx([2.5 + 0.2 - 1, 0.625 + 1.8 - 1])


def test_a_weight_is_cut_and_counted() -> None:
    logged, target = {"a": 0.999, "b": 0.001}, {"b": 1.0}
    held = log_of([Request(["b"], "b", [logged], [target], {})] * 2)
    assert held.weight == pytest.approx([MOST_WEIGHT, MOST_WEIGHT]) and held.cut.sum() == 2.0


SEEDS, REQUESTS, SHARE = 200, 1_200, 0.2


def test_intervals_cover_the_truth() -> None:
    """Whoever could be shown wants the deal with a chance of its own, and one gets it: neither way of weighing assumes
    exactly that."""
    town = populate(1, 500)
    live, model = policy(town, "live", SHARE), reward_model(town)
    same_ranker = {"as it is": live, "no exploration": policy(town, "live", 0.0)}
    others = {"a better one": policy(town, "better", SHARE), "a worse one": policy(town, "worse", SHARE)}
    found: dict[tuple[str, str], list[Estimate]] = {}
    gains: dict[str, list[Estimate]] = {}
    for seed in range(SEEDS):
        seen = observe(town, live, REQUESTS, seed)
        base = by_rates(read(seen, live, live, model))
        for name, target in (same_ranker | others).items():
            held = read(seen, live, target, model)
            if seed == 0:
                assert same(held, log_of(requests_of(seen, live, target, model)))
            for estimator in ESTIMATORS if name in same_ranker else (by_rates,):
                found.setdefault((name, estimator.__name__), []).append(estimator(held))
            gains.setdefault(name, []).append(difference(by_rates(held), base))
    for (name, weighed), runs in found.items():
        value = truth(town, (same_ranker | others)[name])
        assert share_covered(runs, value) >= 0.9, (name, weighed, share_covered(runs, value))
    for name in ("no exploration", "a better one", "a worse one"):
        gain = truth(town, (same_ranker | others)[name]) - truth(town, live)
        assert share_covered(gains[name], gain) >= 0.9, name
    assert width(gains["no exploration"][0]) < 0.5 * width(found["no exploration", "by_rates"][0])
    logged = naive(read(observe(town, live, REQUESTS, 0), live, others["a worse one"], model))
    assert share_covered([logged], truth(town, others["a worse one"])) == 0.0, "the plain mean knows no target"


def share_covered(runs: list[Estimate], value: float) -> float:
    assert all(run.told for run in runs)
    return float(
        np.mean([run.low <= value <= run.high for run in runs if run.low is not None and run.high is not None])
    )


def width(found: Estimate) -> float:
    assert found.low is not None and found.high is not None and found.low < found.high
    return found.high - found.low


def same(one: Log, other: Log) -> bool:
    return all(np.allclose(getattr(one, name), getattr(other, name)) for name in Log.__slots__)


def test_what_could_never_be_shown_is_said_and_refused() -> None:
    town = populate(2, 400)
    live, stranger = policy(town, "live", SHARE), policy(town, "stranger", SHARE)
    held = read(observe(town, live, 400, 1), live, stranger, reward_model(town))
    for estimator in ESTIMATORS:
        found = estimator(held)
        assert found.refusal is Refusal.SUPPORT and found.value is found.low is found.high is None
        assert (
            found.unsupported == pytest.approx(held.unsupported.sum() / held.wanted.sum()) and found.unsupported > 0.2
        )
    assert difference(by_rates(held), by_rates(held)).refusal is Refusal.SUPPORT
    partly = log_of(
        [replace(request, target=[{"a": 0.97, "c": 0.03}], forecast=WORD | {"c": 0.1}) for request in BY_HAND]
    )
    assert by_rates(partly).unsupported == pytest.approx(0.03) and by_rates(partly).told


@pytest.mark.parametrize("count", [0, 1, 29])
def test_too_little_tells_nothing(count: int) -> None:
    held = log_of(BY_HAND[:count])
    for estimator in (naive, *ESTIMATORS):
        found = estimator(held)
        assert found.refusal is Refusal.FEW and found.value is None and found.requests == count


def test_no_deal_is_not_a_sure_zero() -> None:
    held = log_of([shown("a", deal=False)] * 200)
    assert all(estimator(held).refusal is Refusal.FEW for estimator in ESTIMATORS)


def test_few_leads_of_what_the_other_shows_often_tell_nothing() -> None:
    """Weights of 50: with 100 requests two such leads are seen, with 4,000 some eighty."""
    logged, target = {"a": 0.98, "b": 0.02}, {"b": 1.0}
    rare, usual = (Request([name], name, [logged], [target], {}) for name in ("b", "a"))
    assert inverse_propensity(log_of([rare] * 2 + [usual] * 98)).refusal is Refusal.FEW
    assert inverse_propensity(log_of([rare] * 80 + [usual] * 3_920)).value == pytest.approx(1.0)


def test_without_a_model_those_that_need_one_say_so() -> None:
    bare = log_of([replace(request, forecast={}) for request in BY_HAND])
    assert doubly_robust(bare).refusal is by_rates(bare).refusal is Refusal.MODEL
    assert inverse_propensity(bare).value == inverse_propensity(log_of(BY_HAND)).value


@pytest.mark.parametrize(
    "request_",
    [
        Request(["c"], None, [LOGGED], [TARGET], {}),
        Request(["a", "b"], None, [LOGGED], [TARGET], {}),
        Request(["a"], "b", [LOGGED], [TARGET], {}),
        Request(["a"], "a", [LOGGED], [{"a": 1.2}], {}),
        Request(["a"], "a", [LOGGED], [{"a": 1.0}, {"a": 1.0}], {}),
        Request(["a"], "a", [LOGGED], [TARGET], {"a": 0.4}),
        Request(["a"], "a", [LOGGED], [TARGET], {"a": 0.4, "b": 1.4}),
    ],
    ids=["never shown", "two for one place", "won unseen", "no chance", "twice", "a forecast missing", "no forecast"],
)
def test_a_log_that_cannot_be_is_refused(request_: Request) -> None:
    with pytest.raises(ValueError, match="request 0"):
        log_of([request_])
