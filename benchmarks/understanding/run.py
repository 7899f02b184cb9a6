"""Measures how much of what strangers write is read right: `python -m benchmarks.understanding.run`.

`--faults` prints every miss and every wrong reading of our reader instead of writing result.json.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Final, get_args

from benchmarks.recording import record
from benchmarks.understanding.cases import FIGURES, TERM_FIELDS, TODAY, Reader, Side, Tally, batch, numbers_of, tallies
from benchmarks.understanding.goods import goods_figures
from benchmarks.understanding.readers import NameSearch, NearestNames, OurReader
from benchmarks.understanding.taxonomy import taxonomy_figures
from matching.understanding import understand
from matching.verticals.pack import Vocabulary, load_vocabulary

_FOLDER: Final = Path(__file__).parent
_FIRST_READINGS: Final = _FOLDER / "first_readings.json"
_NEAR: Final = 0.5
"""The least cosine of the nearest-name baseline: the best of .4 to .8 by F1 on the tests' orders.yaml."""
_ROUNDS: Final = 5


def main() -> None:
    """Reads every batch with every reader and writes result.json."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--faults", action="store_true", help="print what our reader gets wrong")
    vocabulary = load_vocabulary()
    if arguments.parse_args().faults:
        _print_faults(vocabulary)
        return
    readers: dict[str, Reader] = {
        "ours": OurReader(vocabulary),
        "search for names": NameSearch(vocabulary),
        "nearest names by our encoder": NearestNames(vocabulary, _NEAR),
    }
    figures: dict[str, Any] = {
        "first_readings": json.loads(_FIRST_READINGS.read_text(encoding="utf-8")),
        "readings": {name: _all_batches(reader, vocabulary) for name, reader in readers.items()},
        "goods": {name: goods_figures(reader, vocabulary) for name, reader in readers.items()},
        "taxonomy": taxonomy_figures(vocabulary),
        "order_texts_per_cpu_second": _texts_per_cpu_second(vocabulary),
    }
    print(f"written: {record(_FOLDER, figures)}")


def _all_batches(reader: Reader, vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        f"{side} {number}": _table(tallies(batch(side, number), reader, vocabulary))
        for side in get_args(Side)
        for number in numbers_of(side)
    }


def _table(found: dict[tuple[str, str], Tally]) -> dict[str, dict[str, dict[str, float | int]]]:
    table: dict[str, dict[str, dict[str, float | int]]] = {}
    for (language, name), tally in found.items():
        table.setdefault(language, {})[name] = tally.figures()
    return table


def _texts_per_cpu_second(vocabulary: Vocabulary) -> int:
    """Order texts of all batches read in a second of one processor, after a first pass; the best of a few rounds,
    because other work on the machine only ever slows it down."""
    texts = [case.text for number in numbers_of("orders") for case in batch("orders", number)]
    best = 0.0
    for _ in range(_ROUNDS + 1):
        started = time.process_time()
        for text in texts:
            understand(text, vocabulary, TODAY)
        best = max(best, len(texts) / (time.process_time() - started))
    return round(best)


def _print_faults(vocabulary: Vocabulary) -> None:
    reader = OurReader(vocabulary)
    for side in get_args(Side):
        for number in numbers_of(side):
            found = tallies(batch(side, number), reader, vocabulary)
            for name in (*TERM_FIELDS, *FIGURES[side]):
                for fault in found["all", name].faults:
                    print(f"{side} {number}: {fault}")


if __name__ == "__main__":
    main()
