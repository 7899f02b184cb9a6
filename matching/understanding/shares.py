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
_BARE: Final = re.compile(r"(?<![\d.])(?P<share>\d{1,2})\s?$")
_BARE_AFTER: Final = re.compile(r"^\s?(?P<share>\d{1,2})(?![\d.%])")

Span = tuple[int, int]


def with_shares(plain_text: str, readings: list[Reading]) -> tuple[list[Reading], list[Span]]:
    """The same readings, materials with their share, and the spans of the figures that were used up.

    The greater share is the surer reading, so that the main material comes first.
    """
    materials = sorted((one for one in readings if one.field == "material"), key=lambda one: one.start)
    shares = _percentages(plain_text, materials) or _pairs(plain_text, materials) or _bare(plain_text, materials)
    spans = [span for _, span in shares.values()]
    return [_shared(one, shares.get((one.start, one.value))) for one in readings], spans


Shares = dict[tuple[int, object], tuple[float, Span]]


def _percentages(plain_text: str, materials: list[Reading]) -> Shares:
    """Each figure goes to one material: the one behind it, unless, as in "modal 95% spandex 5%", more fit before it."""
    if "%" not in plain_text:
        return {}
    readings = [_percentages_from(plain_text, materials, order) for order in ((True, False), (False, True))]
    return max(readings, key=len)


def _percentages_from(plain_text: str, materials: list[Reading], order: tuple[bool, bool]) -> Shares:
    found: Shares = {}
    used: set[int] = set()
    for before_first in order:
        for reading in materials:
            key = (reading.start, reading.value)
            match, offset = _percentage(plain_text, reading, before_first)
            if key in found or match is None or float(match["share"]) > 100:
                continue
            start, end = offset + match.start("share"), offset + match.end("share")
            if start not in used:
                used.add(start)
                found[key] = (float(match["share"]) / 100, (start, end))
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
    """As many figures that sum to 100 as materials follow or precede: "30/70 cashmere wool", "羊绒羊毛 30/70"."""
    for place, reading in enumerate(materials) if "/" in plain_text or ":" in plain_text else ():
        low = max(0, reading.start - 20)
        match, offset = _PAIR.search(plain_text[low : reading.start]), low
        group = materials[place:]
        if match is None and place + 1 < len(materials):
            offset = materials[place + 1].end
            match = _PAIR_AFTER.match(plain_text[offset : offset + 20])
        if match is None:
            continue
        shares = [int(part) for part in re.split(r"[/:]", match["shares"])]
        if sum(shares) == 100 and len(shares) <= len(group):
            span = (offset + match.start("shares"), offset + match.end("shares"))
            pairs = zip(group, shares, strict=False)
            return {(one.start, one.value): (share / 100, span) for one, share in pairs}
    return {}


def _bare(plain_text: str, materials: list[Reading]) -> Shares:
    """Figures without a sign count when together they make 100: "95 cotton 5 spandex", "羊毛30腈纶70"."""
    for ahead in (True, False):
        found: Shares = {}
        for reading in materials:
            low = max(0, reading.start - 4)
            match = (
                _BARE.search(plain_text[low : reading.start])
                if ahead
                else _BARE_AFTER.match(plain_text[reading.end : reading.end + 5])
            )
            if match is not None:
                offset = low if ahead else reading.end
                span = (offset + match.start("share"), offset + match.end("share"))
                found[(reading.start, reading.value)] = (int(match["share"]) / 100, span)
        if len(found) > 1 and abs(sum(share for share, _ in found.values()) - 1.0) < 1e-9:
            return found
    return {}


def _shared(reading: Reading, share: tuple[float, Span] | None) -> Reading:
    if share is None:
        return reading
    return replace(reading, share=share[0], confidence=round(min(0.99, reading.confidence + 0.02 * share[0]), 3))
