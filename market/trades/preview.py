"""What a pack would change: its terms and words against the live version, and how texts are read with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from sqlalchemy.orm import Session

from market.trades.usage import UNUSED, Use, newest_words, use_of_terms
from market.verticals.live import InUse, file_of
from market.verticals.service import checked_pack
from matching.understanding import understand
from matching.verticals.pack import COMMON, KINDS, Clash, Kind, Language, Pack, Term, Vocabulary, clashes, vocabulary_of

MOST_SENTENCES: Final = 12
LONGEST_SENTENCE: Final = 500


@dataclass(frozen=True, slots=True)
class TermChange:
    """One term that comes, goes or is worded otherwise. parts: names of fields that differ."""

    kind: Kind
    id: str
    name_en: str
    name_zh: str
    words_new: tuple[str, ...] = ()
    words_gone: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    use: Use = UNUSED


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """One sentence as it is read now and with the pack: (field, value) pairs, values in words."""

    sentence: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """All that a pack would change. others: attributes, minimums and lists that differ, by name.

    orders, factories: (read otherwise, looked at) of the newest ones.
    """

    pack: Pack
    is_new: bool
    added: tuple[TermChange, ...]
    changed: tuple[TermChange, ...]
    removed: tuple[TermChange, ...]
    others: tuple[str, ...]
    clashes: tuple[Clash, ...]
    sentences: tuple[SentenceReading, ...]
    orders: tuple[int, int]
    factories: tuple[int, int]

    @property
    def vanishing(self) -> tuple[TermChange, ...]:
        """Terms that orders or factories name and that could not be chosen any more."""
        return tuple(term for term in self.removed if term.use)


def previewed(
    session: Session, now: InUse, words: str, file: str, sentences: Sequence[str], today: date, language: Language
) -> Preview:
    """The preview of a pack beside what is in use. Raises FaultyPack; changes nothing."""
    pack = checked_pack(now, words, file)
    old = now.vocabulary.common if pack.vertical == COMMON else now.vocabulary.packs.get(pack.vertical)
    after = _candidate(tuple(sorted({**now.texts, file_of(pack.vertical): words}.items())))
    added, changed, removed = term_changes(old, pack)
    use = use_of_terms(session, [(term.kind, term.id) for term in removed])
    others = [other for vertical, other in now.vocabulary.packs.items() if vertical != pack.vertical]
    texts_of_orders, texts_of_factories = newest_words(session)
    return Preview(
        pack=pack,
        is_new=old is None,
        added=added,
        changed=changed,
        removed=tuple(replace(term, use=use.get((term.kind, term.id), UNUSED)) for term in removed),
        others=_other_changes(old, pack),
        clashes=tuple(clashes(pack, others)),
        sentences=tuple(
            SentenceReading(
                each, read_out(each, now.vocabulary, today, language), read_out(each, after, today, language)
            )
            for each in sentences
        ),
        orders=(_read_otherwise(texts_of_orders, now.vocabulary, after, today), len(texts_of_orders)),
        factories=(_read_otherwise(texts_of_factories, now.vocabulary, after, today), len(texts_of_factories)),
    )


def vanishing_terms(session: Session, now: InUse, pack: Pack) -> int:
    """How many terms in use a pack would take away."""
    old = now.vocabulary.common if pack.vertical == COMMON else now.vocabulary.packs.get(pack.vertical)
    removed = term_changes(old, pack)[2]
    return len(use_of_terms(session, [(term.kind, term.id) for term in removed]))


def term_changes(
    old: Pack | None, new: Pack
) -> tuple[tuple[TermChange, ...], tuple[TermChange, ...], tuple[TermChange, ...]]:
    """The terms that a pack adds, changes and removes."""
    before = {(term.kind, term.id): term for kind in KINDS for term in (old.terms(kind) if old else ())}
    after = {(term.kind, term.id): term for kind in KINDS for term in new.terms(kind)}
    added = tuple(_told(term) for key, term in after.items() if key not in before)
    removed = tuple(_told(term) for key, term in before.items() if key not in after)
    pairs = ((before[key], term) for key, term in after.items() if key in before)
    return added, tuple(_compared(one, other) for one, other in pairs if one != other), removed


def read_out(sentence: str, words: Vocabulary, today: date, language: Language) -> tuple[tuple[str, str], ...]:
    """What a sentence says, as (field, value in words)."""
    found = understand(sentence, words, today)
    return tuple((reading.field, _value(reading.field, reading.value, words, language)) for reading in found.readings)


def _value(name: str, value: object, words: Vocabulary, language: Language) -> str:
    if name == "vertical":
        pack = words.pack(str(value))
        return pack.name(language) if pack else str(value)
    kind = next((kind for kind in KINDS if kind == name), None)
    return str(value) if kind is None else words.name(kind, str(value), language)


def _read_otherwise(texts: Sequence[str], before: Vocabulary, after: Vocabulary, today: date) -> int:
    return sum(_facts(text, before, today) != _facts(text, after, today) for text in texts if text)


def _facts(text: str, words: Vocabulary, today: date) -> frozenset[tuple[str, object]]:
    return frozenset((reading.field, reading.value) for reading in understand(text, words, today).readings)


def _told(term: Term) -> TermChange:
    return TermChange(term.kind, term.id, term.name_en, term.name_zh)


def _compared(old: Term, new: Term) -> TermChange:
    before, after = _words(old), _words(new)
    plain = ("parent", "implies", "listed", "verticals")
    parts = [name for name in plain if getattr(old, name) != getattr(new, name)]
    if (old.name_en, old.name_zh) != (new.name_en, new.name_zh):
        parts.insert(0, "name")
    return replace(
        _told(new),
        words_new=tuple(word for word in after if word not in before),
        words_gone=tuple(word for word in before if word not in after),
        parts=tuple(parts),
    )


def _words(term: Term) -> dict[str, None]:
    return dict.fromkeys((term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh))


def _other_changes(old: Pack | None, new: Pack) -> tuple[str, ...]:
    names = ("name_en", "name_zh", "synonyms_en", "synonyms_zh", "pattern", "attributes", "minimums", "units",
             "price_units", "ignored", "weak", "whole", "silent")  # fmt: skip
    return () if old is None else tuple(name for name in names if getattr(old, name) != getattr(new, name))


@lru_cache(maxsize=1)
def _candidate(texts: tuple[tuple[str, str], ...]) -> Vocabulary:
    return vocabulary_of(dict(texts))
