"""Every embedder turns texts into unit vectors that depend on nothing but the text."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from sqlalchemy.orm import sessionmaker
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from market.config import Settings
from market.wiring import all_encoders, light_encoders
from matching.encoder.load import load_embedder
from matching.encoder.static_encoder import SHIPPED_MODEL, EmbedderError, StaticEncoder
from matching.encoder.transformer_encoder import SentenceTransformerEmbedder
from matching.ports import Embedder

# The adapter to sentence-transformers is held to the contract with two models that are always there: ours, and a BERT
# of one small layer with random weights, which another encoder that is swapped in by a setting looks like.
ADAPTERS = ("static", "sentence-transformers", "transformer by its path")
ROUNDING = 2e-3


@cache
def embedder(name: str) -> Embedder:
    if name == "static":
        return load_embedder()
    return SentenceTransformerEmbedder(str(SHIPPED_MODEL)) if name == "sentence-transformers" else load_embedder(bert())


@cache
def bert(seed: int = 0) -> str:
    """The folder of a saved transformer with random weights, removed when the tests end."""
    folder = tempfile.TemporaryDirectory()
    FOLDERS.append(folder)
    where = Path(folder.name) / "bert"
    where.mkdir()
    marks = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    words = [*marks, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    cutter = Tokenizer(models.WordPiece({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    cutter.normalizer = normalizers.BertNormalizer(lowercase=True)
    cutter.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cutter.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    whole = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers tells no types here.
        tokenizer_object=cutter, pad_token="[PAD]", unk_token="[UNK]"
    )
    whole.save_pretrained(where)
    torch.manual_seed(seed)
    shape = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    BertModel(shape).save_pretrained(where)
    transformer = Transformer(str(where), max_seq_length=64)
    SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save(str(where), create_model_card=False)
    return str(where)


FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789羊绒衫毛衣件"


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
    assert np.abs(vectors - vectors[0]).max() < 1e-6


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


def test_one_line_of_environment_swaps_the_encoder_of_the_market() -> None:
    settings = Settings.from_environment({"WEFT_EMBEDDER": bert()})
    encoders = all_encoders(settings.embedder)
    assert encoders.own.model_id == embedder("transformer by its path").model_id
    assert light_encoders(settings.embedder, sessionmaker()).own.model_id == load_embedder().model_id


def test_another_model_at_the_same_place_has_another_name() -> None:
    assert Path(bert()).name == Path(bert(seed=1)).name
    assert embedder("transformer by its path").model_id != load_embedder(bert(seed=1)).model_id
    assert embedder("transformer by its path").model_id == load_embedder(bert()).model_id
