"""What must hold across the rows of one pack, and across packs. Each check notes its faults with their lines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from matching.verticals.folding import word_forms
from matching.verticals.pack_file import SECTIONS
from matching.verticals.pack_rows import Notes
from matching.verticals.terms import COMMON, KINDS, Attribute, Kind, MinimumCause, Pack, Term

SHARED_FIELDS = ("category", "process", "material", "colour")


def note_faults(pack: Pack, common: Pack | None, notes: Notes) -> None:
    """Notes the faults inside one pack, read together with the shared terms."""
    packs = [pack] if common is None or common is pack else [pack, common]
    for kind in KINDS:
        section = SECTIONS[kind]
        _duplicates(notes, section, f"{kind} id", (term.id for term in pack.terms(kind)))
        _parents(notes, pack.terms(kind), {term.id for each in packs for term in each.terms(kind)})
        _ambiguous(notes, pack.terms(kind), kind)
    _duplicates(notes, "attributes", "attribute id", (attribute.id for attribute in pack.attributes))
    _duplicates(notes, "minimums", "minimum id", (minimum.id for minimum in pack.minimums))
    _ignored_terms(notes, pack)
    _references(notes, pack, packs)


def note_shared_ids(packs: Iterable[Pack], notes_of: Mapping[str, Notes]) -> None:
    """Notes each id that an earlier pack of the row claims already."""
    owners: dict[tuple[str, str], str] = {}
    for pack in packs:
        named: list[tuple[str, str, str]] = [
            (SECTIONS[kind], kind, term.id) for kind in KINDS for term in pack.terms(kind)
        ]
        named += [("attributes", "attribute", attribute.id) for attribute in pack.attributes]
        named += [("minimums", "minimum", minimum.id) for minimum in pack.minimums]
        for section, kind, identifier in named:
            owner = owners.setdefault((kind, identifier), pack.vertical)
            if owner != pack.vertical:
                notes_of[pack.vertical].about(
                    section, identifier, "the %(kind)s id %(value)s stands in %(other)s already",
                    kind=kind, value=repr(identifier), other=owner,
                )  # fmt: skip


def words_of(term: Term) -> tuple[str, ...]:
    """Every word of a term in running text or in a list, once."""
    every = (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh, *term.listed)
    return tuple(dict.fromkeys(every))


@dataclass(frozen=True, slots=True)
class Clash:
    """A word of one pack that names something of the same kind in another: where the trade is unclear it is ambiguous.

    names: whether it is what both show as the name of goods, which nobody could tell apart.
    """

    word: str
    kind: Kind
    term: str
    other_pack: str
    other_term: str
    names: bool


def clashes(pack: Pack, others: Iterable[Pack]) -> Iterator[Clash]:
    """The words of a pack that other packs have too, in the order of the pack."""
    taken: dict[tuple[Kind, tuple[str, ...]], Term] = {}
    for other in others:
        for kind in KINDS:
            for term in other.terms(kind):
                for word in words_of(term):
                    taken.setdefault((kind, word_forms(word)), term)
    for kind in KINDS:
        for term in pack.terms(kind):
            for word in words_of(term):
                found = taken.get((kind, word_forms(word)))
                if found is not None:
                    same_name = kind == "category" and _is_name(word, term) and _is_name(word, found)
                    yield Clash(word, kind, term.id, found.vertical, found.id, same_name)


def note_clashes(pack: Pack, others: Iterable[Pack], notes: Notes) -> None:
    """Notes goods that are named as goods of another pack are."""
    for clash in clashes(pack, others):
        if clash.names:
            notes.about(
                SECTIONS[clash.kind], clash.term, "the name %(word)s already names %(term)s of the pack %(other)s",
                word=repr(clash.word), term=repr(clash.other_term), other=clash.other_pack,
            )  # fmt: skip


def _is_name(word: str, term: Term) -> bool:
    return word_forms(word) in (word_forms(term.name_en), word_forms(term.name_zh))


def _duplicates(notes: Notes, section: str, what: str, ids: Iterable[str]) -> None:
    for identifier, count in Counter(ids).items():
        if count > 1:
            notes.about(section, identifier, "%(what)s %(value)s is given %(count)s times; accepted is once",
                        what=what, value=repr(identifier), count=count)  # fmt: skip


def _parents(notes: Notes, terms: tuple[Term, ...], known: set[str]) -> None:
    for term in terms:
        section = SECTIONS[term.kind]
        if term.parent is not None and term.parent not in known:
            notes.about(section, term.id, "unknown parent %(value)s; accepted is the id of a %(kind)s here",
                        value=repr(term.parent), kind=term.kind)  # fmt: skip
        if term.id in term.broader:
            notes.about(section, term.id, "is its own parent, through %(path)s", path=" -> ".join(term.broader))


def _ambiguous(notes: Notes, terms: tuple[Term, ...], kind: Kind) -> None:
    owners: dict[tuple[str, ...], str] = {}
    for term in terms:
        for word in words_of(term):
            forms = word_forms(word)
            if not forms:
                notes.about(SECTIONS[kind], term.id, "the word %(word)s has nothing that can be matched",
                            word=repr(word))  # fmt: skip
            elif owners.setdefault(forms, term.id) != term.id:
                notes.about(
                    SECTIONS[kind], term.id, "the word %(word)s already names %(other)s; a word names one %(kind)s",
                    word=repr(word), other=repr(owners[forms]), kind=kind,
                )  # fmt: skip


def _ignored_terms(notes: Notes, pack: Pack) -> None:
    ignored = {word_forms(word) for word in pack.ignored}
    for kind in KINDS:
        for term in pack.terms(kind):
            for word in (term.name_en, term.name_zh, *term.synonyms_en, *term.synonyms_zh):
                if word_forms(word) in ignored:
                    notes.about("ignored", "", "the word %(word)s names the %(kind)s %(term)s; it cannot be both",
                                word=repr(word), kind=kind, term=repr(term.id))  # fmt: skip


def _references(notes: Notes, pack: Pack, packs: list[Pack]) -> None:
    processes = {term.id for each in packs for term in each.processes}
    categories = {term.id for each in packs for term in each.categories}
    attributes = {attribute.id for each in packs for attribute in each.attributes}
    certifications = {term.id for each in packs for term in each.certifications}
    units = {unit.id for each in packs for unit in each.units}
    for term in pack.categories:
        _unknown(notes, "categories", term.id, "implies", term.implies, processes, "process")
    for attribute in pack.attributes:
        _attribute_faults(notes, attribute, processes | categories, certifications)
    for minimum in pack.minimums:
        _minimum_faults(notes, minimum, processes, attributes)
    _unknown(notes, "silent", "", "silent", pack.silent, processes, "process")
    _unknown(notes, "price_units", "", "price_units", pack.price_units, units, "unit")
    if pack.vertical != COMMON and not pack.categories:
        notes.about("categories", "", "categories is empty; a vertical needs one at least")


def _attribute_faults(notes: Notes, attribute: Attribute, targets: set[str], certifications: set[str]) -> None:
    own = ("attributes", attribute.id)
    _unknown(notes, *own, "applies_to", attribute.applies_to, targets, "process or category")
    tested_by = (attribute.tested_by,) if attribute.tested_by else ()
    _unknown(notes, *own, "tested_by", tested_by, certifications, "certification")
    for identifier, count in Counter(choice.id for choice in attribute.choices).items():
        if count > 1:
            notes.about(*own, "%(what)s %(value)s is given %(count)s times; accepted is once",
                        what="choice", value=repr(identifier), count=count)  # fmt: skip
    if attribute.low is not None and attribute.high is not None and attribute.low > attribute.high:
        notes.about(*own, "low is above high")


def _minimum_faults(notes: Notes, minimum: MinimumCause, processes: set[str], attributes: set[str]) -> None:
    own = ("minimums", minimum.id)
    _unknown(notes, *own, "processes", minimum.processes, processes, "process")
    shared = set(SHARED_FIELDS) | {f"attribute:{identifier}" for identifier in attributes}
    _unknown(notes, *own, "shared_by", minimum.shared_by, shared, "field")


def _unknown(
    notes: Notes, section: str, identifier: str, key: str, ids: tuple[str, ...], known: set[str], what: str
) -> None:
    for found in ids:
        if found not in known:
            notes.about(section, identifier, "%(key)s: unknown %(what)s %(value)s",
                        key=key, what=what, value=repr(found))  # fmt: skip
