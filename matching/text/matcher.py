"""Text relevance by words and by meaning, fused into one score in [0, 1]."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matching.index import FaissIndex, in_exact_steps
from matching.ports import Embedder, VectorIndex, Vectors
from matching.text.latent import LatentSpace
from matching.text.lexical import LexicalScores, Scores

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the parts are weighed.

    title: the share of the lexical score that titles decide, where documents have one.
    meaning: the weight of the vectors for a query whose every word some document says.
    meaning_without_words: the same for a query of which no document says a word (one in another language, say);
    between the two it falls with the largest share of the query that one document says.
    kinship: the weight of nearness to the `feedback` documents that score best, in a corpus that is large enough for
    it; it falls with the same share, because documents that hardly say the query tell nothing of what is wanted.
    """

    title: float = 0.5
    meaning: float = 0.0
    meaning_without_words: float = 0.6
    kinship: float = 0.33
    feedback: int = 150

    def meaning_weights(self, best_shares: Scores) -> Scores:
        span = self.meaning_without_words - self.meaning
        return np.asarray(self.meaning + span * (1.0 - best_shares), np.float32)


OURS: Final = Fusion()
"""For our static encoder, which knows the words of its trades: whatever a corpus says itself, words find better."""
OTHERS: Final = Fusion(meaning=0.9, kinship=0.0)
"""For an encoder that was trained on text at large: it orders best by itself what the words have found."""


@dataclass(frozen=True, slots=True)
class TextScores:
    """Scores in [0, 1], each (queries × documents). found: by words, and by meaning as far as words are missing, which
    is what decides whether a document is among the hits. fused: by all parts, which is what orders the hits."""

    lexical: Scores
    meaning: Scores
    found: Scores
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
        latent: LatentSpace | None,
        fusion: Fusion,
    ) -> None:
        """vectors: one row for each document, in their order, as `in_exact_steps` gives them. latent: the space of the
        documents, where there are enough of them."""
        self.embedder = embedder
        self._vectors = vectors
        self._lexical = lexical
        self._titles = titles
        self._latent = latent
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
        lexical = LexicalScores(documents)
        return cls(embedder, lexical, titled, vectors, LatentSpace.fit(lexical), fusion or OURS)

    def __len__(self) -> int:
        return len(self._lexical)

    def score(self, queries: Sequence[str], among: Rows | None = None) -> Scores:
        """Fused scores in [0, 1] (queries × documents, or × the rows named by `among`, in its order), float32."""
        return self.parts(queries, among).fused

    def parts(self, queries: Sequence[str], among: Rows | None = None) -> TextScores:
        """The fused scores with what they are made of. The memory is 5 × queries × documents × 4 bytes."""
        lexical = self._lexical.score(queries)
        meaning = np.clip(self._vectors.scores(_encode(self.embedder, queries)), 0.0, 1.0)
        shares = self._lexical.best_shares(queries)[:, np.newaxis]
        found = _mixed(lexical, meaning, self._fusion.meaning_without_words * (1.0 - shares))
        fused = _mixed(self._with_titles(lexical, queries), meaning, self._fusion.meaning_weights(shares))
        if self._latent is not None:
            kinship = np.stack([self._latent.kinship(row, self._fusion.feedback) for row in fused])
            fused = _mixed(fused, kinship, self._fusion.kinship * shares)
        chosen = slice(None) if among is None else among
        return TextScores(lexical[:, chosen], meaning[:, chosen], found[:, chosen], fused[:, chosen])

    def _with_titles(self, lexical: Scores, queries: Sequence[str]) -> Scores:
        return lexical if self._titles is None else _mixed(lexical, self._titles.score(queries), self._fusion.title)


def _mixed(first: Scores, second: Scores, weight: Scores | float) -> Scores:
    """Both, the second with this weight and the first with the rest of 1."""
    return np.asarray((1.0 - weight) * first + weight * second, np.float32)


def _encode(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """The vectors of the texts. An embedder gives a blank text a vector too; here it is zero, as it means nothing."""
    vectors = in_exact_steps(embedder.encode(texts))
    vectors[[not text.strip() for text in texts]] = 0.0
    return vectors
