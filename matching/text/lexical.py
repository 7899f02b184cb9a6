"""Lexical relevance by BM25 over our own tokens."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bm25s import BM25
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # scipy ships no types.

from matching.text.tokens import tokenize

Scores = NDArray[np.float32]

# Robertson and Zaragoza (2009) give 1.2 to 2 and .5 to .8 as the ranges that hold for most collections.
_SATURATION, _LENGTH = 1.5, 0.75
# A character of Chinese says less than a pair of characters, which is nearly a word.
_CHARACTER_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that hold one token, and its BM25 score in each."""

    rows: NDArray[np.int32]
    scores: Scores


class LexicalScores:
    """BM25 (Lucene's form) of texts against a fixed list of documents.

    The score of a query is divided by the most it could reach, so that 1 means: the document says every known word of
    the query, and little else. Words that no document holds are left out of the sum.
    """

    def __init__(self, documents: Sequence[str]) -> None:
        self._count = len(documents)
        self._numbers: dict[str, int] = {}
        rows = [self._numbered(tokenize(document)) for document in documents]
        self._known = bool(self._numbers)
        if self._known:
            model = BM25(k1=_SATURATION, b=_LENGTH, method="lucene")
            model.scores = model.build_index_from_ids(list(range(len(self._numbers))), rows, show_progress=False)
            self._scores: Scores = model.scores["data"]
            self._rows: NDArray[np.int32] = model.scores["indices"]
            self._starts: NDArray[np.int32] = model.scores["indptr"]

    def __len__(self) -> int:
        return self._count

    def weights(self) -> sparse.csr_array:
        """The BM25 score of each token in each document (documents × tokens), sparse."""
        if not self._known:
            return sparse.csr_array((self._count, 0), dtype=np.float32)
        columns = (self._scores, self._rows, self._starts)
        return sparse.csr_array(sparse.csc_array(columns, shape=(self._count, len(self._numbers))))

    def score(self, queries: Sequence[str], among: NDArray[np.int64] | None = None) -> Scores:
        """Scores in [0, 1] (queries × documents, or × the documents named by `among`, in its order)."""
        width = self._count if among is None else len(among)
        scores = np.zeros((len(queries), width), np.float32)
        for row, query in enumerate(queries):
            found = self._score_one(query)
            if found is not None:
                scores[row] = found if among is None else found[among]
        return scores

    def best_shares(self, queries: Sequence[str]) -> Scores:
        """For each query the largest share of it, in [0, 1], that any one document says; rare words count for more.

        Unlike the score it does not fall with the length of a document, and words that no document holds count too.
        """
        return np.array([self._best_share(query) for query in queries], np.float32)

    def _best_share(self, query: str) -> float:
        tokens = tokenize(query)
        if not tokens or not self._known:
            return 0.0
        postings = [(self._postings(number), weight) for number, weight in self._weights(query).items()]
        unknown = sum(_weight(token) for token in tokens if token not in self._numbers) * self._most(0)
        worth = [self._most(len(posting.rows)) * weight for posting, weight in postings]
        said = np.zeros(self._count)
        for (posting, _), value in zip(postings, worth, strict=True):
            said[posting.rows] += value
        return float(said.max() / (sum(worth) + unknown))

    def _score_one(self, query: str) -> Scores | None:
        weights = self._weights(query)
        if not weights:
            return None
        postings = [(self._postings(number), weight) for number, weight in weights.items()]
        rows = np.concatenate([posting.rows for posting, _ in postings])
        parts = np.concatenate([posting.scores * np.float32(weight) for posting, weight in postings])
        most = sum(self._most(len(posting.rows)) * weight for posting, weight in postings)
        total = np.bincount(rows, weights=parts, minlength=self._count) / most
        return np.clip(total, 0.0, 1.0).astype(np.float32)

    def _weights(self, query: str) -> dict[int, float]:
        """The known tokens of a query by number; a repeated one counts as often as it stands there."""
        counted = Counter(token for token in tokenize(query) if token in self._numbers)
        return {self._numbers[token]: count * _weight(token) for token, count in sorted(counted.items())}

    def _postings(self, number: int) -> Postings:
        place = slice(self._starts[number], self._starts[number + 1])
        return Postings(self._rows[place], self._scores[place])

    def _most(self, holders: int) -> float:
        """The highest score one token can reach: its inverse document frequency, as Lucene writes it."""
        return math.log(1.0 + (self._count - holders + 0.5) / (holders + 0.5))

    def _numbered(self, tokens: list[str]) -> list[int]:
        return [self._numbers.setdefault(token, len(self._numbers)) for token in tokens]


def _weight(token: str) -> float:
    return _CHARACTER_WEIGHT if len(token) == 1 and "一" <= token <= "鿿" else 1.0
