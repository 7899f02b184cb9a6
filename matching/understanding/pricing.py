"""The price a text hopes for, for one piece."""

import re
from typing import Final

from matching.understanding.counting import overlaps
from matching.understanding.currencies import CurrencySigns, signs_in
from matching.understanding.listing import Span
from matching.understanding.numerals import Number
from matching.understanding.readings import Reading

_LABEL: Final = re.compile(
    r"(?:单价|目标价格?|心理价位?|价格|价位|预算|出厂价|成本|报价|[不别]超过?|[不别]高于|低于|控制在|最高|price"
    r"|target|budget|cost|under|below|less than|max(?:imum)?|up to"
    r"|no more than|not more than|around|at)\s*(?:在|是|为|is|of|price)?\s*[:=]?\s*(?:约|about|around|under|below)?\s*$"
)
_UNIT_PRICE_LABEL: Final = re.compile(
    r"(?:单价|目标价格?|unit price|target price|target cost|price|每件|一件|每个|每套|一个|一套"
    r"|每双)\s*(?:在|是|为|is|under|below|around|of|about|不超过|控制在)?\s*[:=]?\s*$"
)
_EACH: Final = re.compile(
    r"^\s*(?:/|per|a|an|each|one|一|每|apiece)\s*(?:件|个|套|只|条|双|支|台|盏|张|块|片|打|顶|piece"
    r"|pcs?|pce|unit|set|pair|item|ea|mug|lamp|shirt|garment)?(?![a-z])"
)
_FOR_ONE: Final = re.compile(r"/(?:件|个|套|只|条|双|副|对|把|盏|盒|瓶|pcs?\b|set\b|pair\b)")
_EACH_AHEAD: Final = re.compile(r"(?:每|一)(?:双|件|个|套|只|条|盏|台|把|块|副)\s?$")
_OF_ONE: Final = re.compile(
    r"^\s?一(?:双|件|个|套|只|条|盏|台|把|块|副|支)(?:(?![\d一-鿿])|(?=[能可行吧吗就]|左右|以内|上下))"
)
_LIMIT_AFTER: Final = re.compile(r"^\s*(?:以内|以下|之内|左右|上下|or less|or under|or below|max)")
_TOTAL_BEFORE: Final = re.compile(
    r"(?:总价|总预算|总金额|总共|一共|总额|total(?: budget| price| amount| cost| value)?"
    r"|overall budget|in total)\s*(?:在|是|为|is|of|about|around|约)?\s*[:=]?\s*$"
)
_TOTAL_AFTER: Final = re.compile(r"^\s*(?:in total|total|altogether|overall)\b")
_OTHER_COST: Final = re.compile(
    r"(?:费|运费|快递|邮费|定金|订金|押金|fee|shipping|freight|deposit|tooling|mou?ld|sample cost"
    r"|coupon|charge)s?\s*(?:is|of|about|在|约|是|为)?\s*[:=]?\s*$"
)
_NOT_MONEY_AFTER: Final = re.compile(
    r"^\s?(?:-|~)?\s?(?:pcs?|pieces?|pairs?|sets?|units?|dozen|days?|weeks?|months?|cm|mm|ml|gsm|g\b"
    r"|kg|w\b|k\b|v\b|件|个|套|只|双|条|天|周|月|日|号|年|克|厘米|毫升|%|岁|片|色|款|针|寸|inch|oz|m\b"
    r"|years?|cartons?|箱|colou?rs?|styles?|designs?|degrees?|度|℃)"
)


def money_spans(plain_text: str, numbers: list[Number]) -> list[Span]:
    """Where a number bears the sign of a currency; 块 alone does not, for rugs are counted in it too."""
    spans = []
    signs = signs_in(plain_text)
    for number in numbers:
        start, end, currency, tenth = _with_currency(plain_text, number, signs)
        before, after = plain_text[max(0, start - 30) : start], plain_text[end : end + 12]
        only_counted = plain_text[number.end : end].strip() == "块" and not (
            tenth or _EACH.match(after) or _LABEL.search(before) or _LIMIT_AFTER.match(after)
        )
        if currency is not None and not only_counted:
            spans.append((number.start, end))
    return spans


def price_readings(
    plain_text: str, text: str, numbers: list[Number], taken: list[Span], quantity: int | None, chinese: bool
) -> list[Reading]:
    """Readings of target_unit_price and currency. The upper end of a range counts, since a buyer would pay it.

    A price without any sign of its currency is read only after a word such as "price" or "预算".
    """
    readings: list[Reading] = []
    signs = signs_in(plain_text)
    for number in numbers:
        if not overlaps((number.start, number.end), taken):
            readings += _readings(plain_text, text, number, signs, quantity, chinese)
    return sorted(readings, key=lambda reading: (-reading.confidence, reading.start))


def _readings(
    plain_text: str, text: str, number: Number, signs: CurrencySigns, quantity: int | None, chinese: bool
) -> list[Reading]:
    start, end, currency, tenth = _with_currency(plain_text, number, signs)
    before, rest = plain_text[max(0, start - 30) : start], plain_text[end : end + 24]
    if _OTHER_COST.search(before) or number.value <= 0:
        return []
    if currency is None and not _stands_bare(before, rest, number):
        return []
    value, confidence = number.upper + tenth, _confidence(before, rest, currency)
    if _TOTAL_BEFORE.search(before) or _TOTAL_AFTER.match(rest):
        if not quantity:
            return []
        value, confidence = value / quantity, 0.6
    elif (
        currency is not None
        and quantity
        and value > 2000
        and not (_EACH.match(rest) or _UNIT_PRICE_LABEL.search(before))
    ):
        return []
    each = _EACH.match(rest)
    end = end + len(each.group().rstrip()) if each else end
    found = [Reading("target_unit_price", round(value, 4), text[start:end], start, end, confidence)]
    if currency is None and chinese:
        return [*found, Reading("currency", "CNY", text[start:end], start, end, 0.5)]
    if currency is not None:
        found.append(Reading("currency", currency, text[start:end], start, end, confidence))
    return found


def _with_currency(plain_text: str, number: Number, signs: CurrencySigns) -> tuple[int, int, str | None, float]:
    before = signs.before.search(plain_text[max(0, number.start - 12) : number.start])
    if before is not None:
        after = signs.after.match(plain_text, number.end)
        end = after.end() if after is not None else number.end
        code = signs.code(before)
        if code == "CNY" and after is not None:
            code = signs.code(after)
        return number.start - len(before.group()), end, code, 0.0
    after = signs.after.match(plain_text, number.end)
    if after is None:
        return number.start, number.end, None, 0.0
    tenth = (
        float(after["tenth"]) / 10
        if after["tenth"] and plain_text[after.start() : after.end()].startswith("块")
        else 0.0
    )
    end = after.end() if tenth or not after["tenth"] else after.start("tenth")
    return number.start, end, signs.code(after), tenth


def _stands_bare(before: str, rest: str, number: Number) -> bool:
    if number.kind != "arabic" or _NOT_MONEY_AFTER.match(rest):
        return False
    if number.value != int(number.value) and _FOR_ONE.match(rest):
        return True
    if _EACH.match(rest) and re.match(
        r"^\s*(?:/|each|per|a)\s*(?:件|个|套|只|条|双|piece|pcs?|unit|set|pair|$|[,.;])", rest
    ):
        return bool(_LABEL.search(before))
    if _EACH_AHEAD.search(before) or _OF_ONE.match(rest):
        return True
    return (bool(_LABEL.search(before)) and not re.search(r"(?:around|at|up to|约)\s*$", before)) or bool(
        _LIMIT_AFTER.match(rest) and number.value < 5000
    )


def _confidence(before: str, rest: str, currency: str | None) -> float:
    if currency is None:
        return 0.7
    if _EACH.match(rest) or _UNIT_PRICE_LABEL.search(before) or _LABEL.search(before) or _LIMIT_AFTER.match(rest):
        return 0.95
    return 0.8
