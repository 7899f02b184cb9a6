"""Words that a text itself says the kind of: "process: linking, washing", "工艺要套口、水洗", "made of PP".

What follows such a label is a list of that kind, as a field of a form is: words that mean too many things elsewhere are
taken at their word here, and one that nobody knows is taken for its nearest. A turn such as "with" or 带 only suggests
some kinds, so more is asked of what follows it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matching.understanding.listing import Span
from matching.understanding.nearest import NEAR, NearestWords
from matching.understanding.negation import is_negated, may_negate
from matching.understanding.readings import SURE_ENOUGH, Reading
from matching.verticals.pack import Kind, Term, Vocabulary

_LABELS: Final[dict[Kind, str]] = {
    "process": r"(?:工艺(?!品)|工序|做法|后整理|后处理|加工方式|印花方式)(?:主要|要求|需要|包括|包含)?"
    r"[是为有要用做带]?\s?:?"
    r"|\b(?:process(?:es)?|techniques?|workmanship|decorations?|finishing)(?: is| are| include)?\s?[:=]"
    r"|\b(?:finished|decorated) (?:by|with)\b",
    "material": r"(?:材质|材料|面料|主料|辅料|用料|成分|里料|原料|填充物?)(?:主要|要求|需要|包括)?[是为用要有做选]?"
    r"\s?:?"
    r"|\b(?:materials?|fabrics?|composition)(?: is| are| should be| must be)?\s?[:=]?"
    r"|\bmade (?:out )?(?:of|from|in)\b",
    "certification": r"(?:证书|认证|资质)(?:要求|需要|包括|包含)?[是为有要]?\s?:?|(?:通过|必须过|要过|须过|需过)了?"
    r"|\b(?:certificates?|certifications?|audits?)(?: are| required| needed)?\s?[:=]|\bcertified (?:by|to)\b",
}
_TURNS: Final[tuple[tuple[str, tuple[Kind, ...]], ...]] = (
    (r"(?:采用|使用|常用|可用|选用|用|主打)|\b(?:using|we work with)\b", ("material", "process")),
    (r"(?:可做|能做|会做|擅长|专做|自有|精通)|\b(?:in-house|we do|strong in|capable of|able to do)\b", ("process",)),
    (r"(?:已过|持有|具备)|\b(?:holding|we hold|complies with|compliant with)\b", ("certification",)),
    (
        r"(?:还?需要?做?|要做|要有|要|带|配|有)|\b(?:with|needs?|should have|must have|want)\b",
        ("process", "material", "certification"),
    ),
)
_TAILS: Final[dict[Kind, str]] = {
    "process": r"(?:工艺|车间)|\s(?:process|technique|workshop)",
    "material": r"(?:材质|面料|材料|原料)|\s(?:fabric|material)",
    "certification": r"(?:认证|证书|检测报告|报告)|\s(?:certified|certificates?|certification|compliant|reports?)",
}
_WANTED: Final = re.compile(
    r"(?:(?:都?要有?|要?齐全|必须有)|\s(?:is |are )?(?:a must|required|needed|wanted|necessary|mandatory))$"
)
_WORTHLESS: Final = re.compile(
    r"(?:(?:的|等等?|为主)+|\s(?:only|in stock|please|pls|preferred|available)|\s(?:at|from|by|to|on|for)\s.*)$"
)
_WISHED: Final[tuple[Kind, ...]] = ("process", "material", "certification")
_LABEL: Final = {kind: re.compile(label) for kind, label in _LABELS.items()}
_TURN: Final = tuple((re.compile(rf"(?:{turn})\s?"), kinds) for turn, kinds in _TURNS)
_TAIL: Final = {kind: re.compile(rf"(?:{tail})$") for kind, tail in _TAILS.items()}
_MAY_LABEL: Final = re.compile("|".join((*_LABELS.values(), *(turn for turn, _ in _TURNS), *_TAILS.values())))
_CUT: Final = re.compile(
    r"(?P<stop>[;；。!！?？()（）\n]|\.(?!\d))|(?P<comma>[,，]|(?<=[一-鿿])\s+(?=[一-鿿])|\s-\s)|(?P<also>[、/&+])"
    r"|(?P<turn>\s(?=(?:with|using|in|for|made)\s))",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"\s+(?:and|or)\s+|[和及与]")
_PART_OF_GOODS: Final = re.compile(
    r"(?:an? |the )?(?:[a-z]+ )?(?:lid|handle|strap|hook|leg|wheel|door|drawer|window|pocket|stand|base)s?"
    r"|.{0,3}(?:盖子?|把手|提手|手柄|扣子?|钩子?|轮子?|底座|支架)"
)
_SHORTEST: Final = re.compile(r"[一-鿿]{2}|[a-z]{3}")
_NUMBER: Final = re.compile(r"\d")
_LONGEST: Final = 40
_NEAR_BY_TURN: Final = 0.75
_LABELLED, _TURNED, _GUESSED = 0.8, 0.7, 0.6


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of which the text says what kind they are. sure: by a label, not by a turn of phrase. said: where the
    label begins."""

    kinds: tuple[Kind, ...]
    sure: bool
    said: int
    start: int
    end: int


def labelled_readings(
    text: str,
    plain_text: str,
    known: Sequence[Reading],
    vocabulary: Vocabulary,
    vertical: str | None,
    nearest: NearestWords,
) -> list[Reading]:
    """Terms in labelled words that hold no reading of their kind yet. known: the readings so far."""
    if not _MAY_LABEL.search(plain_text):
        return []
    negates = may_negate(plain_text)
    return [
        reading
        for phrase in _phrases(text, plain_text)
        if not (negates and _is_negated(plain_text, phrase))
        for reading in _read(
            text, plain_text, phrase, vocabulary, vertical, None if _is_read(phrase, known) else nearest
        )
    ]


def _is_negated(plain_text: str, phrase: Phrase) -> bool:
    return any(is_negated(plain_text, place, phrase.end) for place in (phrase.said, phrase.start, phrase.end - 1))


def _phrases(text: str, plain_text: str) -> Iterator[Phrase]:
    """A label holds for what is listed after it, a turn only for what marks of a list (、 / & +) tie to it."""
    kinds: tuple[Kind, ...] = ()
    surely = False
    for mark, said, end in _pieces(text):
        start = said
        if mark in ("stop", "turn") or (mark == "comma" and not surely):
            kinds, surely = (), False
        sure = surely and mark != "comma"
        label = _label(plain_text, start, end)
        if label is not None:
            kinds, surely, start = label
            sure = surely
        end = _before(_WORTHLESS, plain_text, start, end)
        wanted = _before(_WANTED, plain_text, start, end)
        tail = _tail(plain_text, start, wanted)
        if tail is not None:
            yield Phrase((tail[0],), False, said, start, tail[1])
        elif kinds or wanted < end:
            yield Phrase(kinds or _WISHED, sure, said, start, wanted)


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """What stands between marks: the name of the mark before it, its start and its end, without spaces around."""
    mark, start = "stop", 0
    for cut in (*_CUT.finditer(text), None):
        end = len(text) if cut is None else cut.start()
        piece = text[start:end]
        if piece.strip():
            yield mark, start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
        if cut is not None:
            mark, start = str(cut.lastgroup), cut.end()


def _label(plain_text: str, start: int, end: int) -> tuple[tuple[Kind, ...], bool, int] | None:
    """The kinds that a piece is said to be of, whether surely, and where the words begin of which it is said."""
    for kind, label in _LABEL.items():
        for found in label.finditer(plain_text, start, end):
            if found.end() < end:
                return (kind,), True, _after_spaces(plain_text, found.end())
    for turn, kinds in _TURN:
        turned = turn.match(plain_text, start, end)
        if turned is not None and turned.end() < end:
            return kinds, False, _after_spaces(plain_text, turned.end())
    return None


def _after_spaces(plain_text: str, place: int) -> int:
    return place + len(plain_text[place:]) - len(plain_text[place:].lstrip())


def _before(ending: re.Pattern[str], plain_text: str, start: int, end: int) -> int:
    found = ending.search(plain_text, start, end)
    return end if found is None else found.start()


def _tail(plain_text: str, start: int, end: int) -> tuple[Kind, int] | None:
    for kind, tail in _TAIL.items():
        found = tail.search(plain_text, start, end)
        if found is not None and found.start() > start:
            return kind, found.start()
    return None


def _is_read(phrase: Phrase, known: Sequence[Reading]) -> bool:
    """Whether something sure of these kinds stands in the words, or something of any kind is all of them."""
    return any(
        reading.confidence >= SURE_ENOUGH
        and (
            (reading.field in phrase.kinds and reading.start < phrase.end and phrase.start < reading.end)
            or (not phrase.sure and reading.start <= phrase.start and phrase.end <= reading.end)
        )
        for reading in known
    )


def _read(
    text: str,
    plain_text: str,
    phrase: Phrase,
    vocabulary: Vocabulary,
    vertical: str | None,
    nearest: NearestWords | None,
) -> Iterator[Reading]:
    """The parts that "and" or 和 joins, or the whole where only that is a name.

    nearest: None where something of the phrase is read already, so that only names add to it.
    """
    parts = list(_parts(plain_text, phrase))
    named = [_named(plain_text, phrase, part, vocabulary, vertical) for part in parts]
    whole = _named(plain_text, phrase, (phrase.start, phrase.end), vocabulary, vertical)
    if whole not in named:
        parts, named = [(phrase.start, phrase.end)], [whole]
    for (start, end), name in zip(parts, named, strict=True):
        found = name
        if found is None and nearest is not None:
            found = _guessed(plain_text[start:end], phrase, vertical, nearest)
        if found is not None:
            term, confidence = found
            yield Reading(term.kind, term.id, text[start:end], start, end, confidence)


def _parts(plain_text: str, phrase: Phrase) -> Iterator[Span]:
    """What "and" or 和 joins, without the spaces around."""
    start = phrase.start
    for join in (*_JOINED.finditer(plain_text, phrase.start, phrase.end), None):
        end = phrase.end if join is None else join.start()
        if plain_text[start:end].strip():
            yield start, end
        if join is not None:
            start = join.end()


def _named(
    plain_text: str, phrase: Phrase, span: tuple[int, int], vocabulary: Vocabulary, vertical: str | None
) -> tuple[Term, float] | None:
    for kind in phrase.kinds:
        term = vocabulary.resolve(kind, plain_text[span[0] : span[1]], vertical)
        if term is not None and (vertical is None or term.belongs_to(vertical)):
            return term, _LABELLED if phrase.sure else _TURNED
    return None


def _guessed(words: str, phrase: Phrase, vertical: str | None, nearest: NearestWords) -> tuple[Term, float] | None:
    if not phrase.sure and _PART_OF_GOODS.fullmatch(words):
        return None
    if not _SHORTEST.search(words) or len(words) > _LONGEST or (_NUMBER.search(words) and not phrase.sure):
        return None
    found = nearest.find(phrase.kinds, words, vertical)
    near = NEAR if phrase.sure else _NEAR_BY_TURN
    return None if found is None or found[1] < near else (found[0], _GUESSED)
