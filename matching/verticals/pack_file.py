"""Reads the text of one pack row by row and notes every fault with its line, so that one run shows all of them."""

from dataclasses import replace
from typing import Final

from matching.verticals.pack_rows import Notes, Row, read_content
from matching.verticals.terms import (
    COMMON,
    KINDS,
    Attribute,
    AttributeKind,
    Choice,
    Kind,
    MinimumCause,
    Pack,
    Pattern,
    Term,
    Unit,
)

SECTIONS: Final[dict[Kind, str]] = {
    "category": "categories",
    "process": "processes",
    "material": "materials",
    "certification": "certifications",
    "region": "regions",
    "colour": "colours",
}
PATTERNS: Final[tuple[Pattern, ...]] = ("knit", "weave", "ceramic", "toy", "light")
_ATTRIBUTE_KINDS: Final[tuple[AttributeKind, ...]] = ("number", "choice", "text")


def read_pack(text: str, notes: Notes, common: Pack | None = None) -> Pack | None:
    """Reads the text of one file; a parent may also be a term of `common`.

    Faults are noted; None when the text cannot be read at all.
    """
    readable, content = read_content(text, notes)
    if not readable:
        return None
    row = Row(content, "pack", "pack", notes)
    notes.key_lines = row.key_lines
    pack = _pack(row, common)
    row.finish()
    return pack


def _pack(row: Row, common: Pack | None) -> Pack:
    vertical = row.identifier("vertical")
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    drawn = row.take("pattern")
    pattern = next((known for known in PATTERNS if known == drawn), None)
    if pattern is None:
        row.fault("pattern is %(value)s; accepted are %(known)s",
                  "pattern", value=repr(drawn), known=", ".join(PATTERNS))  # fmt: skip
    terms = {kind: _terms(row, kind, vertical, common.terms(kind) if common else ()) for kind in KINDS}
    return Pack(
        vertical=vertical,
        name_en=name_en,
        name_zh=name_zh,
        pattern=pattern or "weave",
        synonyms_en=synonyms_en,
        synonyms_zh=synonyms_zh,
        categories=terms["category"],
        processes=terms["process"],
        materials=terms["material"],
        certifications=terms["certification"],
        regions=terms["region"],
        colours=terms["colour"],
        attributes=tuple(_attribute(item, vertical) for item in row.rows("attributes")),
        minimums=tuple(_minimum(item, vertical) for item in row.rows("minimums")),
        units=tuple(_unit(item) for item in row.rows("units")),
        price_units=row.words("price_units"),
        ignored=row.words("ignored"),
        weak=row.words("weak"),
        whole=row.words("whole"),
        silent=row.words("silent"),
    )


def _terms(row: Row, kind: Kind, vertical: str, shared: tuple[Term, ...]) -> tuple[Term, ...]:
    terms = [_term(item, kind, vertical) for item in row.rows(SECTIONS[kind])]
    parents = {term.id: term.parent for term in (*shared, *terms)}
    return tuple(replace(term, broader=_broader(term, parents)) for term in terms)


def _term(row: Row, kind: Kind, vertical: str) -> Term:
    identifier = row.identifier()
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    term = Term(
        id=identifier,
        kind=kind,
        vertical=vertical,
        name_en=name_en,
        name_zh=name_zh,
        synonyms_en=synonyms_en,
        synonyms_zh=synonyms_zh,
        parent=row.text("parent"),
        implies=row.words("implies") if kind == "category" else (),
        verticals=row.words("verticals") if vertical == COMMON else (),
        sources=row.words("source"),
        listed=row.words("listed"),
    )
    row.finish()
    return term


def _broader(term: Term, parents: dict[str, str | None]) -> tuple[str, ...]:
    broader: list[str] = []
    parent = term.parent
    while parent is not None and parent in parents and parent not in broader:
        broader.append(parent)
        parent = parents[parent]
    return tuple(broader)


def _attribute(row: Row, vertical: str) -> Attribute:
    identifier = row.identifier()
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    written = row.text("kind", required=True)
    kind = next((known for known in _ATTRIBUTE_KINDS if known == written), None)
    if written and kind is None:
        row.fault("kind is %(value)s; accepted are %(known)s",
                  "kind", value=repr(written), known=", ".join(_ATTRIBUTE_KINDS))  # fmt: skip
    attribute = Attribute(
        id=identifier,
        name_en=name_en,
        name_zh=name_zh,
        kind=kind or "text",
        vertical=vertical,
        unit=row.text("unit") or "",
        unit_words=row.words("unit_words"),
        choices=tuple(_choice(item) for item in row.rows("choices")),
        asked_for=row.flag("asked_for"),
        applies_to=row.words("applies_to"),
        synonyms=synonyms_en + synonyms_zh,
        low=row.optional_number("low"),
        high=row.optional_number("high"),
        tested_by=row.text("tested_by") or "",
    )
    if (attribute.kind == "choice") != bool(attribute.choices):
        row.fault("choices belong to the kind choice, and to no other")
    row.finish()
    return attribute


def _choice(row: Row) -> Choice:
    identifier = row.identifier()
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    row.finish()
    return Choice(identifier, name_en, name_zh, synonyms_en, synonyms_zh)


def _minimum(row: Row, vertical: str) -> MinimumCause:
    cause = MinimumCause(
        id=row.identifier(),
        vertical=vertical,
        name_en=row.text("en", required=True) or "",
        name_zh=row.text("zh", required=True) or "",
        shared_by=row.words("shared_by", required=True),
        processes=row.words("processes"),
        typical_minimum=int(row.number("typical_minimum", 1, 1_000_000)),
        setup_share=row.number("setup_share", 0.0, 0.95),
        why_en=row.text("why_en", required=True) or "",
        why_zh=row.text("why_zh", required=True) or "",
    )
    row.finish()
    return cause


def _unit(row: Row) -> Unit:
    identifier = row.identifier()
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    pieces = int(row.number("pieces", 1, 10_000))
    row.finish()
    return Unit(identifier, name_en, name_zh, synonyms_en, synonyms_zh, pieces)
