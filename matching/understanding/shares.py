"""How much of each material a blend holds: "30% 羊绒 70% 羊毛", "30/70 cashmere wool", "95 cotton 5 spandex"."""

import re
from dataclasses import replace
from typing import Final

from matching.understanding.readings import Reading

_BEFORE: Final = re.compile(r"(?P<share>\d{1,3}(?:\.\d+)?)\s?%\s?(?:的|of )?\s?(?:[a-z]+ )?$")
_AFTER: Final = re.compile(r"^\s?(?:含量|占|约)?\s?[:=(]?\s?(?P<share>\d{1,3}(?:\.\d+)?)\s?%")
_INSIDE: Final = re.compile(r"(?P<share>\d{1,3})\s?%")
_PAIR: Final = re.compile(r"(?P<shares>\d{1,2}(?:\s?[/:]\s?\d{1,2}){1,3})\s?(?:的|blend of )?\s?$")
_PAIR_AFTER: Final = re.compile(r"^\s?(?:blend|mix|混纺)?\s?(?P<shares>\d{1,2}(?:\s?[/:]\s?\d{1,2}){1,3})(?!\d)")
_BARE: Final = re.compile(r"(?<![\d.])(?P<share>\d{1,2})\s$")


def with_shares(plain_text: str, readings: list[Reading]) -> list[Reading]:
    """The same readings; materials carry their share, and the greater share is the surer reading."""
    materials = sorted((one for one in readings if one.field == "material"), key=lambda one: one.start)
    shares = _percentages(plain_text, materials) or _pairs(plain_text, materials) or _bare(plain_text, materials)
    return [_shared(one, shares.get((one.start, one.value))) if one.field == "material" else one for one in readings]


Shares = dict[tuple[int, object], float]


def _percentages(plain_text: str, materials: list[Reading]) -> Shares:
    found: Shares = {}
    used: set[int] = set()
    for before_first in (True, False):
        for reading in materials:
            key = (reading.start, reading.value)
            if key in found:
                continue
            match, offset = _percentage(plain_text, reading, before_first)
            if match is not None and offset + match.start("share") not in used and float(match["share"]) <= 100:
                used.add(offset + match.start("share"))
                found[key] = float(match["share"]) / 100
    return found


def _percentage(plain_text: str, reading: Reading, before_first: bool) -> tuple[re.Match[str] | None, int]:
    inside = _INSIDE.search(plain_text[reading.start : reading.end])
    if inside is not None:
        return inside, reading.start
    if before_first:
        low = max(0, reading.start - 24)
        return _BEFORE.search(plain_text[low : reading.start]), low
    return _AFTER.match(plain_text[reading.end : reading.end + 16]), reading.end


def _pairs(plain_text: str, materials: list[Reading]) -> Shares:
    """ "30/70 cashmere wool" and "羊绒羊毛 30/70": as many shares as materials that follow or precede, sum 100."""
    for place, reading in enumerate(materials):
        low = max(0, reading.start - 20)
        match = _PAIR.search(plain_text[low : reading.start])
        group = materials[place:]
        if match is None and place + 1 < len(materials):
            match = _PAIR_AFTER.match(plain_text[materials[place + 1].end :][:20])
        if match is None:
            continue
        shares = [int(part) for part in re.split(r"[/:]", match["shares"])]
        if sum(shares) == 100 and len(shares) <= len(group):
            return {(one.start, one.value): share / 100 for one, share in zip(group, shares, strict=False)}
    return {}


def _bare(plain_text: str, materials: list[Reading]) -> Shares:
    """ "95 cotton 5 spandex": figures without a sign count when together they make 100."""
    found: Shares = {}
    for reading in materials:
        match = _BARE.search(plain_text[max(0, reading.start - 4) : reading.start])
        if match is not None:
            found[(reading.start, reading.value)] = int(match["share"]) / 100
    return found if len(found) > 1 and abs(sum(found.values()) - 1.0) < 1e-9 else {}


def _shared(reading: Reading, share: float | None) -> Reading:
    if share is None:
        return reading
    return replace(reading, share=share, confidence=round(min(0.99, reading.confidence + 0.02 * share), 3))
