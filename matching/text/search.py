"""Searches a corpus for the documents that fit a query best."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.index import best_columns
from matching.ports import Embedder
from matching.text.corpus import Document
from matching.text.lexical import Scores
from matching.text.matcher import Fusion, TextMatcher

_SCORES_AT_ONCE = 20_000_000


class HybridSearch:
    """Ranks the documents of a corpus for a query by words and by meaning."""

    def __init__(self, documents: Sequence[Document], embedder: Embedder, fusion: Fusion | None = None) -> None:
        self.documents = documents
        titled = any(document.title for document in documents)
        self._matcher = TextMatcher.fit(
            [document.text for document in documents],
            embedder,
            [document.title for document in documents] if titled else None,
            fusion,
        )

    def best(self, queries: Sequence[str], count: int) -> Iterator[list[tuple[int, float]]]:
        """For each query the best rows of the corpus with their scores, highest first and equal ones in its order.

        Documents with the score 0 are left out.
        """
        step = max(1, _SCORES_AT_ONCE // max(1, len(self.documents)))
        for start in range(0, len(queries), step):
            scores, rows = best_columns(self._matcher.score(queries[start : start + step]), count)
            for query_scores, query_rows in zip(scores, rows, strict=True):
                yield _listed(query_scores, query_rows)

    def order(self, query: str, rows: NDArray[np.int64]) -> list[tuple[int, float]]:
        """All the given rows with their scores for the query, highest first and equal ones in the corpus's order."""
        rows = np.sort(rows)
        scores, places = best_columns(self._matcher.score([query], rows), len(rows))
        return [(int(rows[place]), float(score)) for score, place in zip(scores[0], places[0], strict=True)]


def _listed(scores: Scores, rows: NDArray[np.int64]) -> list[tuple[int, float]]:
    return [(int(row), float(score)) for score, row in zip(scores, rows, strict=True) if score > 0]
