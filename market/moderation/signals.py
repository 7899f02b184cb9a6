"""Signals of a request that is not meant: pure functions over facts, each with its weight and what it rests on."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

ENOUGH: Final = 3
"""From this sum of weights on a request is put before an operator."""

LEAST_COMPARED: Final = 8
TIMES_OFF: Final = 5
FEWEST_ENDED: Final = 10
BURST: Final = 6
NEW_DAYS: Final = 7
SHORTEST_DAYS: Final = 3
MOST_PIECES: Final = 100_000
FEWEST_UNANSWERED: Final = 3
NEW_VALUE_MINOR: Final = 20_000_000
SHORTEST_TEXT: Final = 30
CONTACTS: Final = (
    ("link", re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net|org|top|xyz|shop)\b", re.I)),
    ("mail", re.compile(r"[\w.+-]+@[\w-]+\.\w+")),
    (
        "phone",
        re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|(?<!\d)\+\d{1,3}[- ]\d[\d -]{6,}\d"),
    ),
    ("chat", re.compile(r"(?:微信|加v|v信|wechat|whatsapp|telegram|qq)\s*[:：号]?\s*[\w+-]{4,}", re.I)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What is known of a request when it is posted.

    text: its words and description. alike: other organisations that posted the same text. middle_price_minor: of what
    comparable requests named, compared: how many they are. shop_days: since when the shop is here. ended: its requests
    that ended without an award. posted_within_hour: with this one. unanswered: counter-offers that it let pass, of all
    that it was asked.
    """

    text: str
    quantity: int
    days_until_due: int | None
    price_minor: int | None
    currency: str
    middle_price_minor: int | None
    compared: int
    alike: int
    shop_days: int
    ended: int
    awards: int
    posted_within_hour: int
    asked: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason to look. facts: the figures it rests on, as plain JSON."""

    name: str
    weight: int
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "weight": self.weight, "facts": dict(self.facts)}


def normalised(text: str) -> str:
    """A text without case, width, punctuation, spaces and digits, so that a copy with other numbers is the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in plain if sign.isalpha())


def contact_in_text(facts: OrderFacts) -> Signal | None:
    kinds = [kind for kind, pattern in CONTACTS if pattern.search(facts.text)]
    return Signal("contact", 3, {"kinds": kinds}) if kinds else None


def copied_text(facts: OrderFacts) -> Signal | None:
    return Signal("copied", 4, {"shops": facts.alike}) if facts.alike else None


def price_far_off(facts: OrderFacts) -> Signal | None:
    middle, price = facts.middle_price_minor, facts.price_minor
    if not price or not middle or facts.compared < LEAST_COMPARED:
        return None
    if middle <= price * TIMES_OFF and price <= middle * TIMES_OFF:
        return None
    told = {"price": price, "middle": middle, "currency": facts.currency, "n": facts.compared}
    return Signal("price", 2, told)


def impossible_terms(facts: OrderFacts) -> Signal | None:
    told: dict[str, int] = {}
    if facts.days_until_due is not None and facts.days_until_due < SHORTEST_DAYS:
        told["days"] = facts.days_until_due
    if facts.quantity > MOST_PIECES:
        told["quantity"] = facts.quantity
    return Signal("impossible", 2, told) if told else None


def never_awarded(facts: OrderFacts) -> Signal | None:
    if facts.awards or facts.ended < FEWEST_ENDED:
        return None
    return Signal("never_awarded", 3, {"ended": facts.ended})


def burst_of_posts(facts: OrderFacts) -> Signal | None:
    if facts.shop_days >= NEW_DAYS or facts.posted_within_hour < BURST:
        return None
    return Signal("burst", 2, {"posted": facts.posted_within_hour, "days": facts.shop_days})


def never_answers(facts: OrderFacts) -> Signal | None:
    if facts.unanswered < FEWEST_UNANSWERED or facts.unanswered < facts.asked:
        return None
    return Signal("silent", 2, {"asked": facts.asked})


def large_for_a_new_shop(facts: OrderFacts) -> Signal | None:
    if facts.awards or facts.shop_days >= NEW_DAYS or not facts.price_minor:
        return None
    value = facts.price_minor * facts.quantity
    told = {"value": value, "currency": facts.currency}
    return Signal("large_for_new", 2, told) if value > NEW_VALUE_MINOR else None


SIGNALS: Final[tuple[Callable[[OrderFacts], Signal | None], ...]] = (
    contact_in_text,
    copied_text,
    price_far_off,
    impossible_terms,
    never_awarded,
    burst_of_posts,
    never_answers,
    large_for_a_new_shop,
)


def signals_of(facts: OrderFacts) -> list[Signal]:
    """Every signal that the facts give, the weightiest first."""
    found = [signal for look in SIGNALS if (signal := look(facts)) is not None]
    return sorted(found, key=lambda signal: (-signal.weight, signal.name))
