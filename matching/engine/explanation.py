"""Turns places of a shortlist into leads that explain themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matching.engine.index import FactoryTable
from matching.engine.model import SIGNALS, RankerModel
from matching.engine.shortlist import Shortlist
from matching.engine.verdicts import Wanted, verdicts_of
from matching.records import RankedLead, RequirementVerdict, Signal
from matching.verticals.pack import Vocabulary


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a lead tells of itself, as in `RankedLead`."""

    requirements: tuple[RequirementVerdict, ...] = ()
    signals: tuple[Signal, ...] = ()
    low: float | None = None
    high: float | None = None


UNEXPLAINED: Final = Explanation()


def explanations_of(
    found: Shortlist, places: Sequence[int], table: FactoryTable, model: RankerModel, vocabulary: Vocabulary
) -> list[Explanation]:
    """The verdicts of these places of the shortlist, and the signals that sum to their scores.

    The signals are the asked ones in the order of SIGNALS; value and contribution as in `Told`.
    """
    if not places:
        return []
    told = found.told(places, model)
    asked = [(number, name) for number, name in enumerate(SIGNALS) if found.asked[number]]
    wanted = Wanted(found.order, found.window, vocabulary)
    numbers = zip(told.values.tolist(), told.contributions.tolist(), told.low.tolist(), told.high.tolist(), strict=True)
    return [
        Explanation(
            verdicts_of(wanted, table.at(int(found.rows[place]))),
            tuple([Signal(name, values[number], parts[number]) for number, name in asked]),
            low,
            high,
        )
        for place, (values, parts, low, high) in zip(places, numbers, strict=True)
    ]


def leads_of(
    found: Shortlist,
    places: Sequence[int],
    propensities: Sequence[float],
    model: RankerModel,
    explanations: Sequence[Explanation],
) -> list[RankedLead]:
    """The leads at these places of the shortlist, ranked as they stand, each with its explanation."""
    return [
        RankedLead(
            order_id=found.order.record.order_id,
            factory_id=found.factory_ids[place],
            rank=rank,
            score=float(found.scores[place]),
            deal_probability=float(found.probabilities[place]),
            propensity=propensity,
            requirements=explanation.requirements,
            signals=explanation.signals,
            model=model.name,
            evidence=model.evidence,
            calibrated=model.calibrated,
            low=explanation.low,
            high=explanation.high,
        )
        for rank, (place, propensity, explanation) in enumerate(zip(places, propensities, explanations, strict=True), 1)
    ]
