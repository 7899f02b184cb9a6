"""How many pieces a text asks for, and in which unit."""

import itertools
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from matching.understanding.listing import Lists, Span
from matching.understanding.numerals import Number, chinese_number
from matching.understanding.readings import Reading
from matching.verticals.folding import plain
from matching.verticals.pack import Unit, Vocabulary

_LABEL_BEFORE: Final = re.compile(
    r"(?:数量|订量|订购量|采购量|首单|总量|总数|共计|合计|一共|总共|共|大货|下单|下|订|做|要|需要|需"
    r"|采购|订购|约|大约|大概|左右|第一批|首批|首印|先"
    r"|quantity|qty|amount|total(?: of)?|order(?: of)?|for|need|want|about|around|approx\.?"
    r"|approximately|volume|looking for)"
    r"\s*(?:是|为|of|is)?\s*[:=]?\s*(?:约|about|around)?\s*$"
)
_TOTAL_BEFORE: Final = re.compile(
    r"(?:共计|合计|一共|总共|总数|总量|共|in total|total(?: of| quantity| qty)?)\s*[:=]?\s*(?:约)?$"
)
_TOTAL_AFTER: Final = re.compile(r"^\s*(?:in total|total|altogether|overall)\b")
_SAMPLE_BEFORE: Final = re.compile(
    r"(?:打样|样品|先做|先打|样衣|样|送样|sample(?:s)?(?: of)?|prototype(?:s)?)\s*[:,]?\s*(?:各|要|做)?$"
)
_SAMPLE_AFTER: Final = re.compile(r"^\s*(?:的)?(?:样品|样衣|样板|样|sample|proto|pp sample)")
_SET_AFTER: Final = re.compile(r"^\s(?:per set|in (?:a|one|each) set|set|kit)\b")
_PACKING_BEFORE: Final = re.compile(
    r"(?:每(?:盒|箱|包|袋|套|捆|板|卷|组|排)|一(?:盒|箱|包|袋|套)|(?:pack|box|set|bag|carton|case"
    r"|bundle)s? of|per (?:box|carton|bag|pack)\s*:?)\s*(?:装|有|含)?\s*$"
)
_PACKING_AFTER: Final = re.compile(
    r"^(?:\s*(?:/|per|a|in (?:a|one|each)|装)|[一每])\s*(?:(?:display|inner|master|outer|gift|colou?r|export) )?"
    r"(?:展示|[彩礼内外中大小])?(?:盒|箱|包|袋|套|捆|卡|组|box|carton|ctn|bag|pack"
    r"|polybag|card|case|set)(?!\d)"
)
_RATE: Final = re.compile(
    r"^(?:\s*(?:/|per|an?|each|every|每)\s*|一个?)(?:月|年|天|日|周|week|month|year|day)(?!交|内|后|到|出|之内|以内)"
)
_RATE_BEFORE: Final = re.compile(
    r"(?:每月|每年|每天|每周|月产|日产|年产|月产能|日产能|产能|monthly|weekly|capacity(?: of)?)\s*[:约]?\s*$"
)
_EACH_BEFORE: Final = re.compile(
    r"(?:各(?:颜色|色|款|尺码)?|一个(?:颜色|色|款)|每色|每款|每码|每个码|每个颜色|每种颜色|每个款|每个色|每个尺码"
    r"|each(?: colou?r| style| design| size)?:?|per (?:colou?r|style|design|size):?|(?:designs?|styles?|colou?rs?|款"
    r"|色)\s?[x×*@])\s*(?:做|要|订)?\s*$"
)
_EACH_AFTER: Final = re.compile(
    r"^\s*(?:(?:/|per|for each|each|every|in each|of each)\s*(?:colou?rs?|styles?|designs?|sizes?|prints?"
    r"|patterns?|artworks?|scents?|skus?|variants?|色|款|码|个颜色|颜色)|(?:each|ea) of\b|of each\b"
    r"|[x×*]\s?\d{1,2} (?:sizes|colou?rs|styles|designs)"
    r"|each\b(?! (?:at|for))|(?:每色|每款|一个颜色|一色|一款)(?!\s?\d))"
)
_VARIANTS: Final = re.compile(
    r"(?P<count>\d{1,2}|[一二两三四五六七八九十]{1,2}|two|three|four|five|six|seven|eight|nine|ten)\s?(?:-\s?)?"
    r"(?:个|种|款)?\s?(?:不同)?(?:颜色|色(?!花|印|套|贴|丝|温|系)|款式|款(?!式)|花色|尺码|(?<=个)码"
    r"|花型|图案|香型|香味|口味|尺寸|规格|prints|patterns|artworks|scents"
    r"|different colou?rs|colou?rs?|colou?rways?|styles?|designs?|sizes|variants?|skus?)"
)
_COUNT_WORDS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_NOT_A_UNIT_AFTER: Final = re.compile(
    r"^(?:套(?:装|餐具|床品)?(?!\w)|月|人|天|星期|小时|工作日|点|百分|色|颜色|款|尺码|码|样|国家|城市"
    r"|厂|工厂|以内|公司|logo|图案|花色|礼拜|季度|-white|(?:高支|长绒|精梳|纱|棉|双股|单股))"
)
_LENGTH_AFTER: Final = re.compile(r"(?<=米)\s?[高长宽深]|(?<=[rs])\s(?:high|tall|long|wide)")
_TIMES_VARIANTS_AFTER: Final = re.compile(r"\s?[x×*]\s?\d{1,2}\s?(?:个)?[色款]")
_FOR_A_PURPOSE: Final = re.compile(r"\s?, ?for (?:an?|my|our|the) ")
_WEARERS: Final = re.compile(
    r"(?<![\d.,a-z])(?P<count>\d{1,4}) ?"
    r"(?P<who>adults?|mens?|womens?|ladies|kids|children|youths?|juniors?|boys|girls)\b"
)
_COMPONENT_UNIT: Final = re.compile(r"(?:[张片粒颗支米]|met(?:er|re)s?)$")
_LOOSE_WORD_AFTER: Final = re.compile(r"\s?[a-z]|[一-鿿]")
_ENDS: Final = re.compile(r"\s*(?:$|[,.;!?、，。\n])|\s")
_OF_EACH: Final = re.compile(r"^\s?of each\b(?! [a-z])")
_OF_A_COLOUR: Final = re.compile(r"色|colou?r")
_TIMES_BEFORE: Final = re.compile(r"(?:款|色|designs?|styles?|colou?rs?)\s?[x×*@]\s?$")
_NEEDED_BEFORE: Final = re.compile(r"\b(?:need|want|require|order(?:ing)?|looking for)(?: about| around)?\s$")
_MINIMUM_BEFORE: Final = re.compile(
    r"(?:moq|起订量|最低|minimum(?: order)?(?: quantity)?|起订|最小)\s*(?:is|of|为|是)?\s*[:=]?\s*$"
)
_ORDINAL_BEFORE: Final = re.compile(r"(?:第|每|这|那|no\.?|#|型号|货号|art\.?|sku|item)\s*$")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of goods in the text, before the roles of all of them are weighed against each other."""

    reading: Reading
    unit: Unit | None
    each: bool
    total: bool


def find_counts(
    plain_text: str, text: str, numbers: list[Number], vocabulary: Vocabulary, categories: list[Span], taken: list[Span]
) -> list[Count]:
    """Every number that counts goods. A number without a unit counts when goods follow it: "500 ceramic mugs"."""
    found = []
    for number in numbers:
        if overlaps((number.start, number.end), taken):
            continue
        count = _count(plain_text, text, number, vocabulary, categories)
        if count is not None:
            found.append(count)
    return found


def quantity_readings(plain_text: str, counts: list[Count], lists: Lists, variants: int) -> list[Reading]:
    """The order quantity in pieces, best first: a stated total, else so many of each, else the plain count.

    variants: how many colours the text names.
    """
    readings = [count.reading for count in counts if not count.each]
    each = [count for count in counts if count.each]
    if each:
        number = _variants(plain_text, variants)
        readings += [_times(count.reading, _listed(plain_text, count.reading, lists) or number) for count in each]
    elif len(counts) > 1 and not any(count.total for count in counts):
        readings += _sum_of_parts(plain_text, counts, lists.colours)
    readings += _sum_of_wearers(plain_text)
    if any(count.unit is not None and count.unit.id == "set" for count in counts):
        readings = _sets_before_their_pieces(counts, readings)
    return sorted(readings, key=lambda reading: (-reading.confidence, reading.start))


def overlaps(span: Span, taken: list[Span]) -> bool:
    first, last = span
    for start, end in taken:  # noqa: SIM110  # A generator doubles the time of what is asked a hundred times a text.
        if first < end and start < last:
            return True
    return False


@lru_cache(maxsize=8)
def _unit_words(vocabulary: Vocabulary) -> tuple[re.Pattern[str], dict[str, Unit]]:
    units = {
        plain(word): unit
        for unit in vocabulary.units()
        for word in (unit.name_en, unit.name_zh, *unit.synonyms_en, *unit.synonyms_zh)
    }
    ordered = sorted(units, key=lambda word: -len(word))
    choice = "|".join(rf"{re.escape(word)}(?:e?s)?(?![a-z])" if word.isascii() else re.escape(word) for word in ordered)
    return re.compile(rf"\s?-?\s?(?:of )?(?P<word>{choice})"), units


def _count(plain_text: str, text: str, number: Number, vocabulary: Vocabulary, categories: list[Span]) -> Count | None:
    before, after = plain_text[max(0, number.start - 24) : number.start], plain_text[number.end : number.end + 40]
    if number.value < 1 or (
        number.value != int(number.value) and not after.lstrip().startswith(("doz", "dz", "打", "罗"))
    ):
        return None
    end, unit = _unit_after(plain_text, number, vocabulary)
    if unit is None and _ORDINAL_BEFORE.search(before):
        return None
    rest = plain_text[end : end + 30]
    if _is_something_else(before, rest):
        return None
    confidence = _confidence(plain_text, number, unit, before, categories, end)
    if confidence is None:
        return None
    if _RATE.match(rest) or _RATE_BEFORE.search(before):
        confidence = 0.4
    if _MINIMUM_BEFORE.search(before):
        confidence = 0.5
    pieces = unit.pieces if unit is not None else 1
    total = bool(_TOTAL_BEFORE.search(before) or _TOTAL_AFTER.match(rest))
    reading = Reading(
        "quantity",
        int(number.value * pieces),
        text[number.start : end],
        number.start,
        end,
        1.0 if total else confidence,
        upper=number.upper * pieces if number.upper != number.value else None,
    )
    each = bool(_EACH_BEFORE.search(before) or _EACH_AFTER.match(rest)) and not total
    return Count(reading, unit, each, total)


def _unit_after(plain_text: str, number: Number, vocabulary: Vocabulary) -> tuple[int, Unit | None]:
    pattern, units = _unit_words(vocabulary)
    match = pattern.match(plain_text, number.end)
    if match is None:
        return number.end, None
    word = match["word"]
    unit = units.get(word) or units.get(word.removesuffix("s")) or units.get(word.removesuffix("es"))
    if unit is None or _NOT_A_UNIT_AFTER.match(plain_text[match.end() : match.end() + 8]):
        return number.end, None
    return match.end(), unit


def _is_something_else(before: str, rest: str) -> bool:
    return bool(
        _SAMPLE_BEFORE.search(before)
        or _SAMPLE_AFTER.match(rest)
        or _SET_AFTER.match(rest)
        or _PACKING_BEFORE.search(before)
        or _PACKING_AFTER.match(rest)
    )


def _confidence(
    plain_text: str, number: Number, unit: Unit | None, before: str, categories: list[Span], end: int
) -> float | None:
    labelled = bool(_LABEL_BEFORE.search(before))
    rest = plain_text[end : end + 30]
    if unit is not None:
        return _confidence_of_unit(plain_text, number, unit, labelled, end)
    told = _told_by_its_clause(before, rest, number)
    if told is not None:
        return told
    if number.kind == "chinese":
        return None
    following = re.match(r"\s?%|\s?[a-z]{1,3}(?![a-z])|[:/.x×*\d]|\s?[年月日号]", plain_text[end : end + 8])
    if following and not re.match(r"\s?(?:x|of|in|fo)\b", plain_text[end : end + 4]) and not labelled:
        return None
    ahead = next((start for start, _ in sorted(categories) if start >= end), None)
    between = plain_text[end:ahead] if ahead is not None else None
    if (
        between is not None
        and len(between) <= 60
        and len(between.split()) <= 6
        and not re.search(r"[,;.!?\n()]", between)
    ):
        return 0.9 if number.value >= 10 else 0.6
    if re.search(r"(?:数量|订量|quantity|qty|首单|总数|total)\s*(?:是|为|of|is)?\s*[:=]?\s*(?:约|about)?\s*$", before):
        return 0.95
    behind = next((last for _, last in sorted(categories, reverse=True) if last <= number.start), None)
    if (
        behind is not None
        and number.value >= 20
        and not _LOOSE_WORD_AFTER.match(plain_text, end)
        and re.fullmatch(r"\s?(?:[x×*,:-]\s?|of )?", plain_text[behind : number.start])
    ):
        return 0.75
    return None


def _confidence_of_unit(plain_text: str, number: Number, unit: Unit, labelled: bool, end: int) -> float | None:
    if number.kind == "chinese" and number.value == 1 and not labelled:
        return None
    if unit.id == "metre" and _LENGTH_AFTER.match(plain_text, end):
        return None
    if _COMPONENT_UNIT.search(plain_text[number.end : end]):
        return 0.8
    return 0.97 if labelled or number.value >= 10 else 0.7


def _told_by_its_clause(before: str, rest: str, number: Number) -> float | None:
    """The confidence of a number without a unit that the words right beside it tell to be a count."""
    if number.value < 10:
        return None
    if _OF_EACH.match(rest):
        return 0.4
    of_each = bool(_EACH_BEFORE.search(before))
    if (
        _EACH_AFTER.match(rest)
        or _TOTAL_AFTER.match(rest)
        or (re.search(r"各(?:色|款)?\s?$", before) and _ENDS.match(rest))
        or (of_each and _TIMES_VARIANTS_AFTER.match(rest))
    ):
        return 0.85
    needed = bool(_TIMES_BEFORE.search(before) or _NEEDED_BEFORE.search(before))
    alone = number.kind == "arabic" and re.search(r"(?:^|[,;])\s*$", before) and _FOR_A_PURPOSE.match(rest)
    if (number.value >= 50 and needed and _ENDS.match(rest)) or (number.value >= 20 and alone):
        return 0.75
    return None


def _listed(plain_text: str, reading: Reading, lists: Lists) -> int:
    """How many the text lists of what it asks so many of each of; 0 when it lists none."""
    listed = lists.before(reading.start)
    if listed or not _OF_A_COLOUR.search(plain_text, max(0, reading.start - 12), reading.end + 14):
        return listed
    return lists.labelled_colours()


def _variants(plain_text: str, colours: int) -> int:
    """The first number of variants above one that the text names, for 一个色 only says what is counted."""
    named = (_variant_count(match["count"]) for match in _VARIANTS.finditer(plain_text))
    return next((number for number in named if number > 1), max(colours, 1))


def _variant_count(written: str) -> int:
    if written.isdigit():
        return int(written)
    return _COUNT_WORDS.get(written) or int(chinese_number(written))


def _times(reading: Reading, variants: int) -> Reading:
    value = int(reading.value) * variants if isinstance(reading.value, int) else reading.value
    return Reading(
        reading.field,
        value,
        reading.text,
        reading.start,
        reading.end,
        0.8 if variants > 1 else min(reading.confidence, 0.6),
        upper=reading.upper * variants if reading.upper is not None else None,
    )


def _sum_of_parts(plain_text: str, counts: list[Count], colours: list[Span]) -> list[Reading]:
    """ "黑色200件, 白色100件" asks for 300: the same unit several times, with each beside its colour."""
    parts = [count.reading for count in counts if count.unit is not None and count.reading.confidence >= 0.6]
    if len(parts) < 2 or len({count.unit.id for count in counts if count.unit is not None}) != 1:
        return []
    if not all(
        any(abs(start - part.end) <= 8 or abs(part.start - end) <= 8 for start, end in colours) for part in parts
    ):
        return []
    gaps = [plain_text[first.end : second.start] for first, second in itertools.pairwise(parts)]
    if any(len(gap) > 24 or re.search(r"[.;!?\n]|交|天|day", gap) for gap in gaps):
        return []
    values = [part.value for part in parts if isinstance(part.value, int)]
    start, end = parts[0].start, parts[-1].end
    return [Reading("quantity", sum(values), plain_text[start:end], start, end, 0.98)]


def _sum_of_wearers(plain_text: str) -> list[Reading]:
    """ "60 adult 90 kids" asks for 150."""
    parts = list(_WEARERS.finditer(plain_text))
    if len({part["who"] for part in parts}) < 2 or min(int(part["count"]) for part in parts) < 5:
        return []
    gaps = [plain_text[first.end() : second.start()] for first, second in itertools.pairwise(parts)]
    if not all(re.fullmatch(r"[\s,;/+&]*(?:and )?|[^.;!?\d]{0,12}", gap) for gap in gaps):
        return []
    start, end = parts[0].start(), parts[-1].end()
    return [Reading("quantity", sum(int(part["count"]) for part in parts), plain_text[start:end], start, end, 0.85)]


def _sets_before_their_pieces(counts: list[Count], readings: list[Reading]) -> list[Reading]:
    """ "64 pcs, 500 sets" asks for 500: fewer pieces than there are sets are what one set holds."""
    sets = [count.reading for count in counts if count.unit is not None and count.unit.id == "set"]
    most = max((reading.value for reading in sets if isinstance(reading.value, int)), default=0)
    inside = {
        count.reading
        for count in counts
        if count.unit is not None
        and count.unit.id == "piece"
        and isinstance(count.reading.value, int)
        and count.reading.value < most
        and not count.total
    }
    return [replace(one, confidence=min(one.confidence, 0.6)) if one in inside else one for one in readings]
