"""What a column may hold: each kind turns the text of a cell into a value, or says what is accepted instead."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from matching.tables.faults import show

Value = str | int | float | bool | date | tuple[str, ...]
Kind = Callable[[str], Value]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TRUE = frozenset({"1", "1.0", "true"})
_FALSE = frozenset({"0", "0.0", "false"})
LONGEST_TEXT = 100_000
LARGEST_WHOLE = 1_000_000_000_000


class Unacceptable(ValueError):
    """The text of a cell is not what its column takes; the message says what is wrong and what is accepted."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. required: it must be in the header and no cell of it may be empty."""

    name: str
    kind: Kind
    required: bool = False


def text(longest: int = LONGEST_TEXT) -> Kind:
    """Words, kept as they are."""

    def parse(cell: str) -> Value:
        if len(cell) > longest:
            raise Unacceptable(f"the text has {len(cell)} characters; accepted: at most {longest}")
        return cell

    return parse


def names(most: int = 1_000) -> Kind:
    """A list of ids or names separated by `;` (or its full-width form); empty parts and repetitions are dropped."""

    def parse(cell: str) -> Value:
        parts = tuple(dict.fromkeys(part.strip() for part in re.split("[;；]", cell) if part.strip()))
        if len(parts) > most:
            raise Unacceptable(f"the list has {len(parts)} entries; accepted: at most {most}")
        return parts

    return parse


def whole(least: int = 0, most: int = LARGEST_WHOLE) -> Kind:
    """A whole number within [least, most]; `120.0` and `1e3` are whole numbers too."""
    accepted = f"accepted: a whole number from {least} to {most}"

    def parse(cell: str) -> Value:
        value = _finite(cell, "whole number", accepted)
        if not value.is_integer():
            raise Unacceptable(f"{show(cell)} is not a whole number; {accepted}")
        exact = int(cell) if cell.lstrip("+-").isdigit() else int(value)
        if not least <= exact <= most:
            raise Unacceptable(f"{show(cell)} is out of range; {accepted}")
        return exact

    return parse


def number(least: float = -math.inf, most: float = math.inf, above: float | None = None) -> Kind:
    """A finite number within [least, most], and greater than `above` when that is given."""
    bounds = [f"greater than {above:g}"] if above is not None else []
    bounds += [f"at least {least:g}"] if math.isfinite(least) else []
    bounds += [f"at most {most:g}"] if math.isfinite(most) else []
    accepted = " ".join(["accepted: a number with `.` as decimal point", " and ".join(bounds)]).rstrip()

    def parse(cell: str) -> Value:
        value = _finite(cell, "number", accepted)
        if not least <= value <= most or (above is not None and value <= above):
            raise Unacceptable(f"{show(cell)} is out of range; {accepted}")
        return value

    return parse


def day() -> Kind:
    """A calendar day written YYYY-MM-DD."""

    def parse(cell: str) -> Value:
        if not _DAY.fullmatch(cell):
            raise Unacceptable(f"{show(cell)} is not a date; accepted: YYYY-MM-DD, for example 2026-11-22")
        try:
            return date.fromisoformat(cell)
        except ValueError as error:
            raise Unacceptable(f"{show(cell)} is no day of the calendar; accepted: YYYY-MM-DD") from error

    return parse


def flag() -> Kind:
    """1 or 0 (true and false are understood)."""

    def parse(cell: str) -> Value:
        lowered = cell.lower()
        if lowered in _TRUE:
            return True
        if lowered in _FALSE:
            return False
        raise Unacceptable(f"{show(cell)} is neither yes nor no; accepted: 1, 0 or empty")

    return parse


def matching_text(pattern: str, accepted: str, upper: bool = False) -> Kind:
    """A text of a fixed form, for example a currency: `matching_text("[A-Z]{3}", "an ISO 4217 code", upper=True)`."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(cell: str) -> Value:
        value = cell.upper() if upper else cell
        if not compiled.fullmatch(value):
            raise Unacceptable(f"{show(cell)} has not the expected form; accepted: {accepted}")
        return value

    return parse


def currency() -> Kind:
    """A currency as three letters."""
    return matching_text("[A-Z]{3}", "a currency as three letters (ISO 4217), for example CNY or USD", upper=True)


def _finite(cell: str, what: str, accepted: str) -> float:
    if not _NUMBER.fullmatch(cell):
        raise Unacceptable(f"{show(cell)} is not a {what}; {accepted}")
    value = float(cell)
    if not math.isfinite(value):
        raise Unacceptable(f"{show(cell)} is too large; {accepted}")
    return value
