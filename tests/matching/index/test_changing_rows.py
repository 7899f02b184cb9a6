"""Rows of the FAISS index can be changed one by one, as a factory edits its profile."""

import numpy as np

from matching.index import FaissIndex


def test_a_changed_row_is_found_at_once_and_a_new_one_is_appended() -> None:
    index = FaissIndex(2)
    index.replace(["a", "b"], np.array([[1, 0], [0, 1]], np.float32))
    index.put(["c", "a"], np.array([[5, 0], [0, 9]], np.float32))
    scores, rows = index.search(np.eye(2, dtype=np.float32), 3)
    assert [index.ids[row] for row in rows[0]] == ["c", "a", "b"]
    assert [index.ids[row] for row in rows[1]] == ["a", "b", "c"]
    assert scores[1].tolist() == [9.0, 1.0, 0.0]
    assert index.row("c") == 2
    assert len(index) == 3
