"""Turns one place of a shortlist into a lead that explains itself."""

from dataclasses import replace

from matching.engine.model import SIGNALS, RankerModel
from matching.engine.reading import ReadFactory
from matching.engine.shortlist import Shortlist
from matching.engine.verdicts import verdicts_of
from matching.records import RankedLead, Signal
from matching.verticals.pack import Vocabulary


def lead_of(
    found: Shortlist,
    place: int,
    factory: ReadFactory,
    rank: int,
    propensity: float,
    model: RankerModel,
    name: str,
    vocabulary: Vocabulary | None,
) -> RankedLead:
    """The lead at `place` of the shortlist, with its verdicts and the signals that sum to its score.

    name: that of the model, told once for all leads of a call. vocabulary: None leaves the lead unexplained.
    """
    lead = RankedLead(
        order_id=found.order.record.order_id,
        factory_id=found.factory_ids[place],
        rank=rank,
        score=float(found.scores[place]),
        deal_probability=float(found.probabilities[place]),
        propensity=propensity,
        model=name,
        evidence=model.evidence,
        calibrated=model.calibrated,
    )
    return lead if vocabulary is None else _explained(lead, found, place, factory, model, vocabulary)


def _explained(
    lead: RankedLead, found: Shortlist, place: int, factory: ReadFactory, model: RankerModel, vocabulary: Vocabulary
) -> RankedLead:
    """The signals are the asked ones in the order of SIGNALS; value and contribution as in `Told`."""
    told = found.told(place, model)
    signals = tuple(
        Signal(name, float(value), float(part))
        for name, value, part, asked in zip(SIGNALS, told.values[0], told.contributions[0], found.asked, strict=True)
        if asked
    )
    verdicts = verdicts_of(found.order, factory, found.window, vocabulary)
    return replace(lead, requirements=verdicts, signals=signals, low=float(told.low[0]), high=float(told.high[0]))
