"""Every vector index finds exactly what brute force finds, behind any filter, in one order."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching.encoder.static_encoder import unit_rows
from matching.index import MANY_QUERIES, FaissIndex, in_exact_steps
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
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 60),
    batch=st.sampled_from(BATCHES),
    asked=st.none() | st.lists(st.integers(0, 10**6), max_size=80),
)
def test_scores_every_row_as_brute_force_does(
    name: str, seed: int, rows: int, batch: int, asked: list[int] | None
) -> None:
    vectors, queries = small_whole_numbers(seed, rows, 5), small_whole_numbers(seed + 1, batch, 5)
    among = None if asked is None else np.array([row % rows for row in asked if rows], dtype=np.int64)
    index = ADAPTERS[name](5)
    index.replace([f"row{row}" for row in range(rows)], vectors)
    scored = range(rows) if among is None else among
    found = index.scores(queries, among)
    assert found.dtype == np.float32
    assert found.shape == (batch, len(scored))
    assert found.tolist() == [[float(query @ vectors[row]) for row in scored] for query in queries]


@pytest.mark.parametrize("name", ADAPTERS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 80), batch=st.integers(1, 40))
def test_products_of_exact_steps_are_the_same_bits_alone_in_company_and_in_search(
    name: str, seed: int, rows: int, batch: int
) -> None:
    chance = np.random.default_rng(seed)
    vectors, queries = (
        in_exact_steps(unit_rows(chance.normal(size=(count, 256)).astype(np.float32))) for count in (rows, batch)
    )
    index = ADAPTERS[name](256)
    index.replace([f"row{row}" for row in range(rows)], vectors)
    together = index.scores(queries)
    exact = queries.astype(np.float64) @ vectors.astype(np.float64).T
    assert together.tolist() == exact.tolist()
    assert np.concatenate([index.scores(query[None, :]) for query in queries]).tolist() == together.tolist()
    scores, places = index.search(queries, rows)
    assert scores.tolist() == np.take_along_axis(together, places, axis=1).tolist()


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_changed_row_is_found_at_once_and_a_new_one_is_appended(name: str) -> None:
    index = ADAPTERS[name](2)
    index.replace(["a", "b"], np.array([[1, 0], [0, 1]], np.float32))
    index.put(["c", "a"], np.array([[5, 0], [0, 9]], np.float32))
    assert len(index) == 3
    assert index.scores(np.eye(2, dtype=np.float32)).tolist() == [[0, 0, 5], [9, 1, 0]]
    assert index.search(np.eye(2, dtype=np.float32), 3)[1].tolist() == [[2, 0, 1], [0, 1, 2]]


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
    with pytest.raises(ValueError, match="row numbers"):
        index.scores(np.eye(2, dtype=np.float32), np.array([row]))
