"""Learns from outcomes: each factory's record, and what a score has been worth as a probability.

The map from score to probability is a logistic curve (Platt 1999) with a Gaussian prior at the chosen one, so that few
outcomes move it little. It counts as calibrated only after a check on later weeks than it was fitted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.model import PRIOR, SIGNALS, Floats, RankerModel, record_value, sigmoid
from matching.learning.check import Check, check_forecast

_INTERCEPT_SPREAD: Final = 1.0
_SLOPE_SPREAD: Final = PRIOR.slope / 2.0
_NEWTON_STEPS: Final = 100
_SMALLEST_STEP: Final = 1e-9
_RATE_STRENGTH: Final = 20.0

_HELD_OUT_SHARE: Final = 0.25

_ANSWER_DAYS: Final = 7
"""An outcome is taken to be known a week after its lead was offered."""


@dataclass(frozen=True, slots=True)
class ClosedLead:
    """A lead whose end is known, with the features it would have today, except for its factory's record."""

    offered_on: date
    order_id: str
    factory_id: str
    deal: bool
    features: Floats
    asked: NDArray[np.bool_]
    barriers: float


def fit(leads: Sequence[ClosedLead], base: RankerModel = PRIOR) -> tuple[RankerModel, Check | None]:
    """A model that rests on these leads, and the check that decides whether it is calibrated.

    The check is None when the leads are too few to hold any out. The result does not depend on the order of the leads.
    """
    ordered = sorted(leads, key=lambda lead: (lead.offered_on, lead.order_id, lead.factory_id))
    if not ordered:
        return base, None
    check = _check(ordered, base)
    model = _fitted(ordered, base)
    return replace(model, calibrated=check is not None and check.passed), check


def _fitted(leads: Sequence[ClosedLead], base: RankerModel) -> RankerModel:
    deals = np.array([lead.deal for lead in leads], dtype=np.float64)
    rate = float((deals.sum() + _RATE_STRENGTH * base.base_rate) / (len(deals) + _RATE_STRENGTH))
    model = replace(base, id="platt", base_rate=rate, records=_records(leads), evidence=len(leads))
    intercept, slope = _logistic(_scores(leads, model), deals, base)
    return replace(model, intercept=intercept, slope=slope)


def _records(leads: Sequence[ClosedLead]) -> tuple[tuple[str, int, int], ...]:
    counts: dict[str, tuple[int, int]] = {}
    for lead in leads:
        closed, deals = counts.get(lead.factory_id, (0, 0))
        counts[lead.factory_id] = (closed + 1, deals + int(lead.deal))
    return tuple((factory_id, *counts[factory_id]) for factory_id in sorted(counts))


def _scores(leads: Sequence[ClosedLead], model: RankerModel) -> Floats:
    """Scores as they would have stood when each lead was offered: records hold only what was known by then."""
    place = SIGNALS.index("record")
    scores = np.zeros(len(leads))
    for number, (lead, record) in enumerate(zip(leads, records_at_the_time(leads, model), strict=True)):
        features, asked = lead.features.copy(), lead.asked.copy()
        features[place], asked[place] = record, True
        scores[number] = model.contributions(features[None, :], asked, np.array([lead.barriers])).sum()
    return scores


def records_at_the_time(leads: Sequence[ClosedLead], model: RankerModel) -> Floats:
    """leads: by date. A lead of one factory counts for its later leads from _ANSWER_DAYS on."""
    closed, deals = np.zeros(len(leads)), np.zeros(len(leads))
    earlier: dict[str, list[ClosedLead]] = {}
    for number, lead in enumerate(leads):
        known = lead.offered_on - timedelta(days=_ANSWER_DAYS)
        seen = [other for other in earlier.get(lead.factory_id, []) if other.offered_on <= known]
        closed[number], deals[number] = len(seen), sum(other.deal for other in seen)
        earlier.setdefault(lead.factory_id, []).append(lead)
    return record_value(closed, deals, model.base_rate, model.record_strength)


def _logistic(scores: Floats, deals: Floats, base: RankerModel) -> tuple[float, float]:
    """Most probable intercept and slope; the slope never falls below zero.

    Newton's method on a concave function, with steps halved until they climb: a full step may overshoot from a start
    at which nearly all forecasts are close to 0 or 1.
    """
    design = np.column_stack([np.ones_like(scores), scores])
    start = np.array([base.intercept, base.slope])
    precision = np.array([_INTERCEPT_SPREAD**-2.0, _SLOPE_SPREAD**-2.0])

    def height(point: Floats) -> float:
        logits = design @ point
        likelihood = deals * logits - np.logaddexp(0.0, logits)
        return float(likelihood.sum() - 0.5 * (precision * (point - start) ** 2).sum())

    found = start
    for _ in range(_NEWTON_STEPS):
        forecast = sigmoid(design @ found)
        gradient = design.T @ (deals - forecast) - precision * (found - start)
        curvature = (design * (forecast * (1.0 - forecast))[:, None]).T @ design + np.diag(precision)
        step = np.linalg.solve(curvature, gradient)
        while height(found + step) < height(found) and np.abs(step).max() > _SMALLEST_STEP:
            step = step / 2.0
        found = found + step
        if np.abs(step).max() <= _SMALLEST_STEP:
            break
    return float(found[0]), float(max(found[1], 0.0))


def _check(leads: Sequence[ClosedLead], base: RankerModel) -> Check | None:
    """Fits on the earlier weeks and looks at the later ones, split between two days."""
    split = leads[int(len(leads) * (1.0 - _HELD_OUT_SHARE))].offered_on
    earlier = [lead for lead in leads if lead.offered_on < split]
    if not earlier or len(earlier) == len(leads):
        return None
    model = _fitted(earlier, base)
    deals = np.array([lead.deal for lead in leads[len(earlier) :]], dtype=np.float64)
    forecast = model.probabilities(_scores(leads, model)[len(earlier) :])
    return check_forecast(forecast, deals, base_rate=sum(lead.deal for lead in earlier) / len(earlier))
