"""What a factory may declare of itself, and what is accepted in each field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from market.kit.errors import FieldFault
from market.kit.money import CURRENCIES, LARGEST_MINOR
from matching.verticals.pack import Kind, Vocabulary

LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 4000
MOST_TERMS: Final = 60
ATTRIBUTE_NUMBER: Final = re.compile(r"\d+(\.\d+)?(-\d+(\.\d+)?)?")
NUMBER_LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "staff_count": (1, 200_000),
    "minimum_quantity": (1, 1_000_000),
    "capacity_per_week": (1, 10_000_000),
    "lead_time_days": (1, 365),
    "sample_days": (1, 180),
    "leads_per_week": (0, 500),
}
TERM_FIELDS: Final[Mapping[str, Kind]] = {
    "categories": "category",
    "processes": "process",
    "materials": "material",
    "certifications": "certification",
}
FIELD_OF_KIND: Final[Mapping[str, str]] = {kind: name for name, kind in TERM_FIELDS.items()}


@dataclass(frozen=True, slots=True)
class FactoryDraft:
    """What a factory says of itself; all but name, vertical and one process or category may be missing.

    Lists hold ids of the vertical packs. Prices are minor units of `currency` for one piece.
    attributes: attribute id -> values as the packs name them; numbers as text, "7" or "7-12".
    denied, confirmed: what the factory was asked and firmly cannot do, or can, as "kind:id"; what it lists is not
    denied, and only what it lists is confirmed.
    leads_per_week: the most leads wanted in one week; None means no limit of its own.
    """

    name: str
    vertical: str
    description: str = ""
    region: str | None = None
    categories: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    equipment: str = ""
    staff_count: int | None = None
    minimum_quantity: int | None = None
    capacity_per_week: int | None = None
    lead_time_days: int | None = None
    sample_days: int | None = None
    unit_price_low_minor: int | None = None
    unit_price_high_minor: int | None = None
    currency: str = "CNY"
    leads_per_week: int | None = None
    denied: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()

    def as_row(self) -> dict[str, Any]:
        """The values as the table holds them."""
        values = {part.name: getattr(self, part.name) for part in fields(self)}
        for name in TERM_FIELDS:
            values[name] = list(dict.fromkeys(values[name]))
        listed = {f"{kind}:{identifier}" for name, kind in TERM_FIELDS.items() for identifier in values[name]}
        values["denied"] = sorted(set(self.denied) - listed)
        values["confirmed"] = sorted(set(self.confirmed) & listed)
        values["attributes"] = {name: list(found) for name, found in sorted(self.attributes.items()) if found}
        return values


def check_profile(draft: FactoryDraft, vocabulary: Vocabulary) -> tuple[FieldFault, ...]:
    """Every fault of a profile, in the order of its fields; empty when it can be taken."""
    return (
        *_text_faults(draft),
        *_term_faults(draft, vocabulary),
        *_attribute_faults(draft, vocabulary),
        *_number_faults(draft),
        *_price_faults(draft),
    )


def _text_faults(draft: FactoryDraft) -> Iterator[FieldFault]:
    if not draft.name.strip():
        yield FieldFault("name", "the name is missing", f"1 to {LONGEST_NAME} characters")
    elif len(draft.name) > LONGEST_NAME:
        yield FieldFault("name", f"the name has {len(draft.name)} characters", f"1 to {LONGEST_NAME} characters")
    for name in ("description", "equipment"):
        length = len(getattr(draft, name))
        if length > LONGEST_TEXT:
            yield FieldFault(name, f"the text has {length} characters", f"at most {LONGEST_TEXT} characters")


def _term_faults(draft: FactoryDraft, vocabulary: Vocabulary) -> Iterator[FieldFault]:
    if vocabulary.pack(draft.vertical) is None:
        yield FieldFault("vertical", f"{draft.vertical[:40]!r} is no trade of this market", ", ".join(vocabulary.packs))
        return
    for name, kind in TERM_FIELDS.items():
        chosen: tuple[str, ...] = getattr(draft, name)
        if len(chosen) > MOST_TERMS:
            yield FieldFault(name, f"{len(chosen)} are chosen", f"at most {MOST_TERMS}")
            continue
        for identifier in chosen:
            term = vocabulary.term(kind, identifier)
            if term is None or not term.belongs_to(draft.vertical):
                yield FieldFault(name, f"{identifier[:40]!r} is not in the list of this trade", "what the list shows")
    if not draft.categories and not draft.processes:
        yield FieldFault("processes", "nothing says what the factory makes", "at least one category or process")
    if draft.region is not None and vocabulary.term("region", draft.region) is None:
        yield FieldFault("region", f"{draft.region[:40]!r} is no region of this market", "what the list shows")


def _attribute_faults(draft: FactoryDraft, vocabulary: Vocabulary) -> Iterator[FieldFault]:
    for identifier, values in draft.attributes.items():
        attribute = vocabulary.attribute(identifier)
        field_name = f"attributes.{identifier[:40]}"
        if attribute is None:
            yield FieldFault(field_name, "there is no such property", "what the list shows")
            continue
        choices = {choice.id for choice in attribute.choices}
        for value in values:
            if attribute.kind == "number" and not ATTRIBUTE_NUMBER.fullmatch(value):
                yield FieldFault(field_name, f"{value[:40]!r} is no number", "a number or a range, like 12 or 7-12")
            elif attribute.kind == "choice" and value not in choices:
                yield FieldFault(field_name, f"{value[:40]!r} is not in the list", ", ".join(sorted(choices)))
            elif not 1 <= len(value) <= LONGEST_NAME:
                yield FieldFault(field_name, "the text is too long", f"1 to {LONGEST_NAME} characters")


def _number_faults(draft: FactoryDraft) -> Iterator[FieldFault]:
    for name, (lowest, highest) in NUMBER_LIMITS.items():
        number: int | None = getattr(draft, name)
        if number is not None and not lowest <= number <= highest:
            yield FieldFault(name, f"{number} is out of range", f"a whole number from {lowest} to {highest}")


def _price_faults(draft: FactoryDraft) -> Iterator[FieldFault]:
    if draft.currency not in CURRENCIES:
        yield FieldFault("currency", f"{draft.currency[:10]!r} is not traded here", ", ".join(CURRENCIES))
    low, high = draft.unit_price_low_minor, draft.unit_price_high_minor
    for name, price in (("unit_price_low", low), ("unit_price_high", high)):
        if price is not None and not 0 < price <= LARGEST_MINOR:
            yield FieldFault(name, "the price is out of range", "more than zero")
    if low is not None and high is not None and low > high:
        yield FieldFault("unit_price_high", "it is below the lowest price", "the lowest price or more")
