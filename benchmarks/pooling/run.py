"""Runs the pooling benchmark: `python -m benchmarks.pooling.run [--only SECTION ...]`; see README.md."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.pooling.baselines import alone, greedy
from benchmarks.pooling.bounds import relaxation_bound, solve_program
from benchmarks.pooling.instances import Shape, families_of, generated, parts_of
from benchmarks.recording import record
from matching.pooling.assignment import assign
from matching.pooling.problem import Places, PoolingProblem, breaches_of, value_of

REPORTED_SEEDS: Final = (101, 102, 103)
"""Never used while the engine was built; that was done on seeds below 100."""

_LOADS: Final = (1.2, 2.0)
_HARDER: Final = {
    "families of 60 pools": Shape(6_000, 1.2, family=1_000),
    "one family of 300 pools": Shape(5_000, 1.2, family=5_000),
    "coarse orders (sigma 1.5)": Shape(6_000, 1.2, sigma=1.5),
}
_WHOLE_SECONDS: Final = 30.0
_FAMILY_SECONDS: Final = 60.0

Method = Callable[[PoolingProblem], Places]
_METHODS: Final[dict[str, Method]] = {"each order alone": alone, "simple greedy": greedy, "weft": assign}


def against_the_optimum() -> dict[str, Any]:
    """600 orders: every method, and the optimum that a mixed-integer solver proves."""
    table: dict[str, Any] = {}
    for load in _LOADS:
        table[f"load {load}"] = _averaged(_with_optimum(Shape(600, load), seed) for seed in REPORTED_SEEDS)
    return table


def twenty_thousand() -> dict[str, Any]:
    return {
        f"load {load}": _averaged(_measured(Shape(20_000, load), seed) for seed in REPORTED_SEEDS[:2])
        for load in _LOADS
    }


def harder() -> dict[str, Any]:
    return {
        f"{name}, load {load}": _averaged([_measured(_at_load(shape, load), REPORTED_SEEDS[0])])
        for name, shape in _HARDER.items()
        for load in _LOADS
    }


SECTIONS: Final = {
    "600 orders": against_the_optimum,
    "20000 orders": twenty_thousand,
    "harder": harder,
}


def _at_load(shape: Shape, load: float) -> Shape:
    return Shape(shape.orders, load, shape.family, shape.sigma)


def _with_optimum(shape: Shape, seed: int) -> dict[str, float]:
    """As `_measured`, beside one program for the whole problem and the optimum proven family by family."""
    problem = generated(shape, seed)
    families = [part for part, _ in parts_of(problem, families_of(shape))]
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
    problem = generated(shape, seed)
    bound = sum(relaxation_bound(part) for part, _ in parts_of(problem, families_of(shape)))
    return _of_bound(problem, bound)


def _of_bound(problem: PoolingProblem, bound: float) -> dict[str, float]:
    """Each method's value as a share of the bound, and its CPU-seconds. Raises ValueError for a broken rule."""
    told: dict[str, float] = {}
    for name, method in _METHODS.items():
        started = time.process_time()
        assignment = method(problem)
        spent = time.process_time() - started
        broken = list(breaches_of(problem, assignment.tolist()))
        if broken:
            raise ValueError(f"{name}: {broken[0]}")
        told[name] = value_of(problem, assignment) / bound
        told[f"{name} cpu_s"] = spent
    return told


def _averaged(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over instances; beside it the worst share of the engine."""
    kept = list(rows)
    means = {name: round(float(np.mean([row[name] for row in kept])), 5) for name in kept[0]}
    return {**means, "weft worst": round(min(row["weft"] for row in kept), 5), "instances": len(kept)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(SECTIONS), help="sections to run; nothing is recorded then")
    wanted = parser.parse_args().only
    figures: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        if wanted is None or name in wanted:
            figures[name] = section()
            print(json.dumps({name: figures[name]}, indent=2), flush=True)
    if wanted is None:
        path = record(Path(__file__).parent, figures, ("numpy", "scipy", "ortools"))
        print(f"written: {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
