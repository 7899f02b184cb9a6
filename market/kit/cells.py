"""What a person writes into a cell or a field, read as a plain value. Pure; what cannot be read says what is accepted.

Both languages, both widths and the habits of spreadsheets: "1,200", "２５", "¥128", "2026年12月3日".
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from market.kit.money import CURRENCIES, MoneyFault, parse_money
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _

NUMBER = re.compile(r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*(.*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}.*)?")
_DAY_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_ENGLISH_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPLIT = re.compile(r"[;；、,，/\n|]+")
_SYMBOLS = {"¥": "CNY", "元": "CNY", "RMB": "CNY", "US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "JP¥": "JPY"}


class Unreadable(ValueError):
    """Text that is not what its place takes."""

    def __init__(self, problem: Sentence, accepted: Sentence) -> None:
        super().__init__(problem)
        self.problem = problem
        self.accepted = accepted


@dataclass(frozen=True, slots=True)
class Amount:
    minor: int
    currency: str


def read_day(text: str) -> date:
    """A calendar day, the year first or its order plain from the numbers. Raises Unreadable."""
    accepted = _("a day like 2026-12-03")
    bare = narrow(text)
    numbers = _day_numbers(bare)
    if numbers is None:
        raise Unreadable(_("“%(value)s” is no day that can be read", value=text[:40]), accepted)
    try:
        return date(*numbers)
    except ValueError:
        raise Unreadable(_("“%(value)s” is no day of the calendar", value=text[:40]), accepted) from None


def _day_numbers(text: str) -> tuple[int, int, int] | None:
    found = _DAY.fullmatch(text)
    if found:
        return int(found[1]), int(found[2]), int(found[3])
    found = _ENGLISH_DAY.fullmatch(text)
    if found and found[2][:3].lower() in _MONTHS:
        return int(found[3]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1])
    found = _DAY_LAST.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    # 05/03/2026 is March in one country and May in another, so only an order that is plain is taken.
    if first > 12 >= second or first == second:
        return year, second, first
    return (year, first, second) if second > 12 >= first else None


def read_price(text: str, currency: str = "CNY") -> Amount:
    """A unit price; a symbol or code beside it says the currency. Raises Unreadable."""
    bare, currency = split_currency(text, currency)
    accepted = _("an amount above zero, like 128.50")
    try:
        money = parse_money(bare, currency)
    except MoneyFault:
        raise Unreadable(_("“%(value)s” is no amount", value=text[:40]), accepted) from None
    if money.minor == 0:
        raise Unreadable(_("is no usable price"), accepted)
    return Amount(money.minor, currency)


def split_currency(text: str, currency: str) -> tuple[str, str]:
    """What is left of an amount without the symbol or code beside it, and the currency, by default the given one."""
    bare = narrow(text)
    for mark in sorted((*_SYMBOLS, *CURRENCIES), key=len, reverse=True):
        if bare.upper().startswith(mark) or bare.upper().endswith(mark):
            return re.sub(re.escape(mark), "", bare, count=1, flags=re.IGNORECASE).strip(), _SYMBOLS.get(mark, mark)
    return bare, currency


def read_price_in(text: str, currency: str) -> int:
    """A unit price in one currency, in minor units; another currency beside it is refused. Raises Unreadable."""
    amount = read_price(text, currency)
    if amount.currency != currency:
        raise Unreadable(_("is in another currency"), _("an amount in %(currency)s", currency=currency))
    return amount.minor


def read_whole(text: str, most: int) -> int:
    """A whole number from 0 to `most`. Raises Unreadable."""
    bare = narrow(text).removesuffix(".0")
    if not bare.isascii() or not bare.isdigit() or int(bare[:12]) > most:
        accepted = _("a whole number from 0 to %(most)s", most=most)
        raise Unreadable(_("“%(value)s” is no number", value=text[:40]), accepted)
    return int(bare)


def split_list(text: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(text) if part.strip()]


def narrow(text: str) -> str:
    """Full-width digits and signs as ordinary ones, outer blanks gone."""
    return unicodedata.normalize("NFKC", text.replace("￥", "¥")).strip()
