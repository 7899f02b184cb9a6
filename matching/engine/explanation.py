"""Turns places of a shortlist into leads that explain themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matching.engine.index import FactoryTable
from matching.engine.model import SIGNALS, RankerModel
from matching.engine.shortlist import Shortlist
from matching.engine.verdicts import verdicts_of
from matching.records import RankedLead, Signal
from matching.verticals.pack import Vocabulary


def leads_of(
    found: Shortlist, places: Sequence[int], propensities: Sequence[float], model: RankerModel
) -> list[RankedLead]:
    """The leads at these places of the shortlist, ranked as they stand, without an explanation."""
    return [
        RankedLead(
            order_id=found.order.record.order_id,
            factory_id=found.factory_ids[place],
            rank=rank,
            score=float(found.scores[place]),
            deal_probability=float(found.probabilities[place]),
            propensity=propensity,
            model=model.name,
            evidence=model.evidence,
            calibrated=model.calibrated,
        )
        for rank, (place, propensity) in enumerate(zip(places, propensities, strict=True), 1)
    ]


def explained(
    leads: Sequence[RankedLead],
    found: Shortlist,
    places: Sequence[int],
    table: FactoryTable,
    model: RankerModel,
    vocabulary: Vocabulary,
) -> Iterator[RankedLead]:
    """The leads at these places with their verdicts, and the signals that sum to their scores.

    The signals are the asked ones in the order of SIGNALS; value and contribution as in `Told`.
    """
    told = found.told(places, model)
    asked = [(number, name) for number, name in enumerate(SIGNALS) if found.asked[number]]
    values, parts = told.values.tolist(), told.contributions.tolist()
    for row, (lead, place) in enumerate(zip(leads, places, strict=True)):
        factory = table.at(int(found.rows[place]))
        yield replace(
            lead,
            requirements=verdicts_of(found.order, factory, found.window, vocabulary),
            signals=tuple(Signal(name, values[row][number], parts[row][number]) for number, name in asked),
            low=float(told.low[row]),
            high=float(told.high[row]),
        )
