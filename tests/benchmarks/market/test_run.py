"""The command: seasons are stored and taken up again, and the report holds what was played."""

import json
from pathlib import Path

import pytest

from benchmarks.market.figures import Season
from benchmarks.market.report import report
from benchmarks.market.run import main

TINY = ["--first", "900", "--seeds", "1", "--factories", "40", "--orders", "15", "--weeks", "5"]


def season(policy: str, seed: int, chance: float, forecast: float) -> Season:
    return Season(policy, seed, 4, [chance] * 4, [forecast] * 4, [1, 0, 1, 0], [1, 0, 0, 0], ["zh", "en"] * 2, 1.0)


def test_a_second_run_takes_the_stored_seasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = [*TINY, "--policies", "random", "--store", str(tmp_path)]
    assert main(call) == 0
    first = capsys.readouterr()
    assert first.err.count("deals a lead") == 3
    assert main(call) == 0
    again = capsys.readouterr()
    assert "deals a lead" not in again.err
    assert json.loads(again.out) == json.loads(first.out)
    assert json.loads(again.out)["oracle"]["recovered"]["mean"] == 1.0


def test_an_unknown_policy_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TINY, "--policies", "random,luck"]) == 2
    assert "luck" in capsys.readouterr().err


def test_the_report_measures_recovery_controls_and_trust() -> None:
    market = {
        "cosine": season("cosine", 1, 0.2, float("nan")),
        "oracle": season("oracle", 1, 0.8, 0.8),
        "blind": season("blind", 1, 0.35, 0.35),
        "engine": season("engine", 1, 0.5, 0.4),
        "shuffled": season("shuffled", 1, 0.35, 0.35),
        "no-signal cosine": season("cosine", 1, 0.25, float("nan")),
        "no-signal engine": season("engine", 1, 0.25, 0.25),
    }
    pooled = report({1: market})["pooled"]
    assert isinstance(pooled, dict)
    assert pooled["engine"]["recovered"]["mean"] == pytest.approx(0.5)
    assert pooled["engine_minus_blind"]["mean"] == pytest.approx(0.25)
    assert pooled["shuffled_minus_blind"]["mean"] == pytest.approx(0.0)
    assert pooled["no_signal_engine_minus_cosine"]["mean"] == pytest.approx(0.0)
    assert pooled["engine"]["trust"]["ece_against_true_probabilities"] == pytest.approx(0.1)
    assert pooled["engine"]["trust"]["brier_skill_expected"] == pytest.approx(-0.04)
    assert "trust" not in pooled["cosine"]
