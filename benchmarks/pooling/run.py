"""Runs the pooling benchmark: `python -m benchmarks.pooling.run [--only SECTION ...]`; see README.md."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.pooling.arrivals import placed_on_arrival
from benchmarks.pooling.baselines import alone, greedy
from benchmarks.pooling.bounds import relaxation_bound, solve_program
from benchmarks.pooling.instances import Shape, families_of, generated, parts_of
from benchmarks.pooling.million import measured_command
from benchmarks.recording import record
from matching.pooling.assignment import Effort, assign
from matching.pooling.problem import Places, PoolingProblem, breaches_of, value_of

REPORTED_SEEDS: Final = (101, 102, 103)
"""Never used while the engine was built; that was done on seeds below 100."""

_LOADS: Final = (1.2, 2.0)
_HARDER: Final = {
    "families of 60 pools": Shape(4_000, 1.2, family=1_000),
    "one family of 300 pools": Shape(5_000, 1.2, family=5_000),
    "coarse orders (sigma 1.5)": Shape(4_000, 1.2, sigma=1.5),
}
_WHOLE_SECONDS: Final = 30.0
_FAMILY_SECONDS: Final = 300.0

Method = Callable[[PoolingProblem], Places]
_METHODS: Final[dict[str, Method]] = {
    "each order alone": alone,
    "simple greedy": greedy,
    **{f"weft {effort}": partial(assign, effort=effort) for effort in Effort},
}


def against_the_optimum() -> dict[str, Any]:
    """600 orders: every method, one program for the whole, and the optimum proven family by family."""
    return {
        f"load {load}": _averaged(_with_optimum(Shape(600, load), seed) for seed in REPORTED_SEEDS[:2])
        for load in _LOADS
    }


def twenty_thousand() -> dict[str, Any]:
    return {f"load {load}": _averaged([_measured(Shape(20_000, load), REPORTED_SEEDS[0])]) for load in _LOADS}


def harder() -> dict[str, Any]:
    return {
        f"{name}, load {load}": _averaged([_measured(replace(shape, load=load), REPORTED_SEEDS[0])])
        for name, shape in _HARDER.items()
        for load in _LOADS
    }


def million() -> dict[str, Any]:
    """A million orders through the command, reading and writing files; the bound is that of a sample of families."""
    return {f"load {load}": measured_command(Shape(1_000_000, load), REPORTED_SEEDS[0]) for load in _LOADS}


def over_time() -> dict[str, Any]:
    """Orders placed knowing only what has arrived, against the linear bound of somebody who knows all of them."""
    return {
        f"load {load}": _averaged(_over_time(Shape(20_000, load), seed) for seed in REPORTED_SEEDS) for load in _LOADS
    }


SECTIONS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "20000 orders": twenty_thousand,
    "a million orders": million,
    "arriving over time": over_time,
    "harder": harder,
    "600 orders": against_the_optimum,
}


def _over_time(shape: Shape, seed: int) -> dict[str, float]:
    methods = {
        "weft": partial(placed_on_arrival, seed=seed),
        "weft, placed at once": partial(placed_on_arrival, seed=seed, patience=1),
        "without foresight": partial(placed_on_arrival, seed=seed, foresees=False),
    }
    return _of_bound(*_with_bound(shape, seed), methods)


def _with_optimum(shape: Shape, seed: int) -> dict[str, float]:
    """As `_measured`, beside one program for the whole problem and the optimum proven family by family."""
    problem = generated(shape, seed)
    families = [part for part, _, _ in parts_of(problem, families_of(shape))]
    bound = sum(relaxation_bound(family) for family in families)
    started = time.process_time()
    whole = solve_program(problem, _WHOLE_SECONDS)
    spent = time.process_time() - started
    best = [solve_program(family, _FAMILY_SECONDS) for family in families]
    return {
        **_of_bound(problem, bound),
        "whole MIP": whole.value / bound,
        "whole MIP cpu_s": spent,
        "whole MIP proven": float(whole.proven),
        "optimum": sum(family.value for family in best) / bound,
        "optimum proven": float(all(family.proven for family in best)),
    }


def _measured(shape: Shape, seed: int) -> dict[str, float]:
    return _of_bound(*_with_bound(shape, seed))


def _with_bound(shape: Shape, seed: int) -> tuple[PoolingProblem, float]:
    problem = generated(shape, seed)
    return problem, sum(relaxation_bound(part) for part, _, _ in parts_of(problem, families_of(shape)))


def _of_bound(problem: PoolingProblem, bound: float, methods: Mapping[str, Method] = _METHODS) -> dict[str, float]:
    """Each method's value as a share of the bound, and its CPU-seconds. Raises ValueError for a broken rule."""
    told: dict[str, float] = {}
    for name, method in methods.items():
        started = time.process_time()
        assignment = method(problem)
        told[f"{name} cpu_s"] = time.process_time() - started
        told[name] = _checked_value(name, problem, assignment) / bound
    return told


def _checked_value(name: str, problem: PoolingProblem, assignment: Places) -> float:
    broken = list(breaches_of(problem, assignment.tolist()))
    if broken:
        raise ValueError(f"{name}: {broken[0]}")
    return value_of(problem, assignment)


def _averaged(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over instances."""
    kept = list(rows)
    return {**{name: round(float(np.mean([row[name] for row in kept])), 5) for name in kept[0]}, "instances": len(kept)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), help="run these sections anew, keep the others")
    wanted = parser.parse_args().only
    folder = Path(__file__).parent
    earlier = folder / "result.json"
    figures: dict[str, Any] = json.loads(earlier.read_text(encoding="utf-8"))["figures"] if earlier.exists() else {}
    for name, section in SECTIONS.items():
        if wanted is None or name in wanted:
            figures[name] = section() | {"load_average": round(os.getloadavg()[0], 2)}
            print(json.dumps({name: figures[name]}, indent=2), flush=True)
            record(folder, figures, ("numpy", "scipy", "ortools"))


if __name__ == "__main__":
    main()
