"""What a lead is called and why it came, in the reader's words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from market.leads.queries import LeadRow, OfferingRow
from matching.verticals.pack import Language, Vocabulary

MOST_REASONS: Final = 3
ORDER_OF_WORTH: Final = (
    "process", "material", "category", "attribute", "certification", "due", "capacity", "price", "quantity", "region",
)  # fmt: skip


def title_of(offering: OfferingRow, vocabulary: Vocabulary, language: Language) -> str:
    """The order's own title; a pool is called by what its members share, since nobody named it."""
    if offering.pool_id is None:
        return offering.title
    brief = offering.brief
    category = brief.get("category")
    names = [vocabulary.name("category", category, language)] if category else []
    names += [vocabulary.name("process", identifier, language) for identifier in brief.get("processes", ())]
    names += [vocabulary.name("material", found["id"], language) for found in brief.get("materials", ())]
    values = [_value(vocabulary, name, str(value)) for name, value in dict(brief.get("attributes", {})).items()]
    gap = "·" if language == "zh" else " · "
    return gap.join([*names[:MOST_REASONS], *values][: MOST_REASONS + 1]) or offering.code


def reasons(lead: LeadRow) -> tuple[tuple[Mapping[str, Any], ...], tuple[Mapping[str, Any], ...]]:
    """The requirements that speak most for this factory, and those that speak against it; three of each at most.

    Those whose signal adds most to the score come first; ties follow the worth that buyers give them.
    """
    weights = {str(signal["name"]): float(signal["contribution"] or 0) for signal in lead.signals}

    def worth(row: Mapping[str, Any]) -> tuple[float, int]:
        kind = str(row["name"]).partition(":")[0]
        place = ORDER_OF_WORTH.index(kind) if kind in ORDER_OF_WORTH else len(ORDER_OF_WORTH)
        return -weights.get(kind, 0.0), place

    met = sorted(_with_verdict(lead.requirements, "meets"), key=worth)
    missed = [*_with_verdict(lead.requirements, "misses"), *_with_verdict(lead.requirements, "near")]
    return tuple(met[:MOST_REASONS]), tuple(missed[:MOST_REASONS])


def _with_verdict(rows: Iterable[Mapping[str, Any]], verdict: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["verdict"] == verdict]


def _value(vocabulary: Vocabulary, name: str, value: str) -> str:
    attribute = vocabulary.attribute(name)
    return f"{value} {attribute.unit}".strip() if attribute is not None else value
