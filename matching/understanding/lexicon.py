"""The words of a vocabulary as a trie over tokens, with a search for words that are one slip of the pen away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from matching.verticals.folding import word_forms
from matching.verticals.pack import KINDS, Term, Vocabulary

SHORTEST_WORD_WITH_SLIPS: Final = 5
_REMEMBERED: Final = 50_000
"""Unknown words whose corrections are kept; the same slips and names come again and again."""

_EVERYDAY_FILE: Final = Path(__file__).parent / "everyday_words.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one phrase may mean. field: as in Reading, or "ignored". verticals: empty when every trade uses it."""

    field: str
    value: str
    verticals: frozenset[str]
    weak: bool = False
    whole: bool = False
    capitals: bool = False


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()


class Lexicon:
    """Every name and synonym of a vocabulary, ready to be found in a token stream."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._root = _Node()
        self._words: set[str] = set()
        self._deletions: dict[str, list[str]] = {}
        self._mended: dict[str, list[str]] = {}
        for phrase, entry in _entries(vocabulary):
            self._add(phrase, entry)
        for word in self._words:
            if _may_slip(word):
                for shorter in _one_letter_less(word):
                    self._deletions.setdefault(shorter, []).append(word)

    def matches(self, forms: list[str], start: int, end: int | None = None) -> list[tuple[int, tuple[Entry, ...]]]:
        """Every phrase that begins at a token and ends before another: where it ends, and what it may mean.

        The shortest comes first.
        """
        limit = len(forms) if end is None else end
        node = self._root.children.get(forms[start]) if start < limit else None
        found: list[tuple[int, tuple[Entry, ...]]] = []
        while node is not None:
            start += 1
            if node.entries:
                found.append((start, node.entries))
            node = node.children.get(forms[start]) if node.children and start < limit else None
        return found

    def knows(self, word: str) -> bool:
        """Whether the folded word stands in any phrase."""
        return word in self._words

    def corrections(self, word: str) -> list[str]:
        """The known words a single slip away (a letter more, less, other or swapped), swapped letters first.

        Empty for a word that is known itself, or that everyday English knows.
        """
        if not _may_slip(word) or word in self._words or word in _everyday():
            return []
        known = self._mended.get(word)
        if known is None:
            known = self._search(word)
            if len(self._mended) < _REMEMBERED:
                self._mended[word] = known
        return known

    def _search(self, word: str) -> list[str]:
        candidates = {
            known
            for shorter in (word, *_one_letter_less(word))
            for known in ([shorter] if shorter in self._words else []) + self._deletions.get(shorter, [])
            if known[0] == word[0] and _may_slip(known) and _one_slip_apart(word, known)
        }
        return sorted(candidates, key=lambda known: (sorted(known) != sorted(word), known))

    def _add(self, phrase: str, entry: Entry) -> None:
        forms = word_forms(phrase)
        self._insert(forms, entry)
        self._words.update(form for form in forms if form.isascii() and form.isalpha())
        if len(forms) == 2 and all(form.isascii() and form.isalpha() and len(form) > 1 for form in forms):
            self._insert(("".join(forms),), entry)

    def _insert(self, forms: tuple[str, ...], entry: Entry) -> None:
        node = self._root
        for form in forms:
            node = node.children.setdefault(form, _Node())
        if not any((known.field, known.value) == (entry.field, entry.value) for known in node.entries):
            node.entries = (*node.entries, entry)


@lru_cache(maxsize=4)
def lexicon_of(vocabulary: Vocabulary) -> Lexicon:
    """The lexicon of a vocabulary, built once."""
    return Lexicon(vocabulary)


def _entries(vocabulary: Vocabulary) -> Iterator[tuple[str, Entry]]:
    packs = [*vocabulary.packs.values(), vocabulary.common]
    whole = frozenset(word_forms(word) for pack in packs for word in pack.whole)
    for pack in packs:
        weak = frozenset(word_forms(word) for word in pack.weak)
        own = frozenset({pack.vertical}) if pack is not vocabulary.common else frozenset()
        for term in (term for kind in KINDS for term in pack.terms(kind)):
            for word in _words(term):
                forms = word_forms(word)
                if term.kind == "process" and term.id in pack.silent:
                    yield word, Entry("ignored", "", frozenset())
                    continue
                yield (
                    word,
                    Entry(
                        term.kind,
                        term.id,
                        own or frozenset(term.verticals),
                        forms in weak,
                        forms in whole,
                        _short(word),
                    ),
                )
        for attribute in pack.attributes:
            for choice in attribute.choices:
                for word in (choice.name_en, choice.name_zh, *choice.synonyms_en, *choice.synonyms_zh):
                    weakness = word_forms(word) in weak
                    yield word, Entry(f"attribute:{attribute.id}", choice.id, own, weakness, False, _short(word))
            # The name of a measure holds no term: 充绒 in 充绒量 is no process.
            for word in (attribute.name_en, attribute.name_zh, *attribute.synonyms):
                if attribute.kind == "number":
                    yield word, Entry("ignored", "", frozenset())
        for word in (pack.name_en, pack.name_zh, *pack.synonyms_en, *pack.synonyms_zh) if own else ():
            yield word, Entry("vertical", pack.vertical, own, word_forms(word) in weak)
        for word in pack.ignored:
            yield word, Entry("ignored", "", frozenset())


def _words(term: Term) -> tuple[str, ...]:
    return (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh)


def _short(word: str) -> bool:
    """An abbreviation that everyday English could mean as well is one only when it is written in capitals."""
    return word.isascii() and word.isalpha() and word.isupper() and (len(word) <= 3 or word.lower() in _everyday())


@lru_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return frozenset(_EVERYDAY_FILE.read_text(encoding="utf-8").split())


def _may_slip(word: str) -> bool:
    return len(word) >= SHORTEST_WORD_WITH_SLIPS and word.isascii() and word.isalpha()


def _one_letter_less(word: str) -> Iterator[str]:
    for position in range(len(word)):
        yield word[:position] + word[position + 1 :]


def _one_slip_apart(first: str, second: str) -> bool:
    """Damerau-Levenshtein distance of exactly one."""
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    start = next((at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return True
    rest, other = first[start:], second[start:]
    if len(first) == len(second):
        return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    longer, shorter = (rest, other) if len(rest) > len(other) else (other, rest)
    return longer[1:] == shorter
