"""Forecasts held against what became of them, on leads that took no part in making the forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.records import Outcome

Floats = NDArray[np.float64]

LEAST_HELD_OUT: Final = 60
LEAST_DEALS: Final = 8
_CALIBRATION_BINS: Final = 10
_CALIBRATION_ALLOWED: Final = 0.03
_OPEN_ALLOWED: Final = 0.02
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Check:
    """A forecast of held-out leads against what became of them.

    brier, base_brier: mean squared error of the forecast and of the plain base rate. error: expected calibration error
    over bins of equal counts. noise: what that error would be on average for a perfect forecast of so few leads.
    gain_noise: standard error of the difference between the two Brier scores.
    """

    leads: int
    deals: int
    brier: float
    base_brier: float
    error: float
    noise: float
    gain_noise: float

    @property
    def enough(self) -> bool:
        """Whether so many leads and deals can tell anything."""
        return self.leads >= LEAST_HELD_OUT and self.deals >= LEAST_DEALS

    @property
    def skill(self) -> float:
        """The share of the base rate's squared error that the forecast takes away (Brier skill score)."""
        return 1.0 - self.brier / self.base_brier if self.base_brier > 0 else 0.0

    @property
    def passed(self) -> bool:
        """Better than the base rate beyond two standard errors, and calibrated as far as so many leads can tell."""
        better = self.base_brier - self.brier > 2.0 * self.gain_noise
        return self.enough and better and self.error <= _CALIBRATION_ALLOWED + self.noise


def check_forecast(forecast: Floats, deals: Floats, base_rate: float) -> Check:
    """Compares probabilities with what happened. forecast, deals: one number each (deals 0 or 1), at least one."""
    bins = np.array_split(np.argsort(forecast, kind="stable"), min(_CALIBRATION_BINS, len(forecast)))
    shares = np.array([len(places) / len(forecast) for places in bins])
    gaps = np.array([abs(forecast[places].mean() - deals[places].mean()) for places in bins])
    spreads = np.array([np.sqrt((forecast[places] * (1 - forecast[places])).sum()) / len(places) for places in bins])
    misses, base_misses = (forecast - deals) ** 2, (base_rate - deals) ** 2
    return Check(
        leads=len(deals),
        deals=int(deals.sum()),
        brier=float(misses.mean()),
        base_brier=float(base_misses.mean()),
        error=float((shares * gaps).sum()),
        noise=float(np.sqrt(2.0 / np.pi) * (shares * spreads).sum()),
        gain_noise=float((base_misses - misses).std() / np.sqrt(len(deals))),
    )


def is_closed(outcome: Outcome) -> bool:
    """Declined, or accepted and known to be won or lost. An open answer is no "no"."""
    return outcome.accepted is False or (outcome.accepted is True and outcome.won is not None)


def is_deal(outcome: Outcome) -> bool:
    return outcome.accepted is True and outcome.won is True


def ripe_until(outcomes: Sequence[Outcome]) -> date | None:
    """The last day of the newest week whose leads are about as closed as they will ever be; None without outcomes.

    A "no" comes within days and a deal after weeks, so that the closed leads of a young week make deals look rare. A
    week is ripe when at most one in fifty more of its leads are open than of all weeks before it, chance aside (two
    standard errors).
    """
    newest = max((outcome.offered_on for outcome in outcomes), default=None)
    while newest is not None:
        week = [is_closed(outcome) for outcome in outcomes if newest - _WEEK < outcome.offered_on <= newest]
        earlier = [is_closed(outcome) for outcome in outcomes if outcome.offered_on <= newest - _WEEK]
        if not earlier:
            return newest
        usual = (earlier.count(False) + 1) / (len(earlier) + 2)
        chance = 2.0 * np.sqrt(usual * (1.0 - usual) / len(week))
        if week.count(False) / len(week) <= usual + chance + _OPEN_ALLOWED:
            return newest
        newest = max(outcome.offered_on for outcome in outcomes if outcome.offered_on < newest)
    return None
