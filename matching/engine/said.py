"""What free words say, in the engine's own terms: the one place that knows how the parser answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from matching.verticals.pack import KINDS, Kind, Vocabulary


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
    minimum_quantity: float | None = None
    capacity_per_week: float | None = None
    lead_time_days: float | None = None


Say = Callable[[str, date | None], Said]
"""Reads a text; the date is the day it was written, from which "in three weeks" counts."""


def nothing_said(text: str, day: date | None) -> Said:  # noqa: ARG001  # Has the form of every reader of texts.
    """Reads nothing out of any text, for callers whose records are already complete."""
    return Said(dict.fromkeys(KINDS, ()))


def parser_of(vocabulary: Vocabulary) -> Say:  # noqa: ARG001
    return nothing_said
