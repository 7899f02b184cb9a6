"""A pack is checked beside all others: each kind of fault is told with its line, and what is shipped has none."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.verticals.pack import PackError, check_pack, clashes, load_vocabulary, texts_of, vocabulary_of

SHIPPED = texts_of()
EYEWEAR = Path("tests/market/verticals/eyewear.yaml").read_text(encoding="utf-8")
FRAME = "  - {id: eyewear-frames, en: ["


def faults(text: str, file: str = "eyewear.yaml") -> list[str]:
    try:
        check_pack(text, file, SHIPPED)
    except PackError as error:
        return list(error.faults)
    return []


@pytest.mark.parametrize("file", sorted(SHIPPED))
def test_every_shipped_pack_checks_clean(file: str) -> None:
    assert faults(SHIPPED[file], file) == []


def test_a_new_pack_that_is_right_has_no_fault() -> None:
    assert faults(EYEWEAR) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("pattern: toy", "pattern: toy\ncolours_of: red", "eyewear.yaml:6: pack (eyewear): unknown key 'colours_of'"),
        ("id: hinge-setting", "id: lens-fitting", ":17: processes[3] (lens-fitting): process id 'lens-fitting' is"),
        ("id: hinge-setting", "id: linking", ":17: processes[3] (linking): the process id 'linking' stands in apparel"),
        ("zh: [贝塔钛, 记忆钛]", "zh: []", ":21: materials[1] (beta-titanium): zh is []"),
        ("en: [Beta titanium]", "en: ['']", ":21: materials[1] (beta-titanium): en holds something"),
        ("price_units: [piece, pair]", "price_units: [gross-ton]", ":6: price_units: price_units: unknown unit"),
        ("shared_by: [material, colour]", "shared_by: [taste]", ":31: minimums[0] (acetate-sheet-lot): shared_by: unk"),
        ("Glasses frame,", "T-shirt,", ":9: categories[0] (eyewear-frames): the name 'T-shirt' already names"),
        ("镜架, 眼镜架", "马克杯, 眼镜架", "the name '马克杯' already names 'mug' of the pack tableware"),
        ("Lens fitting,", "Hinge setting,", "already names"),
        (FRAME, "  - {id: eyewear-frames, parent: acetate-frame, en: [", "is its own parent, through"),
        ("low: 20, high: 80", "low: 90, high: 80", ":28: attributes[0] (lens_width): low is above high"),
        ("kind: number", "kind: colour", ":28: attributes[0] (lens_width): kind is 'colour'"),
        ("zh: [眼镜, 眼镜制造, 光学眼镜]", "zh: &a [眼镜]", "eyewear.yaml:4: names the anchor &a"),
        ("pattern: toy", "pattern: !!python/name:os.system toy", "eyewear.yaml:5: has the tag"),
        ("pattern: toy", "pattern: !!timestamp 2001-99-99", "eyewear.yaml:5: has the tag"),
        ("pattern: toy", "pattern: 2001-99-99", "is not YAML"),
        ("pattern: toy", "? [a, b]\n: toy", "eyewear.yaml:5: is not YAML: a key is not a text"),
        ("pattern: toy", "pattern: [" * 40, "is nested too deep"),
        ("pattern: toy", "pattern: toy\nvertical: other", "eyewear.yaml:6: is not YAML: the key 'vertical' is given"),
        ("vertical: eyewear", "vertical: [", "is not YAML"),
        ("vertical: eyewear", "vertical: 眼镜", "accepted are small letters"),
        ("typical_minimum: 600", "typical_minimum: .nan", "typical_minimum is nan"),
        ("typical_minimum: 600", "typical_minimum: " + "9" * 5000, "is not YAML"),
        ("# Eyewear", "#" * 600_000, "is too large; accepted are 512 KiB"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in EYEWEAR
    found = faults(EYEWEAR.replace(old, new, 1))
    assert any(told in fault for fault in found), "\n".join(found)


def test_all_faults_are_told_at_once() -> None:
    broken = EYEWEAR.replace("pattern: toy", "pattern: velvet").replace("zh: [贝塔钛, 记忆钛]", "zh: []")
    found = faults(broken.replace("shared_by: [material, colour]", "shared_by: [taste]"))
    assert [fault.split(":")[1] for fault in found] == ["5", "21", "21", "31"]


def test_aliases_cannot_make_a_small_file_large() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}]\n"
        for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    found = faults(bomb)
    assert "eyewear.yaml:1: names the anchor &a; write it out" in found
    assert "eyewear.yaml:2: uses the alias *a; write it out" in found


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(EYEWEAR)))
def test_no_text_raises_anything_but_its_faults(noise: str, place: int) -> None:
    faults(noise)
    faults(EYEWEAR[:place] + noise + EYEWEAR[place:])


def test_words_that_another_trade_has_too_are_named() -> None:
    pack = check_pack(EYEWEAR, "eyewear.yaml", SHIPPED)
    found = {
        (clash.word, clash.other_pack, clash.other_term) for clash in clashes(pack, load_vocabulary().packs.values())
    }
    assert ("墨镜", "apparel", "accessories") in found


def test_terms_of_a_retired_pack_are_read_and_not_found() -> None:
    words = vocabulary_of(SHIPPED, [EYEWEAR])
    assert words.name("category", "acetate-frame", "zh") == "板材镜架" and words.pack("eyewear") is not None
    assert words.related("category", "acetate-frame", "eyewear-frames") > 0
    assert words.resolve("category", "板材镜架") is None and not words.is_live("category", "acetate-frame")
    assert "eyewear" not in words.packs and words.digest != load_vocabulary().digest


def test_the_digest_of_the_shipped_packs_is_that_of_their_files() -> None:
    assert vocabulary_of(SHIPPED).digest == load_vocabulary().digest
