"""The probability of a deal in closed form: the mean over everything that is not known for sure.

    P(deal) = E[ P(accept) P(win | accept) ]
    logit P(accept) = a0 - a.x + u + v
    logit P(win | accept) = b0 - b.x + r + s v

x are the misfit columns (`matching.learning.shapes`), u, r, v the effects of the factory. What is unknown (whether it
really can, its price level, the buyer's target ...) has a mean and a variance. Logits are then nearly normal, and
E sigmoid(m + e) is close to sigmoid(m / sqrt(1 + pi variance / 8)) (MacKay 1992). Both logits share most of what is
unknown, so the product of the means is corrected by their covariance, to first order.
"""

import math
from dataclasses import dataclass, fields
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.learning import shapes
from matching.learning.market import Market
from matching.learning.shapes import Floats, sigmoid

_LEAST: Final = 1e-5

MOST_OFF: Final = 0.02
"""How far single precision moves the logit of a deal at most: .006 near a chance of 1 - 1e-5, less elsewhere."""

_FLATTENED: Final = math.pi / 8.0

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


@dataclass(frozen=True, slots=True)
class Weights:
    """A market as the products that an outlook is made of; in single precision a quick estimate.

    costs: 2 logits x (columns and the three effects). doubts: (the variances of both logits, their covariance) x (four
    kinds of term and the three effects). slopes: (3 sources x 2 logits) x UNCERTAIN_PLACES. typical: known columns x 1.
    """

    costs: Floats
    doubts: Floats
    slopes: Floats
    typical: Floats
    bases: Floats

    def in_singles(self) -> "Weights":
        return Weights(*(getattr(self, field.name).astype(np.float32) for field in fields(self)))


def weights_of(market: Market) -> Weights:
    costs, ability = np.stack([market.accept, market.win]), market.ability_in_win
    accept, win = costs[:, shapes.TERM_PLACES]
    return Weights(
        costs=np.hstack([costs, [[-1.0, 0.0, -1.0], [0.0, -1.0, -ability]]]),
        doubts=np.hstack(
            [[accept**2, win**2, accept * win], [[1.0, 0.0, 1.0], [0.0, 1.0, ability**2], [0.0, 0.0, ability]]]
        ),
        slopes=(shapes.SLOPES[:, None] * costs[:, shapes.UNCERTAIN]).reshape(-1, shapes.SLOPES.shape[1]),
        typical=market.typical[shapes.KNOWN, None],
        bases=np.array([[market.base_accept], [market.base_win]]),
    )


def picked(pairs: Pairs, chosen: NDArray[np.generic]) -> Pairs:
    """Some of the pairs: those that are flagged, or those at the given places."""
    return type(pairs)(*(getattr(pairs, field.name)[chosen] for field in fields(pairs)))


def outlook(weights: Weights, fits: Fits) -> Outlook:
    """The chances of every pair."""
    columns, doubts = _columns(weights, fits)
    accept, win = (weights.costs[:, : shapes.WIDTH, None] * columns[: shapes.WIDTH]).transpose(0, 2, 1)
    flat, chances, deal = _chances(weights, columns, doubts)
    shares = (1.0 - chances) / (1.0 - deal)
    doubt = (shares**2 * doubts[:2]).sum(axis=0) + 2.0 * shares[0] * shares[1] * doubts[2]
    return Outlook(accept, win, flat[0], flat[1], chances[0], chances[1], deal, np.maximum(doubt, 0.0))


def quick_deals(weights: Weights, fits: Fits) -> Floats:
    """The joint chance of every pair in the precision of the weights; in single its logit is off by less than MOST_OFF.

    It takes a third of the time of an outlook.
    """
    return _chances(weights, *_columns(weights, fits))[2]


def _chances(weights: Weights, columns: Floats, doubts: Floats) -> tuple[Floats, Floats, Floats]:
    """2 x pairs: the factors by which doubt flattens the logits, and the two chances; and the joint chance."""
    flat = 1.0 / np.sqrt(1.0 + _FLATTENED * doubts[:2])
    chances = sigmoid((weights.bases - _product(weights.costs, columns)) * flat)
    accepted, won = chances
    moved = flat * chances * (1.0 - chances)
    together = accepted * won + doubts[2] * moved[0] * moved[1]
    deal = np.maximum(np.minimum(together, np.minimum(np.minimum(accepted, won), 1.0 - _LEAST)), _LEAST)
    return flat, chances, deal


def _columns(weights: Weights, fits: Fits) -> tuple[Floats, Floats]:
    """Expected columns, and the effects, x pairs; and 3 x pairs: variances of both logits, and their covariance."""
    count, precision = len(fits.gap), weights.costs.dtype
    columns = np.empty((shapes.WIDTH + 3, count), precision)
    columns[shapes.TERM_COLUMNS], columns[shapes.PLAIN_COLUMNS] = fits.misses.T, fits.plain.T
    columns[shapes.CUT_COLUMNS] = shapes.known_cuts(fits.overload, fits.shortfall)
    known = columns[shapes.KNOWN]
    np.copyto(known, weights.typical, where=np.isnan(known))
    columns[shapes.WIDTH :] = fits.effects.T
    unsure = np.empty((7, count), precision)
    unsure[:4], unsure[4:] = fits.miss_variances.T, fits.effect_variances.T
    doubts = _product(weights.doubts, unsure)
    variances = np.array([fits.size_variance, fits.gap_variance, fits.late_variance], precision)
    means = np.array([fits.size, fits.gap, fits.late], precision)
    columns[shapes.UNCERTAIN], inside = shapes.expected_cuts(means, variances)
    slopes = _product(weights.slopes, inside).reshape(3, 2, count)
    doubts[:2] += (slopes * slopes * variances[:, None]).sum(axis=0)
    doubts[2] += (slopes[:, 0] * slopes[:, 1] * variances).sum(axis=0)
    return columns, doubts


def _product(weights: Floats, columns: Floats) -> Floats:
    """The matrix product; in double precision added up in one order, so that a pair is the same bits in any company."""
    if weights.dtype == np.float32:
        return weights @ columns
    products = weights[:, :, None] * columns
    alone = columns.shape[1] == 1
    return np.asarray(products.cumsum(axis=1)[:, -1] if alone else products.sum(axis=1))
