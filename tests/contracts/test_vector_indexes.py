"""Every vector index finds exactly what brute force finds, behind any filter, in one order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching.index import MANY_QUERIES, FaissIndex
from matching.ports import VectorIndex

ADAPTERS: dict[str, Callable[[int], VectorIndex]] = {"faiss": FaissIndex}
BATCHES = (0, 1, 1, 2, 64, 300, MANY_QUERIES)


def small_whole_numbers(seed: int, rows: int, dimensions: int) -> NDArray[np.float32]:
    """Vectors whose products are exact and often equal, so that order and ties can be compared to the bit."""
    return np.random.default_rng(seed).integers(-2, 3, (rows, dimensions)).astype(np.float32)


def by_brute_force(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], count: int, among: NDArray[np.int64] | None
) -> tuple[list[list[float]], list[list[int]]]:
    allowed = range(len(vectors)) if among is None else sorted(set(among.tolist()))
    scores, rows = [], []
    for query in queries:
        best = sorted((-float(query @ vectors[row]), row) for row in allowed)[:count]
        scores.append([-score for score, _ in best])
        rows.append([row for _, row in best])
    return scores, rows


@pytest.mark.parametrize("name", ADAPTERS)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 60),
    count=st.integers(0, 70),
    batch=st.sampled_from(BATCHES),
    share=st.none() | st.floats(0, 1),
)
def test_finds_what_brute_force_finds(
    name: str, seed: int, rows: int, count: int, batch: int, share: float | None
) -> None:
    vectors, queries = small_whole_numbers(seed, rows, 5), small_whole_numbers(seed + 1, batch, 5)
    chance = np.random.default_rng(seed)
    among = None if share is None else chance.permutation(np.flatnonzero(chance.random(rows) < share)).astype(np.int64)
    index = ADAPTERS[name](5)
    index.replace([f"row{row}" for row in range(rows)], vectors)
    found_scores, found_rows = index.search(queries, count, among)
    expected_scores, expected_rows = by_brute_force(vectors, queries, count, among)
    assert found_rows.tolist() == expected_rows
    assert found_scores.tolist() == expected_scores


@pytest.mark.parametrize("name", ADAPTERS)
def test_replacing_forgets_the_rows_before(name: str) -> None:
    index = ADAPTERS[name](2)
    index.replace(["a", "b"], np.eye(2, dtype=np.float32))
    index.replace(["c"], np.array([[0.0, 1.0]], np.float32))
    _, rows = index.search(np.array([[1.0, 0.0]], np.float32), 5)
    assert rows.tolist() == [[0]]


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize(
    ("ids", "vectors"),
    [
        (["a", "a"], [[1.0, 0.0], [0.0, 1.0]]),
        (["a"], [[1.0, 0.0, 0.0]]),
        (["a", "b"], [[1.0, 0.0]]),
        (["a"], [[np.nan, 0.0]]),
    ],
    ids=["repeated id", "wrong width", "too few", "not a number"],
)
def test_refuses_rows_and_keeps_what_it_held(name: str, ids: list[str], vectors: list[list[float]]) -> None:
    index = ADAPTERS[name](2)
    index.replace(["kept"], np.array([[1.0, 0.0]], np.float32))
    with pytest.raises(ValueError, match=r"twice|shape|finite"):
        index.replace(ids, np.array(vectors, np.float32))
    assert index.search(np.array([[1.0, 0.0]], np.float32), 3)[1].tolist() == [[0]]


@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.parametrize("row", [-1, 2])
def test_refuses_a_row_that_does_not_exist(name: str, row: int) -> None:
    index = ADAPTERS[name](2)
    index.replace(["a", "b"], np.eye(2, dtype=np.float32))
    with pytest.raises(ValueError, match="row numbers"):
        index.search(np.eye(2, dtype=np.float32), 1, np.array([row]))
