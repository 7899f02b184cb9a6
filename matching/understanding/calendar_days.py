"""Days that people name instead of a date: feasts of both calendars and sales days.

Lunar dates of 2025 to 2032 stand in a table, because they follow the moon and cannot be reckoned in a line.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

_SPRING_FESTIVAL: Final = {
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
    2031: (1, 23),
    2032: (2, 11),
}
_LAST_MONTHS_OF_30_DAYS: Final = frozenset({2030})
"""Years whose Spring Festival follows a twelfth moon of thirty days; in the other years of the table it has 29."""
_DRAGON_BOAT: Final = {
    2025: (5, 31),
    2026: (6, 19),
    2027: (6, 9),
    2028: (5, 28),
    2029: (6, 16),
    2030: (6, 5),
    2031: (6, 24),
    2032: (6, 12),
}
_MID_AUTUMN: Final = {
    2025: (10, 6),
    2026: (9, 25),
    2027: (9, 15),
    2028: (10, 3),
    2029: (9, 22),
    2030: (9, 12),
    2031: (10, 1),
    2032: (9, 19),
}


def _fixed(month: int, day: int) -> Callable[[int], date | None]:
    return lambda year: date(year, month, day)


def _lunar(table: dict[int, tuple[int, int]]) -> Callable[[int], date | None]:
    return lambda year: date(year, *table[year]) if year in table else None


def _days_after(day: date | None, days: int) -> date | None:
    return None if day is None else day + timedelta(days=days)


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _easter(year: int) -> date:
    """Gregorian computus (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


FEASTS: Final[tuple[tuple[str, Callable[[int], date | None]], ...]] = (
    (
        r"春节|过年|农历新年|新春|大年|农历年|年前|lunar new year|chinese new year|spring festival"
        r"|(?<![a-z])cny(?![a-z])",
        _lunar(_SPRING_FESTIVAL),
    ),
    (r"元宵节?|lantern festival", lambda year: _days_after(_lunar(_SPRING_FESTIVAL)(year), 14)),
    (r"端午节?|dragon boat(?: festival)?", _lunar(_DRAGON_BOAT)),
    (r"中秋节?|mid[- ]?autumn(?: festival)?|moon festival", _lunar(_MID_AUTUMN)),
    (r"圣诞节?|christmas|xmas", _fixed(12, 25)),
    (r"元旦|new year'?s?(?: day| eve)?", _fixed(1, 1)),
    (r"情人节|valentine'?s?(?: day)?", _fixed(2, 14)),
    (r"三八节|妇女节|women'?s day", _fixed(3, 8)),
    (r"五一(?!二)|劳动节|labou?r day", _fixed(5, 1)),
    (r"六一|儿童节|children'?s day", _fixed(6, 1)),
    (r"618|六一八", _fixed(6, 18)),
    (r"开学|back to school", _fixed(9, 1)),
    (r"国庆节?|十一黄金周|national day", _fixed(10, 1)),
    (r"万圣节?|halloween", _fixed(10, 31)),
    (r"双十一|双11|double 11|double eleven|singles'? day", _fixed(11, 11)),
    (r"双十二|双12|double 12|double twelve", _fixed(12, 12)),
    (r"黑五|黑色星期五|black friday", lambda year: _nth_weekday(year, 11, 3, 4) + timedelta(days=1)),
    (r"感恩节|thanksgiving", lambda year: _nth_weekday(year, 11, 3, 4)),
    (r"母亲节|mother'?s day", lambda year: _nth_weekday(year, 5, 6, 2)),
    (r"父亲节|father'?s day", lambda year: _nth_weekday(year, 6, 6, 3)),
    (r"复活节|easter", _easter),
)
"""A pattern over folded text, and the day in a given year; None in years that the lunar tables do not hold."""


def next_feast(day_in: Callable[[int], date | None], today: date) -> date | None:
    """The next time the feast comes, today included; None when its table ends before."""
    days = (day_in(year) for year in (today.year, today.year + 1))
    return next((day for day in days if day is not None and day >= today), None)


def in_the_last_moon(day: int, today: date) -> date | None:
    """The next such day of 腊月, the moon before the Spring Festival; None outside the table and its 29 or 30 days."""
    for year in (today.year, today.year + 1):
        length = 30 if year in _LAST_MONTHS_OF_30_DAYS else 29
        found = _days_after(_lunar(_SPRING_FESTIVAL)(year), day - 1 - length)
        if found is not None and found >= today:
            return found if 1 <= day <= length else None
    return None


def working_days_later(start: date, days: int) -> date:
    """The date so many weekdays after the start."""
    day = start
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day
