"""Measures text relevance on a judged set and across languages: `python -m benchmarks.relevance.run`."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.recording import record
from benchmarks.relevance.judged import DEPTH, Floats, JudgedSet, interval, read_judged_set
from benchmarks.relevance.languages import across_languages
from benchmarks.relevance.peers import (
    MINILM,
    best_of,
    best_of_search,
    by_bm25,
    by_rank_fusion,
    by_search,
    by_vectors,
    minilm,
    titles_of,
)
from matching.encoder.load import load_embedder
from matching.text.search import HybridSearch
from matching.verticals.pack import load_vocabulary

FOLDER: Final = Path(__file__).parent
BASELINE: Final = "BM25 over all fields"
Method = tuple[list[Floats], list[NDArray[np.int64]]]
"""Scores of all documents for each query, and the rows that the method finds first."""


def measure(judged: JudgedSet, methods: dict[str, Callable[[], Method]]) -> dict[str, Any]:
    """NDCG@10 on judged documents and recall@100 of each method, and both as paired differences to the baseline."""
    firsts: dict[str, Floats] = {}
    recalls: dict[str, Floats] = {}
    figures: dict[str, Any] = {}
    # The halves of the queries, every other one by their order in the file: settings were chosen on the first.
    chosen_on = np.arange(len(judged.queries)) % 2 == 0
    for name, method in methods.items():
        began = time.process_time()
        scores, run = method()
        spent = time.process_time() - began
        firsts[name], recalls[name] = judged.judged_first(scores), judged.recall(run)
        better, more = firsts[name] - firsts[BASELINE], recalls[name] - recalls[BASELINE]
        figures[name] = {
            "ndcg@10 judged": interval(firsts[name]),
            "recall@100": interval(recalls[name]),
            "ndcg minus baseline": interval(better),
            "ndcg minus baseline, half that settings were chosen on": interval(better[chosen_on]),
            "ndcg minus baseline, other half": interval(better[~chosen_on]),
            "recall minus baseline": interval(more),
            "cpu seconds": round(spent, 1),
        }
        print(json.dumps({name: figures[name]}, indent=2), flush=True)
    return figures


def methods_of(judged: JudgedSet, transformer: Path | None) -> dict[str, Callable[[], Method]]:
    texts, titles = [document.text for document in judged.documents], titles_of(judged.documents)
    queries = judged.queries
    kept: dict[str, list[Floats]] = {}

    def scored(name: str, scores: Callable[[], list[Floats]]) -> Callable[[], Method]:
        def run() -> Method:
            kept[name] = scores()
            return kept[name], best_of(kept[name], DEPTH)

        return run

    def searched(embedder: Any) -> Callable[[], Method]:
        def run() -> Method:
            search = HybridSearch(judged.documents, embedder)
            return by_search(search, queries), best_of_search(search, queries, DEPTH)

        return run

    ours = load_embedder()
    methods: dict[str, Callable[[], Method]] = {
        BASELINE: scored("words", lambda: by_bm25(texts, queries)),
        "BM25 over titles": scored("titles", lambda: by_bm25(titles, queries)),
        "our static vectors of titles": scored("static", lambda: by_vectors(titles, queries, ours)),
        "rank fusion of BM25 and our vectors": scored("ours", lambda: by_rank_fusion(kept["words"], kept["static"])),
        "our search": searched(ours),
    }
    other = minilm(transformer)
    if other is None:
        print(f"skipped: {MINILM} is not on this machine; --minilm names a folder that holds it", file=sys.stderr)
        return methods
    return methods | {
        "MiniLM vectors of titles": scored("minilm", lambda: by_vectors(titles, queries, other)),
        "rank fusion of BM25 and MiniLM": scored("both", lambda: by_rank_fusion(kept["words"], kept["minilm"])),
        "our search with MiniLM plugged in": searched(other),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("WEFT_RELEVANCE_DATA") or "../shared/data/relevance")
    parser.add_argument("--data", type=Path, default=default, help="folder of the judged set (its licence: see README)")
    parser.add_argument("--minilm", type=Path, help="folder that holds all-MiniLM-L6-v2")
    parser.add_argument("--only-languages", action="store_true", help="the part across languages, without recording")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"across languages": across_languages(load_vocabulary(), load_embedder())}
    print(json.dumps(figures, indent=2, ensure_ascii=False), flush=True)
    if arguments.only_languages:
        return 0
    if not (arguments.data / "corpus.jsonl.gz").is_file():
        print(
            f"The judged set is not in {arguments.data}. It may not be shipped with this project: name its folder with "
            "--data or WEFT_RELEVANCE_DATA.",
            file=sys.stderr,
        )
        return 2
    judged = read_judged_set(arguments.data)
    figures["judged set"] = {"documents": len(judged.documents), "queries": len(judged.queries)}
    figures["relevance"] = measure(judged, methods_of(judged, arguments.minilm))
    record(FOLDER, figures, ("numpy", "bm25s", "scipy", "faiss-cpu"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
