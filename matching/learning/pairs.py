"""Cases as pairs whose outcome is not known, ready to be forecast."""

import numpy as np

from matching.learning import shapes
from matching.learning.cases import Cases
from matching.learning.fitting import Posterior
from matching.learning.market import Market
from matching.learning.outlook import Fits


def case_fits(cases: Cases, market: Market, posterior: Posterior) -> Fits:
    """The cases by what is believed of their factories, whatever became of them."""
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
