"""The seams of the engine: what an adapter must offer. Suites in tests/contracts hold every adapter to them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

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
    """Exact inner products with rows that carry a text id; row numbers are places in the order of their arrival.

    `among` restricts a call to the given row numbers before any product is formed (pre-filter, so recall stays 1).
    """

    def __len__(self) -> int: ...

    def replace(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Makes these the only rows."""

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Overwrites the rows of known ids and appends the others."""

    def search(
        self, queries: Vectors, count: int, among: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The best rows of each query, highest first: scores and row numbers."""

    def scores(self, queries: Vectors, among: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Queries × all rows, or × the rows of `among` in its order."""


Shard = TypeVar("Shard")
Result = TypeVar("Result")


class Mapper(Protocol):
    """Applies one function to many shards of work: here, in processes beside this one, or on other machines."""

    def map(self, function: Callable[[Shard], Result], shards: Iterable[Shard]) -> Iterator[Result]:
        """The results in the order of the shards, which are taken as results are asked for, a few ahead.

        The function and the shards can be pickled. A worker that dies does its shards again elsewhere, so that the
        function may run twice on one shard and must always answer the same. What the function raises is raised here;
        WorkersError is raised when work cannot be done at all.
        """
