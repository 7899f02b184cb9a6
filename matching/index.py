"""Exact vector search with FAISS and plain matrix products."""

from collections.abc import Iterator, Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from matching.ports import Vectors

# FAISS scans best for one query and for very many; for the batches between, a plain matrix product is up to ten times
# faster. Behind a filter that leaves few rows a product over those rows is faster than any scan.
MANY_QUERIES = 512
FEW_ROWS_SHARE = 0.25
_BLOCK = 256
EXACT_STEPS = np.float32(2.0**11)
Hits = tuple[NDArray[np.float32], NDArray[np.int64]]


class FaissIndex:
    """Exact inner-product search over rows that carry a text id. Implements ports.VectorIndex.

    Row numbers are places in the order of arrival. Hits are ordered by score, highest first, and equal scores by row,
    lowest first.
    """

    def __init__(self, dimensions: int) -> None:
        if dimensions < 1:
            raise ValueError("an index needs at least one dimension")
        self.dimensions = dimensions
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._index = faiss.IndexFlatIP(dimensions)

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def vectors(self) -> Vectors:
        """All rows (rows × dimensions), a view on the index's own memory: read it, do not keep it over a change."""
        if not self._ids:
            return np.empty((0, self.dimensions), np.float32)
        flat = faiss.rev_swig_ptr(self._index.get_xb(), len(self._ids) * self.dimensions)
        return flat.reshape(len(self._ids), self.dimensions)

    def replace(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Makes these the only rows. Raises ValueError for repeated ids, wrong shapes and NaN or infinity."""
        rows = self._checked(ids, vectors)
        self._index.reset()
        self._index.add(rows)
        self._ids = list(ids)
        self._rows = {row_id: row for row, row_id in enumerate(self._ids)}

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Overwrites the rows of known ids and appends the others; the other rows stay. Raises as `replace` does."""
        rows = self._checked(ids, vectors)
        fresh = [place for place, row_id in enumerate(ids) if row_id not in self._rows]
        known = [place for place, row_id in enumerate(ids) if row_id in self._rows]
        if known:
            self.vectors[[self._rows[ids[place]] for place in known]] = rows[known]
        if fresh:
            self._index.add(rows[fresh])
        for place in fresh:
            self._rows[ids[place]] = len(self._ids)
            self._ids.append(ids[place])

    def search(self, queries: Vectors, count: int, among: NDArray[np.int64] | None = None) -> Hits:
        """The best rows of each query: scores and row numbers, both (queries × min(count, rows that may be found)).

        among: the row numbers that may be found (no repetition needed or counted), applied before any product.
        Raises ValueError for a wrong shape, a negative count or a row number that does not exist.
        """
        queries = self._checked_queries(queries, count)
        allowed = None if among is None else self._checked_among(among)
        reachable = len(self) if allowed is None else len(allowed)
        count = min(count, reachable)
        if count == 0 or len(queries) == 0:
            return np.empty((len(queries), count), np.float32), np.empty((len(queries), count), np.int64)
        if self._scans_best(len(queries), allowed):
            return self._scan(queries, count, allowed)
        return self._multiply(queries, count, allowed)

    def scores(self, queries: Vectors, among: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """The inner product of each query with every row, or with the rows of `among` in its order, repeated or not.

        For vectors that are `in_exact_steps` a product is the same bits in whatever company it is formed.
        Raises ValueError for a wrong shape or a row number that does not exist.
        """
        queries = self._checked_queries(queries, 0)
        if among is not None:
            rows = np.asarray(among, dtype=np.int64)
            self._check_rows(rows)
            return self._scores_of_some(queries, rows) if len(queries) == 1 else queries @ self.vectors[rows].T
        if len(queries) == 1 and len(self):
            return self._scores_of_one(queries)
        return np.asarray(queries @ self.vectors.T)

    def _scores_of_one(self, query: Vectors) -> NDArray[np.float32]:
        found = np.empty((1, len(self)), np.float32)
        places = faiss.swig_ptr(found), faiss.swig_ptr(query), self._index.get_xb()
        faiss.fvec_inner_products_ny(*places, self.dimensions, len(self))  # type: ignore[attr-defined]  # Not stubbed.
        return found

    def _scores_of_some(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Row by row where they lie, which takes a fifth of copying them together first."""
        count, wanted = len(rows), np.ascontiguousarray(rows)
        found = np.zeros((1, count), np.float32)
        if count:
            places = faiss.swig_ptr(found), faiss.swig_ptr(query), self._index.get_xb(), faiss.swig_ptr(wanted)
            faiss.fvec_inner_products_by_idx(*places, self.dimensions, 1, count)  # type: ignore[attr-defined]  # Not stubbed.
        return found

    def _scans_best(self, queries: int, allowed: NDArray[np.int64] | None) -> bool:
        if queries == 1:
            return allowed is None or len(allowed) > FEW_ROWS_SHARE * len(self)
        return allowed is None and queries >= MANY_QUERIES

    def _scan(self, queries: Vectors, count: int, allowed: NDArray[np.int64] | None) -> Hits:
        """By FAISS. It keeps any of several equal scores at the end of a list, so such lists are settled again."""
        reachable = len(self) if allowed is None else len(allowed)
        wanted = min(count + 1, reachable)
        parameters = None if allowed is None else _only(allowed, len(self))
        scores, rows = self._index.search(queries, wanted, params=parameters)
        if wanted > count:
            tied = np.flatnonzero(scores[:, count] == scores[:, count - 1])
            scores, rows = scores[:, :count].copy(), rows[:, :count].copy()
            if len(tied):
                scores[tied], rows[tied] = self._multiply(queries[tied], count, allowed)
        return _in_order(scores, rows)

    def _multiply(self, queries: Vectors, count: int, allowed: NDArray[np.int64] | None) -> Hits:
        """By matrix products over the allowed rows only, a block of queries at a time."""
        candidates = self.vectors if allowed is None else self.vectors[allowed]
        found = [_best(block @ candidates.T, count) for block in _blocks(queries)]
        scores = np.concatenate([scores for scores, _ in found])
        rows = np.concatenate([rows for _, rows in found])
        return scores, rows if allowed is None else allowed[rows]

    def _checked(self, ids: Sequence[str], vectors: Vectors) -> Vectors:
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
        if rows.shape != (len(ids), self.dimensions):
            raise ValueError(f"expected {len(ids)} rows of {self.dimensions} dimensions, got shape {rows.shape}")
        if len(set(ids)) != len(ids):
            raise ValueError("an id stands twice")
        if not np.isfinite(rows).all():
            raise ValueError("a vector holds a number that is not finite")
        return rows

    def _checked_queries(self, queries: Vectors, count: int) -> Vectors:
        rows = np.ascontiguousarray(queries, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.dimensions:
            raise ValueError(f"expected queries of {self.dimensions} dimensions, got shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("a query holds a number that is not finite")
        if count < 0:
            raise ValueError("the count of hits cannot be negative")
        return rows

    def _checked_among(self, among: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = np.unique(np.asarray(among, dtype=np.int64))
        self._check_rows(rows)
        return rows

    def _check_rows(self, rows: NDArray[np.int64]) -> None:
        if len(rows) and (rows.min() < 0 or rows.max() >= len(self)):
            raise ValueError(f"row numbers go from 0 to {len(self) - 1}")


def in_exact_steps(vectors: Vectors) -> Vectors:
    """Unit vectors rounded to whole multiples of 2**-11.

    Products of such numbers are multiples of 2**-22, and no partial sum of the inner product of two unit vectors
    reaches 4, so float32 holds every one of them: the result has no rounding and knows no order of addition. A cosine
    moves by about .0002.
    """
    return np.asarray(np.rint(vectors * EXACT_STEPS) / EXACT_STEPS, dtype=np.float32)


def best_columns(scores: NDArray[np.float32], count: int) -> Hits:
    """The `count` highest columns of each row (scores, columns), equal scores by the lower column first."""
    return _best(scores, min(count, scores.shape[1]))


def _only(allowed: NDArray[np.int64], rows: int) -> faiss.SearchParameters:
    mask = np.zeros(rows, bool)
    mask[allowed] = True
    bitmap = np.packbits(mask, bitorder="little")
    selector = faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]  # The stub tells the C++ signature.
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # Keywords are added by faiss's wrapper.


def _blocks(queries: Vectors) -> Iterator[Vectors]:
    for start in range(0, len(queries), _BLOCK):
        yield queries[start : start + _BLOCK]


def _best(scores: NDArray[np.float32], count: int) -> Hits:
    columns = scores.shape[1]
    if count == 0:
        return np.empty((len(scores), 0), np.float32), np.empty((len(scores), 0), np.int64)
    if count < columns:
        chosen = np.argpartition(scores, columns - count, axis=1)[:, columns - count :]
        _settle_boundary(scores, chosen)
    else:
        chosen = np.broadcast_to(np.arange(columns), scores.shape)
    return _in_order(np.take_along_axis(scores, chosen, axis=1), chosen.astype(np.int64))


def _settle_boundary(scores: NDArray[np.float32], chosen: NDArray[np.intp]) -> None:
    """Where a chosen and an unchosen column share the lowest chosen score, takes the lower columns instead."""
    lowest = np.take_along_axis(scores, chosen, axis=1).min(axis=1, keepdims=True)
    for row in np.flatnonzero((scores >= lowest).sum(axis=1) > chosen.shape[1]):
        above = np.flatnonzero(scores[row] > lowest[row])
        equal = np.flatnonzero(scores[row] == lowest[row])[: chosen.shape[1] - len(above)]
        chosen[row] = np.concatenate([above, equal])


def _in_order(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> Hits:
    order = np.lexsort((rows, -scores), axis=1)
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)
