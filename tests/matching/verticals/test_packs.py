"""The shipped packs hold together, a faulty pack tells all its faults, and a new vertical is one more file."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from matching.verticals.pack import (
    DEFAULT_DIRECTORY,
    KINDS,
    Kind,
    PackError,
    Term,
    load_pack,
    load_vocabulary,
)

VOCABULARY = load_vocabulary()
VERTICALS = ("apparel", "toys", "home", "tableware", "lighting")
TERMS = [term for kind in KINDS for term in VOCABULARY.terms(kind)]


def test_five_verticals_are_shipped_and_each_can_fill_a_form() -> None:
    assert set(VOCABULARY.packs) == set(VERTICALS)
    for vertical in VERTICALS:
        pack = VOCABULARY.packs[vertical]
        assert len(pack.categories) >= 30 and pack.price_units and pack.minimums
        assert all(len(VOCABULARY.choices(kind, vertical)) >= 15 for kind in ("process", "material", "certification"))
        assert any(attribute.asked_for for attribute in pack.attributes)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.kind}:{term.id}")
def test_every_word_of_a_term_leads_to_it_or_to_its_namesake_of_another_trade(term: Term) -> None:
    vertical = None if term.vertical == "all" else term.vertical
    for word in (term.id, term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh, *term.sources):
        found = VOCABULARY.resolve(term.kind, f"  {word.upper()} ", vertical)
        assert found is not None
        assert found == term or (term.vertical == "all" and found.vertical != "all") or found.id == word


@pytest.mark.parametrize(
    ("kind", "text", "vertical", "expected"),
    [
        ("category", "羊绒衫", None, "sweater"),
        ("category", "SWEATERS", None, "sweater"),
        ("category", "Ｔ－ｓｈｉｒｔ", None, "t-shirt"),
        ("category", "Coats & Jackets", None, "outerwear"),
        ("category", "aa-1-13-12", None, "sweater"),
        ("category", "陶瓷馬克杯", None, "mug"),
        ("process", "osh:flat-knit", None, "flat-knitting"),
        ("process", "釉下彩", None, "underglaze-decoration"),
        ("process", "提花", "apparel", "jacquard-knitting"),
        ("process", "提花", "home", "jacquard-weaving"),
        ("process", "Screen printing (plastic)", None, "screen-printing"),
        ("process", "silk-screen", None, "screen-printing"),
        ("process", "injection molding", None, "injection-moulding"),
        ("material", "acrylic", "apparel", "acrylic"),
        ("material", "acrylic", "lighting", "acrylic-pmma"),
        ("material", "开司米", None, "cashmere"),
        ("certification", "oeko-tex standard 100", None, "oeko-tex-100"),
        ("region", "义乌", None, "yiwu"),
        ("category", "no such thing", None, None),
        ("category", "", None, None),
    ],
)
def test_a_word_is_resolved_in_either_language(
    kind: Kind, text: str, vertical: str | None, expected: str | None
) -> None:
    found = VOCABULARY.resolve(kind, text, vertical)
    assert (found.id if found else None) == expected


@given(st.sampled_from(TERMS), st.sampled_from(TERMS))
def test_nearness_is_a_symmetric_share_that_only_equals_reach_one(first: Term, second: Term) -> None:
    near = VOCABULARY.related(first.kind, first.id, second.id)
    assert 0.0 <= near <= 1.0
    assert near == VOCABULARY.related(first.kind, second.id, first.id)
    assert (near == 1.0) == (first.id == second.id)


def test_nearness_falls_along_the_tree() -> None:
    same, wider, sibling, stranger = (
        VOCABULARY.related("category", "hoodie", other) for other in ("hoodie", "tops", "sweater", "mug")
    )
    assert same > wider > sibling > stranger == 0.0


@pytest.mark.parametrize(
    ("vertical", "processes", "category", "cause", "shared"),
    [
        ("apparel", (), "sweater", "knit-yarn-lot", "attribute:gauge"),
        ("apparel", ("intarsia",), None, "knit-yarn-lot", "attribute:gauge"),
        ("toys", ("injection-moulding",), None, "mould-change", "category"),
        ("tableware", (), "mug", "kiln-firing-batch", "material"),
        ("lighting", (), "led-strip", "led-board-batch", "material"),
        ("home", (), "bath-towel", "towel-beam", "colour"),
        ("home", (), "hook", "home-line-set-up", "category"),
    ],
)
def test_what_causes_the_minimum(
    vertical: str, processes: tuple[str, ...], category: str | None, cause: str, shared: str
) -> None:
    causes = {found.id: found for found in VOCABULARY.minimum_causes(vertical, processes, category)}
    assert shared in causes[cause].shared_by


def test_a_unit_gets_cheaper_with_quantity_and_is_at_par_at_the_minimum() -> None:
    for pack in VOCABULARY.packs.values():
        for cause in pack.minimums:
            factors = [cause.unit_price_factor(pieces) for pieces in (1, 10, cause.typical_minimum, 10**6)]
            assert all(dear > cheap for dear, cheap in pairwise(factors))
            assert cause.unit_price_factor(cause.typical_minimum) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="accepted is 1 or more"):
        VOCABULARY.packs["toys"].minimums[0].unit_price_factor(0)


def copy_of_packs(folder: Path) -> Path:
    shutil.copytree(DEFAULT_DIRECTORY, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


def test_a_new_vertical_is_one_file(tmp_path: Path) -> None:
    folder = copy_of_packs(tmp_path / "packs")
    (folder / "cosmetics.yaml").write_text(
        "vertical: cosmetics\nen: [Cosmetics]\nzh: [化妆品]\npattern: light\nprice_units: [piece]\n"
        "categories:\n  - {id: lipstick, en: [Lipstick], zh: [口红], implies: [filling-cosmetics]}\n"
        "processes:\n  - {id: filling-cosmetics, en: [Cosmetic filling], zh: [化妆品灌装]}\n",
        encoding="utf-8",
    )
    wider = load_vocabulary(folder)
    found = wider.resolve("category", "口红")
    assert found is not None and wider.implied_processes(found.id) == ("filling-cosmetics",)
    assert wider.digest != VOCABULARY.digest and set(wider.packs) == {*VERTICALS, "cosmetics"}


FAULTY = """vertical: broken
en: [Broken]
zh: []
pattern: velvet
colour: red
price_units: [barrel]
categories:
  - {id: one, en: [One], zh: [一号], parent: nowhere, implies: [no-process]}
  - {id: one, en: [Uno], zh: [甲], size: 3}
  - {id: Two Words, en: [Two], zh: [乙]}
  - {id: three, en: [TWOS], zh: [丙]}
  - {id: four, en: [Four]}
  - {id: five, en: [Five], zh: [戊], parent: six}
  - {id: six, en: [Six], zh: [己], parent: five}
attributes:
  - {id: weight, en: [Weight], zh: [重量], kind: heavy}
  - {id: shape, en: [Shape], zh: [形状], kind: choice}
  - {id: length, en: [Length], zh: [长度], kind: number, low: short, applies_to: [mystery], tested_by: no-test}
minimums:
  - {id: lot, en: Lot, zh: 批, why_en: x, why_zh: x, shared_by: [taste], processes: [magic],
     typical_minimum: 0, setup_share: 2}
ignored: [Five]
"""


def test_a_faulty_pack_tells_all_its_faults_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(path)
    told = "\n".join(caught.value.faults)
    for fault in (
        "broken.yaml:3: pack (broken): zh is []",
        "pattern is 'velvet'; accepted are knit, weave, ceramic, toy, light",
        "unknown key 'colour'",
        "unknown unit 'barrel'",
        "unknown parent 'nowhere'",
        "unknown process 'no-process'",
        "broken.yaml:9: categories[1] (one): category id 'one' is given 2 times",
        "broken.yaml:9: categories[1] (one): unknown key 'size'",
        "id is 'Two Words'",
        "the word 'TWOS' already names 'Two Words'",
        "broken.yaml:12: categories[4] (four): zh is None",
        "broken.yaml:13: categories[5] (five): is its own parent, through six -> five",
        "kind is 'heavy'; accepted are number, choice, text",
        "choices belong to the kind choice",
        "low is 'short'",
        "unknown process or category 'mystery'",
        "unknown certification 'no-test'",
        "unknown field 'taste'",
        "unknown process 'magic'",
        "typical_minimum is 0; accepted is a number from 1",
        "setup_share is 2; accepted is a number from 0 to 0.95",
        "the word 'Five' names the category 'five'",
    ):
        assert fault in told, f"{fault} is not in:\n{told}"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"vertical: [", "is not YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"just words", "accepted is a mapping"),
        (b"vertical: a\nvertical: b\n", "given twice"),
        (b"", "accepted is a mapping"),
        (b"vertical: a\nen: [A]\nzh: [A]\npattern: toy\ncategories: many\n", "accepted is a list"),
    ],
)
def test_a_file_that_is_no_pack_is_refused_in_one_line(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    with pytest.raises(PackError, match=fault):
        load_pack(path)


def test_ids_are_unique_over_all_packs(tmp_path: Path) -> None:
    folder = copy_of_packs(tmp_path / "packs")
    content = yaml.safe_load((folder / "toys.yaml").read_text(encoding="utf-8"))
    content["vertical"] = "games"
    (folder / "games.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(PackError, match="the category id 'plush-toy' stands in games already"):
        load_vocabulary(folder)
