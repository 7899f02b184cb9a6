"""The seams of the engine: what an adapter must offer. Suites in tests/contracts hold every adapter to them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors, one row a text."""

    @property
    def model_id(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> Vectors: ...


class VectorIndex(Protocol):
    """Exact inner-product search over rows that carry a text id.

    `among` restricts the search to the given row numbers before any product is formed (pre-filter, so recall stays 1).
    """

    def replace(self, ids: Sequence[str], vectors: Vectors) -> None: ...

    def search(
        self, queries: Vectors, count: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]: ...
