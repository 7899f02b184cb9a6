"""From answered leads to a model of the market, and to the map that makes its forecasts hold."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from matching.learning import shapes
from matching.learning.calibration import cross_mapped, fit_platt
from matching.learning.cases import UNKNOWN, Cases
from matching.learning.check import LEAST_HELD_OUT, Check, check_forecast
from matching.learning.fitting import Posterior, fit
from matching.learning.market import GUESS, Market
from matching.learning.outlook import Fits, outlook
from matching.learning.shapes import Floats

_TRIAL_SHARE: Final = 0.65
"""The share of the closed cases that the trial fit learns from; it forecasts the rest."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The market with its map, what is believed of the factories, and the check that the forecasts passed or not."""

    market: Market
    posterior: Posterior
    check: Check | None


def learn(cases: Cases, ripe_until: int, start: Market = GUESS) -> Learned:
    """Fits all cases, and before that the earlier ones alone, whose forecasts of the later ones make and check the map.

    ripe_until: ordinal of the last day whose leads are nearly all closed; only those are forecast.
    """
    platt, check = _tried(cases, ripe_until, start)
    market, posterior = fit(cases, start)
    return Learned(replace(market, platt=platt), posterior, check)


def _tried(cases: Cases, ripe_until: int, start: Market) -> tuple[Floats, Check | None]:
    closed = (~cases.accepted | (cases.won != UNKNOWN)) & (cases.day <= ripe_until)
    if closed.sum() < LEAST_HELD_OUT / (1.0 - _TRIAL_SHARE):
        return start.platt, None
    days = np.sort(cases.day[closed])
    split = days[int(len(days) * _TRIAL_SHARE)]
    earlier, later = cases.day < split, closed & (cases.day >= split)
    if not earlier.any() or not later.any():
        return start.platt, None
    market, posterior = fit(cases.only(earlier), start)
    held_out = cases.only(later)
    raw = outlook(market, case_fits(held_out, market, posterior)).deal
    deals = (held_out.accepted & (held_out.won == 1)).astype(np.float64)
    rate = float((cases.accepted & (cases.won == 1))[closed & earlier].mean()) if (closed & earlier).any() else 0.5
    return fit_platt(raw, deals), check_forecast(cross_mapped(raw, deals), deals, rate)


def case_fits(cases: Cases, market: Market, posterior: Posterior) -> Fits:
    """The cases as pairs whose outcome is not known, by what is believed of their factories."""
    means, variances, rows = posterior.means, posterior.variances, cases.factory
    able = means["able"][cases.wish_bit]
    places = cases.wish_case * len(shapes.TERMS) + cases.wish_kind
    size = len(cases) * len(shapes.TERMS)
    misses = np.bincount(places, cases.wish_weight * (1.0 - able), size).astype(np.float64)
    doubts = np.bincount(places, cases.wish_weight**2 * able * (1.0 - able), size).astype(np.float64)
    unknown_gap, unknown_days = np.isnan(cases.gap), np.isnan(cases.days)
    suited = np.where(np.isnan(cases.size), market.usual_size, cases.size)
    lead = np.where(np.isnan(cases.lead), market.usual_lead, cases.lead)
    effects = ("willing", "reliable")
    return Fits(
        misses=misses.reshape(len(cases), -1),
        miss_variances=doubts.reshape(len(cases), -1),
        plain=cases.plain,
        overload=cases.overload,
        shortfall=cases.shortfall,
        size=suited[rows] + means["size"][rows] - cases.quantity,
        size_variance=variances["size"][rows],
        gap=np.where(unknown_gap, market.target[0], cases.gap) + means["price"][rows],
        gap_variance=np.where(unknown_gap, market.target[1] ** 2, 0.0) + variances["price"][rows],
        late=lead[rows] + means["lead"][rows] - np.where(unknown_days, market.days[0], cases.days),
        late_variance=variances["lead"][rows] + np.where(unknown_days, market.days[1] ** 2, 0.0),
        effects=np.column_stack([*(means[name][rows] for name in effects), means["ability"][cases.group]]),
        effect_variances=np.column_stack(
            [*(variances[name][rows] for name in effects), variances["ability"][cases.group]]
        ),
    )
