"""The nearness of words is the same for a changed index as for a new one, and for an order alone as in company."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from matching.encoder.load import load_embedder
from matching.engine.wording import WordingIndex, words_of
from matching.index import FaissIndex

_EMBEDDER = load_embedder()
_TEXTS = st.lists(
    st.sampled_from(["羊绒衫", "cashmere", "sweaters", "knitting", "马克杯", "mug", "12针", "and", "300", "glazed"]),
    max_size=5,
).map(" ".join)
_SIZE = 8


def _index(texts: dict[int, str]) -> WordingIndex:
    index = WordingIndex(_EMBEDDER, FaissIndex(_EMBEDDER.dimensions))
    index.write(list(range(_SIZE)), [""] * _SIZE)
    index.write(list(texts), list(texts.values()))
    return index


def _values(index: WordingIndex, texts: list[str], rows: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
    """Texts x rows, NaN where unknown; all rows up to _SIZE unless told."""
    rows = np.arange(_SIZE) if rows is None else rows
    found = index.values(index.read(texts), rows)
    return np.array([np.full(len(rows), np.nan) if values is None else values for values in found])


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, _SIZE - 1), _TEXTS), max_size=15),
    orders=st.lists(_TEXTS, min_size=1, max_size=6),
)
def test_changes_one_by_one_end_where_a_new_index_begins(changes: list[tuple[int, str]], orders: list[str]) -> None:
    changed = _index({})
    for row, text in changes:
        changed.write([row], [text])
        _values(changed, orders)
    expected = _values(_index(dict(changes)), orders)
    np.testing.assert_array_equal(_values(changed, orders), expected)
    np.testing.assert_array_equal(np.concatenate([_values(changed, [text]) for text in orders]), expected)
    few = np.array(sorted({row for row, _ in changes})[::2], dtype=np.int64)
    np.testing.assert_array_equal(_values(changed, orders, few), expected[:, few])
    known = expected[~np.isnan(expected)]
    assert ((known >= 0.0) & (known <= 1.0)).all()


def test_a_text_without_words_is_unknown_on_either_side() -> None:
    index = _index({0: "羊绒衫", 1: "", 2: "300 of the"})
    values = _values(index, ["cashmere 羊绒", " ", "12"], np.arange(3))
    assert np.isnan(values).tolist() == [[False, True, True], [True] * 3, [True] * 3]
    assert index.values(index.read([" "]), np.arange(3)) == [None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Knitted sweaters, 12 gauge", {"knit", "sweat", "gaug"}),
        ("羊绒衫 3.5", {"羊绒", "绒衫"}),
        ("we are the T of E27", {"e27"}),
        ("", set()),
    ],
)
def test_counts_words_as_the_search_does_but_no_single_signs_and_numbers(text: str, words: set[str]) -> None:
    assert words_of(text) == words
