"""Turns spots into readings: picks the trade, settles words that mean several things, and says how sure each is."""

import re
from collections import defaultdict
from typing import Final

from matching.understanding.lexicon import Entry
from matching.understanding.readings import Reading
from matching.understanding.spotting import Spot
from matching.verticals.pack import Vocabulary

_WEIGHTS: Final = {"category": 3.0, "process": 1.4, "material": 1.0, "certification": 0.8, "vertical": 2.0}
_WEAK_SHARE: Final = 0.3
_SIDE_ROLE: Final = re.compile(
    r"(?:包装用?|配|附|送|赠|装在|放在|搭配|类似|像|带|用于|适合|(?:with|w/)(?: an?| matching| the| \d+)?"
    r"|in(?: an?| the)|inside(?: an?)?|plus(?: an?)?|including(?: an?)?|like(?: an?)?"
    r"|to match(?: our)?|for(?: our| the| an?)?)\s*$"
)
_COUNTED: Final = re.compile(
    r"(?:\d|[一二三四五六七八九十百千万]|pcs|pieces|pairs|sets|hundred|thousand"
    r"|dozen)[个件只条套双支盏张块顶把]?\s?(?:of )?(?:[a-z\-]+ ){0,2}$"
)
_FEW: Final = re.compile(r"(?:^|[^\d.,])[1-9] (?:[a-z\-]+ ){0,2}$")
_SHORT_COLOUR_NEIGHBOUR: Final = re.compile(r"[黑白灰红蓝绿黄紫粉棕米驼、/,和及色各两三四五2345]")
_TIE: Final = re.compile(r"\s?[,、/+&]?\s?(?:and |和|及)?")
_IN_A_COLOUR: Final = re.compile(r"(?:\bin|colou?rs?:?|色:?) ?$")
_AT_A_PLACE: Final = re.compile(r"\b(?:in|to|from|near|outside) $")
_DESTINATION: Final = re.compile(
    r"(?:发往|发到|送到|寄到|运到|出口(?:到|至)?|销往|卖到|ship(?:ped|ping)? to|deliver(?:ed|y)? to"
    r"|export(?:ed)? to|(?:buyer|office|store|shop|warehouse|us|brand|company)s? (?:is |are )?(?:based )?in"
    r"|sell(?:ing)? in"
    r"|fob|cif|exw|到|至)\s*$"
)


def choose_vertical(text: str, spots: list[Spot], vocabulary: Vocabulary) -> Reading | None:
    """The trade with the most evidence, resting on its strongest words; None when nothing speaks for any,
    or as much for two."""
    evidence: dict[str, float] = defaultdict(float)
    strongest: dict[str, tuple[float, Spot]] = {}
    for spot in spots:
        for vertical, weight in _votes(spot, vocabulary).items():
            evidence[vertical] += weight
            if weight > strongest.get(vertical, (0.0, spot))[0]:
                strongest[vertical] = (weight, spot)
    if not evidence:
        return None
    best = max(evidence, key=lambda vertical: (evidence[vertical], -strongest[vertical][1].start))
    others = [weight for vertical, weight in evidence.items() if vertical != best]
    if evidence[best] < 0.5 or (others and max(others) > 0.95 * evidence[best]):
        return None
    spot = strongest[best][1]
    confidence = round(min(0.99, evidence[best] / sum(evidence.values())), 3)
    return Reading("vertical", best, text[spot.start : spot.end], spot.start, spot.end, confidence)


def _votes(spot: Spot, vocabulary: Vocabulary) -> dict[str, float]:
    votes: dict[str, float] = defaultdict(float)
    strong = [entry for entry in spot.entries if not entry.weak] or list(spot.entries)
    for entry in strong:
        share = _WEIGHTS.get(entry.field, 0.0) * (_WEAK_SHARE if entry.weak else 1.0) * (0.5 if spot.nested else 1.0)
        verticals = entry.verticals or frozenset(vocabulary.packs)
        for vertical in verticals if share else ():
            votes[vertical] += share / (len(verticals) ** 1.5) / len(strong)
    return votes


def spot_readings(
    text: str, plain_text: str, spots: list[Spot], vocabulary: Vocabulary, vertical: str | None
) -> tuple[list[Reading], list[Reading]]:
    """What the spots state, and what they rule out."""
    stated: list[Reading] = []
    excluded: list[Reading] = []
    parts: set[tuple[int, str]] = set()
    for place, spot in enumerate(spots):
        entries = _without_homonyms(spots, place, plain_text) if _may_be_a_colour(spot) else spot.entries
        for entry in _settled(entries, vertical):
            if entry.field == "vertical" or not _holds(spot, entry, plain_text, vertical):
                continue
            if entry.weak and entry.field == "material" and _is_a_town(text, spot):
                continue
            confidence = _confidence(spot, entry, plain_text, vertical, vocabulary)
            reading = Reading(entry.field, entry.value, text[spot.start : spot.end], spot.start, spot.end, confidence)
            (excluded if spot.negated else stated).append(reading)
            if spot.nested:
                parts.add((spot.start, entry.value))
    return _ranked_categories(_without_wider_parts(stated, parts, vocabulary), plain_text, vocabulary), excluded


def _may_be_a_colour(spot: Spot) -> bool:
    if len(spot.entries) < 2:
        return False
    fields = {entry.field for entry in spot.entries}
    return "colour" in fields and "certification" in fields


def _without_homonyms(spots: list[Spot], place: int, plain_text: str) -> tuple[Entry, ...]:
    """RED beside another certificate is the directive on radio equipment, and the colour everywhere else."""
    spot = spots[place]
    before = spots[place - 1] if place else None
    after = spots[place + 1] if place + 1 < len(spots) else None
    listed = (before is not None and _is_certificate(before) and _ties(plain_text[before.end : spot.start])) or (
        after is not None and _is_certificate(after) and _ties(plain_text[spot.end : after.start])
    )
    coloured = _IN_A_COLOUR.search(plain_text[max(0, spot.start - 9) : spot.start])
    other = "colour" if listed and not coloured else "certification"
    return tuple(entry for entry in spot.entries if entry.field != other)


def _is_certificate(spot: Spot) -> bool:
    return any(entry.field == "certification" for entry in spot.entries)


def _ties(gap: str) -> bool:
    return _TIE.fullmatch(gap) is not None


def _is_a_town(text: str, spot: Spot) -> bool:
    """The Cork of "our shop in Cork" is written as a name after a word of place."""
    written = text[spot.start : spot.end]
    return (
        written.istitle()
        and written.isascii()
        and _AT_A_PLACE.search(text[max(0, spot.start - 9) : spot.start]) is not None
    )


def _without_wider_parts(readings: list[Reading], parts: set[tuple[int, str]], vocabulary: Vocabulary) -> list[Reading]:
    """Leaves out the crystal of "crystal chandelier" when the text says more exactly that it is K9 crystal."""
    narrower = {
        (term.kind, wider)
        for kind in ("material", "process")
        for reading in readings
        if reading.field == kind and (term := vocabulary.term(kind, str(reading.value))) is not None
        for wider in term.broader
    }
    return [one for one in readings if (one.start, one.value) not in parts or (one.field, one.value) not in narrower]


def _settled(entries: tuple[Entry, ...], vertical: str | None) -> list[Entry]:
    """One entry a field: that of the trade, else a shared one, else the first."""
    settled: dict[str, Entry] = {}
    for entry in entries:
        known = settled.get(entry.field)
        if known is None or _rank(entry, vertical) < _rank(known, vertical):
            settled[entry.field] = entry
    return list(settled.values())


def _rank(entry: Entry, vertical: str | None) -> int:
    if vertical is not None and vertical in entry.verticals:
        return 0
    return 1 if not entry.verticals else 2


def _holds(spot: Spot, entry: Entry, plain_text: str, vertical: str | None) -> bool:
    before, after = plain_text[max(0, spot.start - 24) : spot.start], plain_text[spot.end : spot.end + 6]
    written = plain_text[spot.start : spot.end]
    if entry.field.startswith("attribute:") and entry.verticals and vertical not in entry.verticals:
        return False
    if entry.field == "colour" and len(written) == 1:
        return bool(_SHORT_COLOUR_NEIGHBOUR.match(after) or _SHORT_COLOUR_NEIGHBOUR.search(before[-1:]))
    if entry.weak:
        of_trade = vertical is not None and (not entry.verticals or vertical in entry.verticals)
        return of_trade and (entry.field != "category" or bool(_COUNTED.search(before)) or not _followed_by_noun(after))
    return True


def _followed_by_noun(after: str) -> bool:
    return bool(re.match(r" [a-z]", after)) and not re.match(r" (?:with|in|for|of|and|by|to|at|is|are|made)\b", after)


def _confidence(spot: Spot, entry: Entry, plain_text: str, vertical: str | None, vocabulary: Vocabulary) -> float:
    confidence = 0.95
    if entry.verticals and vertical is not None and vertical not in entry.verticals:
        confidence -= 0.25
    if spot.slipped:
        confidence -= 0.1
    if entry.weak:
        confidence -= 0.2
    if spot.nested:
        confidence -= 0.05
    if entry.field == "region" and _DESTINATION.search(plain_text[max(0, spot.start - 16) : spot.start]):
        confidence = 0.3
    if entry.field == "category" and vocabulary.is_wider("category", entry.value):
        confidence -= 0.03
    return round(confidence, 3)


def _ranked_categories(readings: list[Reading], plain_text: str, vocabulary: Vocabulary) -> list[Reading]:
    """The product itself is counted or comes first; what it comes with, goes in or looks like stands back."""
    categories = sorted((one for one in readings if one.field == "category"), key=lambda one: one.start)
    ranked = []
    for place, reading in enumerate(categories):
        before = plain_text[max(0, reading.start - 24) : reading.start]
        confidence = reading.confidence - 0.01 * min(place, 10)
        following = categories[place + 1] if place + 1 < len(categories) else None
        if following is not None and _qualifies(plain_text, reading, following, vocabulary):
            confidence -= 0.12
        if place > 0 and len(reading.text) == 1 and categories[place - 1].end == reading.start:
            confidence -= 0.3
        if _SIDE_ROLE.search(before) and place > 0:
            confidence -= 0.3
        elif _COUNTED.search(before) and not (place > 0 and _FEW.search(before)):
            confidence += 0.03
        if any(reading.value in _broader(vocabulary, other) for other in categories if other is not reading):
            confidence -= 0.1
        ranked.append(_with_confidence(reading, round(max(confidence, 0.1), 3)))
    return [one for one in readings if one.field != "category"] + ranked


def _qualifies(plain_text: str, first: Reading, second: Reading, vocabulary: Vocabulary) -> bool:
    """Whether the first only says what sort the second is, as in "sofa cushion"; kin such as 被套床单 are a list."""
    kin = set(_broader(vocabulary, first)[:1]) & set(_broader(vocabulary, second)[:1])
    return len(second.text) > 1 and not kin and not plain_text[first.end : second.start].strip(" -的")


def _broader(vocabulary: Vocabulary, reading: Reading) -> tuple[str, ...]:
    term = vocabulary.term("category", str(reading.value))
    return () if term is None else term.broader


def _with_confidence(reading: Reading, confidence: float) -> Reading:
    return Reading(reading.field, reading.value, reading.text, reading.start, reading.end, min(confidence, 0.99))
