"""The served vectors are those of sentence-transformers, and they carry the meaning of the trade."""

import random
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from matching.encoder.concepts import concepts_of
from matching.encoder.static_encoder import SHIPPED_MODEL, EmbedderError, StaticEncoder
from matching.verticals.pack import Kind, load_vocabulary

LARGEST_MODEL = 10_000_000


@cache
def encoder() -> StaticEncoder:
    return StaticEncoder()


def words() -> list[str]:
    return [word for concept in concepts_of(load_vocabulary()) for word in concept.words]


def test_serves_what_sentence_transformers_computes() -> None:
    texts = [
        *words(),
        "",
        "\u3400",
        "找工厂做 300 pcs 加绒卫衣 with embroidery",
        "Swaeter 12GG 羊絨",
        "200",
        "!?",
        "一二三四五",
    ]
    served = encoder().encode(texts)
    single = SentenceTransformer(str(SHIPPED_MODEL), device="cpu").float().encode(texts)
    # A text without a known piece is a row of zeros there and one fixed unit vector here.
    nothing = np.linalg.norm(single, axis=1) == 0.0
    assert nothing[len(words())]
    assert np.allclose(served[nothing], served.shape[1] ** -0.5)
    assert np.abs(served - single)[~nothing].max() < 1e-5
    # As the model is saved, sentence-transformers also sums in half precision.
    saved = SentenceTransformer(str(SHIPPED_MODEL), device="cpu").encode(texts).astype(np.float32)
    assert np.abs(served - saved)[~nothing].max() < 5e-3


def test_ships_in_half_precision_and_under_ten_megabytes() -> None:
    assert sum(path.stat().st_size for path in SHIPPED_MODEL.rglob("*") if path.is_file()) < LARGEST_MODEL


def test_serving_imports_no_torch() -> None:
    code = (
        "import sys; from matching.encoder.load import load_embedder; load_embedder().encode(['羊绒衫']);"
        "print([name for name in ('torch', 'sentence_transformers', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["category", "process", "material", "certification"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_finds_the_term_by_any_of_its_words_in_the_other_language(kind: Kind, language: str) -> None:
    asked = [concept for concept in concepts_of(load_vocabulary()) if concept.kind == kind]
    other = [(number, word) for number, concept in enumerate(asked) for word in _words(concept, language, other=True)]
    names = encoder().encode([word for _, word in other])
    owners = np.array([number for number, _ in other])
    queries = [(number, word) for number, concept in enumerate(asked) for word in _words(concept, language)]
    scores = encoder().encode([word for _, word in queries]) @ names.T
    found = [
        number in list(dict.fromkeys(owners[np.argsort(-row, kind="stable")[:50]]))[:5]
        for (number, _), row in zip(queries, scores, strict=True)
    ]
    assert np.mean(found) >= 0.95


# Ways to say a thing that stand in no pack, and the category that they mean.
PARAPHRASES = [
    ("保暖的女款羊绒针织上衣", ("sweater", "cardigan")),
    ("warm cashmere jumper for ladies", ("sweater", "cardigan")),
    ("夏天穿的短袖棉T恤衫", ("t-shirt",)),
    ("short sleeved cotton tees for men", ("t-shirt",)),
    ("连帽加绒的卫衣外套", ("hoodie",)),
    ("hooded fleece sweatshirts", ("hoodie", "sweatshirt")),
    ("可爱的小熊毛绒公仔", ("plush-toy", "stuffed-toy", "teddy-bear")),
    ("cute stuffed bear for babies", ("plush-toy", "stuffed-toy", "teddy-bear")),
    ("喝咖啡用的陶瓷杯子", ("mug", "coffee-cup")),
    ("ceramic cup for coffee", ("mug", "coffee-cup", "cup-saucer")),
]


@pytest.mark.parametrize(("text", "meant"), PARAPHRASES, ids=[text for text, _ in PARAPHRASES])
def test_understands_what_no_pack_says_in_these_words(text: str, meant: tuple[str, ...]) -> None:
    categories = load_vocabulary().terms("category")
    other_language = [term.name_en if not text.isascii() else term.name_zh for term in categories]
    scores = encoder().encode([text])[0] @ encoder().encode(other_language).T
    best = [categories[place].id for place in np.argsort(-scores, kind="stable")[:5]]
    assert set(best) & set(meant), best


@pytest.mark.parametrize(
    ("one", "near", "far"),
    [
        ("羽绒服", "羽絨服", "马克杯"),
        ("毛衣", "毛 衣", "台灯"),
        ("quxomatic", "quxomatics", "毛绒玩具"),
        ("鱀鱀牌毛衣", "毛衣", "台灯"),
    ],
)
def test_degrades_gently_for_words_it_has_not_seen(one: str, near: str, far: str) -> None:
    first, second, third = encoder().encode([one, near, far])
    assert first @ second > first @ third + 0.1


def test_most_words_with_two_letters_swapped_still_mean_the_same() -> None:
    chance = random.Random(5)
    known = [(concept.key, word) for concept in concepts_of(load_vocabulary()) for word in concept.en]
    known = [(key, word) for key, word in known if key.startswith("category:") and len(word) > 5]
    places = [chance.randint(1, len(word) - 3) for _, word in known]
    swapped = [
        word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        for place, (_, word) in zip(places, known, strict=True)
    ]
    scores = encoder().encode(swapped) @ encoder().encode([word for _, word in known]).T
    found = [
        key in {known[place][0] for place in np.argsort(-row, kind="stable")[:3]}
        for (key, _), row in zip(known, scores, strict=True)
    ]
    assert np.mean(found) >= 0.75


@pytest.mark.parametrize("broken", ["nothing", "no json", "another kind", "no weights"])
def test_a_folder_without_a_static_model_is_told(tmp_path: Path, broken: str) -> None:
    modules = {
        "no json": "[",
        "another kind": '[{"path": "", "type": "sentence_transformers.models.Transformer"}]',
        "no weights": '[{"path": "", "type": "sentence_transformers.models.StaticEmbedding"}]',
    }
    if broken in modules:
        (tmp_path / "modules.json").write_text(modules[broken], "utf-8")
    with pytest.raises(EmbedderError, match=str(tmp_path)):
        StaticEncoder(tmp_path)


def _words(concept: object, language: str, other: bool = False) -> tuple[str, ...]:
    chosen: tuple[str, ...] = getattr(concept, "zh" if (language == "zh") != other else "en")
    return chosen
