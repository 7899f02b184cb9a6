"""Forecasts of whole panels: sane on every history, honest in their intervals, and blind to the future."""

from datetime import date, timedelta

import numpy as np
import pytest

from forecasting.candidates.averages import MovingAverage, SeasonalLevel, SeasonalNaive
from forecasting.candidates.forest import Forest
from forecasting.candidates.like_items import LikeItems
from forecasting.candidates.statistical import aggregated, exponential_smoothing, intermittent, theta
from forecasting.choice import pinball
from forecasting.engine import LIKE_NEW_ITEMS, NO_HISTORY, Forecast, forecast
from forecasting.panel import Floats, Panel, Sale, make_panel
from forecasting.periods import Frequency
from forecasting.ports import Candidate

LEVELS = (0.05, 0.5, 0.9, 0.95)
FREE: tuple[Candidate, ...] = (
    *(SeasonalNaive(), MovingAverage(8), MovingAverage(16), SeasonalLevel(), LikeItems()),
    *(aggregated(), intermittent()),
)


def panel_of(demand: Floats, begun: list[int] | None = None) -> Panel:
    rows, width = demand.shape
    starts = np.zeros(rows, dtype=np.int64) if begun is None else np.array(begun, dtype=np.int64)
    known = np.arange(width) >= starts[:, None]
    names = tuple(f"item {row:03d}" for row in range(rows))
    nothing = np.zeros(demand.shape)
    return Panel(Frequency.WEEK, 100, names, np.where(known, demand, 0.0), known, starts, nothing + np.nan, nothing)


ODD = {
    "one line": [Sale("A", date(2026, 11, 23), 5)],
    "one line in the unfinished week": [Sale("A", date(2026, 11, 30), 5)],
    "all zeros": [Sale("A", date(2026, 1, 5) + timedelta(7 * week), 0) for week in range(40)],
    "only returns": [Sale("A", date(2026, 1, 5) + timedelta(7 * week), -3) for week in range(40)],
    "stopped long ago": [Sale("A", date(2026, 1, 5) + timedelta(7 * week), 9) for week in range(12)],
    "never in stock": [Sale("A", date(2026, 9, 1) + timedelta(day), 0, in_stock=False) for day in range(80)],
    "one huge day": [Sale("A", date(2026, 3, 2) + timedelta(7 * week), 1 if week else 1e9) for week in range(30)],
    "once a month": [Sale("A", date(2026, month, 3), 20) for month in range(1, 12)],
}  # fmt: skip


@pytest.mark.parametrize("sums", [True, False], ids=["sum", "periods"])
def test_every_odd_history_gets_a_sane_row_and_costs_the_others_nothing(sums: bool) -> None:
    steady = [Sale("steady", date(2026, 1, 5) + timedelta(7 * week), 10) for week in range(47)]
    sales = [Sale(name, sale.day, sale.quantity, in_stock=sale.in_stock) for name in ODD for sale in ODD[name]]
    panel = make_panel([*steady, *sales], Frequency.WEEK, date(2026, 11, 30))
    told = {one.sku: one for one in forecast(panel, 4, LEVELS, sums, (*FREE, theta(), exponential_smoothing()))}
    assert told.keys() == {"steady", *ODD}
    for one in told.values():
        assert one.mean.shape == ((1,) if sums else (4,))
        assert np.isfinite(one.mean).all()
        assert (one.mean >= 0).all()
        assert (np.diff(one.quantiles, axis=1) >= 0).all()
        assert (one.quantiles >= 0).all()
        assert one.model
    assert told["steady"].mean.sum() == pytest.approx(40, rel=0.1)
    assert told["stopped long ago"].mean.sum() < 4
    assert told["all zeros"].mean.sum() == pytest.approx(0, abs=0.5)
    assert told["one line in the unfinished week"].model == LIKE_NEW_ITEMS


@pytest.mark.parametrize("item", ODD, ids=list(ODD))
def test_an_odd_history_alone_is_no_error_either(item: str) -> None:
    panel = make_panel(ODD[item], Frequency.WEEK, date(2026, 11, 30))
    (told,) = forecast(panel, 4, LEVELS, True, FREE)
    assert np.isfinite(told.quantiles).all()
    assert told.model != ""
    assert (told.model == NO_HISTORY) == (item == "one line in the unfinished week")


def test_intervals_hold_on_weeks_that_nobody_has_seen() -> None:
    """600 items of very different size and restlessness: a 90 % interval must hold nine in ten of what comes."""
    random = np.random.default_rng(5)
    level = random.lognormal(2.5, 1.0, size=(600, 1))
    evenness = random.choice([1.0, 4.0, 30.0], size=(600, 1))
    demand = random.poisson(random.gamma(evenness, level / evenness, size=(600, 70))).astype(np.float64)
    told = forecast(panel_of(demand[:, :66]), 4, LEVELS, True, FREE)
    came = demand[:, 66:].sum(axis=1)
    bands = np.array([one.quantiles[0] for one in told])
    inside = ((came >= bands[:, 0]) & (came <= bands[:, 3])).mean()
    assert 0.86 <= inside <= 0.94
    assert 0.86 <= (came <= bands[:, 2]).mean() <= 0.94
    for sort in (1.0, 30.0):
        of_sort = evenness[:, 0] == sort
        assert 0.83 <= (came <= bands[:, 2])[of_sort].mean() <= 0.97


def test_a_season_that_comes_again_is_foreseen() -> None:
    """Two peaks seen; the third, two weeks later than a year after the second, is forecast from its foot."""
    random = np.random.default_rng(7)
    week, level = np.arange(124), random.lognormal(2.5, 0.5, size=(60, 1))
    peaks = sum(6 * np.exp(-0.5 * ((week - place) / 2.0) ** 2) for place in (14, 66, 120))
    demand = random.poisson(level * (1 + peaks)).astype(np.float64)
    came = demand[:, 118:122].sum()
    told = forecast(panel_of(demand[:, :118]), 4, LEVELS, True, FREE)
    foreseen = sum(float(one.mean[0]) for one in told)
    flat = 4 * demand[:, 110:118].mean(axis=1).sum()
    assert abs(foreseen - came) < 0.4 * abs(flat - came)


def test_new_items_rise_as_those_before_them_rose() -> None:
    random = np.random.default_rng(3)
    begun = [int(start) for start in random.integers(0, 60, size=60)] + [94] * 10
    age = np.arange(100) - np.array(begun)[:, None]
    size = random.lognormal(2, 0.5, size=(70, 1))
    life = np.where(age >= 0, 1 - np.exp(-(age + 1) / 6), 0.0)
    demand = random.poisson(size * life * 10).astype(np.float64)
    told = forecast(panel_of(demand[:, :96], begun), 4, LEVELS, True, FREE)
    young = np.array([one.mean[0] for one in told[60:]])
    came, flat = demand[60:, 96:].sum(), 4 * demand[60:, 94:96].mean(axis=1).sum()
    assert "like items" in told[65].model
    assert abs(young.sum() - came) < 0.5 * abs(flat - came)


def test_the_same_panel_gives_the_same_forecast_and_the_future_none_of_it() -> None:
    random = np.random.default_rng(2)
    demand = random.poisson(5.0, size=(12, 60)).astype(np.float64)
    told = forecast(panel_of(demand[:, :56]), 4, LEVELS, False, FREE)
    again = forecast(panel_of(demand).until(56), 4, LEVELS, False, FREE)
    assert all(np.array_equal(one.quantiles, other.quantiles) for one, other in zip(told, again, strict=True))


def test_quantiles_come_as_they_are_asked_for() -> None:
    demand = np.random.default_rng(2).poisson(5.0, size=(12, 60)).astype(np.float64)
    up = forecast(panel_of(demand), 4, (0.1, 0.5, 0.93), True, FREE)
    down = forecast(panel_of(demand), 4, (0.93, 0.5, 0.1), True, FREE)
    assert all(np.array_equal(one.quantiles[:, ::-1], other.quantiles) for one, other in zip(up, down, strict=True))


def test_a_model_that_tells_its_own_chances_is_believed() -> None:
    """Lumps of five, one week in three: no spread around a mean has their shape, but windows of the past do."""
    random = np.random.default_rng(9)
    demand = np.where(random.random((150, 84)) < 1 / 3, 5.0, 0.0)
    models = (MovingAverage(16), Forest())
    (alone, blended) = (
        forecast(panel_of(demand[:, :80]), 4, (0.5, 0.9), True, chosen) for chosen in (models[:1], models)
    )
    came = demand[:, 80:].sum(axis=1)

    def lost(told: list[Forecast]) -> float:
        return float(pinball(came, np.concatenate([one.quantiles for one in told]), np.array([0.5, 0.9])).mean())

    assert "forest" in blended[0].model
    assert lost(blended) < lost(alone)
