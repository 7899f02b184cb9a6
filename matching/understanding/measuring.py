"""Numbers that describe the product: 12 gauge, 350 ml, 180 gsm, 3000K, IP65."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from matching.understanding.counting import overlaps
from matching.understanding.listing import Span
from matching.understanding.numerals import Number
from matching.understanding.readings import Reading
from matching.verticals.folding import plain
from matching.verticals.pack import Attribute, Vocabulary

_CONVERSIONS: Final = {
    ("oz", "ml"): 29.5735,
    ("ounce", "ml"): 29.5735,
    ("盎司", "ml"): 29.5735,
    ("litre", "ml"): 1000.0,
    ("l", "ml"): 1000.0,
    ("升", "ml"): 1000.0,
    ("inch", "cm"): 2.54,
    ("in", "cm"): 2.54,
    ("寸", "cm"): 2.54,
    ("英寸", "cm"): 2.54,
    ("吋", "cm"): 2.54,
    ("oz", "gsm"): 33.906,
    ("ounce", "gsm"): 33.906,
    ("安", "gsm"): 33.906,
}
_TESTED: Final = 0.8
_COUNTS: Final = re.compile(r"\s?(?:%|(?!(?:with|and|for|or|on|to|by|from|at)\b)[a-z]{1,4}\b|件|个|套|元|天)")
_WORDS_BETWEEN: Final = r"(?:\s\w+){0,2}?\s"


@dataclass(frozen=True, slots=True)
class _Measures:
    by_unit: re.Pattern[str]
    of_unit: dict[str, tuple[Attribute, ...]]
    by_name: re.Pattern[str]
    of_name: dict[str, tuple[Attribute, ...]]


def measure_readings(
    plain_text: str,
    text: str,
    numbers: list[Number],
    vocabulary: Vocabulary,
    vertical: str | None,
    applying_to: frozenset[str],
    taken: list[Span],
) -> list[Reading]:
    """Readings of attribute:<id> for every number with one of an attribute's units or names beside it.

    Units of several attributes (g, cm, 针) go to the one that fits the trade, the product and the size of the number.
    """
    measures = _measures_of(vocabulary)
    found = []
    for number in numbers:
        if not overlaps((number.start, number.end), taken):
            reading = _reading(plain_text, text, number, measures, vertical, applying_to)
            if reading is not None:
                found.append(reading)
    return found


def tests_of_measures(measures: list[Reading], vocabulary: Vocabulary) -> list[Reading]:
    """The certificates that measures are proved by: who asks for IP65 asks for the test of it."""
    found = []
    for measure in measures:
        attribute = vocabulary.attribute(measure.field.partition(":")[2])
        if attribute is not None and attribute.tested_by:
            tested = replace(measure, field="certification", value=attribute.tested_by, upper=None)
            found.append(replace(tested, confidence=min(measure.confidence, _TESTED)))
    return found


def _reading(
    plain_text: str, text: str, number: Number, measures: _Measures, vertical: str | None, applying_to: frozenset[str]
) -> Reading | None:
    behind = measures.by_unit.match(plain_text, number.end)
    ahead = measures.by_name.search(plain_text[max(0, number.start - 30) : number.start])
    named = measures.of_name[ahead["word"]] if ahead else ()
    if behind is not None:
        value_unit, end = _key(behind, measures), behind.end()
        with_unit = measures.of_unit[value_unit]
        candidates = tuple(one for one in with_unit if one in named) or named or with_unit
    elif ahead is not None:
        value_unit, candidates, end = "", named, number.end
        if _COUNTS.match(plain_text, end):
            return None
    else:
        return None
    attribute = _best(candidates, number.value, value_unit, vertical, applying_to)
    if attribute is None:
        return None
    start = number.start - len(ahead.group()) if ahead is not None and attribute in named else number.start
    factor = _CONVERSIONS.get((value_unit, attribute.unit), 1.0)
    upper = round(number.upper * factor, 1) if number.upper != number.value else None
    value = round(number.value * factor, 1)
    belongs = vertical is None or attribute.vertical in (vertical, "all")
    return Reading(
        f"attribute:{attribute.id}",
        int(value) if value == int(value) else value,
        text[start:end],
        start,
        end,
        0.95 if belongs else 0.6,
        upper=upper,
    )


def _best(
    candidates: tuple[Attribute, ...], value: float, unit: str, vertical: str | None, applying_to: frozenset[str]
) -> Attribute | None:
    fitting = [one for one in candidates if _in_bounds(one, value * _CONVERSIONS.get((unit, one.unit), 1.0))]
    if vertical is not None:
        fitting = [one for one in fitting if one.vertical in (vertical, "all")]
    ranked = sorted(fitting, key=lambda one: (not applying_to & set(one.applies_to), bool(one.applies_to)))
    return ranked[0] if ranked else None


def _in_bounds(attribute: Attribute, value: float) -> bool:
    return (attribute.low is None or value >= attribute.low) and (attribute.high is None or value <= attribute.high)


def _key(match: re.Match[str], measures: _Measures) -> str:
    """The unit as the pack writes it: "piece dinner set" is a "piece set"."""
    word = match["word"]
    return word if word in measures.of_unit else f"{word.split()[0]} {word.split()[-1].removesuffix('s')}"


@lru_cache(maxsize=8)
def _measures_of(vocabulary: Vocabulary) -> _Measures:
    attributes = [
        attribute
        for vertical in (*vocabulary.packs, vocabulary.common.vertical)
        for attribute in (
            vocabulary.packs[vertical].attributes if vertical in vocabulary.packs else vocabulary.common.attributes
        )
        if attribute.kind == "number" or attribute.unit_words
    ]
    of_unit: dict[str, tuple[Attribute, ...]] = {}
    of_name: dict[str, tuple[Attribute, ...]] = {}
    for attribute in attributes:
        if attribute.kind != "number":
            continue
        for word in attribute.unit_words:
            key = plain(word)
            of_unit[key] = (*of_unit.get(key, ()), attribute)
        for word in (attribute.name_en, attribute.name_zh, *attribute.synonyms):
            key = plain(word)
            of_name[key] = (*of_name.get(key, ()), attribute)
    units = "|".join(_unit_pattern(word) for word in sorted(of_unit, key=lambda word: -len(word)))
    names = _name_pattern(sorted(of_name, key=lambda word: -len(word)))
    return _Measures(
        re.compile(rf"\s?-?\s?(?P<word>{units})"),
        of_unit,
        re.compile(rf"(?P<word>{names})\s?(?:of|is|about|around|over|为|是|约|在)?\s?[:=>≥]?\s?$"),
        of_name,
    )


def _name_pattern(words: list[str]) -> str:
    """Any of the names; where none of them begins their list is not gone through."""
    english = [re.escape(word) for word in words if word.isascii()]
    other = [re.escape(word) for word in words if not word.isascii()]
    begins = "".join(sorted({word[0] for word in words if not word.isascii()}))
    return rf"(?<![a-z])(?:{'|'.join(english)})|(?=[{re.escape(begins)}])(?:{'|'.join(other)})"


def _unit_pattern(word: str) -> str:
    if not word.isascii():
        return re.escape(word)
    if " " in word:
        first, last = word.split(" ", 1)
        return rf"{re.escape(first)}{_WORDS_BETWEEN}{re.escape(last)}s?(?![a-z])"
    return rf"{re.escape(word)}(?![a-z])" if word[-1:].isalpha() else re.escape(word)
