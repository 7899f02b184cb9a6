"""Searches a corpus for the documents that fit a query best."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.encoder.static_encoder import StaticEncoder
from matching.index import best_columns
from matching.ports import Embedder
from matching.text.corpus import Document
from matching.text.lexical import Scores
from matching.text.matcher import OTHERS, OURS, Fusion, TextMatcher

_SCORES_AT_ONCE = 20_000_000


class HybridSearch:
    """Ranks the documents of a corpus for a query by words and by meaning."""

    def __init__(self, documents: Sequence[Document], embedder: Embedder, fusion: Fusion | None = None) -> None:
        """fusion: how the parts are weighed; unless told, as fits our own static encoder or another one."""
        self.documents = documents
        titled = any(document.title for document in documents)
        self._matcher = TextMatcher.fit(
            [document.text for document in documents],
            embedder,
            [document.title for document in documents] if titled else None,
            fusion or (OURS if isinstance(embedder, StaticEncoder) else OTHERS),
        )

    def best(self, queries: Sequence[str], count: int) -> Iterator[list[tuple[int, float]]]:
        """For each query the best rows of the corpus with their scores, highest first and equal ones in its order.

        Which documents those are, the words decide (and the meaning, as far as no document says the words), so that
        what looks unlike the others is not lost; all parts together order them. Documents that are not found at all
        are left out.
        """
        step = max(1, _SCORES_AT_ONCE // max(1, len(self.documents)))
        for start in range(0, len(queries), step):
            parts = self._matcher.parts(queries[start : start + step])
            scores, rows = best_columns(parts.found, count)
            for fused, query_scores, query_rows in zip(parts.fused, scores, rows, strict=True):
                yield _ordered(fused, query_rows[query_scores > 0])

    def order(self, query: str, rows: NDArray[np.int64]) -> list[tuple[int, float]]:
        """All the given rows with their scores for the query, highest first and equal ones in the corpus's order."""
        return _ordered(self._matcher.score([query])[0], rows)


def _ordered(scores: Scores, rows: NDArray[np.int64]) -> list[tuple[int, float]]:
    rows = np.sort(rows)
    best, places = best_columns(scores[np.newaxis, rows], len(rows))
    return [(int(rows[place]), float(score)) for score, place in zip(best[0], places[0], strict=True)]
