"""The signs of currencies beside a number: "US$4", "4 euros", "AED 95", 12块5."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_Signs = tuple[tuple[str, str], ...]

_DOLLARS_WITH_LETTERS: Final[_Signs] = (("HKD", r"hk\$|hkd|港币|港元"), ("AUD", r"au?\$|aud|澳元"))
_COMMON: Final[_Signs] = (
    ("USD", r"us\s?\$|usd|u\.s\. dollars?|us dollars?|\$|美元|美金|dollars?|bucks?|刀"),
    ("EUR", r"€|eur(?:os?)?|欧元|欧"),
    ("GBP", r"£|gbp|英镑|pounds?|quid"),
    ("JPY", r"jpy|日元|yen"),
    ("CNY", r"rmb|cny|人民币|¥|元|块钱|块|yuan|圆"),
)
_RARE: Final[_Signs] = (
    ("CAD", r"(?<![a-z])c(?:a|ad)?\$|(?<![a-z])cad(?! (?:file|draw|design|model))|加元|加币"),
    ("SGD", r"(?<![a-z])s\$|(?<![a-z])sgd|新币|新加坡元"),
    ("NZD", r"(?<![a-z])nz\$|(?<![a-z])nzd|纽币|新西兰元"),
    ("TWD", r"(?<![a-z])nt\$|(?<![a-z])twd|新台币|台币"),
    ("BRL", r"(?<![a-z])r\$|(?<![a-z])brl|雷亚尔"),
    ("AED", r"(?<![a-z])(?:aed|dirhams?)|迪拉姆"),
    ("SAR", r"(?<![a-z])(?:sar|riyals?)|里亚尔"),
    ("INR", r"₹|(?<![a-z])(?:inr|rs\.?|rupees?)|卢比"),
    ("CHF", r"(?<![a-z])(?:chf|swiss francs?)|瑞士法郎"),
    ("SEK", r"(?<![a-z])(?:sek|swedish kron[ao]r?)|瑞典克朗"),
    ("NOK", r"(?<![a-z])nok|挪威克朗"),
    ("DKK", r"(?<![a-z])dkk|丹麦克朗"),
    ("PLN", r"(?<![a-z])(?:pln|zl|zloty(?:ch)?)|兹罗提"),
    ("KRW", r"₩|(?<![a-z])krw|韩元|韩币"),
    ("THB", r"฿|(?<![a-z])(?:thb|baht)|泰铢"),
    ("MXN", r"(?<![a-z])(?:mx\$|mxn)|墨西哥比索"),
    ("ZAR", r"(?<![a-z])zar|南非兰特"),
)
_HINTS_OF_RARE: Final = (
    *(
        "a$",
        "c$",
        "d$",
        "r$",
        "s$",
        "t$",
        "x$",
        "z$",
        "₹",
        "₩",
        "฿",
        "cad",
        "sgd",
        "nzd",
        "twd",
        "brl",
        "aed",
        "dirham",
    ),
    *(
        " sar",
        "riyal",
        "inr",
        " rs",
        "rupee",
        "chf",
        "franc",
        "sek",
        "swedish",
        "nok",
        "dkk",
        "pln",
        "zl",
        "krw",
        "thb",
    ),
    *("baht", "mxn", "zar", "加元", "加币", "新币", "新加坡", "纽币", "新西兰", "台币", "雷亚尔", "迪拉姆", "里亚尔"),
    *("卢比", "法郎", "克朗", "兹罗提", "韩元", "韩币", "泰铢", "比索", "兰特"),
)


@dataclass(frozen=True, slots=True)
class CurrencySigns:
    """Patterns that end where a number begins, and that begin where one ends; a group is named by the ISO 4217 code."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    codes: tuple[str, ...]

    def code(self, match: re.Match[str]) -> str:
        return next(code for code in self.codes if match[code])


@lru_cache(maxsize=8)
def signs_in(plain_text: str) -> CurrencySigns:
    """The signs to look for in a text: the rare ones double the time, and most texts hold none of them."""
    return _EVERY if any(hint in plain_text for hint in _HINTS_OF_RARE) else _FREQUENT


def _signs(*groups: _Signs) -> CurrencySigns:
    """The first sign that fits counts, so those that end as the bare dollar or 元 do stand before it."""
    signs = [sign for group in groups for sign in group]
    choice = "|".join(f"(?P<{code}>{pattern})" for code, pattern in signs)
    return CurrencySigns(
        re.compile(rf"(?:{choice})(?<![元块欧刀圆])\s?$"),
        re.compile(rf"\s?(?:{choice})(?![a-z])(?P<tenth>[1-9](?!\d))?(?:人民币|钱)?"),
        tuple(code for code, _ in signs),
    )


_FREQUENT: Final = _signs(_DOLLARS_WITH_LETTERS, _COMMON)
_EVERY: Final = _signs(_DOLLARS_WITH_LETTERS, _RARE, _COMMON)
