"""What the documents of one corpus have in common beyond the words of a query: a latent space fitted to the corpus.

Latent semantic analysis (Deerwester et al. 1990): the truncated singular value decomposition of the weighted
documents × tokens matrix. Documents of one kind stand close in it, whatever they are called. It is fitted to the words
alone, never to judgments.
"""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # scipy ships no types.

from matching.text.lexical import LexicalScores, Scores

DIMENSIONS: Final = 200
FEWEST_DOCUMENTS: Final = 1_000
"""In a smaller corpus the best documents of a query are a large share of all, and tell nothing of its kind."""

_OVERSAMPLING: Final = 10
_ROUNDS: Final = 2
_SEED: Final = 0


class LatentSpace:
    """One unit vector for each document (documents × DIMENSIONS); a document without words has zeros."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    @classmethod
    def fit(cls, lexical: LexicalScores) -> Self | None:
        """The space of the documents behind `lexical`, by their BM25 weights; None when they are too few.

        Randomised range finding with power rounds (Halko, Martinsson and Tropp 2011, algorithm 4.4), always from the
        same random numbers.
        """
        weights = lexical.weights()
        if weights.shape[0] < FEWEST_DOCUMENTS or weights.shape[1] < DIMENSIONS + _OVERSAMPLING:
            return None
        weights = _of_unit_length(weights)
        chance = np.random.default_rng(_SEED)
        start = chance.standard_normal((weights.shape[1], DIMENSIONS + _OVERSAMPLING), dtype=np.float32)
        basis = np.linalg.qr(weights @ start)[0]
        for _ in range(_ROUNDS):
            basis = np.linalg.qr(weights @ np.linalg.qr(weights.T @ basis)[0])[0]
        left, values, _ = np.linalg.svd((weights.T @ basis).T, full_matrices=False)
        vectors = (basis @ left)[:, :DIMENSIONS] * values[:DIMENSIONS]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return cls(np.divide(vectors, lengths, where=lengths > 0, out=np.zeros_like(vectors)))

    def kinship(self, scores: Scores, feedback: int) -> Scores:
        """How near each document is to the kind of those that score best, in [0, 1].

        That kind is the mean of the `feedback` best documents, weighted by their scores (pseudo-relevance feedback as
        Rocchio 1971 moves a query). Zeros when no document scores.
        """
        best = np.argsort(-scores, kind="stable")[:feedback]
        middle = scores[best] @ self._vectors[best]
        length = float(np.linalg.norm(middle))
        if length == 0.0:
            return np.zeros(len(scores), np.float32)
        return np.clip(self._vectors @ (middle / np.float32(length)), 0.0, 1.0)


def _of_unit_length(weights: sparse.csr_array) -> sparse.csr_array:
    squares = np.asarray(weights.multiply(weights).sum(axis=1)).ravel()
    lengths = np.sqrt(squares)
    scale = np.divide(1.0, lengths, where=lengths > 0, out=np.zeros_like(lengths))
    return sparse.csr_array(sparse.diags_array(scale.astype(np.float32)) @ weights)
