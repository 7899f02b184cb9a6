"""A problem too large to bound as a whole: written to files, given to the command, judged on a sample of families."""

import csv
import resource
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from benchmarks.pooling.bounds import relaxation_bound
from benchmarks.pooling.instances import Shape, families_of, generated, parts_of
from matching.pooling.problem import OUTSIDE, Places, PoolingProblem, breaches_of, value_of

_SAMPLED: Final = 120


def measured_command(shape: Shape, seed: int) -> dict[str, Any]:
    """Share of the bound over some families with its standard error, CPU-seconds and peak memory of the whole command.

    Raises ValueError when the assignment breaks a rule anywhere.
    """
    problem = generated(shape, seed)
    with TemporaryDirectory() as folder:
        spent, assignment = _run(problem, Path(folder))
    broken = list(breaches_of(problem, assignment.tolist()))
    if broken:
        raise ValueError(broken[0])
    values, bounds = _of_some_families(problem, assignment, families_of(shape), seed)
    share = values.sum() / bounds.sum()
    error = np.std(values - share * bounds, ddof=1) * np.sqrt(len(values)) / bounds.sum()
    return {
        "weft standard": round(float(share), 5),
        "standard error": round(float(error), 5),
        "families sampled": len(values),
        "cpu_s with reading and writing": round(spent, 1),
        "peak MiB": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }


def _run(problem: PoolingProblem, folder: Path) -> tuple[float, Places]:
    """CPU-seconds of the command on files of the problem, and what it answered."""
    _write(folder / "orders.csv", ("order_id", "quantity"), enumerate(problem.quantity.tolist()))
    pools = zip(range(len(problem.minimum)), problem.minimum.tolist(), problem.capacity.tolist(), strict=True)
    _write(folder / "pools.csv", ("pool_id", "moq", "capacity"), pools)
    places = (problem.candidate_order.tolist(), problem.candidate_pool.tolist(), problem.candidate_score.tolist())
    _write(folder / "candidates.csv", ("order_id", "pool_id", "score"), zip(*places, strict=True))
    files = [part for name in ("orders", "pools", "candidates") for part in (f"--{name}", str(folder / f"{name}.csv"))]
    command = [sys.executable, "-m", "matching", "pool", *files, "--out", str(folder / "assignment.csv")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)  # noqa: S603  # The command is written above.
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assignment = np.full(len(problem.quantity), OUTSIDE)
    with (folder / "assignment.csv").open(encoding="utf-8", newline="") as stream:
        for order, pool in list(csv.reader(stream))[1:]:
            assignment[int(order)] = int(pool)
    return spent, assignment


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _of_some_families(
    problem: PoolingProblem, assignment: Places, families: Places, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Value and linear bound of families drawn at random."""
    drawn = np.random.default_rng(seed).permutation(int(families.max()) + 1)[:_SAMPLED]
    values, bounds = [], []
    place_in_family = np.full(len(families), OUTSIDE)
    for part, orders, pools in parts_of(problem, families, drawn):
        place_in_family[pools] = np.arange(len(pools))
        chosen = assignment[orders]
        values.append(value_of(part, np.where(chosen == OUTSIDE, OUTSIDE, place_in_family[chosen])))
        bounds.append(relaxation_bound(part))
    return np.array(values), np.array(bounds)
