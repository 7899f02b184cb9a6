"""A short list is the beginning of the whole one, though most pairs of a long list are only estimated."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.model import PRIOR, SIGNALS, RankerModel
from matching.learning.market import Market
from matching.learning.outlook import Fits, picked
from matching.learning.prices import UsualPrices
from matching.learning.shapes import PLAIN, WIDTH, Floats
from tests.matching.engine.market import TODAY, engine, factory, order

_PAIRS = 200


def _pairs(chance: np.random.Generator, reach: float) -> Fits:
    """Pairs anywhere within reach, a fifth of their declared numbers unknown; each stands twice, for equal scores."""

    def drawn(*width: int) -> Floats:
        values = chance.normal(0.0, reach, (_PAIRS // 2, *width))
        return np.concatenate([values, values])

    def doubtful(*width: int) -> Floats:
        doubts = drawn(*width) ** 2
        return np.where(doubts < reach**2 / 4, 0.0, doubts)

    def told(*width: int) -> Floats:
        values = drawn(*width)
        return np.where(values > reach * 0.8, np.nan, values)

    return Fits(
        misses=np.abs(drawn(4)),
        miss_variances=doubtful(4),
        plain=np.abs(told(len(PLAIN))),
        overload=told(),
        shortfall=told(),
        size=drawn(),
        size_variance=doubtful(),
        gap=drawn(),
        gap_variance=doubtful(),
        late=drawn(),
        late_variance=doubtful(),
        effects=drawn(3),
        effect_variances=doubtful(3),
    )


def _market(chance: np.random.Generator) -> Market:
    spread = chance.uniform(0.0, 3.0, (2, WIDTH))
    market = PRIOR.market
    platt = np.array([chance.normal(), chance.uniform(0.05, 2.0)])
    return replace(market, accept=market.accept * spread[0], win=market.win * spread[1], platt=platt)


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32), reach=st.sampled_from([1e-3, 0.1, 1.0, 5.0, 40.0]), size=st.integers(1, 40))
def test_no_pair_that_may_be_among_the_best_is_left_out(seed: int, reach: float, size: int) -> None:
    chance = np.random.default_rng(seed)
    model, fits = RankerModel("drawn", market=_market(chance)), _pairs(chance, reach)
    scores = model.scores(model.outlook(fits))
    kept = model.may_be_best(fits, size)
    assert kept[scores >= np.sort(scores)[-size]].all()


@pytest.mark.parametrize("few", [1, 2, 3, 7, 50])
def test_a_pair_has_the_same_outlook_in_any_company(few: int) -> None:
    pairs = _pairs(np.random.default_rng(few), 1.0)
    every, some = PRIOR.outlook(pairs), PRIOR.outlook(picked(pairs, np.arange(few)))
    for field in fields(every):
        np.testing.assert_array_equal(getattr(every, field.name)[:few], getattr(some, field.name))


@pytest.mark.parametrize("few", [1, 2, 7, 20])
def test_a_pair_is_told_in_the_same_bits_in_any_company(few: int) -> None:
    asked, chosen = np.ones(len(SIGNALS), dtype=bool), few + np.arange(few)
    for seed in range(40):
        pairs = _pairs(np.random.default_rng(seed), 1.0)
        every, some = PRIOR.outlook(pairs), PRIOR.outlook(picked(pairs, chosen))
        whole = PRIOR.told(pairs, every, PRIOR.scores(every), asked)
        part = PRIOR.told(picked(pairs, chosen), some, PRIOR.scores(some), asked)
        for field in fields(whole):
            np.testing.assert_array_equal(getattr(whole, field.name)[chosen], getattr(part, field.name))


def test_most_pairs_are_left_out_where_few_are_wanted() -> None:
    fits = _pairs(np.random.default_rng(1), 1.0)
    assert PRIOR.may_be_best(fits, 4).sum() < _PAIRS / 5


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_many_lead_the_list_of_all(seed: int) -> None:
    chance = np.random.default_rng(seed)
    factories = [
        factory(
            factory_id=f"F{number:03}",
            minimum_quantity=int(chance.integers(1, 2000)),
            capacity_per_week=int(chance.integers(100, 4000)) if chance.random() < 0.8 else None,
            lead_time_days=int(chance.integers(3, 60)) if chance.random() < 0.8 else None,
            unit_price_low=float(np.round(chance.uniform(10, 40), 1)),
            processes=("screen-printing",) if chance.random() < 0.5 else (),
            materials=("cotton",) if chance.random() < 0.5 else ("wool",),
        )
        for number in range(120)
    ]
    index = engine().index(factories)
    best, every = (engine().rank([order()], index, as_of=TODAY, top=top).leads for top in (4, 120))
    assert [(lead.factory_id, lead.score, lead.low, lead.high) for lead in best] == [
        (lead.factory_id, lead.score, lead.low, lead.high) for lead in every[:4]
    ]
    for one, other in zip(best, every, strict=False):
        assert [signal.contribution for signal in one.signals] == [signal.contribution for signal in other.signals]


_GOODS = ("t-shirt", "mug", "desk-lamp", "sofa", None)
_ASKED = tuple(order(order_id=f"O{place}", category=goods, processes=()) for place, goods in enumerate(_GOODS[:4]))


@settings(max_examples=15, deadline=None)
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 19), st.sampled_from(_GOODS), st.sampled_from(["", "quick cotton runs", "bone china"])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_is_remembered_of_a_trade_ends_with_any_change_in_it(changes: list[tuple[int, str | None, str]]) -> None:
    """Factories move between trades, lose their goods or come and go; orders of several trades are ranked each time."""
    first = [
        factory(factory_id=f"F{number:02}", categories=(_GOODS[number % 4] or "",), currency=("CNY", None)[number % 2])
        for number in range(14)
    ]
    known = {one.factory_id: one for one in first}
    index = engine().index(first)
    model = replace(PRIOR, prices=UsualPrices({("CNY", "t-shirt"): 3.0, ("CNY", "mug"): 2.0, ("", "desk-lamp"): 1.0}))
    for number, goods, words in changes:
        engine().rank(_ASKED, index, as_of=TODAY, model=model)
        name = f"F{number:02}"
        if name in known and known[name].description == words:
            index.remove(name)
            del known[name]
        else:
            known[name] = factory(
                factory_id=name, categories=(goods,) if goods else (), processes=(), description=words
            )
            index.replace(known[name])
    rebuilt = engine().index(list(known.values()))
    ranked = [engine().rank(_ASKED, one, as_of=TODAY, model=model, top=20) for one in (index, rebuilt)]
    assert ranked[0] == ranked[1]
