"""Measures forecasts of lead-time demand: `python -m benchmarks.forecast.run [--only SET ...]`; see README.md."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.forecast.costs import costs
from benchmarks.forecast.measuring import measured
from benchmarks.forecast.methods import AVERAGE, ENGINE, METHODS, PEERS, SAMPLED
from benchmarks.forecast.retail import FILE
from benchmarks.forecast.scoring import against_the_best
from benchmarks.forecast.sets import SETS, evaluations
from benchmarks.recording import record

FOLDER: Final = Path(__file__).parent
PACKAGES: Final = ("numpy", "statsforecast", "prophet", "lightgbm")
SAMPLE: Final = 20
COSTS: Final = "a thousand series"


def over_the_sets(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The means over the sets of every method, and how the engine stands to the best single model."""
    whole = {name: each["loss"] for name, each in figures.items()}
    sampled = {name: each["loss on the sample"] for name, each in figures.items()}
    told = {
        "loss": _means(whole),
        "loss on the samples": _means(sampled),
        "coverage": _means({name: each["coverage"] for name, each in figures.items()}),
        "cpu seconds per 1,000 series": _means({name: each["cpu"] for name, each in figures.items()}),
    }
    for name in (ENGINE, AVERAGE):
        if name in told["loss"] and set(PEERS) <= set(told["loss"]):
            told[name] = against_the_best(whole, name, tuple(PEERS))
            if set(SAMPLED) <= set(told["loss on the samples"]):
                told[f"{name}, on the samples"] = against_the_best(sampled, name, (*PEERS, *SAMPLED))
    return told


def _means(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The mean over the sets of each method that has a figure in all of them."""
    tables = list(figures.values())
    names = [name for name in tables[0] if all(name in table for table in tables)]
    return {name: round(float(np.mean([table[name] for table in tables])), 4) for name in names}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("WEFT_SALES_DATA") or "../shared/data/online_retail")
    parser.add_argument("--data", type=Path, default=default, help=f"folder that holds {FILE} (or WEFT_SALES_DATA)")
    parser.add_argument("--tuning", action="store_true", help="tuning seeds and earlier origins; nothing is recorded")
    parser.add_argument("--only", nargs="*", choices=(*SETS, COSTS), help="measure these anew, keep the others")
    parser.add_argument("--methods", nargs="*", choices=list(METHODS), help="these methods only; with --tuning")
    parser.add_argument(
        "--kept", type=Path, help="folder that keeps the peers' forecasts, to run the engine anew alone"
    )
    parser.add_argument("--sample", type=int, default=SAMPLE, help="items of each market that Prophet forecasts")
    arguments = parser.parse_args()
    if arguments.methods and not arguments.tuning:
        parser.error("--methods is for tuning: a recorded table holds every method")
    return arguments


def main() -> int:
    arguments = _arguments()
    if not (arguments.data / FILE).is_file():
        print(f"{FILE} is not in {arguments.data}: name its folder with --data or WEFT_SALES_DATA.", file=sys.stderr)
        return 2
    earlier = FOLDER / "result.json"
    keeps = earlier.exists() and not arguments.tuning
    figures: dict[str, Any] = json.loads(earlier.read_text(encoding="utf-8"))["figures"] if keeps else {}
    methods = {name: method for name, method in METHODS.items() if name in (arguments.methods or METHODS)}
    sets: dict[str, Any] = figures.setdefault("sets", {})
    for name in arguments.only or (*SETS, COSTS):
        if name == COSTS:
            found = figures[COSTS] = costs(methods, 1 if arguments.tuning else 101)
        else:
            parts = list(evaluations(name, arguments.data, arguments.tuning).values())
            found = sets[name] = measured(parts, methods, arguments.sample, arguments.kept)
        found["load_average"] = round(os.getloadavg()[0], 2)
        print(json.dumps({name: found}, indent=2), flush=True)
        figures["over the sets"] = over_the_sets(sets) if sets else {}
        if not arguments.tuning:
            record(FOLDER, figures, PACKAGES)
    print(json.dumps(figures["over the sets"], indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
