"""An order that leaves a need unsaid goes rather to a factory that can do what such orders usually need."""

from dataclasses import replace

import pytest

from matching.engine.model import PRIOR, RankerModel
from matching.learning.needs import UsualNeeds
from matching.records import FactoryRecord, OrderRecord, RankedLead
from tests.matching.engine.market import TODAY, engine

COTTON_AS_A_RULE = replace(PRIOR, id="knows needs", needs=UsualNeeds({("material", "t-shirt"): {"cotton": 0.8}}))
FACTORIES = (
    FactoryRecord(factory_id="wool", categories=("t-shirt",), materials=("wool",)),
    FactoryRecord(factory_id="cotton", categories=("t-shirt",), materials=("cotton",)),
)


def _leads(model: RankerModel, materials: tuple[str, ...] = ()) -> dict[str, RankedLead]:
    index = engine().index(FACTORIES)
    orders = [OrderRecord(order_id="o", quantity=300, category="t-shirt", materials=materials)]
    return {lead.factory_id: lead for lead in engine().rank(orders, index, as_of=TODAY, model=model).leads}


def test_silence_is_filled_with_what_such_orders_usually_need() -> None:
    plain, knowing = _leads(PRIOR), _leads(COTTON_AS_A_RULE)
    assert plain["wool"].score == pytest.approx(plain["cotton"].score, abs=0.01)
    assert knowing["cotton"].score - knowing["wool"].score > plain["cotton"].score - plain["wool"].score + 0.005


def test_what_an_order_says_stands_for_itself() -> None:
    said = _leads(COTTON_AS_A_RULE, materials=("wool",))
    assert {name: lead.score for name, lead in said.items()} == {
        name: lead.score for name, lead in _leads(PRIOR, materials=("wool",)).items()
    }


def test_the_explanation_tells_what_is_usually_needed_and_still_sums_to_the_score() -> None:
    lead = _leads(COTTON_AS_A_RULE)["wool"]
    values = {signal.name: signal.value for signal in lead.signals}
    assert values["material"] is not None
    assert values["material"] < 1.0
    assert sum(signal.contribution for signal in lead.signals) == lead.score
    assert "material" not in {signal.name for signal in _leads(PRIOR)["wool"].signals}
