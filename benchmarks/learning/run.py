"""Measures what it costs to learn from 100,000 and from a million outcomes.

    python -m benchmarks.learning.run
    python -m benchmarks.learning.run --sizes 100000

Each size runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from lightgbm import LGBMClassifier

from benchmarks.learning.history import History, copied, make_history
from benchmarks.recording import record
from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.engine.reading import OrderReader
from matching.engine.said import parser_of
from matching.understanding.nearest import nearest_words
from matching.verticals.pack import load_vocabulary

_FOLDER: Final = Path(__file__).parent
_SEED: Final = 100
_KIBIBYTES: Final = 1024.0


@dataclass(frozen=True, slots=True)
class Size:
    """factories, orders and leads an order, and how often every factory stands there with its outcomes."""

    factories: int
    orders: int
    leads_an_order: int
    copies: int = 1


# A million outcomes have the orders of 100,000, with ten times the factories to take them: reading an order costs the
# same every time and is told apart, so reading ten times as many would say nothing new.
_SIZES: Final = {10_000: Size(300, 2_000, 5), 100_000: Size(1_000, 20_000, 5), 1_000_000: Size(1_000, 20_000, 5, 10)}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning.run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--sizes", default="100000,1000000", help=f"by comma, of {', '.join(map(str, _SIZES))}")
    parser.add_argument("--one", type=int, choices=_SIZES, help="measure this size in this process and print it")
    parser.add_argument("--record", action="store_true", help="write result.json")
    arguments = parser.parse_args(argv)
    if arguments.one:
        print(json.dumps(measure(_SIZES[arguments.one])))
        return 0
    told = {size: _in_a_process(size) for size in arguments.sizes.split(",")}
    print(json.dumps(told, indent=1))
    if arguments.record:
        record(_FOLDER, told, ("numpy", "lightgbm"))
    return 0


def _in_a_process(size: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.learning.run", "--one", size]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603  # Our own module.
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def measure(size: Size) -> dict[str, float]:
    """CPU-seconds of one learning from start to end, those of reading its orders alone, and of a plain learner."""
    history = copied(make_history(_SEED, size.factories, size.orders, size.leads_an_order), size.copies)
    before = _peak()
    engine = Engine(load_vocabulary(), load_embedder())
    index = engine.index(history.factories)
    began = time.process_time()
    model = engine.learn(history.orders, index, history.outcomes, as_of=history.as_of)
    learned = time.process_time() - began
    peak = _peak()
    return {
        "factories": len(history.factories),
        "orders": size.orders,
        "outcomes": len(history.outcomes),
        "evidence": model.evidence,
        "learn_cpu_seconds": round(learned, 1),
        "of_which_reading_orders_cpu_seconds": round(_reading(history), 1),
        "lightgbm_cpu_seconds": round(_plain(history), 1),
        "peak_mebibytes": round(peak / _KIBIBYTES),
        "peak_before_learning_mebibytes": round(before / _KIBIBYTES),
    }


def _reading(history: History) -> float:
    """Reading is timed again, by a parser that remembers nothing; what learning adds to it is the fit and its cases."""
    vocabulary = load_vocabulary()
    parser_of.cache_clear()
    nearest_words.cache_clear()
    reader = OrderReader(vocabulary, parser_of(vocabulary))
    began = time.process_time()
    for order in history.orders:
        reader.read(order, history.as_of)
    return time.process_time() - began


def _plain(history: History) -> float:
    closed = [place for place, one in enumerate(history.outcomes) if one.accepted is False or one.won is not None]
    deals = np.array([history.outcomes[place].won is True for place in closed], dtype=float)
    columns = history.columns[closed]
    began = time.process_time()
    LGBMClassifier(n_estimators=200, num_leaves=31, random_state=0, n_jobs=1, verbosity=-1).fit(columns, deals)
    return time.process_time() - began


def _peak() -> float:
    """The most memory that this process has held so far, in KiB as Linux tells it."""
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    sys.exit(main())
