"""Terms that a turn of phrase names where no word of the packs stands: "digital and sublimation print", 印店标,
"stainless, 304 and 430"."""

import re
from collections.abc import Iterator
from typing import Final

from matching.understanding.negation import is_negated
from matching.understanding.readings import Reading
from matching.verticals.pack import Kind, Vocabulary

_SURE: Final = 0.8
_SHARED_HEAD: Final = re.compile(
    r"\b(?P<first>[a-z]{3,}) ?(?:and|or|&|\+|/) ?"
    r"(?=[a-z]{3,} (?P<head>print|knitt|weav|cast|mou?ld|dye|plat)(?:s|ed|ing)?\b)"
)
_HEADS: Final = {"print": "printing", "knitt": "knitting", "weav": "weaving", "cast": "casting", "mould": "moulding",
                 "mold": "moulding", "dye": "dyeing", "plat": "plating"}  # fmt: skip
_PRINTED: Final = re.compile(
    r"(?<![丝移烫转水胶网喷拉码套复打影压])印(?:上|有)?(?:我们|自己|客户|公司|品牌|店|校|厂)?的?(?:店|校|厂|队|公司|品牌)?"
    r"(?:中文|英文|文字|字母?|店?标(?!签)|名字?|标语|口号|图案|照片|二维码)"
)
_PRINTING: Final = "印字"
_STEEL: Final = ("不锈钢", "stainless")
_GRADES: Final = frozenset({"201", "304", "316", "410", "420", "430"})
_GRADE: Final = re.compile(
    r"(?<!\d,)(?<![\d.:a-z$¥€£*×x-])(?P<grade>[234]\d\d)"
    r"(?=\s?(?:$|,(?!\d{3})|[，.。;；、/&+)）]|和|及|都|and\b|or\b|不锈|stainless))",
    re.IGNORECASE,
)


def turn_readings(text: str, plain_text: str, vocabulary: Vocabulary, vertical: str | None) -> list[Reading]:
    """Processes and materials in such turns, each resting on its own words; what the text rules out is left out."""
    found = []
    for kind, word, start, end in (*_shared_heads(plain_text), *_prints(plain_text), *_grades(text, plain_text)):
        term = vocabulary.resolve(kind, word, vertical)
        fits = term is not None and (vertical is None or term.belongs_to(vertical))
        if term is not None and fits and not is_negated(plain_text, start, end):
            found.append(Reading(kind, term.id, text[start:end], start, end, _SURE))
    return found


Turn = tuple[Kind, str, int, int]


def _shared_heads(plain_text: str) -> Iterator[Turn]:
    """The digital printing of "digital and sublimation print", whose head stands once for both."""
    for match in _SHARED_HEAD.finditer(plain_text) if any(head in plain_text for head in _HEADS) else ():
        yield "process", f"{match['first']} {_HEADS[match['head']]}", match.start("first"), match.end("first")


def _prints(plain_text: str) -> Iterator[Turn]:
    for match in _PRINTED.finditer(plain_text) if "印" in plain_text else ():
        yield "process", _PRINTING, match.start(), match.end()


def _grades(text: str, plain_text: str) -> Iterator[Turn]:
    """The grades of steel in a text that speaks of stainless steel, where the number counts nothing."""
    # Folding makes 304,430 of "304、430", so the text itself is read.
    for match in _GRADE.finditer(text) if any(word in plain_text for word in _STEEL) else ():
        if match["grade"] in _GRADES:
            yield "material", match["grade"], match.start(), match.end()
