"""Reads minimum, lead time and capacity out of a factory's own description, in Chinese or English."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from matching.verticals.folding import plain

_NUMBER: Final = r"(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<times>万|千|k\b)?"
_SPAN: Final = r"(?:\d[\d,]*\s*(?:-|~|to|至|到)\s*)?" + _NUMBER
_PIECES: Final = r"\s*(?:pcs|pieces|piece|pc|units|sets|pairs|件|个|只|套|条|双|盏|把)?"

_MINIMUM: Final = (
    r"(?:moq|minimum(?: order)?(?: quantity| qty)?|min\.? order)(?: is| of| from|:|：|=|\s|only|just)*" + _NUMBER,
    r"(?:最低|最小|最少)?(?:起订量|起订|起做|起批量|起批)(?:为|是|:|：|\s|仅|只需|约)*" + _NUMBER,
    _NUMBER + r"\s*(?:件|个|只|套|条|双|盏|把)?\s*(?:起订|起做|起批)",
    r"(?:orders? |runs? )?from\s+" + _NUMBER + r"\s*(?:pcs|pieces|units|pairs|sets)",
)
_LEAD: Final = (
    r"(?:lead ?time|delivery(?: time)?|turnaround|production time|ships?|ready)(?: is| of| in| within|:|：|\s|about)*"
    + _SPAN
    + r"\s*(?P<unit>days?|weeks?)",
    r"(?:交期|交货期|货期|生产周期|出货)(?:为|是|:|：|\s|约|一般)*" + _SPAN + r"\s*(?P<unit>天|日|周|星期|个?工作日)",
    _SPAN + r"\s*(?P<unit>天|日|周|星期|个?工作日)(?:内|左右)?\s*(?:交货|出货|交期|发货)",
)
_CAPACITY: Final = (
    _NUMBER + _PIECES + r"\s*(?:/|per|a|each|every)\s*(?P<period>day|week|month|year)",
    r"(?P<period>dai?ly|day|weekly|month(?:ly)?|year(?:ly)?|annual)\s*(?:production |output )?"
    r"(?:capacity|output)(?: is| of|:|：|\s|about)*" + _NUMBER,
    r"(?P<period>日|天|周|月|年)(?:产能|产量|产)(?:为|是|:|：|\s|约|可达|达)*" + _NUMBER,
)
_TIMES: Final = {"万": 10_000.0, "千": 1_000.0, "k": 1_000.0}
_DAYS_A_UNIT: Final = {"w": 7.0, "周": 7.0, "星": 7.0, "工": 1.4, "个": 1.4}
_PERIODS_A_WEEK: Final = {"d": 6.0, "日": 6.0, "天": 6.0, "w": 1.0, "周": 1.0, "m": 0.23, "月": 0.23}
_YEARS_A_WEEK: Final = 0.0192


@dataclass(frozen=True, slots=True)
class FactoryNumbers:
    """Pieces per order, days, and pieces per week; None where the text says nothing."""

    minimum_quantity: float | None
    lead_time_days: float | None
    capacity_per_week: float | None


def factory_numbers(text: str) -> FactoryNumbers:
    """The first statement of each kind. Of a range of days the later end counts; a factory works six days a week."""
    folded = plain(text)
    lead = _first(folded, _LEAD_PATTERNS)
    capacity = _first(folded, _CAPACITY_PATTERNS)
    return FactoryNumbers(
        minimum_quantity=_value(_first(folded, _MINIMUM_PATTERNS)),
        lead_time_days=_scaled(lead, _DAYS_A_UNIT.get(lead["unit"][0], 1.0) if lead else 1.0),
        capacity_per_week=_scaled(
            capacity, _PERIODS_A_WEEK.get(capacity["period"][0], _YEARS_A_WEEK) if capacity else 1.0
        ),
    )


def _patterns(sources: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)


_MINIMUM_PATTERNS: Final = _patterns(_MINIMUM)
_LEAD_PATTERNS: Final = _patterns(_LEAD)
_CAPACITY_PATTERNS: Final = _patterns(_CAPACITY)


def _first(text: str, patterns: Iterable[re.Pattern[str]]) -> re.Match[str] | None:
    found = [match for pattern in patterns if (match := pattern.search(text)) is not None]
    return min(found, key=lambda match: match.start(), default=None)


def _value(match: re.Match[str] | None) -> float | None:
    if match is None:
        return None
    return float(match["number"].replace(",", "")) * _TIMES.get(match["times"] or "", 1.0)


def _scaled(match: re.Match[str] | None, factor: float) -> float | None:
    value = _value(match)
    return None if value is None else round(value * factor, 4)
