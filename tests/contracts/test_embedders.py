"""Every embedder turns texts into unit vectors that depend on nothing but the text."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.encoder.load import load_embedder
from matching.encoder.static_encoder import SHIPPED_MODEL, EmbedderError, StaticEncoder
from matching.encoder.transformer_encoder import SentenceTransformerEmbedder
from matching.ports import Embedder

# The adapter to sentence-transformers is held to the contract with a model that is always there: ours.
ADAPTERS = ("static", "sentence-transformers")
ROUNDING = 2e-3


@cache
def embedder(name: str) -> Embedder:
    return load_embedder() if name == "static" else SentenceTransformerEmbedder(str(SHIPPED_MODEL))


TEXTS = [
    "羊绒衫 200件",
    "screen printed T-shirts",
    "毛衣 sweater",
    "",
    "   ",
    "🙂",
    "鱀",
    "x" * 5000,
    "a\u0000b",
    "１２ＧＧ",
]


@pytest.mark.parametrize("name", ADAPTERS)
def test_gives_one_unit_row_of_float32_for_each_text(name: str) -> None:
    vectors = embedder(name).encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder(name).dimensions)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


@pytest.mark.parametrize("name", ADAPTERS)
def test_no_texts_give_no_rows(name: str) -> None:
    assert embedder(name).encode([]).shape == (0, embedder(name).dimensions)


@pytest.mark.parametrize("name", ADAPTERS)
def test_blank_texts_share_one_vector(name: str) -> None:
    vectors = embedder(name).encode(["", " ", "\t\n"])
    assert (vectors == vectors[0]).all()
    assert vectors[0] == pytest.approx(np.full(vectors.shape[1], vectors.shape[1] ** -0.5))


@pytest.mark.parametrize("name", ADAPTERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=30), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_a_vector_depends_on_its_text_alone(name: str, texts: list[str], chance: object) -> None:
    together = embedder(name).encode(texts)
    backwards = embedder(name).encode(texts[::-1])[::-1]
    alone = np.concatenate([embedder(name).encode([text]) for text in texts])
    assert np.abs(together - alone).max() < ROUNDING
    assert np.abs(together - backwards).max() < ROUNDING


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_model_is_named_so_that_stored_vectors_can_be_told_apart(name: str) -> None:
    assert embedder(name).model_id
    assert len({embedder(adapter).model_id for adapter in ADAPTERS}) == len(ADAPTERS)


def test_a_folder_of_ours_is_served_without_torch_and_a_missing_model_is_told() -> None:
    assert isinstance(load_embedder(str(SHIPPED_MODEL)), StaticEncoder)
    assert isinstance(load_embedder(""), StaticEncoder)
    with pytest.raises(EmbedderError, match="hf download no/such-model"):
        load_embedder("no/such-model")
