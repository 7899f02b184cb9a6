"""Scores by words and by meaning: exact for words, across languages for meaning, in [0, 1], the same every time."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.encoder.load import load_embedder
from matching.ports import Embedder
from matching.text.lexical import LexicalScores
from matching.text.matcher import TextMatcher
from matching.text.tokens import tokenize

DOCUMENTS = [
    "羊绒衫 横机针织",
    "cotton T-shirt screen print",
    "陶瓷马克杯",
    "cashmere sweater knitting",
    "",
    "羊绒围巾",
]
WORDS = ["羊绒", "毛衣", "cotton", "mug", "shirt", "print", "横机", "quux", "的", "knit"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


@cache
def ours() -> Embedder:
    return load_embedder()


def by_the_formula(query: str, documents: Sequence[str]) -> list[float]:
    """BM25 as Lucene writes it (k1 1.5, b .75), over the most that the known tokens of the query could reach."""
    cut = [tokenize(document) for document in documents]
    mean = sum(map(len, cut)) / len(cut)
    scores, most = [0.0] * len(cut), 0.0
    for token in tokenize(query):
        holders = sum(token in tokens for tokens in cut)
        if not holders:
            continue
        weight = 0.3 if len(token) == 1 and not token.isascii() else 1.0
        rarity = weight * math.log(1 + (len(cut) - holders + 0.5) / (holders + 0.5))
        most += rarity
        for row, tokens in enumerate(cut):
            count = tokens.count(token)
            scores[row] += rarity * count / (count + 1.5 * (1 - 0.75 + 0.75 * len(tokens) / mean))
    return [score / most if most else 0.0 for score in scores]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=6), TEXTS)
def test_lexical_scores_follow_the_formula(documents: list[str], query: str) -> None:
    if any(tokenize(document) for document in documents):
        expected = by_the_formula(query, documents)
    else:
        expected = [0.0] * len(documents)
    assert LexicalScores(documents).score([query])[0].tolist() == pytest.approx(expected, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(st.integers(0, len(DOCUMENTS) - 1), max_size=8))
def test_scores_stay_in_range_and_do_not_depend_on_what_else_is_asked(queries: list[str], rows: list[int]) -> None:
    matcher = TextMatcher.fit(DOCUMENTS, ours())
    parts = matcher.parts(queries)
    for scores in (parts.lexical, parts.meaning, parts.found, parts.fused):
        assert scores.shape == (len(queries), len(DOCUMENTS))
        assert scores.dtype == np.float32
        assert ((scores >= 0) & (scores <= 1)).all()
    among = np.array(rows, dtype=np.int64)
    assert np.allclose(matcher.score(queries, among), parts.fused[:, among], atol=1e-6)
    assert np.allclose(np.concatenate([matcher.score([query]) for query in queries]), parts.fused, atol=1e-6)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("羊绒衫", 0),
        ("丝网印花T恤", 1),
        ("porcelain mug for coffee", 2),
        ("羊绒毛衣 sweater", 3),
        ("warm scarf for winter", 5),
    ],
)
def test_finds_across_languages_by_words_or_by_meaning(query: str, best: int) -> None:
    assert int(TextMatcher.fit(DOCUMENTS, ours()).score([query])[0].argmax()) == best


@pytest.mark.parametrize("query", ["", "  \n", "的"])
def test_a_query_that_says_nothing_finds_nothing_by_words(query: str) -> None:
    parts = TextMatcher.fit(DOCUMENTS, ours()).parts([query])
    assert not parts.lexical.any()
    assert query.strip() or not parts.fused.any()


def test_the_title_of_a_document_counts_for_more_than_its_text() -> None:
    documents = ["lamp\nwooden box for a mug", "mug\nwooden box for a lamp"]
    scores = TextMatcher.fit(documents, ours(), titles=["lamp", "mug"]).score(["mug", "lamp"])
    assert scores.argmax(axis=1).tolist() == [1, 0]


def test_no_documents_give_no_scores() -> None:
    assert TextMatcher.fit([], ours()).score(["羊绒"]).shape == (1, 0)
