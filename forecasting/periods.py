"""Days, weeks that begin on Monday, and months, each numbered without a gap."""

from datetime import date
from enum import StrEnum
from typing import Final


class Frequency(StrEnum):
    """How long a period is."""

    DAY = "D"
    WEEK = "W"
    MONTH = "M"


_SEASON: Final = {Frequency.DAY: 7, Frequency.WEEK: 52, Frequency.MONTH: 12}
_DAYS: Final = {Frequency.DAY: 1.0, Frequency.WEEK: 7.0, Frequency.MONTH: 365.25 / 12}


def season_of(frequency: Frequency) -> int:
    """Periods after which sales may repeat: a week of days, a year of weeks or months."""
    return _SEASON[frequency]


def days_in(frequency: Frequency) -> float:
    """Days in a period, on average."""
    return _DAYS[frequency]


def number_of(frequency: Frequency, day: date) -> int:
    """The number of the period that holds a day."""
    if frequency is Frequency.MONTH:
        return day.year * 12 + day.month - 1
    return day.toordinal() if frequency is Frequency.DAY else (day.toordinal() - 1) // 7


def first_day(frequency: Frequency, number: int) -> date:
    """The first day of a period."""
    if frequency is Frequency.MONTH:
        return date(number // 12, number % 12 + 1, 1)
    return date.fromordinal(number if frequency is Frequency.DAY else number * 7 + 1)


def last_whole(frequency: Frequency, day: date) -> int:
    """The number of the last period that has ended when a day is over."""
    return number_of(frequency, date.fromordinal(day.toordinal() + 1)) - 1
