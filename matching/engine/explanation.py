"""Turns one place of a shortlist into a lead that explains itself."""

from matching.engine.model import BARRIERS, SIGNALS, RankerModel
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
    return RankedLead(
        order_id=found.order.record.order_id,
        factory_id=found.factory_ids[place],
        rank=rank,
        score=float(found.scores[place]),
        deal_probability=float(found.probabilities[place]),
        propensity=propensity,
        requirements=() if vocabulary is None else verdicts_of(found.order, factory, found.window, vocabulary),
        signals=() if vocabulary is None else signals_of(found, place, model),
        model=name,
        evidence=model.evidence,
        calibrated=model.calibrated,
    )


def signals_of(found: Shortlist, place: int, model: RankerModel) -> tuple[Signal, ...]:
    """The asked signals in the order of SIGNALS, then the barriers when there are any.

    value is the number that the weight was put on; where the factory said nothing that is the model's stand-in.
    """
    signals = [
        Signal(name, float(model.unknown[number] if value != value else value), float(part))
        for number, (name, value, part) in enumerate(
            zip(SIGNALS, found.features[place], found.contributions[place], strict=False)
        )
        if found.asked[number]
    ]
    if found.barriers[place] > 0:
        signals.append(Signal(BARRIERS, float(found.barriers[place]), float(found.contributions[place][-1])))
    return tuple(signals)
