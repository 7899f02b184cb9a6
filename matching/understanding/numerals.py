"""Numbers as people write them: 1,200 · 1.5k · 3千 · 三百五十 · five hundred · 300-500 · 1,35 Euro · 1.500 Stück."""

import re
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_POWERS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_SMALL_WORDS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS: Final = {word: value for value, word in enumerate(_SMALL_WORDS)} | {
    word: (position + 2) * 10 for position, word in enumerate(_TENS)
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_MULTIPLIERS: Final = {
    "k": 1000,
    "千": 1000,
    "万": 10000,
    "w": 10000,
    "百": 100,
    "thousand": 1000,
    "hundred": 100,
    "多": 1,
}
_FIRST_LETTERS: Final = "".join(sorted({word[0] for word in (*_WORDS, *_SCALES, "a")}))
_WORD_CHOICE: Final = "|".join([*_WORDS, *_SCALES])
_ARABIC: Final = r"(?<![a-z\d])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
# A comma before cents beside euros, and a point before thousands of pieces: elsewhere both are read the English way.
_CONTINENTAL: Final = (
    r"(?<![\d.,])\d{1,3}(?:\.\d{3})*,\d{2}(?=\s?(?:€|eur))"
    r"|(?:(?<=€)|(?<=€ )|(?<=eur)|(?<=eur )|(?<=euro ))\d{1,3}(?:\.\d{3})*,\d{2}(?![\d,])"
    r"|(?<![\d.,])\d{1,3}(?:\.\d{3})+(?=\s?(?:stuck|stk|stueck|pezzi|pieces|pcs|piezas|unidades)(?![a-z]))"
)
# What no number begins with is passed over at once.
_NUMBER: Final = re.compile(
    rf"(?=[\d零〇一二两三四五六七八九十百千万半]|\b[{_FIRST_LETTERS}])(?:(?P<continental>{_CONTINENTAL})|(?P<arabic>{_ARABIC})(?:\s?(?P<multiplier>(?<!\d{{4}})k(?![a-z0-9])"
    rf"|w(?=\s?(?:[件个只条套双支台盏]|pcs))|千|万|百|(?:thousand|hundred)\b))?"
    rf"|(?P<chinese>[零〇一二两三四五六七八九十百千万]+半?|半)"
    rf"|\b(?P<words>(?:an? )?(?:{_WORD_CHOICE})(?:[ -](?:and )?(?:{_WORD_CHOICE}))*)\b)"
)
_GREATEST: Final = 1e9
_RANGE: Final = re.compile(r"\s?(?:-|~|到|至|to|或)\s?[$€£¥]?")
_RANGE_OF_MONEY: Final = re.compile(r"\s?[元块]\s?(?:-|~|到|至)\s?")
_MONEY_AFTER: Final = re.compile(r"\s?[元块]")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text. upper: the greater end when the text gives a range, else the value itself."""

    value: float
    upper: float
    start: int
    end: int
    kind: str


def find_numbers(plain_text: str) -> list[Number]:
    """Every number of a text that `plain` has folded, ranges joined; kind is arabic, chinese or words.

    Longer figures, such as telephone and article numbers, count nothing and are left out.
    """
    single = [number for match in _NUMBER.finditer(plain_text) if (number := _number(match)).value <= _GREATEST]
    joined: list[Number] = []
    for number in single:
        before = joined[-1] if joined else None
        if before is not None and _makes_range(before, number, plain_text):
            scale = _shared_scale(before, number)
            joined[-1] = Number(before.value * scale, number.upper, before.start, number.end, number.kind)
        else:
            joined.append(number)
    return joined


def _number(match: re.Match[str]) -> Number:
    kind = match.lastgroup if match.lastgroup not in ("multiplier", "continental") else "arabic"
    if match["continental"]:
        value = float(match["continental"].replace(".", "").replace(",", "."))
    elif match["arabic"]:
        value = float(match["arabic"].replace(",", "")) * _MULTIPLIERS.get(match["multiplier"] or "", 1)
    elif match["chinese"]:
        value = chinese_number(match["chinese"])
    else:
        value = english_number(match["words"])
    return Number(value, value, match.start(), match.end(), kind or "arabic")


def _makes_range(before: Number, number: Number, plain_text: str) -> bool:
    gap = plain_text[before.end : number.start]
    between = _RANGE.fullmatch(gap) or (_RANGE_OF_MONEY.fullmatch(gap) and _MONEY_AFTER.match(plain_text, number.end))
    return (
        bool(between) and before.value == before.upper and before.value * _shared_scale(before, number) < number.value
    )


def _shared_scale(before: Number, number: Number) -> float:
    """In "2-3千" and "1-2k" the multiplier stands once and means both."""
    return 1000.0 if number.value >= 1000 and before.value < 10 and number.value / 1000 < 100 else 1.0


def chinese_number(written: str) -> float:
    """The value of a Chinese numeral: 三百五 is 350, 一万二 is 12000, 两千 is 2000, 三百二十 is 320."""
    if written == "半":
        return 0.5
    half = written.endswith("半")
    digits = written.removesuffix("半")
    if not any(character in _POWERS for character in digits):
        plain_value = float("".join(str(_DIGITS[character]) for character in digits))
        return plain_value + 0.5 if half else plain_value
    total = section = pending = 0
    last_power = 1
    for character in digits:
        if character in _DIGITS:
            pending = _DIGITS[character]
            last_power = 1 if character in "零〇" else last_power
            continue
        power = _POWERS[character]
        if power == 10000:
            total += (section + pending or 1) * power
            section = 0
        else:
            section += (pending or 1) * power
        pending, last_power = 0, power
    tail = pending * (last_power // 10 if last_power > 10 else 1)
    value = float(total + section + tail)
    return value + last_power * 0.5 if half else value


def english_number(written: str) -> float:
    """The value of an English numeral: "two thousand five hundred" is 2500, "a hundred" is 100."""
    total = section = 0
    for word in re.split(r"[ -]", written):
        if word in _WORDS:
            section += _WORDS[word]
        elif word in _SCALES:
            scale = _SCALES[word]
            section = (section or 1) * scale
            if scale >= 1000:
                total, section = total + section, 0
    return float(total + section)
