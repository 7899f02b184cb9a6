"""Measures how often the intervals of the off-policy estimators cover a truth that is known, and how wide they are.

python -m benchmarks.off_policy.run
python -m benchmarks.off_policy.run --seeds 200 --record
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.off_policy.town import Policy, Population, observe, policy, populate, read, reward_model, truth
from benchmarks.recording import record
from matching.evaluation.estimators import (
    Estimate,
    by_rates,
    difference,
    doubly_robust,
    inverse_propensity,
    naive,
    self_normalised,
)
from matching.evaluation.log import Log

_FOLDER: Final = Path(__file__).parent
_POPULATION: Final = 1_500
_ESTIMATORS: Final[tuple[Callable[[Log], Estimate], ...]] = (
    naive,
    inverse_propensity,
    self_normalised,
    doubly_robust,
    by_rates,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """explored: the share of the logged leads given to learning. knows: whether the reward model knows anything."""

    name: str
    explored: float
    requests: int
    knows: bool = True


_SETTINGS: Final = (
    Setting("5 % explored, 1,000 requests", 0.05, 1_000),
    Setting("5 % explored, 4,000 requests", 0.05, 4_000),
    Setting("5 % explored, 12,000 requests", 0.05, 12_000),
    Setting("10 % explored, 4,000 requests", 0.10, 4_000),
    Setting("5 % explored, 4,000 requests, a reward model that knows nothing", 0.05, 4_000, knows=False),
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.off_policy.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=int, default=200, help="samples of each setting")
    parser.add_argument("--record", action="store_true", help="write result.json")
    arguments = parser.parse_args(argv)
    population = populate(1, _POPULATION)
    told = {setting.name: measure(population, setting, arguments.seeds) for setting in _SETTINGS}
    print(json.dumps(told, indent=1))
    if arguments.record:
        record(_FOLDER, {"samples_of_each": arguments.seeds, "settings": told}, ("numpy", "scipy"))
    return 0


def measure(population: Population, setting: Setting, seeds: int) -> dict[str, Any]:
    """For each target policy its truth and what each estimator says of it over many samples."""
    live = policy(population, "live", setting.explored)
    targets = {
        "the same": live,
        "the same, nothing explored": policy(population, "live", 0.0),
        "the same, 10 % explored": policy(population, "live", 0.1),
        "a better ranker": policy(population, "better", setting.explored),
        "a worse ranker": policy(population, "worse", setting.explored),
        "a stranger": policy(population, "stranger", setting.explored),
    }
    model = reward_model(population, setting.knows)
    found: dict[tuple[str, str], list[Estimate]] = {}
    for seed in range(seeds):
        seen = observe(population, live, setting.requests, seed)
        base = by_rates(read(seen, live, live, model))
        for name, target in targets.items():
            held = read(seen, live, target, model)
            for estimator in _ESTIMATORS:
                found.setdefault((name, estimator.__name__), []).append(estimator(held))
            found.setdefault((name, "gain by_rates"), []).append(difference(found[name, "by_rates"][-1], base))
    return {name: _told(population, name, target, live, found) for name, target in targets.items()}


def _told(
    population: Population, name: str, target: Policy, live: Policy, found: dict[tuple[str, str], list[Estimate]]
) -> dict[str, Any]:
    value = truth(population, target)
    gain = value - truth(population, live)
    return {
        "truth": round(value, 4),
        "never_shown_by_the_logged": round(found[name, "by_rates"][0].unsupported, 4),
        **{one.__name__: _summary(found[name, one.__name__], value) for one in _ESTIMATORS},
        "gain by_rates": _summary(found[name, "gain by_rates"], gain),
    }


def _summary(runs: Sequence[Estimate], value: float) -> dict[str, Any]:
    told = [(run.value, run.low, run.high) for run in runs if run.told]
    if not told:
        return {"refused": str(runs[0].refusal)}
    values, lows, highs = np.array(told, dtype=float).T
    return {
        "covered": round(float(((lows <= value + 1e-12) & (value <= highs + 1e-12)).mean()), 3),
        "bias": round(float(values.mean() - value), 4),
        "width": round(float((highs - lows).mean()), 4),
        "effective": round(float(np.mean([run.effective for run in runs]))),
        "refused": len(runs) - len(told),
    }


if __name__ == "__main__":
    sys.exit(main())
