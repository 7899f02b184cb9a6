"""Sizes, their ratio, and how the goods are to be inspected."""

import re
from collections.abc import Iterator
from typing import Final

from matching.understanding.readings import Reading

_SIZE: Final = r"(?:[2-6]xl|x{0,3}[sl]|xxs|m|均码|\b(?:one size|free size)\b)"
_SIZES_THEN_RATIO: Final = re.compile(
    rf"(?<![a-z])(?P<sizes>{_SIZE}(?:\s?[:/,、\-]\s?{_SIZE}){{1,8}})\s?(?:码)?\s?[:=]?\s?(?:ratio|配比"
    rf"|比例|按|=)?\s?[:=]?\s?(?P<ratio>\d{{1,2}}(?:\s?[:/\-]\s?\d{{1,2}}){{1,8}})(?!\d)"
)
_SIZE_COUNTS: Final = re.compile(
    rf"(?<![a-z])(?P<pairs>{_SIZE}\s?码?\s?[:x*×=]?\s?\d{{1,5}}\s?(?:件|pcs?"
    rf"|pieces)?(?:\s?[,/、;]?\s?(?:and |和)?{_SIZE}\s?码?\s?[:x*×=]?\s?\d{{1,5}}\s?(?:件|pcs?"
    rf"|pieces)?){{1,8}})(?![\da-z])"
)
_COUNT_SIZES: Final = re.compile(
    rf"(?P<pairs>\d{{1,5}}\s?{_SIZE}(?![a-z])(?:\s?[,/、;]\s?(?:and )?\d{{1,5}}\s?{_SIZE}(?![a-z])){{1,8}})"
)
_RATIO_ONLY: Final = re.compile(
    r"(?:尺码配比|尺码比例|配码|码比|配比|size ratio|size breakdown|size split|ratio)\s?(?:of|is|为|是"
    r"|按)?\s?[:=]?\s?(?P<ratio>\d{1,2}(?:\s?[:/\-]\s?\d{1,2}){1,8})"
)
_RANGE: Final = re.compile(
    rf"(?<![a-z0-9])(?P<first>{_SIZE})\s?码?\s?(?:-|~|到|至|to|through)\s?(?P<last>{_SIZE})(?![a-z])"
)
_NUMBER_RANGE: Final = re.compile(r"(?P<first>\d{2,3})\s?(?:-|~|到|至)\s?(?P<last>\d{2,3})\s?码")
_LIST: Final = re.compile(rf"(?<![a-z])(?P<sizes>{_SIZE}(?:\s?[/,、]\s?{_SIZE}){{1,8}})(?![a-z])")
_DIMENSIONS: Final = re.compile(
    r"(?<![\d.])(?P<lengths>\d{1,4}(?:\.\d+)?\s?(?:cm|mm|m)?(?:\s?[x×*]\s?\d{1,4}(?:\.\d+)?){1,2})(?!\d)"
    r"\s?(?P<unit>cm|mm|m(?![a-z])|inch|in(?![a-z])|\"|厘米|公分|毫米|米|寸)?(?!\s?(?:pcs|件|个|色|款))"
)
_SPACED: Final = re.compile(
    r"(?<![a-z])(?P<sizes>(?:(?:xxs|xs|s|m|l|xl|xxl|xxxl|[2-6]xl)(?![a-z]) ){2,8}(?:m|l|xl|xxl"
    r"|[2-6]xl))(?![a-z])"
)
_MAY_SIZE: Final = re.compile(r"(?<![a-z])(?:[2-6x]*[sl]|m)(?![a-su-wyz])|均码|one size|free size")
"""What holds none of these names no size; the x and the t after a size are those of "m x 20" and "s to l"."""
_MAY_MEASURE: Final = re.compile(r"[x×*]")
_MAY_INSPECT: Final = re.compile("检|验|inspection|psi|qc|checked|aql")
_AQL: Final = re.compile(r"aql\s?[:=]?\s?(?P<major>\d(?:\.\d+)?)(?:\s?[/,]\s?(?P<minor>\d(?:\.\d+)?))?")
_OTHER_INSPECTION: Final = (
    (
        re.compile(
            r"第三方(?:验货|质检|检验)|third[- ]party inspection|(?:sgs|bv|intertek|qima|tuv"
            r"|tüv)\s?(?:验货|inspection|检验)"
        ),
        "third-party",
    ),
    (re.compile(r"全检|100%\s?(?:检验|验货|全检|inspection|qc|checked)|full inspection"), "full"),
    (re.compile(r"抽检|random inspection|抽样检验|sampling inspection"), "sampling"),
    (re.compile(r"出货前验货|pre[- ]?shipment inspection|psi\b|final inspection|尾期验货"), "pre-shipment"),
)


def size_readings(plain_text: str, text: str) -> list[Reading]:
    """Readings of size_ratio ("S:1,M:2,L:1") and attribute:sizes ("S-XL")."""
    found = list(_ratios(plain_text, text))
    if "码" in plain_text or _MAY_SIZE.search(plain_text):
        found += _named_sizes(plain_text, text)
    return found


def _named_sizes(plain_text: str, text: str) -> list[Reading]:
    """Ranges and lists of sizes."""
    found = []
    ranged = [*_RANGE.finditer(plain_text), *_NUMBER_RANGE.finditer(plain_text)]
    for match in ranged:
        value = f"{match['first'].upper()}-{match['last'].upper()}"
        found.append(
            Reading("attribute:sizes", value, text[match.start() : match.end()], match.start(), match.end(), 0.9)
        )
    for match in _SPACED.finditer(plain_text):
        start, end = match.span()
        value = ",".join(match["sizes"].upper().split())
        found.append(Reading("attribute:sizes", value, text[start:end], start, end, 0.85))
    for match in _LIST.finditer(plain_text):
        if not any(match.start() < other.end() and other.start() < match.end() for other in ranged):
            value = ",".join(size.strip().upper() for size in re.split(r"[/,、]", match["sizes"]))
            start, end = match.span()
            found.append(Reading("attribute:sizes", value, text[start:end], start, end, 0.85))
    return found


def dimension_readings(plain_text: str, text: str) -> list[Reading]:
    """Readings of attribute:dimensions: "45x45 cm", "70x140x20 cm"; no unit when the text gives none."""
    found = []
    for match in _DIMENSIONS.finditer(plain_text) if _MAY_MEASURE.search(plain_text) else ():
        lengths = "x".join(re.findall(r"\d+(?:\.\d+)?", match["lengths"]))
        unit = {"厘米": "cm", "公分": "cm", "米": "m", "毫米": "mm", "寸": "inch", '"': "inch", "in": "inch"}.get(
            match["unit"] or "", match["unit"] or ""
        )
        start, end = match.span()
        found.append(Reading("attribute:dimensions", f"{lengths} {unit}".strip(), text[start:end], start, end, 0.9))
    return found


def sizes_total(readings: list[Reading]) -> Reading | None:
    """The pieces of all sizes together, when the text gives pieces and no ratio: "S 50, M 100, L 50" is 200."""
    for reading in readings:
        if reading.field == "size_ratio" and isinstance(reading.value, str) and ":" in reading.value:
            counts = [int(part.rpartition(":")[2]) for part in reading.value.split(",")]
            if sum(counts) >= 50 and max(counts) >= 20:
                return Reading("quantity", sum(counts), reading.text, reading.start, reading.end, 0.85)
    return None


def inspection_readings(plain_text: str, text: str) -> list[Reading]:
    """Readings of inspection: "AQL 2.5", "AQL 2.5/4.0", "third-party", "full", "sampling" or "pre-shipment"."""
    found: list[Reading] = []
    if not _MAY_INSPECT.search(plain_text):
        return found
    for match in _AQL.finditer(plain_text):
        value = f"AQL {match['major']}" + (f"/{match['minor']}" if match["minor"] else "")
        found.append(Reading("inspection", value, text[match.start() : match.end()], match.start(), match.end(), 0.98))
    for pattern, value in _OTHER_INSPECTION:
        for match in pattern.finditer(plain_text):
            found.append(
                Reading("inspection", value, text[match.start() : match.end()], match.start(), match.end(), 0.9)
            )
    return found


def _ratios(plain_text: str, text: str) -> Iterator[Reading]:
    spans: list[tuple[int, int]] = []
    may_size = _MAY_SIZE.search(plain_text) is not None
    for match in _SIZES_THEN_RATIO.finditer(plain_text) if may_size else ():
        sizes = [size.strip().upper() for size in re.split(r"[:/,、\-]", match["sizes"])]
        ratio = [part.strip() for part in re.split(r"[:/\-]", match["ratio"])]
        if len(sizes) == 2 != len(ratio):
            value = ":".join(ratio)
        elif len(sizes) == len(ratio):
            value = ",".join(f"{size}:{part}" for size, part in zip(sizes, ratio, strict=True))
        else:
            continue
        spans.append(match.span())
        yield Reading("size_ratio", value, text[match.start() : match.end()], match.start(), match.end(), 0.95)
    for pattern in (_SIZE_COUNTS, _COUNT_SIZES) if may_size else ():
        for match in pattern.finditer(plain_text):
            if any(match.start() < end and start < match.end() for start, end in spans):
                continue
            spans.append(match.span())
            yield Reading(
                "size_ratio", _pairs(match["pairs"]), text[match.start() : match.end()], match.start(), match.end(), 0.9
            )
    for match in _RATIO_ONLY.finditer(plain_text):
        if any(match.start() < end and start < match.end() for start, end in spans):
            continue
        value = ":".join(part.strip() for part in re.split(r"[:/\-]", match["ratio"]))
        yield Reading("size_ratio", value, text[match.start() : match.end()], match.start(), match.end(), 0.9)


def _pairs(written: str) -> str:
    sizes = [size.upper() for size in re.findall(rf"(?<![a-z]){_SIZE}(?![a-z])", written)]
    counts = re.findall(r"(?<![a-z])\d{1,5}(?!xl)", written)
    return ",".join(f"{size}:{count}" for size, count in zip(sizes, counts, strict=False))
