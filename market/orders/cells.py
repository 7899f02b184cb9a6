"""What a person writes into a cell or a field, read as a value. Pure; says what is accepted when it cannot be read.

Both languages, both widths and the habits of spreadsheets: "1,200 件", "２５ dozen", "¥128", "30% cashmere, 70% wool".
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from market.kit.money import CURRENCIES, MoneyFault, parse_money
from market.orders.drafts import COUNTED, LARGEST_QUANTITY, MaterialShare
from market.orders.wording import Sentence
from market.orders.wording import Sentence as _
from matching.verticals.folding import word_forms
from matching.verticals.pack import Kind, Vocabulary

_NUMBER = re.compile(r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*(.*)", re.DOTALL)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}.*)?")
_DAY_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_ENGLISH_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPLIT = re.compile(r"[;；、,，/\n|]+")
_SHARE_FIRST = re.compile(r"([0-9]{1,3})\s*%\s*([^0-9%]+)")
_SHARE_LAST = re.compile(r"([^0-9%]+?)\s*([0-9]{1,3})\s*%")
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


def read_quantity(text: str, vocabulary: Vocabulary) -> tuple[int, str]:
    """A count and its unit (piece, set or pair); dozens and gross are counted out. Raises Unreadable."""
    found = _NUMBER.fullmatch(_narrow(text))
    if found is None:
        raise _no_count(text)
    number = float(found[1].replace(",", ""))
    unit, pieces = "piece", 1
    if found[2]:
        unit, pieces = _read_unit(found[2], text, vocabulary)
    count = number * pieces
    if not count.is_integer():
        accepted = _("a whole number from 1 to %(most)s", most=LARGEST_QUANTITY)
        raise Unreadable(_("“%(value)s” is no whole number", value=text[:40]), accepted)
    return int(count), unit


def _read_unit(word: str, text: str, vocabulary: Vocabulary) -> tuple[str, int]:
    wanted = word_forms(word)
    for unit in vocabulary.units():
        names = (unit.id, unit.name_en, unit.name_zh, *unit.synonyms_en, *unit.synonyms_zh)
        if any(word_forms(name) == wanted for name in names):
            return unit.id if unit.id in COUNTED else "piece", unit.pieces
    raise _no_count(text)


def _no_count(text: str) -> Unreadable:
    accepted = _("a whole number from 1 to %(most)s", most=LARGEST_QUANTITY)
    return Unreadable(_("“%(value)s” is no number", value=text[:40]), accepted)


def read_day(text: str) -> date:
    """A calendar day, the year first or its order plain from the numbers. Raises Unreadable."""
    accepted = _("a day like 2026-12-03")
    bare = _narrow(text)
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
    bare = _narrow(text)
    for mark in sorted((*_SYMBOLS, *CURRENCIES), key=len, reverse=True):
        if bare.upper().startswith(mark) or bare.upper().endswith(mark):
            currency = _SYMBOLS.get(mark, mark)
            bare = re.sub(re.escape(mark), "", bare, count=1, flags=re.IGNORECASE).strip()
            break
    accepted = _("an amount above zero, like 128.50")
    try:
        money = parse_money(bare, currency)
    except MoneyFault:
        raise Unreadable(_("“%(value)s” is no amount", value=text[:40]), accepted) from None
    if money.minor == 0:
        raise Unreadable(_("is no usable price"), accepted)
    return Amount(money.minor, currency)


def read_price_in(text: str, currency: str) -> int:
    """A unit price in one currency, in minor units; another currency beside it is refused. Raises Unreadable."""
    amount = read_price(text, currency)
    if amount.currency != currency:
        raise Unreadable(_("is in another currency"), _("an amount in %(currency)s", currency=currency))
    return amount.minor


def read_whole(text: str, most: int) -> int:
    """A whole number from 0 to `most`. Raises Unreadable."""
    bare = _narrow(text).removesuffix(".0")
    if not bare.isascii() or not bare.isdigit() or int(bare[:12]) > most:
        accepted = _("a whole number from 0 to %(most)s", most=most)
        raise Unreadable(_("“%(value)s” is no number", value=text[:40]), accepted)
    return int(bare)


def read_term(text: str, kind: Kind, vocabulary: Vocabulary, vertical: str | None) -> str:
    """The id of a term of the packs, by its name or synonym in either language. Raises Unreadable."""
    found = vocabulary.resolve(kind, text, vertical)
    if found is None:
        accepted = _("a name of the list, in Chinese or English")
        raise Unreadable(_("“%(value)s” is not known", value=text[:40]), accepted)
    return found.id


def read_terms(text: str, kind: Kind, vocabulary: Vocabulary, vertical: str | None) -> tuple[str, ...]:
    """Several terms parted by ; or the comma of either language. Raises Unreadable for the first unknown one."""
    # A name may hold one of the separators itself ("cut/sew"), so the whole text is tried first.
    whole = vocabulary.resolve(kind, text, vertical)
    if whole is not None:
        return (whole.id,)
    return tuple(dict.fromkeys(read_term(part, kind, vocabulary, vertical) for part in split_list(text)))


def read_materials(text: str, vocabulary: Vocabulary, vertical: str | None) -> tuple[MaterialShare, ...]:
    """Materials with their shares where given: "羊绒 30% 羊毛 70%", "30% cashmere, 70% wool", "cotton". Raises
    Unreadable."""
    bare = _narrow(text)
    if "%" not in bare:
        return tuple(MaterialShare(found) for found in read_terms(text, "material", vocabulary, vertical))
    pattern, name, share = (_SHARE_FIRST, 2, 1) if bare.lstrip()[0].isdigit() else (_SHARE_LAST, 1, 2)
    parts = [(found[name].strip(" ,;/、+&"), int(found[share])) for found in pattern.finditer(bare)]
    if not parts:
        accepted = _("a name of the list, in Chinese or English")
        raise Unreadable(_("“%(value)s” is not known", value=text[:40]), accepted)
    return tuple(MaterialShare(read_term(word, "material", vocabulary, vertical), each) for word, each in parts)


def read_colours(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Colours as ids of the packs, or as written where no pack knows them."""
    found = ((part, vocabulary.resolve("colour", part)) for part in split_list(text))
    return tuple(dict.fromkeys(part if term is None else term.id for part, term in found))


def split_list(text: str) -> list[str]:
    return [part.strip() for part in _SPLIT.split(text) if part.strip()]


def _narrow(text: str) -> str:
    """Full-width digits and signs as ordinary ones, outer blanks gone."""
    return unicodedata.normalize("NFKC", text.replace("￥", "¥")).strip()
