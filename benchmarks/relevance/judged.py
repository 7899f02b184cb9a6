"""The judged set and what is computed on it: NDCG on judged documents, recall over the corpus, paired differences."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.tables import Faults
from matching.text.corpus import Document, read_corpus

Floats = NDArray[np.float64]
Run = list[NDArray[np.int64]]
"""For each query the rows of the documents, best first."""

RELEVANT: Final = 2
HIGHEST: Final = 3
FIRST: Final = 10
DEPTH: Final = 100
_DRAWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries with at least one relevant document. ratings: for each query corpus row -> 0 to 3."""

    documents: list[Document]
    queries: list[str]
    ratings: list[dict[int, int]]
    numbers: NDArray[np.int64]

    def judged_first(self, scores: Sequence[Floats]) -> Floats:
        """NDCG@10 of each query, ranking only its judged documents by score (one array over the corpus a query).

        gain = rating / 3; equal scores by the document's number, as the set's own description says.
        """
        return np.array([self._ndcg(ratings, row) for ratings, row in zip(self.ratings, scores, strict=True)])

    def recall(self, run: Run) -> Floats:
        """The share of each query's relevant documents among its first 100 of the whole corpus."""
        wanted = [{row for row, rating in ratings.items() if rating >= RELEVANT} for ratings in self.ratings]
        return np.array(
            [len(rows & set(found[:DEPTH].tolist())) / len(rows) for rows, found in zip(wanted, run, strict=True)]
        )

    def _ndcg(self, ratings: dict[int, int], scores: Floats) -> float:
        ranked = sorted(ratings, key=lambda row: (-scores[row], self.numbers[row]))
        return _gained([ratings[row] for row in ranked]) / _gained(sorted(ratings.values(), reverse=True))


def read_judged_set(folder: Path) -> JudgedSet:
    """Reads corpus.jsonl.gz, queries_dev.csv and qrels_dev.csv of a folder."""
    faults = Faults()
    documents = read_corpus(folder / "corpus.jsonl.gz", faults)
    faults.refuse_if_any()
    rows = {document.document_id: row for row, document in enumerate(documents)}
    rated: dict[str, dict[int, int]] = {}
    with (folder / "qrels_dev.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            rated.setdefault(line["query_id"], {})[rows[line["doc_id"]]] = int(line["rating"])
    with (folder / "queries_dev.csv").open(encoding="utf-8", newline="") as file:
        asked = [(line["text"], rated.get(line["query_id"], {})) for line in csv.DictReader(file)]
    asked = [(text, ratings) for text, ratings in asked if any(rating >= RELEVANT for rating in ratings.values())]
    return JudgedSet(
        documents,
        [text for text, _ in asked],
        [ratings for _, ratings in asked],
        np.array([int(document.document_id) for document in documents], np.int64),
    )


def interval(values: Floats, seed: int = 0) -> dict[str, Any]:
    """The mean with its 95 % interval by bootstrap over queries."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (_DRAWS, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return {"mean": round(float(values.mean()), 4), "from": round(float(low), 4), "to": round(float(high), 4)}


def _gained(ratings: Sequence[int]) -> float:
    return float(sum(rating / HIGHEST / np.log2(place + 2) for place, rating in enumerate(ratings[:FIRST])))
