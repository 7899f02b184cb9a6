"""Orders that are held against their factories all at once are seen as each is seen alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.index import TablePart
from matching.engine.misfits import sight_of
from matching.engine.model import PRIOR
from matching.engine.reading import OrderReader
from matching.engine.requirements import window_of
from matching.engine.said import nothing_said
from matching.engine.sights import sights_of
from matching.learning.needs import UsualNeeds
from matching.learning.prices import UsualPrices
from matching.learning.shapes import TERMS
from matching.records import FactoryRecord, OrderRecord
from tests.matching.engine.market import TODAY, engine

_CATEGORIES = ("t-shirt", "hoodie", "mug")
_PROCESSES = ("screen-printing", "embroidery", "cut-and-sew")
_ATTRIBUTES = ("fabric_weight", "capacity")
_VALUES = ("180", "160-220", "300")
_PRICES = UsualPrices(
    {("CNY", "t-shirt"): 3.1, ("USD", "t-shirt"): 1.2, ("CNY", "trade:apparel"): 3.4, ("EUR", "hoodie"): 2.2},
    slope=-0.1,
    at=6.0,
)

_NEEDS = UsualNeeds(
    {
        ("process", "t-shirt"): {"screen-printing": 0.5, "embroidery": 0.25},
        ("process", "trade:apparel"): {"embroidery": 0.125},
        ("certification", "trade:apparel"): {"gots": 0.5},
    }
)


def _few(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2).map(tuple)


def _or_none(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


_pairs = st.dictionaries(st.sampled_from(_ATTRIBUTES), st.sampled_from(_VALUES)).map(lambda found: tuple(found.items()))
_terms = _few(tuple(f"category:{one}" for one in _CATEGORIES) + tuple(f"process:{one}" for one in _PROCESSES))
_answers = _terms.map(lambda terms: tuple((term.split(":")[0], term.split(":")[1]) for term in terms))
_factories = st.builds(
    FactoryRecord,
    factory_id=st.just(""),
    categories=_few(_CATEGORIES),
    processes=_few(_PROCESSES),
    certifications=_few(("oeko-tex-100", "gots")),
    minimum_quantity=_or_none(st.integers(1, 5000)),
    capacity_per_week=_or_none(st.integers(0, 5000)),
    lead_time_days=_or_none(st.integers(1, 90)),
    unit_price_low=_or_none(st.floats(0.5, 90.0)),
    currency=st.sampled_from((None, "CNY", "USD")),
    region=st.sampled_from((None, "zhejiang", "guangdong")),
    attributes=_pairs,
    denied=_answers,
    confirmed=_answers,
)
_orders = st.builds(
    OrderRecord,
    order_id=st.just(""),
    quantity=st.integers(1, 9000),
    category=st.sampled_from((None, *_CATEGORIES)),
    processes=_few(_PROCESSES),
    certifications=_few(("oeko-tex-100", "gots")),
    target_unit_price=_or_none(st.floats(0.5, 90.0)),
    currency=st.sampled_from((None, "CNY", "USD", "EUR")),
    due_on=_or_none(st.integers(-9, 90).map(lambda days: TODAY + timedelta(days=days))),
    region=st.sampled_from((None, "zhejiang", "guangdong")),
    attributes=_pairs,
)
_lead = st.tuples(_orders, st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(_factories, min_size=6, max_size=6), st.lists(_lead, min_size=1, max_size=5), st.booleans())
def test_many_orders_at_once_are_seen_as_each_alone(
    factories: list[FactoryRecord], leads: list[tuple[OrderRecord, list[int], bool]], priced: bool
) -> None:
    model = replace(PRIOR, id="priced", prices=_PRICES, needs=_NEEDS) if priced else PRIOR
    part = _part(factories)
    reader = OrderReader(part.vocabulary, nothing_said)
    orders = [reader.read(order, TODAY) for order, _, _ in leads]
    chosen = [np.array(sorted(rows)) for _, rows, _ in leads]
    texts = [np.linspace(0.1, 0.9, len(rows)) if worded else None for _, rows, worded in leads]
    windows = [window_of(order, TODAY) for order in orders]
    together = sights_of(orders, windows, chosen, texts, part, model)
    for number, (order, window, rows, text) in enumerate(zip(orders, windows, chosen, texts, strict=True)):
        alone = sight_of(order, part, window, text, model, rows)
        of_order = together.order == number
        assert together.row[of_order].tolist() == rows.tolist()
        for name in ("plain", "overload", "shortfall", "price"):
            np.testing.assert_array_equal(getattr(together, name)[of_order], getattr(alone, name), name)
        for name in ("quantity", "target", "days"):
            same = np.full(len(rows), getattr(alone, name))
            np.testing.assert_array_equal(getattr(together, name)[of_order], same, name)
        assert together.groups[number] == alone.group
        wishes = together.wishes
        for (kind, term, weight), standing in zip(alone.wishes, alone.standings, strict=True):
            told = of_order[wishes.pair] & (wishes.kind == TERMS.index(kind))
            told &= np.array([wishes.terms[place] == term for place in wishes.term], dtype=np.bool_)
            assert together.row[wishes.pair[told]].tolist() == rows.tolist()
            assert wishes.standing[told].tolist() == standing.tolist()
            assert set(wishes.weight[told].tolist()) == {weight}
        assert of_order[wishes.pair].sum() == len(alone.wishes) * len(rows)


def _part(factories: list[FactoryRecord]) -> TablePart:
    named = [replace(factory, factory_id=str(place)) for place, factory in enumerate(factories)]
    table = engine().index(named).table
    return table.part(np.array([table.rows[factory.factory_id] for factory in named]))
