"""What backtests teach of quantiles: how much of the luck all items share, and how far a blend must be corrected."""

import numpy as np
import pytest

from forecasting.calibration import Past, correction_of, shared_luck
from forecasting.panel import Floats

LEVELS = np.array([0.05, 0.5, 0.95])
NORMAL = np.array([-1.645, 0.0, 1.645])


def drawn(share: float, items: int = 400, origins: int = 8) -> Floats:
    """Errors of variance 1 of which a share is common to all items of an origin."""
    chance = np.random.default_rng(7)
    common = chance.normal(size=origins)
    common = (common - common.mean()) / common.std(ddof=1)
    return np.asarray(np.sqrt(share) * common + np.sqrt(1 - share) * chance.normal(size=(items, origins)))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.9])
def test_luck_that_all_items_share_is_told_from_luck_of_their_own(share: float) -> None:
    assert shared_luck(drawn(share), np.ones((400, 8))) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("seen", [0, 1])
def test_a_single_origin_says_nothing_of_shared_luck(seen: int) -> None:
    weight = np.zeros((400, 8))
    weight[:, :seen] = 1.0
    assert shared_luck(drawn(0.9), weight) == 0.0


def corrected(errors: Floats) -> Floats:
    """The quantiles of a forecast of 100 pieces with a spread of 10, after backtests with these errors in spreads."""
    shape = errors.shape
    past = Past(np.full(shape, 100.0), 100 + 10 * errors, np.ones(shape), np.ones(shape))
    bands = np.broadcast_to(100 + 10 * NORMAL, (*shape, 3))
    correction = correction_of(past, bands, np.full(shape, 10.0), LEVELS)
    return correction.corrected(np.array([100 + 10 * NORMAL]), np.array([10.0]), LEVELS).ravel()


def test_shared_luck_makes_quantiles_wider_and_luck_of_their_own_does_not() -> None:
    alone, shared = corrected(drawn(0.0)), corrected(drawn(0.4))
    assert alone == pytest.approx(100 + 10 * NORMAL, abs=0.7)
    assert (shared - shared[1])[[0, 2]] == pytest.approx((alone - alone[1])[[0, 2]] * np.sqrt(1.8), rel=0.1)


def test_an_upper_quantile_is_corrected_both_ways_and_a_lower_one_only_away_from_the_middle() -> None:
    narrow, wide = corrected(drawn(0.0) / 2), corrected(drawn(0.0) * 2)
    assert narrow[2] < 112 and narrow[0] == pytest.approx(100 - 16.45, abs=0.1)
    assert wide[2] > 125 and wide[0] < 75


def test_nothing_is_corrected_where_nothing_was_tried() -> None:
    nothing = np.zeros((3, 2))
    correction = correction_of(Past(nothing, nothing, nothing, nothing), np.zeros((3, 2, 3)), nothing + 1, LEVELS)
    assert correction.corrected(np.array([[1.0, 2.0, 3.0]]), np.ones(1), LEVELS).tolist() == [[1.0, 2.0, 3.0]]
