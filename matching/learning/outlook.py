"""The probability of a deal in closed form: the mean over everything that is not known for sure.

    P(deal) = E[ P(accept) P(win | accept) ]
    logit P(accept) = a0 - a.x + u + v
    logit P(win | accept) = b0 - b.x + r + s v

x are the misfit columns (`matching.learning.shapes`), u, r, v the effects of the factory. What is unknown (whether it
really can, its price level, the buyer's target ...) has a mean and a variance. Logits are then nearly normal, and
E sigmoid(m + e) is close to sigmoid(m / sqrt(1 + pi variance / 8)) (MacKay 1992). Both logits share most of what is
unknown, so the product of the means is corrected by their covariance, to first order.
"""

from dataclasses import dataclass, fields
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.learning import shapes
from matching.learning.market import Market
from matching.learning.shapes import Floats, sigmoid

_LEAST: Final = 1e-5

Pairs = TypeVar("Pairs", "Fits", "Outlook")


@dataclass(frozen=True, slots=True)
class Fits:
    """Pairs of an order and a factory as the model sees them; N pairs. Variances are zero for what is known.

    misses, miss_variances: N x 4 kinds of term, expected number of wishes that the factory cannot meet. plain: N x 4
    (attribute, region, text, and words: the text again where it is all that tells the goods) and overload, shortfall:
    NaN where the factory tells nothing. size: log of the factory's suited size over that of the order. gap: log of its
    price over the target. late: log of its lead time over the days there are. effects, effect_variances: N x 3,
    willingness, reliability and ability in the group of goods.
    """

    misses: Floats
    miss_variances: Floats
    plain: Floats
    overload: Floats
    shortfall: Floats
    size: Floats
    size_variance: Floats
    gap: Floats
    gap_variance: Floats
    late: Floats
    late_variance: Floats
    effects: Floats
    effect_variances: Floats


@dataclass(frozen=True, slots=True)
class Outlook:
    """accept, win: N x columns, what each misfit takes off the two logits. flat_accept, flat_win: the factors by which
    doubt flattens them. accepted, won: N probabilities; deal: their joint one, before Platt's map. doubt: variance of
    the deal's logit that comes from all that is not known for sure."""

    accept: Floats
    win: Floats
    flat_accept: Floats
    flat_win: Floats
    accepted: Floats
    won: Floats
    deal: Floats
    doubt: Floats


def picked(pairs: Pairs, chosen: NDArray[np.generic]) -> Pairs:
    """Some of the pairs: those that are flagged, or those at the given places."""
    return type(pairs)(*(getattr(pairs, field.name)[chosen] for field in fields(pairs)))


def outlook(market: Market, fits: Fits) -> Outlook:
    """The chances of every pair."""
    columns, shared = _columns(market, fits)
    accept, win = columns * market.accept, columns * market.win
    effects, doubts = fits.effects, fits.effect_variances
    logit_accept = market.base_accept - accept.sum(axis=1) + effects[:, 0] + effects[:, 2]
    logit_win = market.base_win - win.sum(axis=1) + effects[:, 1] + market.ability_in_win * effects[:, 2]
    variance_accept = shared[0] + doubts[:, 0] + doubts[:, 2]
    variance_win = shared[1] + doubts[:, 1] + market.ability_in_win**2 * doubts[:, 2]
    covariance = shared[2] + market.ability_in_win * doubts[:, 2]
    flat_accept = 1.0 / np.sqrt(1.0 + np.pi / 8.0 * variance_accept)
    flat_win = 1.0 / np.sqrt(1.0 + np.pi / 8.0 * variance_win)
    accepted, won = sigmoid(logit_accept * flat_accept), sigmoid(logit_win * flat_win)
    together = covariance * flat_accept * accepted * (1.0 - accepted) * flat_win * won * (1.0 - won)
    deal = np.clip(accepted * won + together, _LEAST, np.minimum(np.minimum(accepted, won), 1.0 - _LEAST))
    by_accept, by_win = (1.0 - accepted) / (1.0 - deal), (1.0 - won) / (1.0 - deal)
    doubt = by_accept**2 * variance_accept + by_win**2 * variance_win + 2.0 * by_accept * by_win * covariance
    return Outlook(accept, win, flat_accept, flat_win, accepted, won, deal, np.maximum(doubt, 0.0))


def _columns(market: Market, fits: Fits) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Expected columns; and the variances of both logits, and their covariance, that come from the misfits."""
    columns = np.empty((len(fits.gap), shapes.WIDTH))
    columns[:, shapes.TERM_PLACES] = fits.misses
    columns[:, shapes.PLAIN_PLACES] = fits.plain
    columns[:, shapes.OVERLOAD] = shapes.cut(fits.overload, shapes.OVERLOAD)
    columns[:, shapes.SHORTFALL] = shapes.cut(fits.shortfall, shapes.SHORTFALL)
    columns = np.where(np.isnan(columns), market.typical, columns)
    costs = np.stack([market.accept, market.win])
    terms = costs[:, shapes.TERM_PLACES]
    products = np.stack([terms[0] ** 2, terms[1] ** 2, terms[0] * terms[1]])
    variances = fits.miss_variances @ products.T
    for values, variance, growing, falling in (
        (fits.size, fits.size_variance, shapes.SMALL, shapes.LARGE),
        (fits.gap, fits.gap_variance, shapes.GAP, shapes.CHEAP),
        (fits.late, fits.late_variance, shapes.LATE, None),
    ):
        columns[:, growing], inside = shapes.expected_cut(values, variance, growing)
        slopes = inside @ costs[:, growing].T
        if falling is not None:
            columns[:, falling], inside = shapes.expected_cut(-values, variance, falling)
            slopes -= inside @ costs[:, falling].T
        variances[:, :2] += slopes**2 * variance[:, None]
        variances[:, 2] += slopes[:, 0] * slopes[:, 1] * variance
    return columns, (variances[:, 0], variances[:, 1], variances[:, 2])
