"""What must hold across the rows of one pack, and across packs. Each check returns its faults as text."""

from collections import Counter
from collections.abc import Iterable, Iterator

from matching.verticals.folding import word_forms
from matching.verticals.terms import COMMON, KINDS, Attribute, Kind, MinimumCause, Pack, Term

SHARED_FIELDS = ("category", "process", "material", "colour")


def pack_faults(pack: Pack, common: Pack | None) -> Iterator[str]:
    """Faults inside one pack, read together with the shared terms. Each says in which section and row it stands."""
    packs = [pack] if common is None or common is pack else [pack, common]
    for kind in KINDS:
        yield from _duplicates(f"{kind} id", (term.id for term in pack.terms(kind)))
        yield from _parents(pack.terms(kind), {term.id for each in packs for term in each.terms(kind)})
        yield from _ambiguous(pack.terms(kind), kind)
    yield from _duplicates("attribute id", (attribute.id for attribute in pack.attributes))
    yield from _duplicates("minimum id", (minimum.id for minimum in pack.minimums))
    yield from _ignored_terms(pack)
    yield from _references(pack, packs)


def _duplicates(what: str, ids: Iterable[str]) -> Iterator[str]:
    for identifier, count in Counter(ids).items():
        if count > 1:
            yield f"{what} {identifier!r} is given {count} times; accepted is once"


def _parents(terms: tuple[Term, ...], known: set[str]) -> Iterator[str]:
    for term in terms:
        if term.parent is not None and term.parent not in known:
            yield f"{term.kind} {term.id!r}: unknown parent {term.parent!r}; accepted is the id of a {term.kind} here"
        if term.id in term.broader:
            yield f"{term.kind} {term.id!r}: is its own parent, through {' -> '.join(term.broader)}"


def _ambiguous(terms: tuple[Term, ...], kind: Kind) -> Iterator[str]:
    owners: dict[tuple[str, ...], str] = {}
    for term in terms:
        words = (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh, *term.listed)
        for word in dict.fromkeys(words):
            forms = word_forms(word)
            if not forms:
                yield f"{kind} {term.id!r}: the word {word!r} has nothing that can be matched"
            elif owners.setdefault(forms, term.id) != term.id:
                yield f"{kind} {term.id!r}: the word {word!r} already names {owners[forms]!r}; a word names one {kind}"


def _ignored_terms(pack: Pack) -> Iterator[str]:
    ignored = {word_forms(word): word for word in pack.ignored}
    for kind in KINDS:
        for term in pack.terms(kind):
            for word in (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh):
                if word_forms(word) in ignored:
                    yield f"ignored: the word {word!r} names the {kind} {term.id!r}; it cannot be both"


def _references(pack: Pack, packs: list[Pack]) -> Iterator[str]:
    processes = {term.id for each in packs for term in each.processes}
    categories = {term.id for each in packs for term in each.categories}
    attributes = {attribute.id for each in packs for attribute in each.attributes}
    certifications = {term.id for each in packs for term in each.certifications}
    units = {unit.id for each in packs for unit in each.units}
    for term in pack.categories:
        yield from _unknown(f"category {term.id!r}: implies", term.implies, processes, "process")
    for attribute in pack.attributes:
        yield from _attribute_faults(attribute, processes | categories, certifications)
    for minimum in pack.minimums:
        yield from _minimum_faults(minimum, processes, attributes)
    yield from _unknown("silent", pack.silent, processes, "process")
    yield from _unknown("price_units", pack.price_units, units, "unit")
    if pack.vertical != COMMON and not pack.categories:
        yield "categories is empty; a vertical needs one at least"


def _attribute_faults(attribute: Attribute, targets: set[str], certifications: set[str]) -> Iterator[str]:
    yield from _unknown(f"attribute {attribute.id!r}: applies_to", attribute.applies_to, targets, "process or category")
    tested_by = (attribute.tested_by,) if attribute.tested_by else ()
    yield from _unknown(f"attribute {attribute.id!r}: tested_by", tested_by, certifications, "certification")
    yield from _duplicates(f"attribute {attribute.id!r}: choice", (choice.id for choice in attribute.choices))


def _minimum_faults(minimum: MinimumCause, processes: set[str], attributes: set[str]) -> Iterator[str]:
    yield from _unknown(f"minimum {minimum.id!r}: processes", minimum.processes, processes, "process")
    shared = set(SHARED_FIELDS) | {f"attribute:{identifier}" for identifier in attributes}
    yield from _unknown(f"minimum {minimum.id!r}: shared_by", minimum.shared_by, shared, "field")


def _unknown(place: str, ids: tuple[str, ...], known: set[str], what: str) -> Iterator[str]:
    for identifier in ids:
        if identifier not in known:
            yield f"{place}: unknown {what} {identifier!r}"
