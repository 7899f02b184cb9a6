"""Feasts and shopping days around which demand moves: 春节, 618, 中秋, 双十一, Black Friday, 双十二, Christmas."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import holidays

_FIXED: Final = (("618", 6, 18), ("double-11", 11, 11), ("double-12", 12, 12), ("christmas", 12, 25))
_LUNAR: Final = (("spring-festival", "Chinese New Year (Spring Festival)"), ("mid-autumn", "Mid-Autumn Festival"))
_DAYS_BEFORE: Final = 7
"""Shopping is done in the days before a feast, so the week before it is named too."""


def feasts_between(first: date, last: date) -> list[tuple[str, date]]:
    """The feasts from `first` to `last`, by day; a feast whose week before it reaches in comes as "before-…"."""
    found = [(name, day) for name, day in _around(first, last) if first <= day <= last]
    ahead = [
        (f"before-{name}", day) for name, day in _around(first, last) if first <= day - timedelta(_DAYS_BEFORE) <= last
    ]
    return sorted([*found, *ahead], key=lambda feast: (feast[1], feast[0]))


def _around(first: date, last: date) -> list[tuple[str, date]]:
    return [feast for year in range(first.year, (last + timedelta(_DAYS_BEFORE)).year + 1) for feast in _of_year(year)]


@lru_cache(maxsize=256)
def _of_year(year: int) -> tuple[tuple[str, date], ...]:
    chinese = holidays.country_holidays("CN", years=year, language="en_US")
    lunar = [
        (name, min(days))
        for name, title in _LUNAR
        if (days := [day for day, told in chinese.items() if title in told and "observed" not in told])
    ]
    fixed = [(name, date(year, month, day)) for name, month, day in _FIXED]
    return tuple(sorted([*fixed, ("black-friday", _black_friday(year)), *lunar], key=lambda feast: feast[1]))


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta((3 - first.weekday()) % 7 + 22)
