"""Text relevance by words and by meaning, fused into one score in [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.index import FaissIndex, in_exact_steps
from matching.ports import Embedder, VectorIndex, Vectors
from matching.text.lexical import LexicalScores, Scores

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the parts are weighed.

    title: the share of the lexical score that titles decide, where documents have one.
    meaning: the weight of the vectors for a query whose every word some document says.
    meaning_without_words: the same for a query of which no document says a word (one in another language, say);
    between the two it falls with the largest share of the query that one document says.
    """

    title: float = 0.5
    meaning: float = 0.1
    meaning_without_words: float = 0.6

    def meaning_weights(self, best_shares: Scores) -> Scores:
        span = self.meaning_without_words - self.meaning
        return np.asarray(self.meaning + span * (1.0 - best_shares), np.float32)


@dataclass(frozen=True, slots=True)
class TextScores:
    """Scores in [0, 1], each (queries × documents): by words, by meaning, and fused."""

    lexical: Scores
    meaning: Scores
    fused: Scores


class TextMatcher:
    """Scores texts against a fixed list of documents. Made by `TextMatcher.fit`; the same input gives the same scores.

    A score does not depend on the other queries of a call, nor on which documents it is asked for.
    """

    def __init__(
        self,
        embedder: Embedder,
        lexical: LexicalScores,
        titles: LexicalScores | None,
        vectors: VectorIndex,
        fusion: Fusion,
    ) -> None:
        """vectors: one row for each document, in their order, as `in_exact_steps` gives them."""
        self.embedder = embedder
        self._vectors = vectors
        self._lexical = lexical
        self._titles = titles
        self._fusion = fusion

    @classmethod
    def fit(
        cls,
        documents: Sequence[str],
        embedder: Embedder,
        titles: Sequence[str] | None = None,
        fusion: Fusion | None = None,
    ) -> Self:
        """documents: all that each document says. titles: one short text for each, or None; where they are given, the
        vectors are those of the titles (an empty title: of the document), as a word counts little in a long text.

        Raises ValueError when the numbers of documents and titles differ.
        """
        if titles is not None and len(titles) != len(documents):
            raise ValueError(f"{len(documents)} documents but {len(titles)} titles")
        told = documents if titles is None else [title or text for title, text in zip(titles, documents, strict=True)]
        titled = None if titles is None else LexicalScores(titles)
        vectors = FaissIndex(embedder.dimensions)
        vectors.replace([str(row) for row in range(len(told))], _encode(embedder, told))
        return cls(embedder, LexicalScores(documents), titled, vectors, fusion or Fusion())

    def __len__(self) -> int:
        return len(self._lexical)

    def score(self, queries: Sequence[str], among: Rows | None = None) -> Scores:
        """Fused scores in [0, 1] (queries × documents, or × the rows named by `among`, in its order), float32."""
        return self.parts(queries, among).fused

    def parts(self, queries: Sequence[str], among: Rows | None = None) -> TextScores:
        """The fused scores with what they are made of. The memory is 3 × queries × documents × 4 bytes."""
        words = self._words(queries)
        weight = self._fusion.meaning_weights(self._lexical.best_shares(queries))[:, np.newaxis]
        if among is not None:
            words = words[:, among]
        meaning = np.clip(self._vectors.scores(_encode(self.embedder, queries), among), 0.0, 1.0)
        return TextScores(words, meaning, (1.0 - weight) * words + weight * meaning)

    def _words(self, queries: Sequence[str]) -> Scores:
        words = self._lexical.score(queries)
        if self._titles is not None:
            share = np.float32(self._fusion.title)
            words = (1 - share) * words + share * self._titles.score(queries)
        return words


def _encode(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """The vectors of the texts. An embedder gives a blank text a vector too; here it is zero, as it means nothing."""
    vectors = in_exact_steps(embedder.encode(texts))
    vectors[[not text.strip() for text in texts]] = 0.0
    return vectors


def text_similarity(order_texts: Sequence[str], factory_texts: Sequence[str], embedder: Embedder) -> Scores:
    """Fused scores of every order against every factory (orders × factories), for one call without a kept matcher."""
    return TextMatcher.fit(factory_texts, embedder).score(order_texts)
