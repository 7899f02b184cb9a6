"""Compares the wished value of one attribute (gauge 12, capacity 350 ml, finish matt) with what a factory offers."""

import re
from typing import Final

from matching.engine.thresholds import NUMBER_NEAR

_RANGE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-|–|—|~|～|至|to)\s*(\d+(?:\.\d+)?)")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def attribute_value(wanted: str, offered: tuple[str, ...]) -> float:
    """1 when one of the offered values is or contains the wanted one, .6 for a number close by, 0 otherwise.

    Values are texts as they stand in a profile: "12", "7-12" (a range), "12 gg", "matt". offered must not be empty.
    """
    return max(_single_value(wanted.strip().casefold(), value.strip().casefold()) for value in offered)


def _single_value(wanted: str, offered: str) -> float:
    if wanted == offered:
        return 1.0
    number, span = _number(wanted), _span(offered)
    if number is None or span is None:
        return 0.0
    low, high = span
    if low <= number <= high:
        return 1.0
    nearest = low if number < low else high
    return 0.6 if abs(number - nearest) <= NUMBER_NEAR * max(abs(number), abs(nearest)) else 0.0


def _number(text: str) -> float | None:
    found = _NUMBER.findall(text)
    return float(found[0]) if len(found) == 1 else None


def _span(text: str) -> tuple[float, float] | None:
    found = _RANGE.search(text)
    if found is not None:
        ends = sorted(float(end) for end in found.groups())
        return ends[0], ends[1]
    number = _number(text)
    return None if number is None else (number, number)
