"""What a pack is made of: frozen rows, with no behaviour beyond the choice of a language."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["category", "process", "material", "certification", "region", "colour"]
AttributeKind = Literal["number", "choice", "text"]
Pattern = Literal["knit", "weave", "ceramic", "toy", "light"]
Language = Literal["zh", "en"]

KINDS: tuple[Kind, ...] = ("category", "process", "material", "certification", "region", "colour")
COMMON = "all"
"""The vertical of whatever several trades share; those rows stand in common.yaml."""


@dataclass(frozen=True, slots=True)
class Term:
    """One category, process, material, certification, region or colour.

    id: unique within its kind over all packs. vertical: the pack it stands in, or "all".
    verticals: the trades that use a shared term; empty for every other term and when all of them do.
    parent, broader: the next wider term of the same kind, and all wider ones, nearest first.
    implies: processes that a category usually needs. sources: ids in the public tables that it was taken from.
    listed: words that name it in a field or a list, and mean too many other things to be looked for in running text.
    """

    id: str
    kind: Kind
    vertical: str
    name_en: str
    name_zh: str
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()
    parent: str | None = None
    broader: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    verticals: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en

    def belongs_to(self, vertical: str) -> bool:
        """Whether a person who works in this trade may choose the term."""
        return self.vertical == vertical or (
            self.vertical == COMMON and (not self.verticals or vertical in self.verticals)
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One accepted value of an attribute of kind "choice"."""

    id: str
    name_en: str
    name_zh: str
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing to be said about a product beyond its category, process, material and certificates.

    kind: number | choice | text. unit: the unit that numbers are kept in, "" when there is none.
    unit_words: what stands behind the number in writing ("gg", "针"). choices: empty unless the kind is "choice".
    asked_for: factories always ask this before they quote. applies_to: process or category ids, empty = all.
    low, high: the numbers that make sense, both included; None when anything does.
    tested_by: the certification that proves what is said, "" when there is none.
    """

    id: str
    name_en: str
    name_zh: str
    kind: AttributeKind
    vertical: str
    unit: str = ""
    unit_words: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    asked_for: bool = False
    applies_to: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    tested_by: str = ""

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class MinimumCause:
    """Why a factory cannot make few pieces, and what orders must have in common to share that cost.

    shared_by: fields that must be equal: "category", "process", "material", "colour" or "attribute:<id>".
    processes: where it applies; empty = the whole vertical. typical_minimum: pieces.
    setup_share: part of the unit price at the minimum that is set-up cost, from 0 to below 1.
    """

    id: str
    vertical: str
    name_en: str
    name_zh: str
    shared_by: tuple[str, ...]
    processes: tuple[str, ...]
    typical_minimum: int
    setup_share: float
    why_en: str
    why_zh: str

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en

    def unit_price_factor(self, quantity: int) -> float:
        """Unit price at `quantity` pieces over the unit price at the minimum: set-up is spread, the rest is not."""
        if quantity < 1:
            raise ValueError(f"quantity is {quantity}; accepted is 1 or more")
        return 1.0 - self.setup_share + self.setup_share * self.typical_minimum / quantity


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that goods are counted in; `pieces` is how many pieces one of it holds (12 for a dozen)."""

    id: str
    name_en: str
    name_zh: str
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()
    pieces: int = 1

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that one YAML file says of one vertical; common.yaml is the pack of the vertical "all".

    pattern: the family of placeholder pictures. price_units: ids of the units that prices are usually named for.
    ignored: words that look like a term and are not one ("ballpark", "碗柜").
    weak: everyday words that count as the term only when the text speaks of this trade anyway ("top", "down").
    whole: terms whose parts mean nothing on their own ("bed linen" is not of linen).
    silent: ids of processes that every order needs, so that naming one asks for nothing ("10 days for the sample").
    """

    vertical: str
    name_en: str
    name_zh: str
    pattern: Pattern
    synonyms_en: tuple[str, ...] = ()
    synonyms_zh: tuple[str, ...] = ()
    categories: tuple[Term, ...] = ()
    processes: tuple[Term, ...] = ()
    materials: tuple[Term, ...] = ()
    certifications: tuple[Term, ...] = ()
    regions: tuple[Term, ...] = ()
    colours: tuple[Term, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    minimums: tuple[MinimumCause, ...] = ()
    units: tuple[Unit, ...] = ()
    price_units: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def name(self, language: Language) -> str:
        return self.name_zh if language == "zh" else self.name_en

    def terms(self, kind: Kind) -> tuple[Term, ...]:
        by_kind: dict[Kind, tuple[Term, ...]] = {
            "category": self.categories,
            "process": self.processes,
            "material": self.materials,
            "certification": self.certifications,
            "region": self.regions,
            "colour": self.colours,
        }
        return by_kind[kind]
