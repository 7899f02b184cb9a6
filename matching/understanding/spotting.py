"""Finds the words of the trade in a text: the cover of non-overlapping phrases that explains most of it."""

import re
from dataclasses import dataclass
from typing import Final

from matching.understanding.lexicon import Entry, Lexicon
from matching.verticals.folding import Token, plain, tokens

_PARTS_OF: Final = {
    "category": ("material", "process", "attribute"),
    "process": ("material",),
}
_IMITATION_BEFORE: Final = re.compile(
    r"(?:仿|类|假|人造|拟|imitation |faux |fake |mock |artificial |simulated |synthetic )$"
)
_IMITATION_AFTER: Final = re.compile(
    r"^(?:感|风格|风|纹|色泽|效果|[ -]?(?:like|look|effect|style|feel|grain|scented|print(?:ed)? pattern)\b)"
)
_NEGATION: Final = re.compile(
    r"不要|不用|不能用|不能含|不能有|不能是|不含|不使用|不接受|不是|不可用|不带|别用|别要|拒绝|避免|除了?|勿用|不做|不加|无需|不需要|无(?=[^论需所缝痕铅感])|非(?=[^常])"
    r"|\b(?:no(?! less| later| more| matter| moq|t)|not(?! only| later| less| more)|without|avoid|except|excluding|non|never"
    r"|don'?t (?:want|use|need)|do not (?:want|use|need)|free of|instead of|rather than)\b"
)
_SCOPE_END: Final = re.compile(
    r"[,;.!?\n()]|但|而是|只要|只用|请用|要用|改用|\b(?:but|only|please|just|use|must|need|we|with|in|for|by|made)\b"
)
_FREE_AFTER: Final = re.compile(r"^[ -]?free\b")
_NEGATION_REACH: Final = 40


@dataclass(frozen=True, slots=True)
class Spot:
    """One phrase of the lexicon in the text; several entries when the trades disagree on what it means."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    slipped: bool
    negated: bool
    nested: bool = False


def find_spots(text: str, plain_text: str, lexicon: Lexicon) -> list[Spot]:
    """Spots in the order of the text. A phrase inside a longer one of the same field never comes back."""
    stream = tokens(plain_text)
    forms, slipped = _with_corrections(stream, lexicon)
    found: list[Spot] = []
    for first, last, entries in _best_cover(stream, forms, lexicon):
        start, end = stream[first].start, stream[last - 1].end
        accepted = tuple(entry for entry in entries if _stands(entry, text[start:end]))
        if not accepted or any(entry.field == "ignored" for entry in accepted):
            found.append(Spot((), start, end, False, False))
            continue
        if _is_imitation(accepted, plain_text, start, end):
            continue
        spot = Spot(accepted, start, end, any(slipped[first:last]), is_negated(plain_text, start, end))
        found.append(spot)
        found += _parts(text, stream, forms, lexicon, (first, last), spot)
    return found


def is_negated(plain_text: str, start: int, end: int) -> bool:
    """Whether the words at [start, end) are ruled out: "不要涤纶", "no polyester or nylon", "plastic-free"."""
    if _FREE_AFTER.match(plain_text[end : end + 6]):
        return True
    before = plain_text[max(0, start - _NEGATION_REACH) : start]
    negations = list(_NEGATION.finditer(before))
    if not negations:
        return False
    between = before[negations[-1].end() :]
    return len(between) <= _NEGATION_REACH and not _SCOPE_END.search(between)


def _with_corrections(stream: list[Token], lexicon: Lexicon) -> tuple[list[str], list[bool]]:
    forms = [token.form for token in stream]
    slipped = [False] * len(forms)
    for position, form in enumerate(forms):
        corrected = lexicon.corrected(form)
        if corrected is not None:
            forms[position], slipped[position] = corrected, True
    return forms, slipped


def _best_cover(stream: list[Token], forms: list[str], lexicon: Lexicon) -> list[tuple[int, int, tuple[Entry, ...]]]:
    """Non-overlapping phrases with the greatest sum of squared lengths; the earlier one when two covers tie."""
    count = len(stream)
    worth = [0] * (count + 1)
    choice: list[tuple[int, tuple[Entry, ...]] | None] = [None] * count
    for start in range(count - 1, -1, -1):
        worth[start] = worth[start + 1]
        for end, entries in lexicon.matches(forms, start):
            length = stream[end - 1].end - stream[start].start
            if length * length + worth[end] >= worth[start]:
                worth[start] = length * length + worth[end]
                choice[start] = (end, entries)
    cover = []
    position = 0
    while position < count:
        chosen = choice[position]
        if chosen is None:
            position += 1
            continue
        cover.append((position, chosen[0], chosen[1]))
        position = chosen[0]
    return cover


def _stands(entry: Entry, written: str) -> bool:
    return not entry.capitals or written.isupper()


def _is_imitation(entries: tuple[Entry, ...], plain_text: str, start: int, end: int) -> bool:
    if all(entry.field != "material" for entry in entries):
        return False
    before, after = plain_text[max(0, start - 12) : start], plain_text[end : end + 16]
    return bool(_IMITATION_BEFORE.search(before) or _IMITATION_AFTER.match(after))


def _parts(
    text: str, stream: list[Token], forms: list[str], lexicon: Lexicon, span: tuple[int, int], outer: Spot
) -> list[Spot]:
    """Materials and processes named inside a longer phrase, as the cashmere in "cashmere sweater"."""
    wanted = {kind for entry in outer.entries for kind in _PARTS_OF.get(entry.field, ())}
    if not wanted or any(entry.whole for entry in outer.entries):
        return []
    first, last = span
    found = []
    # One token earlier, so that the imitation in "仿羊绒围巾" is read and the cashmere in it is not.
    position = max(first - 1, 0)
    while position < last:
        longest = max(
            (match for match in lexicon.matches(forms[:last], position) if (position, match[0]) != span),
            default=None,
            key=lambda match: match[0],
        )
        if longest is None or longest[0] <= first:
            position += 1
            continue
        start, end = stream[position].start, stream[longest[0] - 1].end
        entries = tuple(
            entry
            for entry in longest[1]
            if entry.field.partition(":")[0] in wanted
            and not entry.weak
            and end - start > 1
            and _stands(entry, text[start:end])
        )
        if entries and not _is_imitation(entries, plain(text), start, end):
            found.append(Spot(entries, start, end, outer.slipped, outer.negated, nested=True))
        position = longest[0]
    return found
