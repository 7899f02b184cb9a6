"""When the goods must be there: dates, spans of time and feasts, reckoned from today."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from matching.understanding.calendar_days import FEASTS, in_the_last_moon, next_feast, working_days_later
from matching.understanding.numerals import Number, chinese_number
from matching.understanding.readings import Reading

_MONTH_NAMES: Final = (
    *(("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",), ("jun", "june")),
    *(("jul", "july"), ("aug", "august"), ("sep", "sept", "september"), ("oct", "october"), ("nov", "november")),
    ("dec", "december"),
)
_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names}
_MONTH: Final = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_WEEKDAYS: Final = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_CHINESE_WEEKDAYS: Final = {character: number for number, character in enumerate("一二三四五六日")} | {"天": 6}
_SPANS: Final = {
    "天": 1, "日": 1, "days": 1, "day": 1, "d": 1, "周": 7, "星期": 7, "礼拜": 7, "个星期": 7, "个礼拜": 7, "weeks": 7,
    "week": 7, "wks": 7, "wk": 7, "个月": 30, "月": 30, "months": 30, "month": 30,
}  # fmt: skip
_SPAN_UNIT: Final = re.compile(
    r"\s?-?\s?(?P<working>个?工作日|(?:working|business|work) days?)|\s?-?\s?(?P<unit>个星期|个礼拜"
    r"|个月|星期|礼拜|天|周|日|days?|weeks?|wks?|months?)(?![a-z])(?!子|期内容|历)"
)
_SPAN_IN_WORDS: Final = re.compile(r"\b(?:a|one) (?P<unit>week|month|fortnight)\b|半个?月")
_NAMES_A_MONTH: Final = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)")
_FIRST_MONTH: Final = "(?<![\\d一二两三四五六七八九十百千万])元"
"""元月 is January; the 元 of 单价5元月底交 is money."""
_FULL_DATE: Final = re.compile(
    r"(?P<year>20\d\d)\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})\s?(?:日|号)?(?!\d)"
)
_CHINESE_DATE: Final = re.compile(
    r"(?:(?P<year>20\d\d|明|今)年?)?(?P<month>\d{1,2}"
    rf"|[一二三四五六七八九十]{{1,2}}|{_FIRST_MONTH})\s?月\s?(?:份)?(?P<day>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s?(?:日"
    r"|号)?(?!\d)(?!个|色)"
)
_CHINESE_MONTH_PART: Final = re.compile(
    rf"(?:(?P<year>20\d\d|明|今)年?)?(?P<month>\d{{1,2}}|[一二三四五六七八九十]{{1,2}}|{_FIRST_MONTH}|本|这个|这|下个"
    r"|下)\s?月\s?(?:份)?(?P<part>底|末|初|上旬|中旬|下旬|中|前|之前|份前)"
)
_BARE_MONTH_END: Final = re.compile(r"(?<![\d一二三四五六七八九十下个本这])月底")
_NEXT_MONTH_DAY: Final = re.compile(r"下个?月\s?(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})\s?(?:日|号)")
_LAST_MOON_DAY: Final = re.compile(
    r"腊月(?:初|廿(?=[一二三四五六七八九]))?(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})"
)
_DAY_ONLY: Final = re.compile(r"(?<![\d.月])(?P<day>\d{1,2})\s?号(?=\s?(?:前|之前|以前|要|交|出|到|发))")
_ENGLISH_DATE: Final = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}"
    rf"|{_MONTH.replace('?P<name>', '?P<name2>')}[ -](?P<day2>\d{{1,2}})(?:st|nd|rd"
    rf"|th)?(?!\d))(?:,? ?(?P<year>20\d\d))?"
)
_ENGLISH_MONTH_PART: Final = re.compile(
    rf"(?P<part>end of|late|mid|middle of|early|beginning of|start of|by|before"
    rf"|(?:first|1st|second|2nd|third|3rd|last) week (?:of|in))[ -](?:the )?{_MONTH}(?: (?P<year>20\d\d))?(?! ?\d)"
)
_ENGLISH_MONTH_END: Final = re.compile(rf"{_MONTH}[ -](?P<part>end|mid|middle|start|beginning)\b(?! of)")
_PART_AFTER: Final = {"end": "end of", "start": "start of", "beginning": "beginning of"}
_LAST_DAYS: Final = {"first": 7, "1st": 7, "second": 14, "2nd": 14, "third": 21, "3rd": 21}
_SLASH_DATE: Final = re.compile(
    r"(?<![\d/.:])(?P<first>\d{1,2})(?P<mark>[/.])(?P<second>\d{1,2})(?:(?P=mark)(?P<year>20\d\d|\d\d))?(?![\d/%])"
)
_BARE_DATE: Final = re.compile(r"\d[/.]\d")
_NAMED_DAY: Final = re.compile(
    r"(?:下下|下|这|本)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])|(?P<which>next|this|coming|by"
    r"|before|on) (?P<english>mon|tues|wednes|thurs|fri|satur|sun)day\b"
)
_RELATIVE: Final = {"大后天": 3, "后天": 2, "day after tomorrow": 2, "明天": 1, "tomorrow": 1, "今天": 0, "today": 0}
_RELATIVE_DAY: Final = re.compile("|".join(_RELATIVE))
_WHOLE_SPANS: Final = re.compile(
    r"(?P<month_end>(?:by |before )?(?:the )?end of (?:the |this )?month|本月底|这个月底|month[- ]end)"
    r"|(?P<next_month_end>(?:by |before )?(?:the )?end of next month|下个?月底)"
    r"|(?P<next_month>(?:by )?next month|下个月(?!\s?\d|[底初中末]))"
    r"|(?P<week_end>(?:by )?(?:the )?end of (?:the |this )?week|这周末|本周末|本周内)"
    r"|(?P<next_week_end>(?:by )?(?:the )?end of next week|下周末|下周内|下周(?![一二三四五六日天])"
    r"|next week)"
    r"|(?P<year_end>(?:by |before )?(?:the )?end of (?:the |this )?year|年底|年末|year[- ]end)"
)
_DELIVERY: Final = re.compile(
    r"交|货期|出货|发货|到货|到仓|收货|上架|赶|急|要货|完成|前|内|之内|以内|以前|deliver|lead ?time"
    r"|ship|due|deadline|need|within|in |by|before|ready|turnaround|latest|eta|etd|arrive|launch|asap"
    r"|delivery"
)
_NOT_DELIVERY: Final = re.compile(
    r"样|账期|付款|月结|质保|保修|有效|售后|sample|payment|net |credit|warranty|valid|prototype|quote"
    r"|reply|报价|回复|shelf life|保质|营业|成立|开店|经验|experience|old|岁"
)
_FEAST_DAYS: Final = {f"feast{number}": day_in for number, (_, day_in) in enumerate(FEASTS)}
_FEAST_WORDS: Final = (
    *(
        "节",
        "春",
        "年",
        "旦",
        "五一",
        "六一",
        "618",
        "六一八",
        "国庆",
        "黄金周",
        "双",
        "黑",
        "开学",
        "端午",
        "中秋",
        "圣诞",
        "festival",
        "元宵",
    ),
    *("new year", "cny", "christmas", "xmas", "valentine", "day", "school", "halloween", "double", "friday", "easter"),
    *("thanksgiving", "autumn"),
)
_FEAST: Final = re.compile("|".join(f"(?P<feast{number}>{pattern})" for number, (pattern, _) in enumerate(FEASTS)))
_BEFORE_WORD: Final = re.compile(r"(?:before|b4|by|ahead of|in time for|赶在|赶)\s?(?:the )?$")
_SAMPLES_BY: Final = re.compile(r"(?:样|sampl|proto)[^,.;!?，。]*$")
_AHEAD_OF: Final = re.compile(r"(?:before|b4|ahead of|in time for)\s?(?:the )?$|赶在?$")
_GOODS_ARE_DUE: Final = re.compile(r"\s?(?:节)?\s?(?:要|上架|到货|出货|发货|交|(?:演出|活动|晚会|当天)(?:要|用|穿))")
_AFTER_WORD: Final = re.compile(r"^\s?(?:节|day)?\s?(?:之前|以前|前)")


def due_readings(plain_text: str, text: str, numbers: list[Number], today: date) -> list[Reading]:
    """Readings of due_on, best first; days in the past and what speaks of samples or payment are left out."""
    names_a_month = _NAMES_A_MONTH.search(plain_text) is not None
    found = [
        Reading("due_on", day, text[start:end], start, end, confidence)
        for start, end, day, confidence in (
            *_written_dates(plain_text, names_a_month, today),
            *_month_parts(plain_text, names_a_month, today),
            *_named_days(plain_text, today),
            *_feasts(plain_text, today),
            *_spans(plain_text, numbers, today),
        )
        if day is not None and day >= today
    ]
    longest = [
        reading
        for reading in found
        if not any(
            other is not reading
            and other.start <= reading.start
            and reading.end <= other.end
            and (other.end - other.start) > (reading.end - reading.start)
            for other in found
        )
    ]
    return sorted(dict.fromkeys(longest), key=lambda reading: (-reading.confidence, reading.start))


_CLAUSE_END: Final = re.compile(r"[,;.!?\n]|(?<=[一-鿿]) ")
_TELLS_TIME: Final = re.compile(r"[\d年月天周日底]")

Dated = tuple[int, int, date | None, float]


def _where(pattern: re.Pattern[str], plain_text: str, *needed: str) -> Iterator[re.Match[str]]:
    """The matches of a pattern that cannot match without one of the words; most texts hold none of them."""
    for word in needed:
        if word in plain_text:
            return pattern.finditer(plain_text)
    return iter(())


def _written_dates(plain_text: str, names_a_month: bool, today: date) -> Iterator[Dated]:
    for match in _where(_FULL_DATE, plain_text, "20"):
        day = _day(int(match["year"]), int(match["month"]), int(match["day"]))
        yield _weighed(plain_text, match, day, 0.97)
    for match in _where(_CHINESE_DATE, plain_text, "月"):
        month, day_of_month = _small(match["month"]), _small(match["day"])
        yield _weighed(plain_text, match, _coming(today, match["year"], month, day_of_month), 0.95)
    for match in _ENGLISH_DATE.finditer(plain_text) if names_a_month else ():
        month = _MONTHS[match["name"] or match["name2"]]
        day_of_month = int(match["day"] or match["day2"])
        yield _weighed(plain_text, match, _coming(today, match["year"], month, day_of_month), 0.95)
    for match in _where(_NEXT_MONTH_DAY, plain_text, "月"):
        year, month = _months_later(today, 1)
        yield _weighed(plain_text, match, _day(year, month, _small(match["day"])), 0.95)
    for match in _where(_LAST_MOON_DAY, plain_text, "腊月"):
        day = in_the_last_moon(_small(match["day"]) + 20 * ("廿" in match.group()), today)
        yield _weighed(plain_text, match, day, 0.95)
    for match in _where(_DAY_ONLY, plain_text, "号"):
        yield _weighed(plain_text, match, _this_or_next_month(today, int(match["day"])), 0.8)
    for match in _SLASH_DATE.finditer(plain_text) if _BARE_DATE.search(plain_text) else ():
        if _is_dated(plain_text, match):
            yield _slash_date(match, today)


def _slash_date(match: re.Match[str], today: date) -> Dated:
    first, second = int(match["first"]), int(match["second"])
    year = match["year"] and ("20" + match["year"])[-4:]
    month, day_of_month = (first, second) if second > 12 or not year else (second, first)
    if month > 12:
        month, day_of_month = day_of_month, month
    return (
        match.start(),
        match.end(),
        _coming(today, year, month, day_of_month),
        0.8 if max(first, second) > 12 else 0.6,
    )


def _month_parts(plain_text: str, names_a_month: bool, today: date) -> Iterator[Dated]:
    for match in _where(_CHINESE_MONTH_PART, plain_text, "月"):
        yield _weighed(plain_text, match, _part_of_month(match["month"], match["part"], match["year"], today), 0.9)
    for match in _where(_BARE_MONTH_END, plain_text, "月"):
        yield _weighed(plain_text, match, _last_day(today.year, today.month), 0.9)
    for match in _ENGLISH_MONTH_PART.finditer(plain_text) if names_a_month else ():
        month = _MONTHS[match["name"]]
        year = int(match["year"]) if match["year"] else today.year + (month < today.month)
        yield _weighed(plain_text, match, _day_of_part(year, month, match["part"]), 0.9)
    for match in _ENGLISH_MONTH_END.finditer(plain_text) if names_a_month else ():
        month = _MONTHS[match["name"]]
        part = _PART_AFTER.get(match["part"], "mid")
        yield _weighed(plain_text, match, _day_of_part(today.year + (month < today.month), month, part), 0.9)
    for match in _where(_WHOLE_SPANS, plain_text, "月", "周", "年", "week", "month", "year"):
        yield _weighed(plain_text, match, _end_of(match.lastgroup or "", today), 0.9)


def _named_days(plain_text: str, today: date) -> Iterator[Dated]:
    for match in _where(_NAMED_DAY, plain_text, "周", "星期", "礼拜", "day"):
        if match["weekday"]:
            weekday = _CHINESE_WEEKDAYS[match["weekday"]]
            weeks = 2 if match.group().startswith("下下") else 1 if match.group().startswith("下") else 0
        else:
            weekday = next(number for number, name in enumerate(_WEEKDAYS) if name.startswith(match["english"]))
            weeks = 1 if match["which"] == "next" else 0
        monday = today - timedelta(days=today.weekday())
        day = monday + timedelta(days=weekday + 7 * weeks)
        yield _weighed(plain_text, match, day if day >= today else day + timedelta(days=7), 0.9)
    for match in _where(_RELATIVE_DAY, plain_text, "天", "tomorrow", "today"):
        yield _weighed(plain_text, match, today + timedelta(days=_RELATIVE[match.group()]), 0.8)


def _feasts(plain_text: str, today: date) -> Iterator[Dated]:
    for match in _where(_FEAST, plain_text, *_FEAST_WORDS):
        before, after = plain_text[max(0, match.start() - 14) : match.start()], plain_text[match.end() :][:12]
        ahead = _AHEAD_OF.search(before) or _AFTER_WORD.match(after) or match.group().endswith("前")
        if not (ahead or _BEFORE_WORD.search(before) or _GOODS_ARE_DUE.match(after)):
            continue
        if _SAMPLES_BY.search(plain_text[max(0, match.start() - 24) : match.start()]):
            continue
        day_in = _FEAST_DAYS[match.lastgroup or ""]
        year = _year_beside(before, after, today)
        day = day_in(year) if year is not None else next_feast(day_in, today)
        if day is not None and ahead:
            day -= timedelta(days=1)
        tail = _AFTER_WORD.match(after)
        yield match.start(), match.end() + (tail.end() if tail else 0), day, 0.9


def _year_beside(before: str, after: str, today: date) -> int | None:
    """The year that a feast is named with: "Easter 2028", "明年春节", "Black Friday next year"."""
    if re.match(r"\s?next year", after) or re.search(r"明年\s?$|next year'?s?\s?$", before):
        return today.year + 1
    written = re.match(r",?\s?(20\d\d)(?!\d)", after) or re.search(r"(20\d\d)\s?年?\s?$", before)
    return int(written[1]) if written else None


def _spans(plain_text: str, numbers: list[Number], today: date) -> Iterator[Dated]:
    for number in numbers:
        unit = _SPAN_UNIT.match(plain_text, number.end)
        if unit is None or number.upper > 730:
            continue
        start, end = number.start, unit.end()
        context = plain_text[max(0, start - 16) : start], plain_text[end : end + 10]
        if unit["unit"] == "日" and not context[1].startswith(("内", "之内", "以内", "交")):
            continue
        if _clause_says(_NOT_DELIVERY, *context) or re.match(r"\s?(?:月|-)?(?:ago|前下单|以前)", context[1]):
            continue
        if context[0].rstrip().endswith(("每", "/", "per", "第", "年")):
            continue
        sure = 0.95 if _clause_says(_DELIVERY, *context) else 0.6
        if unit["working"]:
            yield start, end, working_days_later(today, int(number.upper)), sure
        else:
            days = round(number.upper * _SPANS[unit["unit"]])
            yield start, end, today + timedelta(days=days), sure
    for match in _where(_SPAN_IN_WORDS, plain_text, "月", "week", "month", "fortnight"):
        days = {"week": 7, "month": 30, "fortnight": 14}.get(match["unit"] or "", 15)
        yield _weighed(plain_text, match, today + timedelta(days=days), 0.85)


def _clause_says(pattern: re.Pattern[str], before: str, after: str) -> bool:
    return bool(pattern.search(_clause_before(before) + "|" + _CLAUSE_END.split(after)[0]))


def _clause_before(before: str) -> str:
    """What leads up to a date: its own clause, with the label before a space unless that tells a time itself."""
    clauses = _CLAUSE_END.split(before)
    if clauses[-1].strip() or len(clauses) < 2 or not before.endswith(" "):
        return clauses[-1]
    label = clauses[-2]
    return "" if _TELLS_TIME.search(label) else label


def _weighed(plain_text: str, match: re.Match[str], day: date | None, confidence: float) -> Dated:
    before = plain_text[max(0, match.start() - 14) : match.start()]
    speaks_of_else = _clause_says(_NOT_DELIVERY, before, plain_text[match.end() : match.end() + 8])
    return match.start(), match.end(), None if speaks_of_else else day, confidence


def _is_dated(plain_text: str, match: re.Match[str]) -> bool:
    before, after = plain_text[max(0, match.start() - 14) : match.start()], plain_text[match.end() : match.end() + 4]
    named = re.search(
        r"(?:by|before|due|deadline|on|until|delivery|ex-?factory|ex[- ]?works"
        r"|in[- ]?hands?|etd|eta|ships?|shipping|交期|交货|出货|截止)\s?(?:date|日期|是|is|:)*\s?$",
        before,
    )
    return bool((match["year"] and len(match["year"]) == 4) or named or re.match(r"\s?(?:前|之前|交|出货|要)", after))


def _part_of_month(month: str, part: str, year: str | None, today: date) -> date | None:
    if month in ("本", "这", "这个"):
        return _day_of_part(today.year, today.month, part)
    if month in ("下", "下个"):
        return _day_of_part(*_months_later(today, 1), part)
    number = _small(month)
    if not 1 <= number <= 12:
        return None
    return _day_of_part(_year(year, today) or today.year + (number < today.month), number, part)


def _day_of_part(year: int, month: int, part: str) -> date | None:
    if not 1 <= month <= 12:
        return None
    if part in ("底", "末", "下旬", "end of", "late") or part.startswith("last week"):
        return _last_day(year, month)
    if part in ("初", "上旬", "early", "beginning of", "start of"):
        return date(year, month, 10)
    if part in ("前", "之前", "份前", "before", "by"):
        return date(year, month, 1) - timedelta(days=1) if part != "by" else _last_day(year, month)
    return date(year, month, _LAST_DAYS.get(part.partition(" week")[0], 20 if part == "中旬" else 15))


def _end_of(span: str, today: date) -> date:
    sunday = today + timedelta(days=6 - today.weekday())
    next_month = _months_later(today, 1)
    return {
        "month_end": _last_day(today.year, today.month),
        "next_month_end": _last_day(*next_month),
        "next_month": _last_day(*next_month),
        "week_end": sunday,
        "next_week_end": sunday + timedelta(days=7),
        "year_end": date(today.year, 12, 31),
    }[span]


def _coming(today: date, year: str | None, month: int, day_of_month: int) -> date | None:
    """The named day of the named year, else the next time that the calendar shows it."""
    named = _year(year, today)
    if named is not None:
        return _day(named, month, day_of_month)
    day = _day(today.year, month, day_of_month)
    return day if day is None or day >= today else _day(today.year + 1, month, day_of_month)


def _year(written: str | None, today: date) -> int | None:
    if not written:
        return None
    return {"明": today.year + 1, "今": today.year}.get(written) or int(written)


def _this_or_next_month(today: date, day_of_month: int) -> date | None:
    day = _day(today.year, today.month, day_of_month)
    return day if day is not None and day >= today else _day(*_months_later(today, 1), day_of_month)


def _months_later(today: date, months: int) -> tuple[int, int]:
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    return year, month + 1


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _day(year: int, month: int, day_of_month: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day_of_month <= monthrange(year, month)[1]:
        return None
    return date(year, month, day_of_month)


def _small(written: str) -> int:
    if written == "元":
        return 1
    return int(written) if written.isdigit() else int(chinese_number(written))
