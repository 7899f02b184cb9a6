"""Reads an order in free words, Chinese or English or both, against the vertical packs."""

import re
from collections import defaultdict
from datetime import date
from typing import Final

from matching.understanding.counting import Count, find_counts, overlaps, quantity_readings
from matching.understanding.due_dates import due_readings
from matching.understanding.labelled import labelled_readings
from matching.understanding.lexicon import Entry, lexicon_of
from matching.understanding.listing import Lists, Span
from matching.understanding.measuring import measure_readings, tests_of_measures
from matching.understanding.nearest import nearest_words
from matching.understanding.numerals import Number, find_numbers
from matching.understanding.pricing import money_spans, price_readings
from matching.understanding.readings import Reading, Understanding, WrittenLanguage
from matching.understanding.shares import with_shares
from matching.understanding.sizing import dimension_readings, inspection_readings, size_readings, sizes_total
from matching.understanding.spotting import find_spots
from matching.understanding.turns import turn_readings
from matching.understanding.weighing import choose_vertical, spot_readings
from matching.verticals.folding import plain
from matching.verticals.pack import Vocabulary

READ_AT_MOST: Final = 10_000
"""Characters that are read of one text; what follows is left out and `truncated` says so."""

_CHINESE: Final = re.compile(r"[一-鿿]")
_ENGLISH_WORD: Final = re.compile(r"[A-Za-z]{2,}[a-z]")
_ASKED_FIRST: Final = ("category", "quantity", "material", "process")
_ASKED_LAST: Final = ("due_on", "target_unit_price")


def prepare(vocabulary: Vocabulary) -> None:
    """Builds once what reading needs: some seconds of work, for which the first text would else wait."""
    lexicon_of(vocabulary)
    nearest_words(vocabulary).prepare()


def understand(
    text: str, vocabulary: Vocabulary, today: date, language: WrittenLanguage | None = None
) -> Understanding:
    """What a text says about an order; every reading keeps the words that it rests on.

    language: how the text is written when the caller knows; else it is told from the characters.
    Never raises on any text: what is not understood is missing.
    """
    read = text[:READ_AT_MOST]
    plain_text = plain(read)
    written = language or written_language(read)
    spots = find_spots(read, plain_text, lexicon_of(vocabulary))
    vertical = choose_vertical(read, spots, vocabulary)
    chosen = None if vertical is None else str(vertical.value)
    terms, excluded = spot_readings(read, plain_text, spots, vocabulary, chosen)
    turned = turn_readings(read, plain_text, vocabulary, chosen)
    terms += turned
    terms += labelled_readings(read, plain_text, terms, vocabulary, chosen, nearest_words(vocabulary))
    shared, share_spans = with_shares(plain_text, terms)
    taken = [*share_spans, *((spot.start, spot.end) for spot in spots if not spot.nested)]
    taken += [(reading.start, reading.end) for reading in turned]
    named = [(spot.start, spot.end) for spot in spots if spot.entries]
    numeric = _numeric_readings(read, plain_text, (taken, named), shared, vocabulary, chosen, today, written)
    readings = _ordered([*([vertical] if vertical else []), *shared, *_implied(shared, vocabulary), *numeric])
    return Understanding(
        text=text,
        readings=readings,
        missing=_missing(readings, vocabulary, chosen),
        language=written,
        excluded=tuple(excluded),
        truncated=len(text) > READ_AT_MOST,
    )


def written_language(text: str) -> WrittenLanguage:
    """zh, en or mixed; units, and abbreviations in capitals, do not make a Chinese text mixed."""
    chinese, words = len(_CHINESE.findall(text)), len(_ENGLISH_WORD.findall(text))
    if not chinese:
        return "en"
    return "mixed" if words >= 2 and words * 2 > chinese * 0.3 else "zh"


def _numeric_readings(
    text: str,
    plain_text: str,
    worded: tuple[list[Span], list[Span]],
    terms: list[Reading],
    vocabulary: Vocabulary,
    vertical: str | None,
    today: date,
    written: WrittenLanguage,
) -> list[Reading]:
    """Everything that is told in figures. Each figure means one thing, so the readers take them in turns."""
    sizes, inspections = size_readings(plain_text, text), inspection_readings(plain_text, text)
    sizes += dimension_readings(plain_text, text)
    used, named = worded
    taken = [*used, *((reading.start, reading.end) for reading in (*sizes, *inspections))]
    numbers = [one for one in find_numbers(plain_text) if not overlaps((one.start, one.end), taken)]
    # The Christmas of "Christmas ornament" is no date.
    due = [
        reading
        for reading in due_readings(plain_text, text, numbers, today)
        if not overlaps((reading.start, reading.end), named)
    ]
    taken += [(reading.start, reading.end) for reading in due]
    applying = _applying(terms, vocabulary)
    measures = measure_readings(plain_text, text, numbers, vocabulary, vertical, applying, taken)
    taken += [(reading.start, reading.end) for reading in measures]
    categories = [(reading.start, reading.end) for reading in terms if reading.field == "category"]
    money = money_spans(plain_text, numbers)
    counts = find_counts(plain_text, text, numbers, vocabulary, categories, [*taken, *money])
    colours = [reading for reading in terms if reading.field == "colour"]
    lists = Lists(text, plain_text, categories, [(reading.start, reading.end) for reading in colours])
    quantities = quantity_readings(plain_text, counts, lists, len({reading.value for reading in colours}))
    from_sizes = sizes_total(sizes)
    if from_sizes is not None:
        quantities = sorted([*quantities, from_sizes], key=lambda reading: -reading.confidence)
    prices = _prices(plain_text, text, numbers, taken, counts, quantities, written)
    tests = tests_of_measures(measures, vocabulary)
    return [*sizes, *inspections, *due, *measures, *tests, *quantities, *_units(counts), *prices]


def _prices(
    plain_text: str,
    text: str,
    numbers: list[Number],
    taken: list[Span],
    counts: list[Count],
    quantities: list[Reading],
    written: WrittenLanguage,
) -> list[Reading]:
    counted = [(count.reading.start, count.reading.end) for count in counts if count.reading.confidence > 0.5]
    pieces = next((int(one.value) for one in quantities if isinstance(one.value, int)), None)
    return price_readings(plain_text, text, numbers, [*taken, *counted], pieces, written != "en")


def _units(counts: list[Count]) -> list[Reading]:
    return [
        Reading(
            "unit", count.unit.id, count.reading.text, count.reading.start, count.reading.end, count.reading.confidence
        )
        for count in counts
        if count.unit is not None
    ]


def _applying(terms: list[Reading], vocabulary: Vocabulary) -> frozenset[str]:
    """Ids that an attribute may apply to: categories and processes read or implied, and what is wider than they."""
    ids: set[str] = set()
    for reading in terms:
        if reading.field == "category":
            ids.update((str(reading.value), *vocabulary.implied_processes(str(reading.value))))
        elif reading.field == "process":
            ids.add(str(reading.value))
    for identifier in tuple(ids):
        for term in (vocabulary.term("category", identifier), vocabulary.term("process", identifier)):
            ids.update(term.broader if term is not None else ())
    return frozenset(ids)


def _implied(terms: list[Reading], vocabulary: Vocabulary) -> list[Reading]:
    """The usual processes of the category, resting on the category's words, unless the text names a kind of them."""
    category = max(
        (reading for reading in terms if reading.field == "category"), key=lambda one: one.confidence, default=None
    )
    if category is None:
        return []
    named = {str(reading.value) for reading in terms if reading.field == "process"}
    found = []
    for process in vocabulary.implied_processes(str(category.value)):
        if any(
            vocabulary.related("process", process, other) == 1.0 or _is_kind_of(vocabulary, other, process)
            for other in named
        ):
            continue
        found.append(Reading("process", process, category.text, category.start, category.end, 0.55, implied=True))
    return found


def _is_kind_of(vocabulary: Vocabulary, narrower: str, wider: str) -> bool:
    term = vocabulary.term("process", narrower)
    return term is not None and wider in term.broader


def _ordered(readings: list[Reading]) -> tuple[Reading, ...]:
    """Best first within a field, a value named twice kept once; fields in the order of their first reading."""
    by_field: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_field[reading.field].append(reading)
    ordered: list[Reading] = []
    for field, group in by_field.items():
        best = sorted(group, key=lambda one: (-one.confidence, one.start))
        if field.startswith("attribute:"):
            best = sorted(group, key=lambda one: -one.confidence)
        seen: dict[object, Reading] = {}
        for reading in best:
            seen.setdefault(reading.value, reading)
        ordered += seen.values()
    return tuple(ordered)


def _missing(readings: tuple[Reading, ...], vocabulary: Vocabulary, vertical: str | None) -> tuple[str, ...]:
    fields = {reading.field for reading in readings}
    wanted = list(_ASKED_FIRST)
    if vertical is not None:
        applying = tuple(_applying(list(readings), vocabulary))
        asked = vocabulary.attributes(vertical, applying) if applying else []
        wanted += [f"attribute:{attribute.id}" for attribute in asked if attribute.asked_for]
    return tuple(field for field in (*wanted, *_ASKED_LAST) if field not in fields)


__all__ = ["READ_AT_MOST", "Entry", "understand", "written_language"]
