"""From answered leads to a model of the market, and to the map that makes its forecasts hold."""

from dataclasses import dataclass, replace

from matching.learning.calibration import cross_mapped, fit_platt
from matching.learning.cases import Cases
from matching.learning.check import Check, check_forecast
from matching.learning.fitting import Posterior, fit
from matching.learning.market import GUESS, Market
from matching.learning.trials import hold_trials


@dataclass(frozen=True, slots=True)
class Learned:
    """The market with its map, what is believed of the factories, and the check that the forecasts passed or not."""

    market: Market
    posterior: Posterior
    check: Check | None


def learn(cases: Cases, ripe_until: int, start: Market = GUESS) -> Learned:
    """Fits all cases, and before that ever more of the earlier ones, whose forecasts make and check the map.

    ripe_until: ordinal of the last day whose leads are nearly all closed; only those are forecast.
    """
    market, posterior = fit(cases, start)
    tried = hold_trials(cases, ripe_until, start)
    if tried is None:
        return Learned(replace(market, platt=start.platt), posterior, None)
    check = check_forecast(cross_mapped(tried.forecasts, tried.deals), tried.deals, tried.base_rate)
    return Learned(replace(market, platt=fit_platt(tried.forecasts, tried.deals)), posterior, check)
