"""Measures the ranking of orders against many factories, beside a bare vector search and the bound of the processor.

`python -m benchmarks.throughput.run [--factories N] [--orders N] [--seed N]`; README.md says how to read the figures.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np

from benchmarks.recording import record
from benchmarks.throughput.bench import Bench, Clock, built
from benchmarks.throughput.market import AS_OF
from matching.engine.feasibility import able_among, makers_of
from matching.engine.model import PRIOR
from matching.engine.reading import OrderReader
from matching.engine.requirements import window_of
from matching.engine.said import parser_of
from matching.records import OrderRecord

ORDERS_OF_THE_AIM: Final = 1_200_000
_ROUNDS: Final = 4
_HITS: Final = 50
_QUERIES: Final = 1024
_ALONE: Final = 50
_CHANGES: Final = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--factories", type=int, default=25_000)
    parser.add_argument("--orders", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    bench = built(arguments.factories, arguments.seed)
    orders = list(bench.market.orders(arguments.orders))
    figures = {
        "factories": arguments.factories,
        "orders": arguments.orders,
        "indexing_ms_a_factory": _ms(bench.enter_seconds),
        **_measured(bench, orders),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    path = record(Path(__file__).parent, figures, ("numpy", "faiss-cpu", "tokenizers"))
    print(path.read_text(encoding="utf-8"))


def _measured(bench: Bench, orders: Sequence[OrderRecord]) -> dict[str, Any]:
    """Pipeline, bare search, bound of the processor, one order alone and one bare scan, in turns."""
    alone, batch = orders[: _ROUNDS * _ALONE], orders[_ROUNDS * _ALONE :]
    queries = bench.vectors.vectors[np.arange(_QUERIES) % len(bench.vectors)].copy()
    bench.engine.rank(alone[:1], bench.index, as_of=AS_OF)
    bare, bound, whole = Clock(), Clock(), Clock()
    scans: list[float] = []
    singles: list[float] = []
    stages = _Stages(bench)
    for turn in range(_ROUNDS):
        with bare:
            bench.vectors.search(queries, _HITS)
        with bound:
            queries @ bench.vectors.vectors.T
        with whole, stages:
            bench.engine.rank(batch[turn::_ROUNDS], bench.index, as_of=AS_OF, explain=False)
        scans += _each(queries[:_ALONE], lambda query: bench.vectors.search(query[None, :], _HITS))
        singles += _each(alone[turn::_ROUNDS], lambda order: bench.engine.rank([order], bench.index, as_of=AS_OF))
    searched, ranked = _ROUNDS * _QUERIES, len(batch)
    per_order = whole.seconds / ranked
    understood = stages.understanding / ranked
    return {
        "batch_cpu_ms_an_order": {
            "whole": _ms(per_order),
            "understanding": _ms(understood),
            "encode": _ms(stages.encoding / ranked),
            "vector_products": _ms(stages.products / ranked),
            "filter": _ms(_filtering(bench, batch[: len(batch) // _ROUNDS])),
            "bare_exact_search": _ms(bare.seconds / searched),
            "matrix_product": _ms(bound.seconds / searched),
        },
        "batch_to_bare_search": round(per_order / (bare.seconds / searched), 1),
        "batch_without_understanding_to_bare_search": round((per_order - understood) / (bare.seconds / searched), 1),
        "texts_understood_a_cpu_second": round(1.0 / understood) if understood else None,
        "extrapolated_cpu_hours_for_1200000_orders": round(per_order * ORDERS_OF_THE_AIM / 3600, 2),
        "one_order_cpu_ms": _spread(singles),
        "one_bare_scan_cpu_ms": _spread(scans),
        "one_order_to_bare_scan": round(float(np.median(singles) / np.median(scans)), 1),
        "changed_profile_searchable_after_cpu_ms": _spread(_changes(bench, alone[0])),
    }


class _Stages:
    """What the seams took inside its `with` blocks, in CPU seconds."""

    def __init__(self, bench: Bench) -> None:
        self._clocks = (bench.understanding, bench.encoding, bench.vectors.clock)
        self._spent = np.zeros(3)
        self._before = np.zeros(3)

    def __enter__(self) -> None:
        self._before = self._now()

    def __exit__(self, *error: object) -> None:
        self._spent += self._now() - self._before

    def _now(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([clock.seconds for clock in self._clocks])

    @property
    def understanding(self) -> float:
        return float(self._spent[0])

    @property
    def encoding(self) -> float:
        return float(self._spent[1])

    @property
    def products(self) -> float:
        return float(self._spent[2])


def _each(items: Any, work: Callable[[Any], object]) -> list[float]:
    """CPU seconds of each piece of work."""
    spent = []
    for item in items:
        start = time.process_time()
        work(item)
        spent.append(time.process_time() - start)
    return spent


def _filtering(bench: Bench, orders: Sequence[OrderRecord]) -> float:
    """CPU seconds an order takes to be held against what rules factories out, its words already read."""
    reader = OrderReader(bench.vocabulary, parser_of(bench.vocabulary))
    read = [reader.read(order, AS_OF) for order in orders]
    clock = Clock()
    with clock:
        for order in read:
            able_among(order, makers_of(order.verticals, bench.index.table), window_of(order, AS_OF), PRIOR)
    return clock.seconds / len(read)


def _changes(bench: Bench, order: OrderRecord) -> list[float]:
    """CPU seconds from a changed profile to the end of the first ranking that knows the change."""
    records = bench.index.records()[:_CHANGES]

    def change(number: int) -> None:
        bench.index.replace(replace(records[number], minimum_quantity=1 + number, description=f"改版 {number}"))
        bench.engine.rank([order], bench.index, as_of=AS_OF)

    return _each(range(len(records)), change)


def _ms(seconds: float) -> float:
    return round(1000.0 * seconds, 3)


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    return {name: _ms(float(np.percentile(seconds, share))) for name, share in (("p50", 50), ("p99", 99))}


if __name__ == "__main__":
    main()
