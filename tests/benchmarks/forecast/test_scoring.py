"""Scores worked by hand."""

import numpy as np
import pytest

from benchmarks.forecast.scoring import ASKED, QUANTILES, against_the_best, inside, paired, pinball, scaled_losses


def test_pinball_loss_worked_by_hand() -> None:
    """Median told 8, nine tenths told 20; 10 came: short by 2 at one half, over by 10 at nine tenths."""
    loss = pinball(np.array([0.5, 0.9]), np.array([[8.0, 20.0], [10.0, 10.0]]), np.array([10.0, 10.0]))
    assert loss.tolist() == pytest.approx([(0.5 * 2 + 0.1 * 10) / 2, 0.0])


def test_the_lowest_quantile_is_asked_for_the_interval_only() -> None:
    told = np.full((1, len(ASKED)), 10.0)
    lower = told.copy()
    lower[0, 0] = 0.0
    wanted, scale = np.array([14.0]), np.array([2.0])
    expected = 4 * sum(QUANTILES) / len(QUANTILES) / 2
    assert scaled_losses(told, wanted, scale).tolist() == pytest.approx([expected])
    assert scaled_losses(lower, wanted, scale).tolist() == pytest.approx([expected])


def test_a_loss_is_told_in_weeks_of_the_item_itself() -> None:
    """Ten times the pieces, ten times the level: the same loss."""
    told = np.sort(np.random.default_rng(0).uniform(0, 30, (5, len(ASKED))), axis=1)
    wanted, scale = np.array([3.0, 9.0, 0.0, 40.0, 12.0]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert scaled_losses(10 * told, 10 * wanted, 10 * scale) == pytest.approx(scaled_losses(told, wanted, scale))


def test_the_interval_holds_its_ends_and_reads_the_outer_quantiles() -> None:
    row = [2.0, 3.0, 4.0, 5.0, 6.0, 9.0, 11.0]
    told = np.array([row, row, row, row])
    assert inside(told, np.array([2.0, 9.0, 10.0, 1.0])).tolist() == [True, True, False, False]


def test_a_paired_difference_has_an_interval_around_its_mean() -> None:
    theirs = np.random.default_rng(1).uniform(1, 5, 200)
    always = paired(theirs - 0.25, theirs)
    assert always == {"mean": -0.25, "from": -0.25, "to": -0.25}
    noisy = paired(theirs + np.tile([1.0, -1.0], 100), theirs)
    assert noisy["from"] < 0 < noisy["to"]


def test_ratios_to_the_best_single_model_worked_by_hand() -> None:
    """One peer has the lower mean (.7 against 1.0) although the other wins one of the sets; geometrically too."""
    losses = {
        "first": {"weft": 0.9, "steady": 1.0, "wild": 0.5},
        "second": {"weft": 0.3, "steady": 0.4, "wild": 1.5},
    }
    told = against_the_best(losses, "weft", ("steady", "wild"))
    assert told["of means"]["best single model"] == "steady"
    assert told["of means"]["ratio"] == pytest.approx(0.6 / 0.7, abs=1e-4)
    assert told["of means"]["worst set"] == {"set": "first", "ratio": 0.9}
    assert told["sets alike"]["ratio"] == pytest.approx((0.9 * 0.75) ** 0.5, abs=1e-4)
    assert told["in hindsight"]["worst set"] == {"set": "first", "ratio": 1.8}
    assert told["in hindsight"]["ratio"] == pytest.approx((1.8 * 0.75) ** 0.5, abs=1e-4)


def test_a_set_of_large_losses_does_not_choose_for_sets_alike() -> None:
    losses = {
        "large": {"weft": 10.0, "for large": 10.0, "for small": 12.0},
        "small": {"weft": 0.1, "for large": 0.2, "for small": 0.1},
    }
    told = against_the_best(losses, "weft", ("for large", "for small"))
    assert told["of means"]["best single model"] == "for large"
    assert told["sets alike"]["best single model"] == "for small"
