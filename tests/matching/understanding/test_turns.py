"""Terms that no word of the packs names alone: by a turn of phrase, by what stands beside them, or by a measure."""

import pytest

from matching.understanding import understand
from matching.verticals.pack import load_vocabulary
from tests.matching.understanding.reading_table import TODAY

VOCABULARY = load_vocabulary()


@pytest.mark.parametrize(
    ("text", "field", "wanted"),
    [
        ("t-shirts, rotary and pigment print", "process", {"rotary-printing", "pigment-printing"}),
        ("fabric bags, size and screen print to follow", "process", {"screen-printing"}),
        ("帆布袋 正面印我们校名", "process", {"printing"}),
        ("帆布袋 正面丝印校名", "process", {"screen-printing"}),
        ("陶瓷花盆 不上釉", "process", set()),
        ("不锈钢餐盘 304、430都要报价", "material", {"stainless-steel", "stainless-304", "stainless-430"}),
        ("不锈钢餐盘 430个", "material", {"stainless-steel"}),
        ("stainless bowls, 304 pcs", "material", {"stainless-steel"}),
        ("floodlights IP66 with aluminium body", "certification", {"ip-test"}),
        ("floodlights 66W with aluminium body", "certification", set()),
        ("toy walkie talkies, FCC, RED and RoHS", "certification", {"fcc", "red", "rohs"}),
        ("toy walkie talkies in RED, FCC and RoHS", "certification", {"fcc", "rohs"}),
        ("coasters for our shop in Cork", "material", set()),
        ("coasters in cork", "material", {"cork"}),
        ("wine glasses, lead free crystal", "material", {"crystal-glass"}),
        ("毛绒挂件 PP棉 带提手", "material", {"pp-cotton"}),
    ],
)
def test_what_stands_beside_a_word_tells_what_it_means(text: str, field: str, wanted: set[str]) -> None:
    read = understand(text, VOCABULARY, TODAY)
    assert {one.value for one in read.all(field) if one.confidence >= 0.5 and not one.implied} == wanted


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("strategy board game, 90 cards, 2 engraved dice, 1500 copies", "board-game"),
        ("马克杯 500个 杯盖不用配", "mug"),
        ("椅子坐垫 外套可拆洗 300个", "seat-cushion"),
    ],
)
def test_the_goods_are_not_what_they_come_with(text: str, category: str) -> None:
    first = understand(text, VOCABULARY, TODAY).first("category")
    assert first is not None and first.value == category
