"""What a text labels with its kind is a list of that kind; a word that nobody knows is its nearest, or nothing."""

from datetime import date

import pytest

from matching.engine.reading import FactoryReader, OrderReader
from matching.engine.said import parser_of
from matching.records import FactoryRecord, OrderRecord
from matching.understanding import understand
from matching.understanding.nearest import nearest_words
from matching.verticals.pack import Kind, Vocabulary, load_vocabulary

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def stated(text: str, vocabulary: Vocabulary) -> set[tuple[str, str]]:
    found = understand(text, vocabulary, TODAY).readings
    kinds = {"process", "material", "certification"}
    return {(one.field, str(one.value)) for one in found if one.field in kinds and not one.implied}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卫衣 300 件，材质 PA，水洗", {("material", "nylon")}),
        ("Hoodies, 300 pcs, made of PA and fleece", {("material", "nylon"), ("material", "fleece")}),
        ("毛衫 500 件，工艺要套口、洗缩", {("process", "linking"), ("process", "fulling")}),
        ("拖鞋 500 双，绷楦工艺", {("process", "shoe-lasting")}),
        ("Slippers, 500 pairs, process: lasting", {("process", "shoe-lasting")}),
        ("Coats, 200 pcs, with padding", {("process", "down-filling")}),
        ("Jackets, 200 pcs, finished by auto-cut", {("process", "automatic-cutting")}),
        ("Aluminium lamps, 90 pcs; plating required", {("process", "electroplating")}),
    ],
)
def test_words_behind_a_label_are_read(vocabulary: Vocabulary, text: str, expected: set[tuple[str, str]]) -> None:
    assert expected <= stated(text, vocabulary)


@pytest.mark.parametrize(
    "text",
    [
        "卫衣 300 件，先打样，颜色待定，好的话会返单",
        "Bags, 400 pcs, 2 colourways, sample in 10 days, with love, need in hand by January",
        "承接女包，来图来样加工",
        "毛衫 500 件，工艺要求见附件",
        "工艺品，花插、佛像、倒流香摆件",
        "Bags, process: see the attached file",
    ],
)
def test_what_is_no_term_is_not_taken_for_one(vocabulary: Vocabulary, text: str) -> None:
    assert stated(text, vocabulary) == set()


def test_a_label_that_rules_out_states_nothing(vocabulary: Vocabulary) -> None:
    assert ("process", "linking") not in stated("毛衫 500 件，不要套口工艺", vocabulary)
    assert ("material", "nylon") not in stated("Hoodies, 300 pcs, not made of PA", vocabulary)


def test_words_for_lists_alone_are_read_behind_their_label(vocabulary: Vocabulary) -> None:
    """In a text of their trade, save a few in a hundred that say something else as well ("除灰" rules out)."""
    labels: dict[Kind, str] = {"process": "工艺：", "material": "材质：", "certification": "证书："}
    trades = {name: pack.name_zh for name, pack in vocabulary.packs.items()}
    listed = [
        (f"{trades.get(term.vertical, '')}，{label}{word}", (str(kind), term.id))
        for kind, label in labels.items()
        for term in vocabulary.terms(kind)
        for word in term.listed
        if vocabulary.resolve(kind, word) == term
    ]
    missed = [text for text, expected in listed if expected not in stated(text, vocabulary)]
    assert len(listed) > 500 and len(missed) <= 0.02 * len(listed), missed


def test_an_entry_of_a_list_that_nobody_knows_is_its_nearest(vocabulary: Vocabulary) -> None:
    factory = FactoryRecord("f", processes=("auto-cut", "our own secret"), categories=("jackets",))
    order = OrderRecord("o", quantity=300, category="jackets", processes=("auto-cut",))
    say = parser_of(vocabulary)
    found = dict(FactoryReader(vocabulary, say).read(factory).terms["process"])
    assert found["automatic-cutting"] > 0.75
    wishes = OrderReader(vocabulary, say).read(order, TODAY).wishes["process"]
    assert [(wish.id, wish.source) for wish in wishes] == [("automatic-cutting", "given")]


def test_the_nearest_word_stays_in_its_trade(vocabulary: Vocabulary) -> None:
    words = nearest_words(vocabulary)
    for vertical in vocabulary.packs:
        found = words.find(("process", "material"), "printing of logos", vertical)
        assert found is not None and found[0].belongs_to(vertical)
    assert words.find(("process",), "100 / 200", None) is None
    assert words.find(("process",), "", None) is None
