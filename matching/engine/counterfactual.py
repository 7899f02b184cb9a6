"""What would have won: changes that lie in a factory's own power, and the probability each would have led to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.engine.coverage import NEAR, coverage
from matching.engine.index import FactoryTable
from matching.engine.model import RankerModel
from matching.engine.reading import DECLARED, ReadFactory
from matching.engine.shortlist import Shortlist, fit_of
from matching.records import WouldWin
from matching.verticals.pack import Vocabulary

_LEAST_GAIN: Final = 0.005


@dataclass(frozen=True, slots=True)
class _Change:
    field: str
    from_value: str
    to_value: str
    factory: ReadFactory


def changes_that_would_win(
    found: Shortlist, place: int, factory: ReadFactory, model: RankerModel, vocabulary: Vocabulary
) -> tuple[WouldWin, ...]:
    """One change at a time, the most promising first; changes that add less than half a percent are left out.

    A factory can lower its minimum, its lead time and its price, and obtain a certificate. It cannot change its trade.
    """
    before = float(found.probabilities[place])
    changes = [
        WouldWin(
            change.field,
            change.from_value,
            change.to_value,
            _probability(found, place, change.factory, model, vocabulary),
        )
        for change in _changes(found, factory, vocabulary)
    ]
    helpful = [change for change in changes if change.deal_probability >= before + _LEAST_GAIN]
    return tuple(sorted(helpful, key=lambda change: (-change.deal_probability, change.change, change.to_value)))


def _changes(found: Shortlist, factory: ReadFactory, vocabulary: Vocabulary) -> Iterator[_Change]:
    order, days = found.order, found.window.days
    minimum, lead, low = factory.minimum_quantity, factory.lead_time_days, factory.unit_price_low
    if minimum is not None and minimum > order.quantity:
        lower = replace(factory, minimum_quantity=float(order.quantity))
        yield _Change("minimum_quantity", _number(minimum), str(order.quantity), lower)
    if lead is not None and days is not None and lead > days > 0:
        yield _Change("lead_time_days", _number(lead), str(days), replace(factory, lead_time_days=float(days)))
    target = order.target_unit_price
    if low is not None and target is not None and low > target:
        cheaper = replace(factory, unit_price_low=target)
        yield _Change("unit_price_low", _number(low), _number(target), cheaper)
    held = [identifier for identifier, _ in factory.terms["certification"]]
    for wish in order.stated("certification"):
        if not any(coverage(vocabulary, "certification", wish.id, one) >= NEAR for one in held):
            terms = {**factory.terms, "certification": (*factory.terms["certification"], (wish.id, DECLARED))}
            yield _Change("certifications", ";".join(held), wish.id, replace(factory, terms=terms))


def _probability(
    found: Shortlist, place: int, factory: ReadFactory, model: RankerModel, vocabulary: Vocabulary
) -> float:
    """The probability of the changed factory; its words and what is believed of it stay what they were."""
    table = FactoryTable(vocabulary)
    row = table.write(factory)
    fit = fit_of(found.order, table.part(np.array([row])), found.window, found.text(place), model)
    return float(model.probabilities(model.scores(model.outlook(fit.fits)))[0])


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
