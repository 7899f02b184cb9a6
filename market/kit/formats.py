"""How figures, money and time are written in the reader's language: no-break spaces, the year only when needed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from babel.numbers import format_decimal
from flask_babel import get_locale, gettext, npgettext, pgettext, to_user_timezone
from jinja2 import pass_context
from jinja2.runtime import Context

from market.kit.money import CURRENCIES, Money

MINUTE, HOUR, DAY = 60, 3600, 86_400
MINUS = "−"
GAP = "\u00a0"  # between a number and its measure word, so that a line never breaks there
ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Number = int | float | Decimal
Answer = TypeVar("Answer")


def per_request(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Keep Jinja from working a filter out once, at compile time, in the language of whoever came first."""

    @pass_context
    def filtered(_context: Context, *arguments: Any, **options: Any) -> Answer:
        return function(*arguments, **options)

    return filtered


class Formats:
    """The template filters. `now` tells the time, so that pages can be drawn at a fixed moment."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def filters(self) -> dict[str, Callable[..., str | float]]:
        """Filter names as templates use them."""
        plain: dict[str, Callable[..., str | float]] = {
            "money": money,
            "price": price,
            "price_range": price_range,
            "number": number,
            "figure": figure,
            "pieces": pieces,
            "percent": percent,
            "lasting": lasting,
            "day": self.day,
            "moment": self.moment,
            "ago": self.ago,
            "left": self.left,
            "hours_left": self.hours_left,
            "machine_time": machine_time,
        }
        return {name: per_request(function) for name, function in plain.items()}

    def day(self, value: date | datetime | str | None) -> str:
        """12 月 3 日 or 3 Dec; the year only when it is not this one. Takes a date, a datetime or ISO text."""
        if value is None:
            return ""
        return _day(_as_date(value), this_year=_local(self._now()).year)

    def moment(self, value: datetime | str | None) -> str:
        """11 月 25 日 18:00 or 25 Nov, 18:00, on the market's clock."""
        if value is None:
            return ""
        local = _local(_as_datetime(value))
        return _day(local.date(), this_year=_local(self._now()).year) + (
            f" {local:%H:%M}" if _chinese() else f", {local:%H:%M}"
        )

    def ago(self, value: datetime | str | None) -> str:
        """2 小时前 or 2 h ago; the day once it is a week old."""
        if value is None:
            return ""
        seconds = (self._now() - _as_datetime(value)).total_seconds()
        if seconds < MINUTE:
            return str(gettext("just now"))
        if seconds >= 7 * DAY:
            return self.day(_as_datetime(value))
        return str(gettext("%(time)s ago", time=lasting(seconds, whole=True)))

    def left(self, value: datetime | str | None) -> str:
        """剩 21 小时 or 21 h left; says so when the time is over."""
        if value is None:
            return ""
        seconds = (_as_datetime(value) - self._now()).total_seconds()
        text = gettext("%(time)s left", time=lasting(seconds, whole=True)) if seconds > 0 else gettext("time is up")
        return str(text)

    def hours_left(self, value: datetime | str) -> float:
        """Hours until the moment; negative once it is over."""
        return (_as_datetime(value) - self._now()).total_seconds() / HOUR


def money(amount: Money | int | None, currency: str = "CNY") -> str:
    """¥1,116.00 from Money, or from minor units and a currency. An em dash for None."""
    if amount is None:
        return "—"
    value = amount if isinstance(amount, Money) else Money(int(amount), currency)
    symbol, digits = CURRENCIES[value.currency]
    sign = MINUS if value.minor < 0 else ""
    return f"{sign}{symbol}{_grouped(abs(value.major()), digits, digits)}"


def price(amount: Money | int | None, currency: str = "CNY") -> str:
    """Money without empty decimals, for cards and sentences: ¥128, but ¥128.50."""
    text = money(amount, currency)
    return text.removesuffix(".00")


def price_range(low: Money | int, high: Money | int, currency: str = "CNY") -> str:
    """¥112–124: two prices with the currency named once."""
    value = high if isinstance(high, Money) else Money(high, currency)
    symbol = CURRENCIES[value.currency][0]
    return f"{price(low, currency)}–{price(value).removeprefix(symbol)}"


def number(value: Number | None, digits: int = 0) -> str:
    """12,443; `digits` is the most decimals shown, and empty ones are dropped. An em dash for None."""
    if value is None:
        return "—"
    exact = Decimal(str(value))
    return (MINUS if exact < 0 else "") + _grouped(abs(exact), 0, digits)


def figure(value: Number | None) -> str:
    """A figure for a headline: from 10,000 on Chinese counts in 万 (1.68 万); English keeps every digit."""
    if value is None or not _chinese() or abs(Decimal(str(value))) < 10_000:
        return number(value)
    return f"{number(Decimal(str(value)) / 10_000, 2)}{GAP}万"


def pieces(value: Number | None, unit: str = "piece") -> str:
    """800 件 or 800 pcs, with a no-break space. unit: piece, set, pair, row, order, factory, person, machine, lead."""
    if value is None:
        return "—"
    return f"{number(value)}{GAP}{_unit(unit, int(value))}"


def percent(share: Number | None, digits: int = 0) -> str:
    """37% from 0.37. An em dash for None."""
    return "—" if share is None else f"{number(Decimal(str(share)) * 100, digits)}%"


def lasting(length: timedelta | Number | None, whole: bool = False) -> str:
    """How long something takes, from seconds or a timedelta: 6.5 小时, 3.2 天. `whole` drops the decimal."""
    if length is None:
        return "—"
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if seconds < HOUR:
        count, word = str(max(1, round(seconds / MINUTE))), pgettext("unit", "min")
    elif seconds < 2 * DAY:
        count, word = _short(seconds / HOUR, whole), pgettext("unit", "h")
    else:
        count = _short(seconds / DAY, whole)
        word = npgettext("unit", "day", "days", 1 if count == "1" else 2)
    return f"{count}{GAP}{word}"


def machine_time(value: date | datetime | str | None) -> str:
    """The value of a <time datetime> attribute."""
    if value is None:
        return ""
    return value if isinstance(value, str) else value.isoformat()


def _unit(unit: str, count: int) -> str:
    units: dict[str, Callable[[], str]] = {
        "piece": lambda: npgettext("unit", "pc", "pcs", count),
        "set": lambda: npgettext("unit", "set", "sets", count),
        "pair": lambda: npgettext("unit", "pair", "pairs", count),
        "row": lambda: npgettext("unit", "row", "rows", count),
        "order": lambda: npgettext("unit", "order", "orders", count),
        "lead": lambda: npgettext("unit", "lead", "leads", count),
        "quote": lambda: npgettext("unit", "quote", "quotes", count),
        "factory": lambda: npgettext("unit", "factory", "factories", count),
        "person": lambda: npgettext("unit", "person", "people", count),
        "machine": lambda: npgettext("unit", "machine", "machines", count),
        "day": lambda: npgettext("unit", "day", "days", count),
    }
    return str(units[unit]())


def _chinese() -> bool:
    locale = get_locale()
    return bool(locale is None or locale.language == "zh")


def _local(value: datetime) -> datetime:
    local: datetime = to_user_timezone(value)
    return local


def _as_datetime(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _as_date(value: date | datetime | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value) if len(value) == 10 else _local(_as_datetime(value)).date()
    return _local(_as_datetime(value)).date() if isinstance(value, datetime) else value


def _day(value: date, this_year: int) -> str:
    if _chinese():
        short = f"{value.month}{GAP}月{GAP}{value.day}{GAP}日"
        return short if value.year == this_year else f"{value.year}{GAP}年 {short}"
    short = f"{value.day}{GAP}{ENGLISH_MONTHS[value.month - 1]}"
    return short if value.year == this_year else f"{short}{GAP}{value.year}"


def _short(value: float, whole: bool) -> str:
    return number(int(value)) if whole or value >= 10 else number(round(value, 1), 1)


def _grouped(value: Decimal, least: int, most: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-most), rounding=ROUND_HALF_UP)
    decimals = "0" * least + "#" * (most - least)
    shown: Any = format_decimal(rounded, format=f"#,##0.{decimals}" if decimals else "#,##0", locale="en")
    return str(shown)
