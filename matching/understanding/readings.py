"""What was read in a text: each reading keeps the words that it rests on."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from matching.records import OrderRecord

ReadValue = str | int | float | date
WrittenLanguage = Literal["zh", "en", "mixed"]

SURE_ENOUGH = 0.5
"""Readings below this confidence are shown to a person, and never fill a record on their own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact that the text states.

    field: vertical | category | process | material | certification | attribute:<id> | quantity | unit |
    target_unit_price | currency | due_on | colour | size_ratio | inspection | region.
    value: a pack id, a number, a date or a text. text, start, end: the words it rests on, as the person wrote them.
    confidence: in (0, 1]; a rule of thumb for ordering, not a probability.
    share: part of the material in [0, 1], when the text names it. upper: the other end of a range ("300-500").
    implied: a usual process of the goods that the text names, which it does not state itself.
    """

    field: str
    value: ReadValue
    text: str
    start: int
    end: int
    confidence: float
    share: float | None = None
    upper: float | None = None
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Understanding:
    """All readings of one text, best first within a field.

    missing: fields a factory asks for that the text does not state, in the order in which they are usually asked.
    excluded: terms that the text rules out ("no polyester"). truncated: the text was longer than what was read.
    """

    text: str
    readings: tuple[Reading, ...]
    missing: tuple[str, ...]
    language: WrittenLanguage
    excluded: tuple[Reading, ...] = ()
    truncated: bool = False

    def first(self, field: str) -> Reading | None:
        """The best reading of a field, None when the text does not state it."""
        return next((reading for reading in self.readings if reading.field == field), None)

    def all(self, field: str) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.readings if reading.field == field)

    def values(self, field: str, at_least: float = SURE_ENOUGH) -> tuple[ReadValue, ...]:
        """The different values of a field that are sure enough, best first."""
        return tuple(dict.fromkeys(read.value for read in self.all(field) if read.confidence >= at_least))

    def requirement(
        self,
        order_id: str,
        *,
        quantity: int | None = None,
        buyer_id: str | None = None,
        posted_on: date | None = None,
        title: str = "",
    ) -> OrderRecord:
        """The text as an order. `quantity` (pieces) is used when the text names none.

        Raises ValueError when there is no quantity at all: an order without one cannot be matched.
        """
        pieces = self._number("quantity")
        if pieces is None and quantity is None:
            raise ValueError("the text names no quantity; accepted is a number of pieces, for example 300 pcs")
        return OrderRecord(
            order_id=order_id,
            quantity=int(pieces) if pieces is not None else int(quantity or 0),
            buyer_id=buyer_id,
            posted_on=posted_on,
            title=title,
            description=self.text,
            category=self._text("category"),
            processes=self._texts("process"),
            materials=self._texts("material"),
            certifications=self._texts("certification"),
            target_unit_price=self._number("target_unit_price"),
            currency=self._text("currency"),
            due_on=next((value for value in self.values("due_on") if isinstance(value, date)), None),
            region=self._text("region"),
            attributes=self._attributes(),
        )

    def _texts(self, field: str) -> tuple[str, ...]:
        return tuple(value for value in self.values(field) if isinstance(value, str))

    def _text(self, field: str) -> str | None:
        return next(iter(self._texts(field)), None)

    def _number(self, field: str) -> float | None:
        return next((float(value) for value in self.values(field) if isinstance(value, int | float)), None)

    def _attributes(self) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        for reading in self.readings:
            kind, _, identifier = reading.field.partition(":")
            if kind == "attribute" and reading.confidence >= SURE_ENOUGH:
                found.setdefault(identifier, _as_text(reading.value))
        return tuple(found.items())


def _as_text(value: ReadValue) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)
