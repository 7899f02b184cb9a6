"""The known word that lies nearest to one that no pack holds, by the vectors of our encoder."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.encoder.load import load_embedder
from matching.ports import Embedder, Vectors
from matching.verticals.folding import plain
from matching.verticals.pack import KINDS, Kind, Term, Vocabulary

NEAR: Final = 0.6
"""From this cosine on a word of a list is taken for its nearest one; below it is left unread."""

_REMEMBERED: Final = 50_000
_VECTORS_REMEMBERED: Final = 16
"""The same words are held against one kind of terms after another."""

_LONGEST: Final = 60

_Words = tuple[Vectors, NDArray[np.int64]]
"""Vectors of words, and the place of the term that each word means."""


class NearestWords:
    """All words of a vocabulary as vectors, those of a kind encoded when they are first asked for."""

    def __init__(self, vocabulary: Vocabulary, embedder: Embedder) -> None:
        self._vocabulary = vocabulary
        self._embedder = embedder
        self._words: dict[tuple[Kind, str | None], _Words] = {}
        self._vector = lru_cache(maxsize=_VECTORS_REMEMBERED)(lambda words: embedder.encode([words])[0])
        self._found: dict[tuple[Kind, str, str | None], tuple[Term, float] | None] = {}

    def prepare(self) -> None:
        """Encodes the words of all kinds."""
        for kind in KINDS:
            self._of_trade(kind, None)

    def find(self, kinds: tuple[Kind, ...], words: str, vertical: str | None) -> tuple[Term, float] | None:
        """The term of these kinds, of the trade where one is named, whose word lies nearest, and the cosine of the two.

        None for words without letters, and for what is longer than a name ever is.
        """
        folded = plain(words).strip()
        if len(folded) > _LONGEST or not any(letter.isalpha() for letter in folded):
            return None
        found = [near for kind in kinds if (near := self._remembered(kind, folded, vertical)) is not None]
        return max(found, key=lambda near: near[1], default=None)

    def _remembered(self, kind: Kind, words: str, vertical: str | None) -> tuple[Term, float] | None:
        key = (kind, words, vertical)
        if key not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[key] = self._nearest(kind, words, vertical)
        return self._found[key]

    def _nearest(self, kind: Kind, words: str, vertical: str | None) -> tuple[Term, float] | None:
        vectors, owners = self._of_trade(kind, vertical)
        if not len(owners):
            return None
        cosines = vectors @ self._vector(words)
        best = int(cosines.argmax())
        return self._vocabulary.terms(kind)[int(owners[best])], float(cosines[best])

    def _of_trade(self, kind: Kind, vertical: str | None) -> _Words:
        """The words of a kind, those of one trade where it is named: a fifth of them or less."""
        key = (kind, vertical)
        if key not in self._words:
            self._words[key] = self._encoded(kind) if vertical is None else self._chosen(kind, vertical)
        return self._words[key]

    def _chosen(self, kind: Kind, vertical: str) -> _Words:
        vectors, owners = self._of_trade(kind, None)
        belongs = np.array([term.belongs_to(vertical) for term in self._vocabulary.terms(kind)], dtype=np.bool_)
        chosen = belongs[owners]
        return vectors[chosen], owners[chosen]

    def _encoded(self, kind: Kind) -> _Words:
        told = [(word, at) for at, term in enumerate(self._vocabulary.terms(kind)) for word in _words(term)]
        vectors = self._embedder.encode([plain(word) for word, _ in told])
        return vectors, np.array([at for _, at in told], dtype=np.int64)


@lru_cache(maxsize=2)
def nearest_words(vocabulary: Vocabulary) -> NearestWords:
    """The words of a vocabulary, by the encoder that we ship."""
    return NearestWords(vocabulary, load_embedder())


def _words(term: Term) -> tuple[str, ...]:
    return (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh, *term.listed)
