"""Free words become an order: two tables of orders as strangers write them, and what must hold for any text."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.understanding import understand
from matching.understanding.order_text import READ_AT_MOST
from matching.verticals.folding import plain
from matching.verticals.pack import load_vocabulary
from tests.matching.understanding.reading_table import TODAY, rows_of, tallies

VOCABULARY = load_vocabulary()
WORDS = sorted(
    {
        word
        for term in VOCABULARY.terms("category") + VOCABULARY.terms("material")
        for word in (term.name_en, term.name_zh)
    }
)


@pytest.mark.parametrize(
    ("table", "language", "recall", "precision"),
    [
        ("orders.yaml", "zh", 0.98, 0.98),
        ("orders.yaml", "en", 0.98, 0.98),
        ("orders.yaml", "mixed", 0.95, 0.95),
        ("orders_unseen.yaml", "zh", 0.95, 0.95),
        ("orders_unseen.yaml", "en", 0.95, 0.94),
        ("orders_unseen.yaml", "all", 0.95, 0.95),
    ],
)
def test_orders_are_read_as_a_person_would(table: str, language: str, recall: float, precision: float) -> None:
    tally = tallies(rows_of(table), VOCABULARY)[language]
    assert tally.recall >= recall and tally.precision >= precision, "\n".join(tally.faults)


@pytest.mark.parametrize("row", rows_of("orders.yaml"), ids=lambda row: row["text"][:30])
def test_language_is_told_from_the_text(row: dict[str, str]) -> None:
    assert understand(row["text"], VOCABULARY, TODAY).language == row["language"]


@pytest.mark.parametrize(
    "text",
    ["300 件 12 针羊绒衫, 20 天交", "300 pcs 12-gauge cashmere sweaters in 20 days", "３００件 １２針羊絨衫，２０天交"],
)
def test_the_first_order_of_the_brief_becomes_a_record(text: str) -> None:
    read = understand(text, VOCABULARY, TODAY)
    order = read.requirement("o1", buyer_id="b1", posted_on=TODAY)
    assert (order.category, order.quantity, order.due_on) == ("sweater", 300, date(2026, 12, 12))
    assert (order.materials, order.processes) == (("cashmere",), ("flat-knitting",))
    assert ("gauge", "12") in order.attributes and order.description == text


DUE = [
    ("20天交", date(2026, 12, 12)),
    ("交期15个工作日", date(2026, 12, 11)),
    ("12月12日前", date(2026, 12, 12)),
    ("3月5号前交货", date(2027, 3, 5)),
    ("明年3月底出货", date(2027, 3, 31)),
    ("by 12 Dec", date(2026, 12, 12)),
    ("before December 5th, 2027", date(2027, 12, 5)),
    ("delivery 2027-01-31", date(2027, 1, 31)),
    ("before Christmas", date(2026, 12, 24)),
    ("春节前", date(2027, 2, 5)),
    ("2028年春节前", date(2028, 1, 25)),
    ("月底前要", date(2026, 11, 30)),
    ("下周五前", date(2026, 11, 27)),
    ("within two weeks", date(2026, 12, 6)),
    ("lead time 6-8 weeks", date(2027, 1, 17)),
    ("半个月内交货", date(2026, 12, 7)),
    ("双十二前到货", date(2026, 12, 11)),
    ("before Easter", date(2027, 3, 27)),
    ("before Easter 2027, mugs", date(2027, 3, 27)),
    ("need b4 easter", date(2027, 3, 27)),
    ("元宵节演出要穿", date(2027, 2, 20)),
    ("腊月二十前送到", date(2027, 1, 27)),
    ("腊月廿三前交货", date(2027, 1, 30)),
    ("下月十号安装", date(2026, 12, 10)),
    ("Delivery Feb end", date(2027, 2, 28)),
    ("ex-factory 4/15/27", date(2027, 4, 15)),
    ("元月18号前到货", date(2027, 1, 18)),
    ("单价8元月底交", date(2026, 11, 30)),
    ("aprons in the second week of April", date(2027, 4, 14)),
    ("needed by last week of March", date(2027, 3, 31)),
    ("samples before Thanksgiving", None),
    ("打样7天", None),
    ("账期 30 天", None),
    ("payment net 30 days", None),
    ("2026-01-05 交货", None),
    ("christmas ornaments", None),
]


@pytest.mark.parametrize(("text", "due"), DUE, ids=[text for text, _ in DUE])
def test_due_dates(text: str, due: date | None) -> None:
    reading = understand(text, VOCABULARY, TODAY).first("due_on")
    assert (reading.value if reading else None) == due


QUANTITIES = [
    ("三百件T恤", 300),
    ("两千五百个马克杯", 2500),
    ("1.2万条毛巾", 12000),
    ("5k mugs", 5000),
    ("20 dozen socks", 240),
    ("袜子50打", 600),
    ("two thousand five hundred mugs", 2500),
    ("300-500件毛衣", 300),
    ("1,250 sets of bedding", 1250),
    ("黑色200件,白色100件 T恤", 300),
    ("3个颜色 每个颜色100件 T恤", 300),
    ("hoodies S 50, M 100, L 50", 200),
    ("mugs, 36个/箱, 共720个", 720),
    ("navy gilets, 240 off across 5 sizes", 240),
    ("pendant lamp, brass, 36 nos, delivery to site", 36),
    ("enamel mugs with a rim, fired on, 300, for a wedding", 300),
    ("拖鞋 一个色两百双要两色", 400),
    ("瑜伽裤 每色200×4色", 800),
    ("rash vests, 60 adult 90 kids", 150),
    ("gym bags, 1.500 Stück", 1500),
    ("mugs, 1,200 pcs", 1200),
    ("building blocks, 64 pcs, ABS, 500 sets", 500),
    ("3米高的充气熊猫，两只就够", 2),
    ("香薰 先80瓶", 80),
    ("印刷挂图 两千套", 2000),
    ("花瓶 5寸、7寸各150个", 300),
    ("毛巾，红、蓝、灰各200条", 600),
    ("围巾\n颜色：雾粉、烟灰、墨绿\n每色70条", 210),
    ("posters, A3 and A2, 250 of each", 500),
    ("stoneware: plates, bowls and mugs, 300 of each", 900),
    ("tablecloths in linen, 300 of each", 300),
    ("scarves, 4 prints, 120 pcs per print", 480),
    ("溜溜球 36个一展示盒 7200个", 7200),
    ("mugs, 36 per inner carton, 1,728 pcs", 1728),
    ("led strip, 5m each, 750 reels", 750),
    ("T恤 先打样2件", None),
    ("12针毛衣 180克", None),
    ("马克杯 350ml 单价12元", None),
]


@pytest.mark.parametrize(("text", "pieces"), QUANTITIES, ids=[text for text, _ in QUANTITIES])
def test_quantities(text: str, pieces: int | None) -> None:
    reading = understand(text, VOCABULARY, TODAY).first("quantity")
    assert (reading.value if reading else None) == pieces


PRICES = [
    ("马克杯 ¥12.8", 12.8, "CNY"),
    ("128元/件 毛衣", 128.0, "CNY"),
    ("毛衣 单价128块5", 128.5, "CNY"),
    ("mugs USD 4.50 each", 4.5, "USD"),
    ("mugs at $4.5", 4.5, "USD"),
    ("mugs €4-5 per piece", 5.0, "EUR"),
    ("毛衣 目标价130以内", 130.0, "CNY"),
    ("sweaters target price under 130", 130.0, None),
    ("500 mugs, total budget $1000", 2.0, "USD"),
    ("mugs 1,35 Euro per piece", 1.35, "EUR"),
    ("candles EXW EUR 3,90", 3.9, "EUR"),
    ("mugs USD 1,200.50", 1200.5, "USD"),
    ("灯串 5000套，15.8/套", 15.8, "CNY"),
    ("吊灯12套，单套不超2600", 2600.0, "CNY"),
    ("扑克牌，一副别超过9块", 9.0, "CNY"),
    ("毛衣 300件 打样费200元", None, None),
    ("towels, AED 22 per piece", 22.0, "AED"),
    ("mugs CAD 7.50 each", 7.5, "CAD"),
    ("candles at S$6", 6.0, "SGD"),
    ("mugs at US$6", 6.0, "USD"),
    ("saris Rs. 450 each", 450.0, "INR"),
    ("in four colours 450 each", None, None),
    ("筷子 1.5元到4元一双", 4.0, "CNY"),
    ("茶杯 45一只可以", 45.0, "CNY"),
]


@pytest.mark.parametrize(("text", "price", "currency"), PRICES, ids=[row[0] for row in PRICES])
def test_prices_of_one_piece(text: str, price: float | None, currency: str | None) -> None:
    read = understand(text, VOCABULARY, TODAY)
    found, unit = read.first("target_unit_price"), read.first("currency")
    assert (found.value if found else None, unit.value if unit else None) == (price, currency)


@pytest.mark.parametrize(
    ("text", "wanted", "ruled_out"),
    [
        ("仿羊绒围巾", {"imitation-cashmere"}, set()),
        ("imitation cashmere scarf", {"imitation-cashmere"}, set()),
        ("纯棉T恤 亚麻没有", {"cotton"}, {"linen"}),
        ("羊绒围巾 不要涤纶和腈纶", {"cashmere"}, {"polyester", "acrylic"}),
        ("cotton tee, no polyester or nylon", {"cotton"}, {"polyester", "nylon"}),
        ("bed linen in organic cotton", {"organic-cotton"}, set()),
        ("木纹托盘 密胺", {"melamine"}, set()),
        ("仿真丝围巾 300条", set(), set()),
        ("大理石纹马克杯 陶瓷", {"ceramic"}, set()),
        ("leather look tote bag in cotton", {"cotton"}, set()),
        ("faux marble tray, acacia", {"acacia-wood"}, set()),
        ("珍珠棉包装的马克杯", {"epe-foam"}, set()),
    ],
)
def test_a_term_inside_another_and_a_term_ruled_out_are_not_wanted(
    text: str, wanted: set[str], ruled_out: set[str]
) -> None:
    read = understand(text, VOCABULARY, TODAY)
    assert {reading.value for reading in read.all("material")} == wanted
    assert {reading.value for reading in read.excluded if reading.field == "material"} == ruled_out


def test_an_order_without_a_quantity_is_refused_and_can_be_completed() -> None:
    read = understand("陶瓷马克杯", VOCABULARY, TODAY)
    assert "quantity" in read.missing and "attribute:capacity" in read.missing
    with pytest.raises(ValueError, match="quantity"):
        read.requirement("o1")
    assert read.requirement("o1", quantity=500).quantity == 500


fragments = st.one_of(
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.sampled_from(
        ["300件", "20天", "¥12", "不要", "no ", "S:M:L=1:2:1", "12gg", "AQL 2.5", "%", "30/70", "\u3000", "12月31日"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(fragments, max_size=12).map(" ".join), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_any_text_is_read_without_error_and_every_reading_shows_its_words(text: str, today: date) -> None:
    read = understand(text, VOCABULARY, today)
    for reading in (*read.readings, *read.excluded):
        assert 0 <= reading.start < reading.end <= len(text)
        assert plain(reading.text) == plain(text[reading.start : reading.end])
        assert 0 < reading.confidence <= 1
        assert reading.field != "due_on" or (isinstance(reading.value, date) and reading.value >= today)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(WORDS))
def test_case_and_width_do_not_matter(word: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in word)
    readings = [
        [(one.field, one.value) for one in understand(form, VOCABULARY, TODAY).readings]
        for form in (word.upper(), wide.upper())
    ]
    assert readings[0] == readings[1]


@pytest.mark.parametrize(
    "unit", ["300 件 12 针羊绒衫, 20 天交。", "1", "a", "cashmere 300 pcs ", "s/m/l/", "不要", "30% ", "("]
)
def test_ten_megabytes_are_bounded_and_said_to_be_cut(unit: str) -> None:
    text = unit * (10_000_000 // len(unit))
    started = time.perf_counter()
    read = understand(text, VOCABULARY, TODAY)
    assert read.truncated and time.perf_counter() - started < 5
    assert all(reading.end <= READ_AT_MOST for reading in read.readings)


def test_a_short_text_is_read_in_milliseconds() -> None:
    rows = rows_of("orders.yaml")
    understand(rows[0]["text"], VOCABULARY, TODAY)
    started = time.perf_counter()
    for row in rows:
        understand(row["text"], VOCABULARY, TODAY)
    assert (time.perf_counter() - started) / len(rows) < 0.01
