"""A contest between the model that ranks and one that has learned more, on leads that neither of them has seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from matching.learning.check import Check, Floats, check_forecast, is_closed, is_deal, ripe_until
from matching.records import Outcome

_HELD_OUT_SHARE: Final = 0.25


class Learned(Protocol):
    """What a contest has to know of a model."""

    @property
    def calibrated(self) -> bool: ...

    @property
    def learned_until(self) -> date | None: ...


Model = TypeVar("Model", bound=Learned)


class Reason(StrEnum):
    """Why a contest ended as it did."""

    TOO_FEW = "too_few"
    BETTER = "better"
    FIRST_CALIBRATED = "first_calibrated"
    NOT_BETTER = "not_better"
    NOT_CALIBRATED = "not_calibrated"


@dataclass(frozen=True, slots=True)
class Contest(Generic[Model]):
    """Which of two models forecasts better, and the one to rank with from here on.

    model: the winner; a candidate that won is refitted on every outcome. won: whether it is the candidate.
    held_out_from, held_out_to: the first and last day of the leads on which both were checked. live, candidate: their
    checks there, None when the leads are too few. gain: Brier score of the live model less that of the candidate;
    gain_noise: its standard error.
    """

    won: bool
    reason: Reason
    model: Model
    held_out_from: date | None = None
    held_out_to: date | None = None
    live: Check | None = None
    candidate: Check | None = None
    gain: float = 0.0
    gain_noise: float = 0.0


def hold_contest(
    outcomes: Sequence[Outcome],
    live: Model,
    *,
    as_of: date,
    learn: Callable[[Sequence[Outcome], date], Model],
    forecast: Callable[[Model, Sequence[Outcome]], Floats],
    marked: Callable[[Model, bool], Model],
) -> Contest[Model]:
    """Lets a candidate learn from the earlier weeks and checks it and the live model on the later, ripe ones.

    The leads of the check are offered on or after the day until which the live model has learned, so that neither
    model knows them. An uncalibrated candidate never takes the place of a calibrated model. learn: a model from
    outcomes before a day. forecast: P(deal) for each offer. marked: the same model, called calibrated or not.
    """
    split, held_out = _held_out(outcomes, live)
    earlier = [outcome for outcome in outcomes if split is not None and outcome.offered_on < split]
    if split is None or not held_out or not any(is_closed(outcome) for outcome in earlier):
        return Contest(False, Reason.TOO_FEW, live)
    deals = np.array([is_deal(outcome) for outcome in held_out], dtype=np.float64)
    base_rate = float(np.mean([is_deal(outcome) for outcome in earlier if is_closed(outcome)]))
    forecasts = [forecast(model, held_out) for model in (live, learn(earlier, split))]
    checks = [check_forecast(found, deals, base_rate) for found in forecasts]
    gains = (forecasts[0] - deals) ** 2 - (forecasts[1] - deals) ** 2
    reason = _reason(live.calibrated, checks[1], float(gains.mean()))
    won = reason in (Reason.BETTER, Reason.FIRST_CALIBRATED)
    model = learn(outcomes, as_of) if won else live
    return Contest(
        won,
        reason,
        marked(model, checks[1].passed) if won else model,
        held_out[0].offered_on,
        held_out[-1].offered_on,
        checks[0],
        checks[1],
        float(gains.mean()),
        float(gains.std() / np.sqrt(len(gains))),
    )


def _held_out(outcomes: Sequence[Outcome], live: Learned) -> tuple[date | None, list[Outcome]]:
    """The day that divides the outcomes, and the closed, ripe ones from that day on, by day."""
    last = ripe_until(outcomes)
    closed = [outcome for outcome in outcomes if is_closed(outcome) and last is not None and outcome.offered_on <= last]
    closed.sort(key=lambda outcome: (outcome.offered_on, outcome.order_id, outcome.factory_id))
    if not closed:
        return None, []
    split = closed[int(len(closed) * (1.0 - _HELD_OUT_SHARE))].offered_on
    if live.learned_until is not None:
        split = max(split, live.learned_until)
    return split, [outcome for outcome in closed if outcome.offered_on >= split]


def _reason(live_is_calibrated: bool, candidate: Check, gain: float) -> Reason:
    if not candidate.enough:
        return Reason.TOO_FEW
    if not candidate.passed:
        return Reason.NOT_CALIBRATED if live_is_calibrated or gain <= 0 else Reason.BETTER
    if not live_is_calibrated:
        return Reason.FIRST_CALIBRATED
    return Reason.BETTER if gain > 0 else Reason.NOT_BETTER
