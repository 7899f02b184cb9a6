"""Finds the words of the trade in a text: the cover of non-overlapping phrases that explains most of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matching.understanding.lexicon import SHORTEST_WORD_WITH_SLIPS, Entry, Lexicon
from matching.understanding.negation import is_negated, may_negate
from matching.verticals.folding import Token, tokens

_PARTS_OF: Final = {
    "category": ("material", "process", "attribute"),
    "process": ("material",),
    "vertical": ("material",),
    "material": ("material",),
}
_IMITATION_BEFORE: Final = re.compile(
    r"(?:仿|类|假|人造|拟|imitation |faux |fake |mock |artificial |simulated |synthetic )$"
)
_IMITATION_AFTER: Final = re.compile(
    r"^(?:感|风格|风|纹|色泽|效果|[ -]?(?:like|look|effect|style|feel|grain|scented|finish|texture"
    r"|tone|print(?:ed)? pattern)\b)"
)

_LEADING_MATERIALS: Final = frozenset("竹木藤棉麻瓷陶铜纸")
_LOOSE_BEFORE: Final = frozenset(
    "的个件只条套双做要和及或用纯全是款批定制色买订质大小新旧好为含以用种与跟配张支块口两三二一五六八九十百千万"
)
_LOOSE_AFTER: Final = frozenset(
    "的要和及或做制质加与跟配需求共各一二两三四五六七八九十百千万可有带用打等是，。约大定件个只套"
)

_CHINESE_GAP: Final = re.compile(r"[一-鿿]\s+[一-鿿]")

Span = tuple[int, int]
Phrase = tuple[int, int, tuple[Entry, ...]]
"""First token, the token after the last, and what the phrase may mean."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One phrase of the lexicon in the text; several entries when the trades disagree on what it means.

    slipped: a word was mended. nested: it stands inside a longer phrase of another field.
    Without entries the words only look like a term, and nothing else may be read in them.
    """

    entries: tuple[Entry, ...]
    start: int
    end: int
    slipped: bool = False
    negated: bool = False
    nested: bool = False


def find_spots(text: str, plain_text: str, lexicon: Lexicon) -> list[Spot]:
    """Spots in the order of the text. A phrase inside a longer one of the same field never comes back."""
    return list(_Spotting(text, plain_text, lexicon).spots())


class _Spotting:
    """One text on its way through the lexicon."""

    def __init__(self, text: str, plain_text: str, lexicon: Lexicon) -> None:
        self._text = text
        self._plain = plain_text
        self._lexicon = lexicon
        self._tokens: list[Token] = tokens(plain_text)
        self._forms = [token.form for token in self._tokens]
        self._slipped = [False] * len(self._forms)
        self._has_gaps = _CHINESE_GAP.search(plain_text) is not None
        self._mend_words()

    def spots(self) -> Iterator[Spot]:
        read_to, negates = 0, may_negate(self._plain)
        cover = self._with_shared_words(self._best_cover())
        starts, ends = {phrase[0] for phrase in cover}, {phrase[1] for phrase in cover}
        for first, last, entries in cover:
            start, end = self._span(first, last)
            stated = tuple(
                entry for entry in entries if entry.field != "ignored" and _is_written(entry, self._text[start:end])
            )
            if end - start == 1:
                stated = tuple(entry for entry in stated if self._stands_alone(entry, first, starts, ends))
            if not self._is_imitation(stated, start, end):
                negated = bool(stated) and negates and is_negated(self._plain, start, end)
                spot = Spot(stated, start, end, any(self._slipped[first:last]), negated)
                yield spot
                yield from self._parts(first, last, read_to, spot)
            read_to = last

    def _mend_words(self) -> None:
        for position, (form, start, end) in enumerate(self._tokens):
            if end - start < SHORTEST_WORD_WITH_SLIPS or self._lexicon.knows(form):
                continue
            # "stainles" loses its s as a plural would, so the word as it is written gets a chance as well.
            candidates = self._lexicon.corrections(form) or self._lexicon.corrections(self._plain[start:end])
            if candidates:
                self._forms[position] = self._most_fitting(position, candidates)
                self._slipped[position] = True

    def _most_fitting(self, position: int, candidates: list[str]) -> str:
        """The candidate that makes the longest phrase with its neighbours; the first when none does."""

        def reach(candidate: str) -> int:
            forms = [*self._forms[:position], candidate, *self._forms[position + 1 : position + 5]]
            starts = range(max(0, position - 3), position + 1)
            return max(
                (end - start for start in starts for end, _ in self._lexicon.matches(forms, start) if end > position),
                default=0,
            )

        return max(candidates, key=reach)

    def _best_cover(self) -> list[Phrase]:
        """Non-overlapping phrases with the greatest sum of squared lengths; the longer one first when two tie."""
        count = len(self._forms)
        worth = [0] * (count + 1)
        choice: list[Phrase | None] = [None] * count
        for first in range(count - 1, -1, -1):
            worth[first] = worth[first + 1]
            for last, entries in self._lexicon.matches(self._forms, first):
                gain = self._worth(first, last) + worth[last]
                if gain >= worth[first]:
                    worth[first] = gain
                    choice[first] = (first, last, entries)
        cover = []
        position = 0
        while position < count:
            phrase = choice[position]
            position = position + 1 if phrase is None else phrase[1]
            if phrase is not None:
                cover.append(phrase)
        return cover

    def _worth(self, first: int, last: int) -> int:
        """The squared length; of Chinese words that a space sets apart the squares of both, and a little less, so that
        "真丝 雪纺" stays two fabrics where neither is unknown."""
        start, end = self._span(first, last)
        gap = _CHINESE_GAP.search(self._plain, start, end) if self._has_gaps else None
        if gap is None:
            return (end - start) ** 2
        return (gap.start() + 1 - start) ** 2 + (end - gap.end() + 1) ** 2 - 1

    def _with_shared_words(self, cover: list[Phrase]) -> list[Phrase]:
        """The cover, with words that belong to two neighbours given to both of them.

        The cup of "高硼硅玻璃|杯" is a glass, 玻璃杯, and the dress of "真丝吊带|裙" hangs from straps, 吊带裙; the
        slippers of "wool|felt slippers" are of wool felt.
        """
        settled: list[Phrase] = []
        for phrase in cover:
            before = settled[-1] if settled and settled[-1][1] == phrase[0] else None
            if before is None:
                settled.append(phrase)
                continue
            reaching = self._reaching_back(before, phrase)
            if reaching is not phrase and not _has(before, "material"):
                settled[-1:] = self._shorter(before, reaching[0])
            elif reaching is phrase and _has(before, "material") and _has(phrase, "category"):
                settled[-1] = self._reaching_forward(before, phrase)
            settled.append(reaching)
        return settled

    def _reaching_back(self, before: Phrase, phrase: Phrase) -> Phrase:
        if not _has(phrase, "category") or not (_has(before, "material") or self._is_one_character(phrase)):
            return phrase
        for first in range(before[0] + 1, before[1]):
            for last, entries in self._lexicon.matches(self._forms, first):
                if last == phrase[1] and any(entry.field == "category" for entry in entries):
                    return first, last, entries
        return phrase

    def _reaching_forward(self, before: Phrase, phrase: Phrase) -> Phrase:
        longer = [
            (before[0], last, entries)
            for last, entries in self._lexicon.matches(self._forms, before[0])
            if before[1] < last < phrase[1] and any(entry.field == "material" for entry in entries)
        ]
        return longer[-1] if longer else before

    def _shorter(self, phrase: Phrase, limit: int) -> list[Phrase]:
        found = [(phrase[0], last, entries) for last, entries in self._lexicon.matches(self._forms, phrase[0], limit)]
        return found[-1:]

    def _is_one_character(self, phrase: Phrase) -> bool:
        start, end = self._span(phrase[0], phrase[1])
        return end - start == 1

    def _parts(self, first: int, last: int, read_to: int, outer: Spot) -> Iterator[Spot]:
        """Materials and processes named inside a longer phrase, as the cashmere in "cashmere sweater"."""
        wanted = {kind for entry in outer.entries for kind in _PARTS_OF.get(entry.field, ())}
        if not wanted or any(entry.whole for entry in outer.entries):
            return
        # One token earlier, so that the imitation in "仿羊绒围巾" is read and the cashmere in it is not.
        position = max(first - 1, read_to)
        while position < last:
            position, part = self._part_at(position, (first, last), wanted, outer)
            if part is not None:
                yield part

    def _part_at(self, position: int, phrase: Span, wanted: set[str], outer: Spot) -> tuple[int, Spot | None]:
        """Where to look next, and the longest part that begins here: in "骨瓷餐具套装" the bone china, which a shorter
        name of the goods would hide."""
        first, last = phrase
        found = self._lexicon.matches(self._forms, position, last)
        if not found:
            return position + 1, None
        found = [match for match in found if match[0] > first and (position, match[0]) != phrase]
        for ending, entries in reversed(found if position >= first else found[-1:]):
            start, end = self._span(position, ending)
            leading = start == outer.start and any(entry.field == "category" for entry in outer.entries)
            inner = tuple(entry for entry in entries if self._is_part(entry, wanted, leading, start, end))
            if inner and not self._is_imitation(inner, start, end):
                return ending, Spot(inner, start, end, outer.slipped, outer.negated, nested=True)
            if any(entry.field == "material" for entry in entries):
                return ending, None
        return position + 1, None

    def _stands_alone(self, entry: Entry, position: int, starts: set[int], ends: set[int]) -> bool:
        """Whether one Chinese character is a word here: 棉 is in 纯棉 T恤, is not in 珍珠棉, nor 碗 in 碗柜.

        The head of a compound stands last, so an unknown word before a category is welcome: 奶茶杯 is a cup.
        """
        if entry.field not in ("category", "material"):
            return True
        follows = position + 1 in starts or self._is_loose(position, position + 1, _LOOSE_AFTER)
        if entry.field == "category":
            return follows
        return follows and (position in ends or self._is_loose(position, position - 1, _LOOSE_BEFORE))

    def _is_loose(self, position: int, neighbour: int, particles: frozenset[str]) -> bool:
        """Whether the neighbouring token is no part of the same word: absent, apart, not Chinese, or a particle."""
        if not 0 <= neighbour < len(self._tokens):
            return True
        first, second = sorted((position, neighbour))
        apart = self._tokens[first].end < self._tokens[second].start
        form = self._forms[neighbour]
        return apart or form in particles or not "一" <= form <= "鿿"

    def _is_part(self, entry: Entry, wanted: set[str], leading: bool, start: int, end: int) -> bool:
        whole_word = end - start > 1 or (leading and self._plain[start] in _LEADING_MATERIALS)
        named = entry.field.partition(":")[0] in wanted and not entry.weak and whole_word
        return named and _is_written(entry, self._text[start:end])

    def _is_imitation(self, entries: tuple[Entry, ...], start: int, end: int) -> bool:
        if all(entry.field != "material" for entry in entries):
            return False
        before, after = self._plain[max(0, start - 12) : start], self._plain[end : end + 16]
        return bool(_IMITATION_BEFORE.search(before) or _IMITATION_AFTER.match(after))

    def _span(self, first: int, last: int) -> tuple[int, int]:
        return self._tokens[first].start, self._tokens[last - 1].end


def _is_written(entry: Entry, written: str) -> bool:
    return not entry.capitals or written.isupper()


def _has(phrase: Phrase, field: str) -> bool:
    return any(entry.field == field for entry in phrase[2])
