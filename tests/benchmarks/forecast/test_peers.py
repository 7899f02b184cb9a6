"""What every peer and every set must hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecast.evaluation import HORIZON, EvaluationSet, plain_set, sample_of
from benchmarks.forecast.generated import fashion, promotions, short_histories, spare_parts
from benchmarks.forecast.measuring import measured
from benchmarks.forecast.meter import Meter
from benchmarks.forecast.methods import ENGINE, METHODS, SAMPLED
from benchmarks.forecast.peers import Conformal, moving_average
from benchmarks.forecast.scoring import ASKED
from benchmarks.forecast.stock_outs import stock_outs
from forecasting.panel import Floats, Panel

GENERATED = {
    "fashion": fashion,
    "spare parts": spare_parts,
    "promotions": promotions,
    "short histories": short_histories,
    "stock-outs": stock_outs,
}


def small(rows: int) -> EvaluationSet:
    """Some items with promotions, and an origin 30 weeks after they began."""
    panel = promotions(1).panel.until(30 + HORIZON).only(np.arange(rows))
    return plain_set(panel, [30])


def with_another_future(part: EvaluationSet, origin: int) -> EvaluationSet:
    panel = part.panel

    def changed(table: Floats) -> Floats:
        return np.concatenate([table[:, :origin], 3 * table[:, origin:] + 1], axis=1)

    other = replace(panel, demand=changed(panel.demand), price=changed(panel.price), promoted=changed(panel.promoted))
    return plain_set(other, [origin])


@pytest.mark.parametrize("name", METHODS)
def test_nothing_after_the_origin_is_seen(name: str) -> None:
    part = small(2 if name in (*SAMPLED, ENGINE) else 12)
    rows = np.arange(len(part.panel))
    told = Meter().told(name, METHODS[name], part, 30, rows)
    other = with_another_future(part, 30)
    assert not np.array_equal(other.wanted(30), part.wanted(30))
    assert np.array_equal(Meter().told(name, METHODS[name], other, 30, rows), told)
    assert told.shape == (len(part.panel), len(ASKED))
    assert (told >= 0).all()
    assert (np.diff(told, axis=1) >= 0).all()


def test_kept_forecasts_are_those_of_the_same_history_only(tmp_path: Path) -> None:
    part, rows = small(12), np.arange(12)
    other = plain_set(with_another_future(part, 20).panel, [30])
    first, again = Meter(tmp_path), Meter(tmp_path)
    told = first.told("moving average", METHODS["moving average"], part, 30, rows)
    assert np.array_equal(again.told("moving average", METHODS["moving average"], part, 30, rows), told)
    assert not np.array_equal(again.told("moving average", METHODS["moving average"], other, 30, rows), told)
    assert not np.array_equal(again.told("ADIDA", METHODS["ADIDA"], part, 30, rows), told)
    assert (first.taken_over, again.taken_over) == (0, 1)


def test_the_past_is_seen() -> None:
    """The same change of the weeks before the origin changes what is told."""
    part = small(12)
    other = plain_set(with_another_future(part, 20).panel, [30])
    rows = np.arange(12)
    for name in ("moving average", "AutoETS", "LightGBM"):
        first, second = (Meter().told(name, METHODS[name], each, 30, rows) for each in (part, other))
        assert not np.array_equal(first, second), name


def test_conformal_quantiles_worked_by_hand() -> None:
    """One item of 4, 4, 4, 4, 6, 6, 6, 6: its one earlier forecast of 16 missed by 8, two weeks of its mean of 4."""
    demand = np.array([[4.0, 4.0, 4.0, 4.0, 6.0, 6.0, 6.0, 6.0]])
    panel = replace(
        small(1).panel, demand=demand, known=demand > 0, price=demand, promoted=0 * demand, begun=np.array([0])
    )
    told = Conformal(moving_average)(panel, (0.5, 0.9))
    assert told.tolist() == [[4 * 5 + 2 * 5, 4 * 5 + 2 * 5]]


@pytest.mark.parametrize("name", GENERATED)
def test_generated_sets_are_what_they_say(name: str) -> None:
    part, again, other = GENERATED[name](1), GENERATED[name](1), GENERATED[name](2)
    assert np.array_equal(part.truth, again.truth)
    assert part.truth.shape != other.truth.shape or not np.array_equal(part.truth, other.truth)
    assert len(part.origins) == 3
    for origin, known in part.histories.items():
        assert known.demand.shape[1] == origin <= part.truth.shape[1] - HORIZON
        assert known.skus == part.panel.skus
        assert part.counted(origin).sum() >= 140
        lived = np.arange(origin) >= known.begun[:, None]
        assert (known.demand[~lived] == 0).all()
        assert not known.known[~lived].any()


def test_stock_outs_hide_what_was_wanted_and_no_later_week_repairs_it() -> None:
    part = stock_outs(1)
    assert part.panel.lost is not None
    assert part.truth.sum() > 1.03 * part.panel.lost.sold.sum()
    assert part.panel.demand.sum() == pytest.approx(part.truth.sum(), rel=0.02)
    first, last = part.origins[0], part.origins[-1]
    assert not part.histories[first].known.all()
    known = part.histories[last].known[:, :first]
    assert np.array_equal(part.histories[first].demand[known], part.histories[last].demand[:, :first][known])


def test_new_items_are_8_to_30_weeks_old() -> None:
    part = short_histories(1)
    ages = [part.histories[origin].ages[part.scored] for origin in part.origins]
    assert min(age.min() for age in ages) >= 8
    assert max(age.max() for age in ages) <= 30


def test_a_sample_is_told_apart_from_the_whole() -> None:
    part = small(12)
    asked: list[int] = []

    def counting(panel: Panel, quantiles: tuple[float, ...]) -> Floats:
        asked.append(len(panel))
        return np.ones((len(panel), len(quantiles)))

    name = next(iter(SAMPLED))
    figures = measured([part], {"moving average": METHODS["moving average"], name: counting}, 3)
    assert asked == [3]
    assert len(sample_of(part, 3)) == 3
    assert set(figures["loss"]) == {"moving average"}
    assert set(figures["loss on the sample"]) == {"moving average", name}
