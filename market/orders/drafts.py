"""An order before it is one: what a seller has said so far, whether it can be taken, and what is still missing.

Pure: no database and no clock, so that the form, the import, the API and the demo market check alike.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from market.kit.errors import FieldFault
from market.kit.money import CURRENCIES, LARGEST_MINOR
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from matching.verticals.pack import Attribute, Kind, Vocabulary

LONGEST_TITLE = 120
LONGEST_TEXT = 5_000
LONGEST_WORDS = 2_000
LONGEST_VALUE = 200
LONGEST_REFERENCE = 64
LARGEST_QUANTITY = 10_000_000
LONGEST_GRACE_DAYS = 60
FARTHEST_DUE_DAYS = 730
MOST_ENTRIES = 20
COUNTED = ("piece", "set", "pair")
INSPECTIONS = ("AQL 1.0", "AQL 1.5", "AQL 2.5", "AQL 4.0", "100%", "none")
DEFAULT_INSPECTION = "AQL 2.5"
SOURCES = ("words", "form", "import", "api", "demo", "reorder")

_SPACES = str.maketrans(dict.fromkeys("\n\r\t\u3000", " "))

Faults = Iterator[FieldFault]


@dataclass(frozen=True, slots=True)
class MaterialShare:
    """A material of the packs and its share in per cent; None means that no share was named."""

    id: str
    share: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """What a seller wants made. Lists hold ids of the vertical packs; colours hold ids or the seller's own words.

    quantity: in `unit`s, one of COUNTED; dozens are counted out before. target_price_minor: a unit, in minor units of
    `currency`. words: the free text as typed; readings: what was read from it, one mapping a field (field, value,
    words, by) with by "weft" or "seller". origin: where the order came from, as plain JSON.
    """

    title: str = ""
    quantity: int | None = None
    unit: str = "piece"
    source: str = "form"
    reference: str | None = None
    words: str = ""
    readings: tuple[dict[str, Any], ...] = ()
    description: str = ""
    vertical: str | None = None
    category: str | None = None
    processes: tuple[str, ...] = ()
    materials: tuple[MaterialShare, ...] = ()
    certifications: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    colours: tuple[str, ...] = ()
    target_price_minor: int | None = None
    currency: str = "CNY"
    due_on: date | None = None
    grace_days: int = 0
    region: str | None = None
    inspection: str = DEFAULT_INSPECTION
    wants_pool: bool = True
    origin: dict[str, Any] = field(default_factory=dict)

    def attribute(self, identifier: str) -> str | None:
        return next((value for name, value in self.attributes if name == identifier), None)


def check_draft(draft: OrderDraft, vocabulary: Vocabulary, today: date) -> tuple[FieldFault, ...]:
    """Everything about a draft that cannot be taken; empty when it can be posted.

    Fields are named as in OrderDraft, but `target_price` for the price and `attributes.<id>` for an attribute.
    """
    return (
        *_text_faults(draft),
        *_quantity_faults(draft),
        *_term_faults(draft, vocabulary),
        *_material_faults(draft, vocabulary),
        *_attribute_faults(draft, vocabulary),
        *_price_faults(draft),
        *_date_faults(draft, today),
        *_choice_faults(draft),
    )


def _fault(name: str, problem: str, accepted: str) -> FieldFault:
    return FieldFault(name, problem, accepted)


def _text_faults(draft: OrderDraft) -> Faults:
    if not draft.title.strip():
        yield _fault("title", _("is empty"), _("1 to %(most)s characters", most=LONGEST_TITLE))
    yield from _length_faults("title", draft.title, LONGEST_TITLE)
    yield from _length_faults("description", draft.description, LONGEST_TEXT)
    yield from _length_faults("words", draft.words, LONGEST_WORDS)
    yield from _length_faults("reference", draft.reference or "", LONGEST_REFERENCE)


def _length_faults(name: str, text: str, most: int) -> Faults:
    if len(text) > most:
        problem = _("is %(count)s characters long", count=len(text))
        yield _fault(name, problem, _("at most %(most)s characters", most=most))
    if not text.isprintable() and not text[:LONGEST_TEXT].translate(_SPACES).isprintable():
        yield _fault(name, _("holds a character that cannot be shown"), _("plain text"))


def _quantity_faults(draft: OrderDraft) -> Faults:
    if draft.quantity is None or not 1 <= draft.quantity <= LARGEST_QUANTITY:
        problem = _("is missing")
        if draft.quantity is not None:
            problem = _("is less than 1") if draft.quantity < 1 else _("is too large")
        yield _fault("quantity", problem, _("a whole number from 1 to %(most)s", most=LARGEST_QUANTITY))
    if draft.unit not in COUNTED:
        yield _fault("unit", _unknown(draft.unit), _("one of %(choices)s", choices=", ".join(COUNTED)))


def _term_faults(draft: OrderDraft, vocabulary: Vocabulary) -> Faults:
    if draft.vertical is not None and draft.vertical not in vocabulary.packs:
        accepted = _("one of %(choices)s", choices=", ".join(vocabulary.packs))
        yield _fault("vertical", _unknown(draft.vertical), accepted)
    if draft.category is not None:
        category = vocabulary.term("category", draft.category)
        if category is None or not vocabulary.is_live("category", category.id):
            yield _fault("category", _unknown(draft.category), _("a category of the list"))
        elif (
            draft.vertical is not None
            and draft.vertical in vocabulary.packs
            and not category.belongs_to(draft.vertical)
        ):
            yield _fault("category", _("belongs to another trade"), _("a category of this trade"))
    if draft.region is not None and not vocabulary.is_live("region", draft.region):
        yield _fault("region", _unknown(draft.region), _("a region of the list"))
    yield from _list_faults("processes", "process", draft.processes, vocabulary)
    yield from _list_faults("certifications", "certification", draft.certifications, vocabulary)
    yield from _count_faults("colours", draft.colours)
    for colour in draft.colours:
        yield from _length_faults("colours", colour, LONGEST_REFERENCE)


def _list_faults(name: str, kind: Kind, identifiers: tuple[str, ...], vocabulary: Vocabulary) -> Faults:
    yield from _count_faults(name, identifiers)
    for identifier in identifiers[:MOST_ENTRIES]:
        if not vocabulary.is_live(kind, identifier):
            yield _fault(name, _unknown(identifier), _("entries of the list"))


def _count_faults(name: str, entries: tuple[Any, ...]) -> Faults:
    if len(entries) > MOST_ENTRIES:
        problem = _("has %(count)s entries", count=len(entries))
        yield _fault(name, problem, _("at most %(most)s entries", most=MOST_ENTRIES))


def _material_faults(draft: OrderDraft, vocabulary: Vocabulary) -> Faults:
    yield from _list_faults("materials", "material", tuple(material.id for material in draft.materials), vocabulary)
    shares = [material.share for material in draft.materials if material.share is not None]
    if any(not 1 <= share <= 100 for share in shares):
        yield _fault("materials", _("has a share outside 1 to 100 %%"), _("shares from 1 to 100 %%"))
    elif shares and len(shares) == len(draft.materials) and sum(shares) != 100:
        problem = _("its shares sum to %(total)s %%", total=sum(shares))
        yield _fault("materials", problem, _("shares that sum to 100 %%, or none"))
    elif len(shares) < len(draft.materials) and sum(shares) >= 100:
        problem = _("its shares leave nothing for the material without one")
        yield _fault("materials", problem, _("shares that sum to 100 %%, or none"))


def _attribute_faults(draft: OrderDraft, vocabulary: Vocabulary) -> Faults:
    yield from _count_faults("attributes", draft.attributes)
    for identifier, value in draft.attributes[:MOST_ENTRIES]:
        attribute = vocabulary.attribute(identifier)
        name = f"attributes.{identifier}"
        if attribute is None:
            yield _fault(name, _unknown(identifier), _("an attribute of the trade"))
        else:
            yield from _value_faults(name, attribute, value)


def _value_faults(name: str, attribute: Attribute, value: str) -> Faults:
    if attribute.kind == "number" and not _is_positive_number(value):
        yield _fault(name, _("“%(value)s” is no number", value=value[:40]), _("a number above zero"))
    elif attribute.kind == "choice" and value not in {choice.id for choice in attribute.choices}:
        choices = ", ".join(choice.id for choice in attribute.choices)
        yield _fault(name, _unknown(value), _("one of %(choices)s", choices=choices))
    else:
        yield from _length_faults(name, value, LONGEST_VALUE)


def _is_positive_number(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and 0 < value < 1e9


def _price_faults(draft: OrderDraft) -> Faults:
    if draft.currency not in CURRENCIES:
        accepted = _("one of %(choices)s", choices=", ".join(CURRENCIES))
        yield _fault("currency", _unknown(draft.currency), accepted)
    if draft.target_price_minor is not None and not 0 < draft.target_price_minor <= LARGEST_MINOR // LARGEST_QUANTITY:
        yield _fault("target_price", _("is no usable price"), _("an amount above zero, like 128.50"))


def _date_faults(draft: OrderDraft, today: date) -> Faults:
    last = today + timedelta(days=FARTHEST_DUE_DAYS)
    if draft.due_on is not None and not today <= draft.due_on <= last:
        problem = _("is in the past") if draft.due_on < today else _("is too far away")
        accepted = _("a day from %(first)s to %(last)s", first=today.isoformat(), last=last.isoformat())
        yield _fault("due_on", problem, accepted)
    if not 0 <= draft.grace_days <= LONGEST_GRACE_DAYS:
        accepted = _("a whole number from 0 to %(most)s", most=LONGEST_GRACE_DAYS)
        yield _fault("grace_days", _("is out of range"), accepted)


def _choice_faults(draft: OrderDraft) -> Faults:
    if draft.inspection not in INSPECTIONS:
        accepted = _("one of %(choices)s", choices=", ".join(INSPECTIONS))
        yield _fault("inspection", _unknown(draft.inspection), accepted)
    if draft.source not in SOURCES:
        accepted = _("one of %(choices)s", choices=", ".join(SOURCES))
        yield _fault("source", _unknown(draft.source), accepted)


def _unknown(text: str) -> Sentence:
    return _("“%(value)s” is not known", value=text[:40])


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what factories ask for is there. missing: field names, most important first."""

    present: int
    total: int
    missing: tuple[str, ...]


_BASE: tuple[tuple[str, Callable[[OrderDraft], bool]], ...] = (
    ("quantity", lambda draft: draft.quantity is not None),
    ("category", lambda draft: draft.category is not None),
    ("due_on", lambda draft: draft.due_on is not None),
    ("processes", lambda draft: bool(draft.processes)),
    ("materials", lambda draft: bool(draft.materials)),
    ("target_price", lambda draft: draft.target_price_minor is not None),
    ("colours", lambda draft: bool(draft.colours)),
)


def asked_attributes(draft: OrderDraft, vocabulary: Vocabulary) -> tuple[Attribute, ...]:
    """The attributes that factories of this trade always ask for before they quote."""
    if draft.vertical is None or draft.vertical not in vocabulary.packs:
        return ()
    applying = draft.processes + ((draft.category,) if draft.category else ())
    if draft.category and not draft.processes:
        applying += vocabulary.implied_processes(draft.category)
    found = vocabulary.attributes(draft.vertical, applying)
    return tuple(attribute for attribute in found if attribute.asked_for)


def completeness(draft: OrderDraft, vocabulary: Vocabulary) -> Completeness:
    """What of the things that a factory asks for before quoting the draft already says."""
    checks = [(name, present(draft)) for name, present in _BASE]
    checks += [
        (f"attributes.{attribute.id}", bool(draft.attribute(attribute.id)))
        for attribute in asked_attributes(draft, vocabulary)
    ]
    missing = tuple(name for name, present in checks if not present)
    return Completeness(len(checks) - len(missing), len(checks), missing)
