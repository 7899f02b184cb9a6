"""All packs together: finds a term by any of its words, in either language, and says how near two terms are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from matching.verticals.folding import word_forms
from matching.verticals.terms import COMMON, KINDS, Attribute, Kind, Language, MinimumCause, Pack, Term, Unit

_BRACKETS: Final = re.compile(r"[(（][^)）]*[)）]")
_SEPARATORS: Final = re.compile(r"\s*(?:[/&、,，]|\band\b|[与和及])\s*")


class Vocabulary:
    """Read-only view over the packs. Made by `load_vocabulary`; ids are unique within a kind over all packs."""

    def __init__(self, packs: Mapping[str, Pack], common: Pack, digest: str, retired: Sequence[Pack] = ()) -> None:
        """packs: the verticals by id, without the shared one. digest: sha256 of the files' content, in hex.

        retired: packs whose terms still have a name and a place in the tree, and cannot be found by words any more.
        """
        self.packs: Mapping[str, Pack] = MappingProxyType(dict(packs))
        self.common = common
        self.digest = digest
        self._terms = {(term.kind, term.id): term for term in self._all_terms()}
        self._by_kind = {kind: tuple(term for term in self._terms.values() if term.kind == kind) for kind in KINDS}
        self._wider = frozenset((term.kind, wider) for term in self._terms.values() for wider in term.broader)
        self._by_word = self._index_words()
        self._attributes = {attribute.id: attribute for pack in self._all_packs() for attribute in pack.attributes}
        self._retired_packs = {pack.vertical: pack for pack in reversed(retired)}
        self._retired = {
            (term.kind, term.id): term for pack in reversed(retired) for kind in KINDS for term in pack.terms(kind)
        }
        self._retired_attributes = {each.id: each for pack in reversed(retired) for each in pack.attributes}

    def pack(self, vertical: str) -> Pack | None:
        """A trade's pack; the one it last had when the trade is retired."""
        return self.packs.get(vertical) or self._retired_packs.get(vertical)

    def term(self, kind: Kind, identifier: str) -> Term | None:
        """The term of an id, a retired one included."""
        key = (kind, identifier)
        return self._terms.get(key) or self._retired.get(key)

    def is_live(self, kind: Kind, identifier: str) -> bool:
        """Whether the term can be chosen and found, rather than only read."""
        return (kind, identifier) in self._terms

    def terms(self, kind: Kind) -> tuple[Term, ...]:
        """All terms of a kind, shared ones last, in the order of the files."""
        return self._by_kind[kind]

    def is_wider(self, kind: Kind, identifier: str) -> bool:
        """Whether other terms of the kind are sorts of this one."""
        return (kind, identifier) in self._wider

    def resolve(self, kind: Kind, text: str, vertical: str | None = None) -> Term | None:
        """The term that an id, name or synonym means; None when nothing does.

        Case, width, plural, hyphens, script and spelling do not matter. When the trades use one word for different
        things, the named vertical decides; without one the first pack that has it as a name, then as a synonym.
        "Coats & Jackets" or "Screen printing (plastic)" fall back to their parts.
        """
        named = self.term(kind, text.strip())
        if named is not None and (vertical is None or named.belongs_to(vertical)):
            return named
        for spelling in _spellings(text):
            candidates = self._by_word.get((kind, word_forms(spelling)), ())
            for term in candidates:
                if vertical is None or term.belongs_to(vertical):
                    return term
            if candidates:
                return candidates[0]
        return named

    def related(self, kind: Kind, first: str, second: str) -> float:
        """Nearness in [0, 1]: 1 for the same id, less the further up the tree they meet, 0 when they never do.

        Twice the depth of the nearest common term over the sum of both depths (Wu and Palmer, 1994).
        """
        if first == second:
            return 1.0
        one, other = self.term(kind, first), self.term(kind, second)
        if one is None or other is None:
            return 0.0
        path, other_path = (one.id, *one.broader), (other.id, *other.broader)
        meeting = next((place for place, identifier in enumerate(path) if identifier in other_path), None)
        if meeting is None:
            return 0.0
        return 2.0 * (len(path) - meeting) / (len(path) + len(other_path))

    def name(self, kind: Kind, identifier: str, language: Language) -> str:
        """The name to show; the id itself when the term is unknown, so that old data still reads."""
        term = self.term(kind, identifier)
        return identifier if term is None else term.name(language)

    def choices(self, kind: Kind, vertical: str) -> list[Term]:
        """What a person in one trade may choose from: the pack's own terms, then the shared ones."""
        own = list(self.packs[vertical].terms(kind)) if vertical in self.packs else []
        return own + [term for term in self.common.terms(kind) if term.belongs_to(vertical)]

    def vertical_of(self, category: str) -> str | None:
        term = self.term("category", category)
        return None if term is None else term.vertical

    def attribute(self, identifier: str) -> Attribute | None:
        return self._attributes.get(identifier) or self._retired_attributes.get(identifier)

    def attributes(self, vertical: str, applying_to: tuple[str, ...] = ()) -> list[Attribute]:
        """The attributes of a trade, then the shared ones; with process or category ids only those that apply."""
        own = list(self.packs[vertical].attributes) if vertical in self.packs else []
        every = own + list(self.common.attributes)
        if not applying_to:
            return every
        wanted = set(self._with_broader(applying_to))
        return [attribute for attribute in every if not attribute.applies_to or wanted & set(attribute.applies_to)]

    def units(self) -> tuple[Unit, ...]:
        return self.common.units

    def minimum_causes(
        self, vertical: str, processes: tuple[str, ...] = (), category: str | None = None
    ) -> list[MinimumCause]:
        """What causes the minimum of such an order: by its processes, else by those its category implies,
        else the causes that hold for the whole vertical; highest typical minimum first."""
        pack = self.packs.get(vertical)
        if pack is None:
            return []
        for wanted in (processes, self._implied(category)):
            applying = set(self._with_broader(wanted))
            found = [cause for cause in pack.minimums if applying & set(cause.processes)]
            if found:
                return sorted(found, key=lambda cause: -cause.typical_minimum)
        general = [cause for cause in pack.minimums if not cause.processes]
        return sorted(general, key=lambda cause: -cause.typical_minimum)

    def _implied(self, category: str | None) -> tuple[str, ...]:
        term = None if category is None else self.term("category", category)
        while term is not None and not term.implies:
            term = None if term.parent is None else self.term("category", term.parent)
        return () if term is None else term.implies

    def implied_processes(self, category: str) -> tuple[str, ...]:
        """The usual processes of a category, taken from the nearest wider one when it names none itself."""
        return self._implied(category)

    def _with_broader(self, identifiers: tuple[str, ...]) -> Iterator[str]:
        for identifier in identifiers:
            yield identifier
            for kind in ("process", "category"):
                term = self.term(kind, identifier)
                if term is not None:
                    yield from term.broader

    def _all_packs(self) -> Iterator[Pack]:
        yield from self.packs.values()
        yield self.common

    def _all_terms(self) -> Iterator[Term]:
        for pack in self._all_packs():
            for kind in KINDS:
                yield from pack.terms(kind)

    def _index_words(self) -> dict[tuple[str, tuple[str, ...]], list[Term]]:
        index: dict[tuple[str, tuple[str, ...]], list[Term]] = {}
        for words_of in (_identifiers, _names, _synonyms, _listed):
            for term in self._terms.values():
                for word in words_of(term):
                    owners = index.setdefault((term.kind, word_forms(word)), [])
                    if term not in owners:
                        owners.append(term)
        return index


def _spellings(text: str) -> Iterator[str]:
    """The text itself, then without what stands in brackets, then the parts of a name such as "Coats & Jackets"."""
    yield text
    bare = _BRACKETS.sub(" ", text)
    yield bare
    yield from _SEPARATORS.split(bare)


def _identifiers(term: Term) -> tuple[str, ...]:
    return (term.id, *term.sources)


def _names(term: Term) -> tuple[str, ...]:
    return (term.name_en, term.name_zh)


def _synonyms(term: Term) -> tuple[str, ...]:
    return term.synonyms_en + term.synonyms_zh


def _listed(term: Term) -> tuple[str, ...]:
    return term.listed


__all__ = ["COMMON", "Vocabulary"]
