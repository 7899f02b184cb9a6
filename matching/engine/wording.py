"""How near the words of an order are to the words of each factory: shared words by rarity, and vectors by meaning."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.index import in_exact_steps
from matching.ports import Embedder, VectorIndex
from matching.text.tokens import tokenize

Floats = NDArray[np.float64]

_LEXICAL_SHARE: Final = 0.5


class WordingIndex:
    """The texts of all rows; one row can be rewritten at a time. An empty text is unknown.

    The lexical part is the share of the order's words that a factory uses too, weighted by how rare each word is
    among the factories (inverse document frequency). The vector part is the cosine. Both are absolute, so a factory's
    value does not change with its rivals except through rarity. That, and that rows change one at a time, is what
    sets it apart from `matching.text`: BM25 there depends on the lengths of all documents and is fitted once.
    """

    def __init__(self, embedder: Embedder, vectors: VectorIndex) -> None:
        """vectors: an empty index of the embedder's dimensions."""
        self._embedder = embedder
        self._vectors = vectors
        self._row_of_place = np.zeros(0, dtype=np.int64)
        self._placed: set[int] = set()
        self._words: dict[int, frozenset[str]] = {}
        self._rows: dict[str, set[int]] = {}
        self._postings: dict[str, NDArray[np.int64]] = {}
        self._has_words = np.zeros(0, dtype=np.bool_)

    def write(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        """Replaces the texts of these rows, none of which stands twice."""
        if not rows:
            return
        self._has_words = np.append(self._has_words, np.zeros(max(0, max(rows) + 1 - len(self._has_words)), np.bool_))
        for row, text in zip(rows, texts, strict=True):
            self._write_words(row, text)
        self._vectors.put([str(row) for row in rows], in_exact_steps(self._embedder.encode(list(texts))))
        added = [row for row in rows if row not in self._placed]
        self._placed.update(added)
        self._row_of_place = np.append(self._row_of_place, np.array(added, dtype=np.int64))

    def values(self, texts: Sequence[str], size: int) -> Floats:
        """texts x size (rows of the factory index): 0 to 1, NaN where either side has no words.

        The value of a text does not depend on the others of the call, to the last bit.
        """
        result = np.full((len(texts), size), np.nan)
        if not texts or not len(self._vectors):
            return result
        cosines = np.clip(self._vectors.scores(in_exact_steps(self._embedder.encode(list(texts)))), 0.0, 1.0)
        worded = np.append(self._has_words, np.zeros(max(0, size - len(self._has_words)), np.bool_))[:size]
        for number, text in enumerate(texts):
            words = words_of(text)
            if not words:
                continue
            mixed = _LEXICAL_SHARE * self._lexical(words, size)
            mixed[self._row_of_place] += (1.0 - _LEXICAL_SHARE) * cosines[number]
            result[number] = np.where(worded, mixed, np.nan)
        return result

    def _lexical(self, words: frozenset[str], size: int) -> Floats:
        found = np.zeros(size)
        total = 0.0
        for word in sorted(words):
            rows = self._posting(word)
            rarity = math.log(1.0 + len(self._words) / (1.0 + len(rows)))
            total += rarity
            found[rows] += rarity
        return np.minimum(found / total, 1.0) if total > 0 else found

    def _posting(self, word: str) -> NDArray[np.int64]:
        posting = self._postings.get(word)
        if posting is None:
            posting = np.array(sorted(self._rows.get(word, ())), dtype=np.int64)
            self._postings[word] = posting
        return posting

    def _write_words(self, row: int, text: str) -> None:
        """Only words that come or go are touched; the rows of a word that was asked for before are patched in place,
        because sorting the rows of a common word anew costs more than a ranking."""
        before, words = self._words.pop(row, frozenset()), words_of(text)
        for word in before - words:
            self._rows[word].discard(row)
            posting = self._postings.get(word)
            if posting is not None:
                self._postings[word] = np.delete(posting, np.searchsorted(posting, row))
        for word in words - before:
            self._rows.setdefault(word, set()).add(row)
            posting = self._postings.get(word)
            if posting is not None:
                self._postings[word] = np.insert(posting, np.searchsorted(posting, row), row)
        self._has_words[row] = bool(words)
        if words:
            self._words[row] = words


def words_of(text: str) -> frozenset[str]:
    """The words that text search knows, less single characters (a pair of Chinese ones is a word) and plain numbers."""
    return frozenset(token for token in tokenize(text) if len(token) > 1 and not _is_number(token))


def _is_number(token: str) -> bool:
    return token.replace(".", "").isdigit()
