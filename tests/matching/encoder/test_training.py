"""Training gives the same model from the same words, and that model holds words of one meaning together."""

from pathlib import Path

from matching.encoder.concepts import Concept
from matching.encoder.phrases import PhraseMaker
from matching.encoder.static_encoder import StaticEncoder
from matching.encoder.training import train

CONCEPTS = [
    Concept("category:sweater", "category", ("毛衣", "针织衫"), ("sweater", "jumper")),
    Concept("category:mug", "category", ("马克杯", "咖啡杯"), ("mug", "coffee cup")),
    Concept("category:lamp", "category", ("台灯",), ("desk lamp", "table lamp")),
    Concept("material:wool", "material", ("羊毛",), ("wool",)),
    Concept("process:linking", "process", ("套口",), ("linking",)),
]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_words_and_seed_give_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        train(CONCEPTS, tmp_path / name, seed=seed, steps=60)
    assert files(tmp_path / "first") == files(tmp_path / "again")
    assert files(tmp_path / "first") != files(tmp_path / "other")
    vectors = StaticEncoder(tmp_path / "first").encode(["毛衣", "jumper", "mug", "desk lamp"])
    assert vectors[0] @ vectors[1] > max(vectors[0] @ vectors[2], vectors[0] @ vectors[3]) + 0.3


def test_the_pairs_of_a_batch_are_about_different_things() -> None:
    batch = PhraseMaker(CONCEPTS, seed=1).batch(64)
    assert len({pair.concept for pair in batch}) == len(batch)
    assert len({pair.right for pair in batch}) == len(batch)
    assert all(pair.left.strip() and pair.right.strip() for pair in batch)
