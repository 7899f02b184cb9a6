"""Reads minimum, lead time and capacity out of a factory's own description, in Chinese or English."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from matching.understanding.numerals import chinese_number
from matching.verticals.folding import plain

_NUMBER: Final = (
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s*(?P<times>万|千|k(?![a-z])|million|thousand|lakhs?\b|crores?\b)?"
)
_FREE_NUMBER: Final = r"(?<![a-z\d])" + _NUMBER
_SPAN: Final = r"(?:\d+\s*(?:-|~|to|至|到)\s*)?" + _NUMBER
_PIECES: Final = (
    r"\s*(?:pcs?|pieces?|units?|sets?|pairs?|prs|copies|kits?|dozen|件|个|只|套|条|双|盏|把|台|支|副|米|床|块|张|枚)"
)
_GOODS: Final = r"(?:[a-z]+ ){0,2}[a-z]+s"
_DAYS: Final = r"\s*-?\s*(?P<unit>(?:working |business )?days?|weeks?|wks?|months?|天|日|周|星期|个?工作日|个月)"

_MINIMUM: Final = (
    r"(?:moq|minimum(?: order)?(?: quantity| qty)?|min\.? ?order(?: quantity)?|minimums?)"
    r"(?: is| of| from|:|：|=|\s|only|just|starts at|about)*(?:\d+ ?(?:ft|feet|gp|hq)\b[a-z ]* or )?"
    + _NUMBER
    + r"(?! ?(?:ft|feet|gp|hq|x|days?|\+|cartons?|ctns?|kg|箱|平))",
    r"(?:最低|最小|最少|批量|单款|每款)?(?:起订量|起订|起做|起批量|起批|订量)"
    r"(?:为|是|:|：|\s|仅|只需|约|从|每款|每色|单款|单色)*" + _NUMBER,
    r"(?:最低|最少)\s*" + _NUMBER + _PIECES,
    r"(?:小单|小批量|少量)(?:\s|:|从|可接)*" + _NUMBER + _PIECES,
    _FREE_NUMBER
    + _PIECES
    + r"?(?:以上|左右)?(?:/?(?:一|每|单)?[色款])?\s*(?:起订|起做|起批|起接|起定制|起定"
    + r"|可(?:定制|订制|定做|订做)|可做|就做|也[做接可]|即可|起(?![毛绒球订]))",
    r"(?:orders? |runs? |batch(?:es)? )?(?:from|starting (?:at|from)|as (?:few|low) as|small runs of)\s+"
    + _NUMBER
    + _PIECES,
    _FREE_NUMBER
    + _PIECES
    + r"?\s*(?:min(?:imum)?\b|moq|(?:per |/ ?)(?:style|design|colou?r|model|item|sku|print|pattern|artwork|scent|size)"
    + r"|(?:a|each) style|each design"
    + r"|trial order|oem\b)",
)
_MINIMUM_BESIDE_LEAD: Final = re.compile(_FREE_NUMBER + _PIECES + r"(?=\s*[,;，；]\s*(?:\d+\s*[-~])?\d+" + _DAYS + ")")
_LEAD_LABELS: Final = (
    r"(?:(?:production |bulk )?lead ?times?|delivery(?: time)?|turnaround(?: time)?|production(?: time)?|ships?"
    r"|shipping|ready|bulk(?: order)?s?|mass production|交期|交货期|货期|生产周期|周期|出货|大货(?:期|周期|交期)?|交货"
    r"|工期|量产|最快|快)"
)
_LEAD: Final = (
    _LEAD_LABELS + r"(?: is| of| in| within| takes|:|：|\s|about|around|为|是|约|一般|需)*" + _SPAN + _DAYS,
    _SPAN + _DAYS + r"(?:内|左右|以内)?\s*(?:交货|出货|交期|发货|lead time|delivery|turnaround|production|可出货|交付)",
    _SPAN + r"(?P<unit>d)\s*(?:lead ?time|delivery|turnaround|production)",
    _SPAN + _DAYS + r"\s*(?:after|from|upon|once|following)\s(?:the |your |receipt of |final )*"
    r"(?:pp\b|pre-?production|sample|deposit|order|approv|artwork|payment|confirm|design)",
    r"(?<![\d年])\d{1,3}\s*(?:-|~|to|至|到)\s*" + _NUMBER + _DAYS,
    r"(?<![\d.年+])(?<!\d,)" + _NUMBER + _DAYS + r"(?:左右|上下|以内)?"
    r"(?=\s*(?:[,.;，。；]|$| in (?:high |peak )?season\b| includ))",
)
_NOT_LEAD: Final = re.compile(
    r"(?:打样|样品|样衣|现货|sampl\w+|prototype\w*|stock|老化|质保|warranty|开模|tooling|账期|付款|payment|net)[^,;.，。；]{0,6}$"
)
_BULK: Final = ("大货", "量产", "bulk", "mass")
_CAPACITY: Final = (
    _FREE_NUMBER
    + r"(?:"
    + _PIECES
    + r"|\s*"
    + _GOODS
    + r")?\s*(?:/|per|a|each|every)\s*(?P<period>day|week|month|year|annum)",
    r"(?P<period>dai?ly|day|weekly|week|month(?:ly)?|year(?:ly)?|annual)\s*(?:production |output )?"
    r"(?:capacity|output|production)(?: is| of|:|：|\s|about|up to|over)*" + _NUMBER,
    r"(?P<period>日|天|周|月|年)(?:产能|产量|产|出货量|出货|生产|处理|加工)(?:为|是|:|：|\s|约|可达|达|超|近)*"
    + _NUMBER,
    r"每个?(?P<period>日|天|周|月|年)(?:可|能)?(?:生产|出货|产能|产量|产|做|出)?(?:约|可达|达)*\s*" + _NUMBER,
    _NUMBER + _PIECES + r"\s*(?:/|每)\s*(?P<period>日|天|周|月|年)",
    _NUMBER + _PIECES + r"\s*(?P<period>daily|weekly|monthly|annually|yearly)",
    r"(?P<period>daily|weekly|monthly|yearly)\s(?:about |around |up to |over )?"
    + _NUMBER
    + r"(?:"
    + _PIECES
    + r"\b|\s(?!(?:new |staff|workers|designs|styles|containers|orders))"
    + _GOODS
    + r"\b)",
)
_TIMES: Final = {
    "万": 10_000.0, "千": 1_000.0, "k": 1_000.0, "thousand": 1_000.0, "million": 1_000_000.0,
    "lakh": 100_000.0, "lakhs": 100_000.0, "crore": 10_000_000.0, "crores": 10_000_000.0,
}  # fmt: skip
_CHINESE_NUMERAL: Final = re.compile(
    r"(?<![第零一二两三四五六七八九十百千万\d])"
    r"(?:(?:[一二两三四五六七八九]?[十百千万])+[一二三四五六七八九]?|[一二两三四五六七八九])"
    r"(?=天|周|星期|个月|个?工作日|件|个(?!性)|只|套|条|双|盏|把|台|支|副|张|枚)"
)
_DAYS_A_UNIT: Final = (("working", 1.4), ("business", 1.4), ("工", 1.4), ("个工", 1.4), ("个月", 30.0), ("w", 7.0),
                       ("m", 30.0), ("周", 7.0), ("星", 7.0))  # fmt: skip
_PERIODS_A_WEEK: Final = {"d": 6.0, "日": 6.0, "天": 6.0, "w": 1.0, "周": 1.0, "m": 0.23, "月": 0.23}
_YEARS_A_WEEK: Final = 0.0192


@dataclass(frozen=True, slots=True)
class FactoryNumbers:
    """Pieces per order, days, and pieces per week; None where the text says nothing."""

    minimum_quantity: float | None
    lead_time_days: float | None
    capacity_per_week: float | None


def factory_numbers(text: str) -> FactoryNumbers:
    """The first statement of each kind. Of a range of days the later end counts; a factory works six days a week."""
    folded = _CHINESE_NUMERAL.sub(lambda match: f"{chinese_number(match.group()):.0f}", plain(text))
    lead = _first_lead(folded)
    capacity = _first(folded, _CAPACITY_PATTERNS)
    return FactoryNumbers(
        minimum_quantity=_value(_first(folded, _MINIMUM_PATTERNS) or _beside_lead(folded, capacity)),
        lead_time_days=_scaled(lead, _days_a_unit(lead["unit"]) if lead else 1.0),
        capacity_per_week=_scaled(
            capacity, _PERIODS_A_WEEK.get(capacity["period"][0], _YEARS_A_WEEK) if capacity else 1.0
        ),
    )


def _patterns(sources: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)


_MINIMUM_PATTERNS: Final = _patterns(_MINIMUM)
_LEAD_PATTERNS: Final = _patterns(_LEAD)
_CAPACITY_PATTERNS: Final = _patterns(_CAPACITY)


def _first(text: str, patterns: Iterable[re.Pattern[str]]) -> re.Match[str] | None:
    found = [match for pattern in patterns if (match := pattern.search(text)) is not None]
    return min(found, key=lambda match: match.start(), default=None)


def _beside_lead(text: str, capacity: re.Match[str] | None) -> re.Match[str] | None:
    """Pieces named right before a time, as in "1000 pcs, 40 days": the least that is made in that time."""
    for match in _MINIMUM_BESIDE_LEAD.finditer(text):
        is_capacity = capacity is not None and capacity.start() <= match.start() <= capacity.end()
        if not is_capacity and not _NOT_LEAD.search(text[max(0, match.start() - 16) : match.start()]):
            return match
    return None


def _first_lead(text: str) -> re.Match[str] | None:
    """The first span of the surest pattern that is not the time of a sample: a label first, a bare range last."""
    for pattern in _LEAD_PATTERNS:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 16) : match.start()]
            if match.group().startswith(_BULK) or not _NOT_LEAD.search(before):
                return match
    return None


def _days_a_unit(unit: str) -> float:
    return next((days for prefix, days in _DAYS_A_UNIT if unit.startswith(prefix)), 1.0)


def _value(match: re.Match[str] | None) -> float | None:
    if match is None:
        return None
    return float(match["number"].replace(",", "")) * _TIMES.get(match["times"] or "", 1.0)


def _scaled(match: re.Match[str] | None, factor: float) -> float | None:
    value = _value(match)
    return None if value is None else round(value * factor, 4)
