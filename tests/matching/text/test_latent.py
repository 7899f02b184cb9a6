"""In a large corpus documents of one kind support each other, whatever they are called; and no hit is lost by it."""

import numpy as np
import pytest

from matching.encoder.load import load_embedder
from matching.text.corpus import Document
from matching.text.latent import FEWEST_DOCUMENTS, LatentSpace
from matching.text.lexical import LexicalScores
from matching.text.search import HybridSearch

COUNT = FEWEST_DOCUMENTS + 200
PARTS = (["blade", "hinge", "whisk", "churn", "lathe"], ["sail", "mast", "rudder", "keel", "anchor"])


def corpus(seed: int = 0) -> list[Document]:
    """Two kinds of goods, each with its own parts; every tenth of a kind bears its name."""
    chance = np.random.default_rng(seed)
    documents = []
    for row in range(COUNT):
        kind = row % 2
        words = [*chance.choice(PARTS[kind], 3), *(f"w{number}" for number in chance.integers(0, 900, 1))]
        name = "mixer" if row % 20 == 0 else "yacht" if row % 20 == 11 else f"n{row}"
        documents.append(Document(f"d{row}", name, " ".join([name, *words])))
    return documents


@pytest.fixture(scope="module")
def search() -> HybridSearch:
    return HybridSearch(corpus(), load_embedder())


def test_a_query_by_name_is_near_to_its_kind_even_where_the_name_is_not_said() -> None:
    documents = corpus()
    lexical = LexicalScores([document.text for document in documents])
    space = LatentSpace.fit(lexical)
    assert space is not None
    kinship = space.kinship(lexical.score(["mixer"])[0], 50)
    unnamed = [row for row, document in enumerate(documents) if document.title.startswith("n")]
    same, other = (kinship[[row for row in unnamed if row % 2 == kind]] for kind in (0, 1))
    assert same.min() > other.max()


def test_the_hits_are_those_of_the_words_in_another_order(search: HybridSearch) -> None:
    by_words = LexicalScores([document.text for document in search.documents]).score(["mixer blade"])[0]
    expected = set(np.argsort(-by_words, kind="stable")[:40].tolist())
    hits = next(search.best(["mixer blade"], 40))
    assert {row for row, _ in hits} == expected
    assert [score for _, score in hits] == sorted((score for _, score in hits), reverse=True)
    assert hits == search.order("mixer blade", np.array([row for row, _ in hits], np.int64))


def test_the_same_words_give_the_same_space_and_scores_in_range() -> None:
    lexical = LexicalScores([document.text for document in corpus()])
    first, again = LatentSpace.fit(lexical), LatentSpace.fit(lexical)
    assert first is not None and again is not None
    scores = lexical.score(["mixer", "keel"])
    for row in scores:
        kinship = first.kinship(row, 50)
        assert kinship.tolist() == again.kinship(row, 50).tolist()
        assert ((kinship >= 0) & (kinship <= 1)).all() and kinship.any()
    assert not first.kinship(np.zeros(COUNT, np.float32), 50).any()


def test_a_small_corpus_has_no_space() -> None:
    assert LatentSpace.fit(LexicalScores(["one mixer"] * (FEWEST_DOCUMENTS - 1))) is None
    assert LatentSpace.fit(LexicalScores([""] * FEWEST_DOCUMENTS)) is None
