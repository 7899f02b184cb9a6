"""Last season is laid where it is likely to belong, and counts for items in proportion to their own level."""

import numpy as np
import pytest

from forecasting.candidates.averages import SeasonalLevel
from forecasting.panel import Floats
from tests.forecasting.replenishment.panels import weekly


def with_peaks(*places: int) -> Floats:
    """Sixty items with a peak in the weeks around each place."""
    week, level = np.arange(130), np.random.default_rng(7).lognormal(3.5, 0.5, size=(60, 1))
    peaks = sum(6 * np.exp(-0.5 * ((week - place) / 2.0) ** 2) for place in places)
    return np.random.default_rng(8).poisson(level * (1 + peaks)).astype(np.float64)


@pytest.mark.parametrize("away", [-2, 0, 2])
def test_a_season_that_comes_earlier_or_later_is_followed_from_its_foot(away: int) -> None:
    peak = 66 + 52 + away
    demand = with_peaks(66, peak)
    told = SeasonalLevel().paths(weekly(demand[:, : peak - 2]), 4)
    came = demand[:, peak - 2 : peak + 2]
    assert told.sum() == pytest.approx(came.sum(), rel=0.12)
    assert np.corrcoef(told.sum(axis=1), came.sum(axis=1))[0, 1] > 0.95


def test_an_item_younger_than_a_season_is_left_to_others() -> None:
    assert np.isnan(SeasonalLevel().paths(weekly(with_peaks(20)[:, :40]), 4)).all()
