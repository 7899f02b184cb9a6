"""What was read in a seller's free words, as the texts that the fields of the form hold. Pure.

A field that still holds what was read last belongs to the reader and follows the next reading; a field that somebody
changed is that person's own and is never overwritten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from market.kit.money import CURRENCIES
from market.orders.drafts import COUNTED, DEFAULT_INSPECTION, INSPECTIONS, LONGEST_TITLE
from matching.understanding import Reading, Understanding, understand
from matching.verticals.pack import Language, Vocabulary

SURE_ENOUGH = 0.5
_ONE = {"vertical": "vertical", "category": "category", "due_on": "due_on", "quantity": "quantity", "region": "region"}
_MANY = {"processes": "process", "certifications": "certification"}
UNSAID: Mapping[str, str] = {"unit": "piece", "currency": "CNY", "inspection": DEFAULT_INSPECTION}
"""What the lists without an empty choice hold before anybody said or chose anything."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one field was read as: the text it then holds, and the words that it rests on."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class FieldState:
    """A field after a reading. state: "read" (ours), "edited" (the person's own), or "" (nothing was read)."""

    value: str
    state: str
    words: str = ""


def read_words(text: str, vocabulary: Vocabulary, today: date, language: Language) -> dict[str, Read]:
    """Field name -> what the words say about it; fields that the words do not name are absent.

    language: the reader's, for colours, which the form holds by name.
    """
    if not text.strip():
        return {}
    found = understand(text, vocabulary, today)
    read: dict[str, Read] = {}
    for field, name in _ONE.items():
        _take(read, field, found, name)
    for field, name in _MANY.items():
        sure = _sure(found, name)
        if sure:
            values = dict.fromkeys(str(reading.value) for reading in sure)
            read[field] = Read(join_list(values), _words(sure))
    colours = _sure(found, "colour")
    if colours:
        names = dict.fromkeys(vocabulary.name("colour", str(reading.value), language) for reading in colours)
        read["colours"] = Read(", ".join(names), _words(colours))
    _take_materials(read, found)
    _take_figures(read, found)
    _take_attributes(read, found)
    title = compose_title(found, vocabulary)
    if title:
        read["title"] = Read(title, "")
    return read


def settle(submitted: Mapping[str, str], before: Mapping[str, str], read: Mapping[str, Read]) -> dict[str, FieldState]:
    """Field -> what it holds now. submitted: what the form held; before: what had been read into it, by field.

    A field that still holds its last reading takes the new one, or falls back to what stands there unsaid (nothing, or
    the first choice of a list that always holds one) when the words no longer name it.
    """
    states: dict[str, FieldState] = {}
    for name in {*submitted, *read}:
        unsaid, now = UNSAID.get(name, ""), read.get(name)
        value, last = submitted.get(name, "") or unsaid, before.get(name, unsaid)
        if value == last:
            states[name] = FieldState(now.value, "read", now.words) if now else FieldState(unsaid, "")
        elif now is not None and value == now.value:
            states[name] = FieldState(value, "read", now.words)
        else:
            states[name] = FieldState(value, "edited", now.words if now else "")
    return states


def kept_readings(states: Mapping[str, FieldState]) -> tuple[dict[str, Any], ...]:
    """The readings as an order keeps them: what was read, from which words, and whether the seller changed it."""
    return tuple(
        {"field": name, "value": state.value, "words": state.words, "by": _by(state)}
        for name, state in sorted(states.items())
        if state.state and (state.words or state.state == "read")
    )


def join_list(values: Any) -> str:
    return ";".join(values)


def compose_title(found: Understanding, vocabulary: Vocabulary) -> str:
    """A short name for the order out of what was read, in the language of the words; "" when nothing names it."""
    language: Language = "en" if found.language == "en" else "zh"
    category = next(iter(_sure(found, "category")), None)
    if category is None:
        return " ".join(found.text.split())[:60]
    parts = []
    gauge = next(iter(_sure(found, "attribute:gauge")), None)
    if gauge is not None:
        parts.append(gauge.text)
    name = vocabulary.name("category", str(category.value), language)
    materials = [vocabulary.name("material", str(one.value), language) for one in _sure(found, "material")[:2]]
    parts += [material for material in materials if material.casefold() not in name.casefold()]
    parts.append(name)
    joined = " ".join(parts) if language == "en" else "".join(parts)
    return joined[:1].upper() + joined[1:LONGEST_TITLE]


def _take(read: dict[str, Read], field: str, found: Understanding, name: str) -> None:
    best = next(iter(_sure(found, name)), None)
    if best is not None:
        value = best.value.isoformat() if isinstance(best.value, date) else str(best.value)
        read[field] = Read(value, best.text)


def _take_materials(read: dict[str, Read], found: Understanding) -> None:
    sure = _sure(found, "material")
    if not sure:
        return
    shares = {str(reading.value): reading.share for reading in sure}
    entries = (f"{name}:{'' if share is None else round(share * 100)}" for name, share in shares.items())
    read["materials"] = Read(join_list(entries), _words(sure))


def _take_figures(read: dict[str, Read], found: Understanding) -> None:
    unit = next(iter(_sure(found, "unit")), None)
    if unit is not None and unit.value in COUNTED:
        read["unit"] = Read(str(unit.value), unit.text)
    _take_price(read, found)
    inspection = next(iter(_sure(found, "inspection")), None)
    if inspection is not None and str(inspection.value) in INSPECTIONS:
        read["inspection"] = Read(str(inspection.value), inspection.text)


def _take_price(read: dict[str, Read], found: Understanding) -> None:
    """A price in money that no order is kept in is left to the person, who else would find it in the wrong one."""
    price = next(iter(_sure(found, "target_unit_price")), None)
    currency = next(iter(_sure(found, "currency")), None)
    foreign = currency is not None and currency.value not in CURRENCIES
    if price is None or not isinstance(price.value, int | float) or foreign:
        return
    read["target_price"] = Read(f"{price.value:.2f}".removesuffix(".00"), price.text)
    if currency is not None:
        read["currency"] = Read(str(currency.value), currency.text)


def _take_attributes(read: dict[str, Read], found: Understanding) -> None:
    for reading in found.readings:
        kind, _, identifier = reading.field.partition(":")
        if reading.confidence < SURE_ENOUGH or kind not in ("attribute", "size_ratio"):
            continue
        field = f"attribute_{identifier or 'size_ratio'}"
        value = f"{reading.value:g}" if isinstance(reading.value, int | float) else str(reading.value or reading.text)
        read.setdefault(field, Read(value, reading.text))


def _sure(found: Understanding, field: str) -> list[Reading]:
    return [reading for reading in found.all(field) if reading.confidence >= SURE_ENOUGH]


def _words(readings: list[Reading]) -> str:
    return " ".join(dict.fromkeys(reading.text for reading in sorted(readings, key=lambda one: one.start)))


def _by(state: FieldState) -> str:
    return "seller" if state.state == "edited" else "weft"
