"""A score is the exact sum of its signals, can be rebuilt from what is stored, and knows no order of the input."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.model import PRIOR, RankerModel
from matching.learning.beliefs import Belief
from matching.records import FactoryRecord, OrderRecord
from tests.matching.engine.market import TODAY, engine, factory, leads_of, order

_CATEGORIES = ("t-shirt", "polo", "sweater", "hat", "mug", "desk-lamp", "nonsense")
_TEXTS = ("", "纯棉T恤，小单快反", "Screen printed cotton tees", "骨瓷马克杯 bone china", "   ", "\x00 ;;; 🙂")


def _some(values: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | values


def _few(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple)


_FACTORIES = st.lists(
    st.builds(
        FactoryRecord,
        factory_id=st.sampled_from("ABCDEFGH"),
        description=st.sampled_from(_TEXTS),
        categories=_few(_CATEGORIES),
        processes=_few(("screen-printing", "embroidery", "?")),
        materials=_few(("cotton", "wool", "棉")),
        certifications=_few(("bsci", "oeko-tex-100")),
        minimum_quantity=st.none() | st.integers(0, 10**6),
        capacity_per_week=st.none() | st.integers(0, 10**6),
        lead_time_days=st.none() | st.integers(0, 3650),
        unit_price_low=_some(st.floats(0, 100)),
        unit_price_high=_some(st.floats(100, 1000)),
        currency=st.sampled_from([None, "CNY", "USD"]),
        region=st.sampled_from([None, "浙江", "Ningbo", "Atlantis"]),
    ),
    max_size=8,
    unique_by=lambda one: one.factory_id,
)
_ORDERS = st.builds(
    OrderRecord,
    order_id=st.just("O"),
    quantity=st.integers(1, 10**6),
    description=st.sampled_from(_TEXTS),
    category=st.sampled_from([None, *_CATEGORIES]),
    processes=_few(("screen-printing", "intarsia", "?")),
    materials=_few(("cotton", "silk")),
    certifications=_few(("bsci",)),
    target_unit_price=_some(st.floats(0.01, 1000)),
    currency=st.sampled_from([None, "CNY"]),
    due_on=st.none() | st.integers(-5, 400).map(lambda days: TODAY + timedelta(days=days)),
    grace_days=st.integers(0, 20),
    region=st.sampled_from([None, "浙江"]),
    attributes=st.sampled_from([(), (("fabric_weight", "180"),), (("colour", "red"),)]),
)


@settings(max_examples=120, deadline=None)
@given(_FACTORIES, _ORDERS)
def test_signals_sum_exactly_to_a_score_that_orders_as_probability_does(
    factories: list[FactoryRecord], asked: OrderRecord
) -> None:
    leads = leads_of(asked, *factories, top=8)
    assert leads == leads_of(asked, *reversed(factories), top=8)
    for lead in leads:
        parts = [signal.contribution for signal in lead.signals]
        assert sum(parts) == sum(reversed(parts)) == lead.score
        assert 0.0 <= lead.score <= 1.0
        assert lead.deal_probability == float(PRIOR.probabilities(np.array([lead.score]))[0])
        assert lead.low is not None
        assert lead.high is not None
        assert 0.0 < lead.low <= lead.deal_probability <= lead.high < 1.0
    assert [lead.rank for lead in leads] == list(range(1, len(leads) + 1))
    assert leads == tuple(sorted(leads, key=lambda lead: (-lead.score, lead.factory_id)))


_BELIEF = Belief(
    3, (0.1, 0.5), (-0.2, 0.4), {"tops": (1 / 3, 0.2)}, (1, 0.1, 0.2), able={("process", "intarsia"): -2.0}
)


def test_a_model_survives_its_json_bit_for_bit() -> None:
    model = replace(PRIOR, calibrated=True, beliefs={"工厂": _BELIEF}, learned_until=TODAY)
    again = RankerModel.from_json(model.to_json())
    assert again == RankerModel.from_json(again.to_json())
    assert again.digest == model.digest != PRIOR.digest
    assert (again.market.to_plain(), again.learned_until) == (model.market.to_plain(), TODAY)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_refuses_a_model_that_was_cut_short(share: float) -> None:
    text = replace(PRIOR, beliefs={"F": _BELIEF}).to_json()
    with pytest.raises(ValueError, match="this is no model of the ranker"):
        RankerModel.from_json(text[: int(len(text) * share)])


@pytest.mark.parametrize(
    "change", [{"market": {}}, {"version": 1}, {"beliefs": {"F": [1]}}, {"evidence": None}, {"learned_until": "soon"}]
)
def test_refuses_a_model_with_faulty_parts(change: dict[str, object]) -> None:
    plain = {**json.loads(PRIOR.to_json()), **change}
    with pytest.raises(ValueError, match="this is no model of the ranker"):
        RankerModel.from_json(json.dumps(plain))


def test_every_shortcoming_costs() -> None:
    worse = {
        "minimum": factory(factory_id="minimum", minimum_quantity=700),
        "far minimum": factory(factory_id="far minimum", minimum_quantity=2000),
        "late": factory(factory_id="late", lead_time_days=30),
        "very late": factory(factory_id="very late", lead_time_days=60),
        "dear": factory(factory_id="dear", unit_price_low=31.0, unit_price_high=60.0),
        "silent": factory(factory_id="silent", minimum_quantity=None, lead_time_days=None, materials=()),
        "elsewhere": factory(factory_id="elsewhere", region="广东"),
    }
    leads = leads_of(order(), factory(factory_id="fits"), *worse.values(), top=20)
    scores = {lead.factory_id: lead.score for lead in leads}
    assert leads[0].factory_id == "fits"
    assert scores["minimum"] > scores["far minimum"]
    assert scores["late"] > scores["very late"]
    assert min(scores, key=lambda name: scores[name]) in {"far minimum", "very late"}


def test_only_a_factory_that_names_its_processes_can_lack_one_beyond_the_usual() -> None:
    asked = order(processes=("embroidery",))
    leads = leads_of(asked, factory(factory_id="silent", processes=()), factory(factory_id="prints"))
    assert [lead.factory_id for lead in leads] == ["silent", "prints"]
    values = [{signal.name: signal.value for signal in lead.signals} for lead in leads]
    assert values[0]["process"] > values[1]["process"]


def test_changes_within_a_factorys_power_would_have_won_more() -> None:
    (lead,) = leads_of(order(), factory(minimum_quantity=900, lead_time_days=60, unit_price_low=39.0), would_win=True)
    changes = {change.change: change for change in lead.would_win}
    assert changes.keys() == {"minimum_quantity", "lead_time_days", "unit_price_low"}
    for name, value in (("minimum_quantity", 600), ("lead_time_days", 28), ("unit_price_low", 30.0)):
        changed = factory(**{"minimum_quantity": 900, "lead_time_days": 60, "unit_price_low": 39.0, name: value})
        (after,) = leads_of(order(), changed)
        assert changes[name].deal_probability == pytest.approx(after.deal_probability)
        assert changes[name].deal_probability > lead.deal_probability


@settings(max_examples=60, deadline=None)
@given(_FACTORIES, _ORDERS)
def test_what_would_win_does_win_more_when_it_is_really_changed(
    factories: list[FactoryRecord], asked: OrderRecord
) -> None:
    known = {one.factory_id: one for one in factories}
    for lead in leads_of(asked, *factories, top=8, would_win=True):
        for change in lead.would_win:
            assert change.deal_probability > lead.deal_probability
            if change.change == "certifications":
                continue
            number = float(change.to_value) if change.change == "unit_price_low" else int(change.to_value)
            fields: dict[str, Any] = {change.change: number}
            changed = replace(known[lead.factory_id], **fields)
            others = [one for one in factories if one.factory_id != lead.factory_id]
            after = {one.factory_id: one.deal_probability for one in leads_of(asked, changed, *others, top=8)}
            assert after[lead.factory_id] == pytest.approx(change.deal_probability, rel=1e-3)


def test_a_changed_factory_is_ranked_at_once_as_if_it_had_always_been_so() -> None:
    others = [factory(factory_id=f"F{number}", minimum_quantity=100 * number) for number in range(1, 9)]
    index = engine().index(others[:5])
    index.replace(replace(others[0], certifications=("bsci",), description="帽子工厂"))
    index.remove("F2")
    for changed in (*others[5:], others[1], others[0]):
        index.replace(changed)
    index.remove("F7")
    rebuilt = engine().index([*others[:6], others[7]])
    assert index.records() == rebuilt.records()
    ranked = [engine().rank([order()], one, as_of=TODAY, top=9) for one in (index, rebuilt)]
    assert ranked[0] == ranked[1]
    assert "F7" not in {lead.factory_id for lead in ranked[0].leads}


@pytest.mark.parametrize(
    ("orders", "options", "message"),
    [
        ([order(), order()], {}, "stands twice"),
        ([order(quantity=0)], {}, "is for 0 pieces"),
        ([order()], {"top": -1}, "top is -1"),
        ([order()], {"explore": 1.5}, "explore is 1.5"),
    ],
)
def test_refuses_what_makes_no_sense(orders: list[OrderRecord], options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        engine().rank(orders, engine().index([]), as_of=TODAY, **options)  # type: ignore[arg-type]  # On purpose.


def test_no_factory_at_all_and_excluded_ones_leave_the_order_without() -> None:
    empty = engine().rank([order()], engine().index([]), as_of=TODAY)
    assert (empty.leads, empty.without_factory) == ((), ("O",))
    index = engine().index([factory()])
    excluded = engine().rank([order()], index, as_of=TODAY, exclude={"O": {"F", "never seen"}})
    assert (excluded.leads, excluded.without_factory) == ((), ("O",))
