"""What our search is compared with, each as scores of every document for every query."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import bm25s
import numpy as np
from numpy.typing import NDArray

from matching.encoder.load import load_embedder
from matching.encoder.static_encoder import EmbedderError
from matching.ports import Embedder, Vectors
from matching.text.corpus import Document
from matching.text.search import HybridSearch
from matching.text.tokens import tokenize

Floats = NDArray[np.float64]

MINILM: Final = "sentence-transformers/all-MiniLM-L6-v2"
_FUSION_CONSTANT: Final = 60


def by_bm25(texts: Sequence[str], queries: Sequence[str]) -> list[Floats]:
    """BM25 (bm25s, k1 1.5, b .75) over the same tokens that our search counts: lower case, stop words, light stems."""
    index = bm25s.BM25(k1=1.5, b=0.75)
    index.index([tokenize(text) for text in texts], show_progress=False)
    cut = [tokenize(query) for query in queries]
    return [np.asarray(index.get_scores(words), np.float64) if words else np.zeros(len(texts)) for words in cut]


def by_vectors(texts: Sequence[str], queries: Sequence[str], embedder: Embedder) -> list[Floats]:
    """The cosine of the vectors."""
    return list((embedder.encode(queries) @ embedder.encode(texts).T).astype(np.float64))


def by_rank_fusion(*methods: Sequence[Floats]) -> list[Floats]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009) with their constant, 60."""
    return [
        sum((_reciprocal_ranks(row) for row in rows), np.zeros(len(rows[0]))) for rows in zip(*methods, strict=True)
    ]


def by_search(search: HybridSearch, queries: Sequence[str]) -> list[Floats]:
    """The scores of our search, asked for every document."""
    every = np.arange(len(search.documents), dtype=np.int64)
    found = []
    for query in queries:
        scores = np.zeros(len(every))
        for row, score in search.order(query, every):
            scores[row] = score
        found.append(scores)
    return found


def best_of(scores: Sequence[Floats], count: int) -> list[NDArray[np.int64]]:
    """The rows of the documents that score at all, best first and equal ones in their order."""
    ordered = [np.argsort(-row, kind="stable")[:count] for row in scores]
    return [rows[row[rows] > 0] for rows, row in zip(ordered, scores, strict=True)]


def best_of_search(search: HybridSearch, queries: Sequence[str], count: int) -> list[NDArray[np.int64]]:
    return [np.array([row for row, _ in hits], np.int64) for hits in search.best(queries, count)]


class Remembered:
    """An embedder that encodes a list of texts once, however many methods ask for it. Implements ports.Embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[tuple[str, ...], Vectors] = {}
        self.model_id, self.dimensions = embedder.model_id, embedder.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._embedder.encode(texts)
        return self._known[key]


def minilm(path: Path | None) -> Embedder | None:
    """all-MiniLM-L6-v2 where this machine holds it, by its name or by the path of a copy."""
    try:
        return Remembered(load_embedder(str(path) if path else MINILM))
    except EmbedderError:
        return None


def titles_of(documents: Sequence[Document]) -> list[str]:
    return [document.title for document in documents]


def _reciprocal_ranks(scores: Floats) -> Floats:
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return 1.0 / (_FUSION_CONSTANT + ranks)
