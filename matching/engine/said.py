"""What free words say, in the engine's own terms: the one place that knows how the parser answers."""

from collections.abc import Callable, Iterator
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
    price = _sure(found.first("target_unit_price"))
    due = _sure(found.first("due_on"))
    region = _sure(found.first("region"))
    currency = _sure(found.first("currency"))
    low, high = _price_ends(price)
    return Said(
        terms={kind: tuple(dict.fromkeys(_terms(found, kind))) for kind in KINDS},
        attributes=tuple(dict.fromkeys(_attributes(found))),
        unit_price_low=low,
        unit_price_high=high,
        currency=str(currency.value) if currency is not None else None,
        due_on=due.value if dated and due is not None and isinstance(due.value, date) else None,
        region=str(region.value) if region is not None else None,
    )


def _terms(found: Understanding, kind: Kind) -> Iterator[str]:
    """Sure readings of a kind, less the processes that a category implies."""
    for reading in found.all(kind):
        if reading.confidence >= SURE_ENOUGH and isinstance(reading.value, str) and not reading.implied:
            yield reading.value


def _sure(reading: Reading | None) -> Reading | None:
    return reading if reading is not None and reading.confidence >= SURE_ENOUGH else None


def _price_ends(price: Reading | None) -> tuple[float | None, float | None]:
    """Both ends of a price: a reading holds what a buyer would pay, the upper one, and its words the whole range."""
    value = None if price is None else _as_number(price.value)
    if price is None or value is None:
        return None, None
    lows = [number.value for number in find_numbers(plain(price.text)) if number.value < number.upper == value]
    return (lows[0] if lows else value), value


def _as_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _attributes(found: Understanding) -> list[tuple[str, str]]:
    return [
        (reading.field.removeprefix("attribute:"), _as_text(reading))
        for reading in found.readings
        if reading.field.startswith("attribute:") and reading.confidence >= SURE_ENOUGH
    ]


def _as_text(reading: Reading) -> str:
    low = f"{reading.value:g}" if isinstance(reading.value, int | float) else str(reading.value)
    return low if reading.upper is None else f"{low}-{reading.upper:g}"
