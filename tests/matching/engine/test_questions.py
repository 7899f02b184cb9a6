"""A factory is asked what recent orders ask for and it has not answered yet; its answer is a fact."""

from dataclasses import replace

import pytest

from matching.engine.model import PRIOR
from matching.records import Outcome, Question, Verdict
from tests.matching.engine.market import TODAY, engine, factory, leads_of, order

_DEMAND = [order(order_id=f"O{number}", processes=("embroidery",), certifications=("bsci",)) for number in range(5)] + [
    order(order_id="P", processes=("screen-printing",), materials=("silk",))
]


def _questions(**changes: object) -> tuple[Question, ...]:
    index = engine().index([factory(**{"certifications": (), **changes})])
    return engine().questions(index, ["F"], _DEMAND, as_of=TODAY)["F"]


def test_asks_first_what_moves_most_deals_and_a_claim_after_what_is_not_told() -> None:
    found = _questions()
    asked = [(question.kind, question.id) for question in found]
    assert asked[0] in {("process", "embroidery"), ("certification", "bsci")}
    assert ("material", "silk") in asked
    assert asked.index(("process", "screen-printing")) > asked.index(("material", "silk"))
    assert [question.worth for question in found] == sorted((question.worth for question in found), reverse=True)
    assert all(question.worth > 0 for question in found)


def test_an_answer_is_asked_for_only_once() -> None:
    first = _questions()[0]
    for answer in ("denied", "confirmed"):
        after = _questions(**{answer: ((first.kind, first.id),)})
        assert (first.kind, first.id) not in {(question.kind, question.id) for question in after}


def test_other_trades_ask_nothing() -> None:
    index = engine().index([factory(categories=("mug",), processes=(), materials=())])
    assert engine().questions(index, ["F"], _DEMAND, as_of=TODAY) == {"F": ()}
    with pytest.raises(KeyError):
        engine().questions(index, ["unknown"], _DEMAND, as_of=TODAY)


def test_many_factories_are_asked_what_each_would_be_asked_alone() -> None:
    different = [
        factory(certifications=()),
        factory(factory_id="G", processes=("embroidery",), certifications=()),
        factory(factory_id="H", categories=("mug",), processes=(), materials=()),
    ]
    index = engine().index(different)
    together = engine().questions(index, ["F", "G", "H"], _DEMAND, as_of=TODAY)
    for name in "FGH":
        assert together[name] == engine().questions(index, [name], _DEMAND, as_of=TODAY)[name]
    assert len({together[name] for name in "FGH"}) == 3


def test_a_firm_no_is_a_miss_and_costs_more_than_silence() -> None:
    asked = order(processes=("embroidery",))
    silent = factory(factory_id="silent", processes=())
    denies = replace(silent, factory_id="denies", denied=(("process", "embroidery"),))
    leads = leads_of(asked, silent, denies)
    assert [lead.factory_id for lead in leads] == ["silent", "denies"]
    verdicts = [{one.name: one.verdict for one in lead.requirements} for lead in leads]
    assert [found["process"] for found in verdicts] == [Verdict.UNKNOWN, Verdict.MISSES]


def test_a_yes_is_worth_more_than_a_claim_and_a_claim_more_than_silence() -> None:
    asked = order(processes=("embroidery",))
    silent = factory(factory_id="silent", processes=())
    claims = replace(silent, factory_id="claims", processes=("embroidery",))
    confirms = replace(silent, factory_id="confirms", confirmed=(("process", "embroidery"),))
    leads = leads_of(asked, silent, claims, confirms)
    assert [lead.factory_id for lead in leads] == ["confirms", "claims", "silent"]
    verdict = next(one for one in leads[0].requirements if one.name == "process")
    assert (verdict.offered, verdict.verdict) == ("embroidery", Verdict.MEETS)


def test_a_firm_no_to_goods_or_to_a_certificate_rules_the_factory_out() -> None:
    for denied in (("category", "t-shirt"), ("certification", "oeko-tex-100")):
        assert leads_of(order(), factory(denied=(denied,))) == ()


def test_forecasts_are_the_probabilities_of_the_ranking() -> None:
    index = engine().index([factory(), factory(factory_id="G", minimum_quantity=900)])
    ranked = {lead.factory_id: lead.deal_probability for lead in engine().rank([order()], index, as_of=TODAY).leads}
    offers = [Outcome("O", name, TODAY) for name in ("G", "gone", "F")]
    found = engine().forecast([order()], index, offers, model=PRIOR)
    assert list(found[[0, 2]]) == [ranked["G"], ranked["F"]]
    assert found[1] != found[1]
    with pytest.raises(ValueError, match="of an offer is missing"):
        engine().forecast([], index, offers, model=PRIOR)
