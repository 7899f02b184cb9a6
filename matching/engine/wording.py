"""How near the words of an order are to the words of each factory: shared words by rarity, and vectors by meaning."""

import itertools
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.index import FaissIndex
from matching.ports import Embedder
from matching.verticals.folding import word_forms

Floats = NDArray[np.float64]

_LEXICAL_SHARE: Final = 0.5
_ROUNDING: Final = 4096.0


class WordingIndex:
    """The texts of all rows; one row can be rewritten at a time. An empty text is unknown.

    The lexical part is the share of the order's words that a factory uses too, weighted by how rare each word is
    among the factories (inverse document frequency). The vector part is the cosine. Both are absolute, so a factory's
    value does not change with its rivals except through rarity.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors = FaissIndex(embedder.dimensions)
        self._words: dict[int, frozenset[str]] = {}
        self._rows: dict[str, set[int]] = {}
        self._postings: dict[str, NDArray[np.int64]] = {}
        self._places = np.zeros(0, dtype=np.int64)
        self._has_words = np.zeros(0, dtype=np.bool_)

    def write(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        """Replaces the texts of these rows."""
        if not rows:
            return
        self._has_words = np.append(self._has_words, np.zeros(max(0, max(rows) + 1 - len(self._has_words)), np.bool_))
        for row, text in zip(rows, texts, strict=True):
            self._write_words(row, text)
        known = len(self._vectors)
        self._vectors.put([str(row) for row in rows], self._embedder.encode(list(texts)))
        added = np.array([int(row) for row in self._vectors.ids[known:]], dtype=np.int64)
        self._places = np.append(self._places, added)

    def values(self, texts: Sequence[str], size: int) -> Floats:
        """texts x size (rows of the factory index): 0 to 1, NaN where either side has no words."""
        vectors = self._embedder.encode(list(texts)) if texts else np.zeros((0, self._embedder.dimensions))
        result = np.full((len(texts), size), np.nan)
        if not len(self._vectors):
            return result
        cosines = np.clip(np.asarray(vectors, dtype=np.float32) @ self._vectors.vectors.T, 0.0, 1.0)
        worded = np.append(self._has_words, np.zeros(max(0, size - len(self._has_words)), np.bool_))[:size]
        for number, text in enumerate(texts):
            words = words_of(text)
            if not words:
                continue
            mixed = _LEXICAL_SHARE * self._lexical(words, size)
            mixed[self._places] += (1.0 - _LEXICAL_SHARE) * cosines[number]
            # Rounded, because the last bits of a matrix product depend on how many orders share the call.
            result[number] = np.where(worded, np.rint(mixed * _ROUNDING) / _ROUNDING, np.nan)
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
        for word in self._words.pop(row, frozenset()):
            self._rows[word].discard(row)
            self._postings.pop(word, None)
        words = words_of(text)
        for word in words:
            self._rows.setdefault(word, set()).add(row)
            self._postings.pop(word, None)
        self._has_words[row] = bool(words)
        if words:
            self._words[row] = words


def words_of(text: str) -> frozenset[str]:
    """Folded words of two letters or more, and pairs of neighbouring Chinese characters; plain numbers are left out."""
    forms = word_forms(text)
    words = {form for form in forms if len(form) > 1 and not form.isdigit()}
    words.update(first + second for first, second in itertools.pairwise(forms) if _is_han(first) and _is_han(second))
    return frozenset(words)


def _is_han(form: str) -> bool:
    return len(form) == 1 and "一" <= form <= "鿿"
