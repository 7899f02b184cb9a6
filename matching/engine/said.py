"""What free words say, in the engine's own terms: the one place that knows how the parser answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from matching.understanding.numerals import find_numbers
from matching.understanding.order_text import understand
from matching.understanding.readings import SURE_ENOUGH, Reading, Understanding
from matching.verticals.folding import plain
from matching.verticals.pack import KINDS, Kind, Vocabulary

_UNDATED: Final = date(2000, 1, 1)
_REMEMBERED: Final = 16384
_SINGLE_FIELDS: Final = ("target_unit_price", "due_on", "region", "currency")


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that a text states. terms: ids by kind, surest first; a kind that is not mentioned has none."""

    terms: dict[Kind, tuple[str, ...]]
    attributes: tuple[tuple[str, str], ...] = ()
    unit_price_low: float | None = None
    unit_price_high: float | None = None
    currency: str | None = None
    due_on: date | None = None
    region: str | None = None


Say = Callable[[str, date | None], Said]
"""Reads a text; the date is the day it was written, from which "in three weeks" counts (None: no date is read)."""


def nothing_said(text: str, day: date | None) -> Said:  # noqa: ARG001  # Has the form of every reader of texts.
    """Reads nothing out of any text, for callers whose records are already complete."""
    return Said(dict.fromkeys(KINDS, ()))


@lru_cache(maxsize=2)
def parser_of(vocabulary: Vocabulary) -> Say:
    """Reads texts with the parser of `matching.understanding`; the same words are read once, whoever asks."""

    @lru_cache(maxsize=_REMEMBERED)
    def say(text: str, day: date | None) -> Said:
        if not text.strip():
            return nothing_said(text, day)
        return _said(understand(text, vocabulary, day or _UNDATED), dated=day is not None)

    return say


def _said(found: Understanding, *, dated: bool) -> Said:
    sure: dict[str, list[Reading]] = {}
    for reading in found.readings:
        if reading.confidence >= SURE_ENOUGH:
            sure.setdefault(reading.field, []).append(reading)
    price, due, region, currency = (sure[field][0] if field in sure else None for field in _SINGLE_FIELDS)
    low, high = _price_ends(price)
    return Said(
        terms={kind: tuple(dict.fromkeys(_terms(sure.get(kind, ())))) for kind in KINDS},
        attributes=tuple(dict.fromkeys(_attributes(sure))),
        unit_price_low=low,
        unit_price_high=high,
        currency=str(currency.value) if currency is not None else None,
        due_on=due.value if dated and due is not None and isinstance(due.value, date) else None,
        region=str(region.value) if region is not None else None,
    )


def _terms(sure: Sequence[Reading]) -> Iterator[str]:
    """The terms of a kind, less the processes that a category implies."""
    for reading in sure:
        if isinstance(reading.value, str) and not reading.implied:
            yield reading.value


def _price_ends(price: Reading | None) -> tuple[float | None, float | None]:
    """Both ends of a price: a reading holds what a buyer would pay, the upper one, and its words the whole range."""
    value = None if price is None else _as_number(price.value)
    if price is None or value is None:
        return None, None
    lows = [number.value for number in find_numbers(plain(price.text)) if number.value < number.upper == value]
    return (lows[0] if lows else value), value


def _as_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _attributes(sure: Mapping[str, Sequence[Reading]]) -> Iterator[tuple[str, str]]:
    for field, readings in sure.items():
        if field.startswith("attribute:"):
            yield from ((field.removeprefix("attribute:"), _as_text(reading)) for reading in readings)


def _as_text(reading: Reading) -> str:
    low = f"{reading.value:g}" if isinstance(reading.value, int | float) else str(reading.value)
    return low if reading.upper is None else f"{low}-{reading.upper:g}"
