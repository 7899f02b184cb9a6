"""Reads one pack file row by row and collects every fault with its line, so that one run shows all of them."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

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

try:
    from yaml import CSafeLoader as _SafeLoader  # libyaml reads the packs ten times faster where it is built in.
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # The same interface in plain Python.

SECTIONS: Final[dict[Kind, str]] = {
    "category": "categories",
    "process": "processes",
    "material": "materials",
    "certification": "certifications",
    "region": "regions",
    "colour": "colours",
}
_PATTERNS: Final[tuple[Pattern, ...]] = ("knit", "weave", "ceramic", "toy", "light")
_ATTRIBUTE_KINDS: Final[tuple[AttributeKind, ...]] = ("number", "choice", "text")
_LINE: Final = "\0line"
_ID_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class PackError(ValueError):
    """A pack cannot be used. `faults` holds one line for each thing that is wrong, as FILE:LINE: what and where."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class _RowLoader(_SafeLoader):
    """Builds mappings that know their line, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
        mapping = super().construct_mapping(node, deep=deep)
        mapping[_LINE] = node.start_mark.line + 1
        return mapping


class Row:
    """One mapping of the file. Every getter notes a fault instead of raising, and returns something harmless."""

    def __init__(self, value: object, place: str, file: str, faults: list[str]) -> None:
        self.place = place
        self._file = file
        self._faults = faults
        self._values: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        self.line = self._values.pop(_LINE, 0)
        self._left = set(self._values)
        if not isinstance(value, dict):
            self.fault(f"is {type(value).__name__}; accepted is a mapping")

    def fault(self, what: str) -> None:
        self._faults.append(f"{self._file}:{self.line}: {self.place}: {what}")

    def take(self, key: str) -> Any:
        self._left.discard(key)
        return self._values.get(key)

    def text(self, key: str, required: bool = False) -> str | None:
        value = self.take(key)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(f"{key} is {value!r}; accepted is a text that is not empty")
            return None
        return value.strip()

    def identifier(self, key: str = "id") -> str:
        value = self.text(key, required=True) or ""
        if not set(value) <= _ID_LETTERS and not (key == "id" and self.place.startswith("attributes") and "_" in value):
            self.fault(f"{key} is {value!r}; accepted are small letters, digits and hyphens")
        self.place = f"{self.place} ({value})"
        return value

    def words(self, key: str, required: bool = False) -> tuple[str, ...]:
        value = self.take(key)
        if value is None and not required:
            return ()
        items = [value] if isinstance(value, str | int | float) else value
        if not isinstance(items, list) or (required and not items):
            self.fault(f"{key} is {value!r}; accepted is a list of texts, the name first")
            return ()
        found = tuple(str(item).strip() for item in items if isinstance(item, str | int | float) and str(item).strip())
        if len(found) != len(items):
            self.fault(f"{key} holds something that is not a text")
        return found

    def names(self, key: str) -> tuple[str, tuple[str, ...]]:
        """The name, and the synonyms that follow it."""
        words = self.words(key, required=True)
        return (words[0], words[1:]) if words else ("", ())

    def number(self, key: str, low: float, high: float) -> float:
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault(f"{key} is {value!r}; accepted is a number from {low:g} to {high:g}")
            return low
        return float(value)

    def optional_number(self, key: str) -> float | None:
        return None if self._values.get(key) is None else self.number(key, -1e9, 1e9)

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.fault(f"{key} is {value!r}; accepted is true or false")
        return bool(value)

    def rows(self, key: str) -> list["Row"]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(f"{key} is {type(value).__name__}; accepted is a list")
            return []
        return [Row(item, f"{key}[{number}]", self._file, self._faults) for number, item in enumerate(value)]

    def row(self, key: str) -> "Row":
        return Row(self.take(key), key, self._file, self._faults)

    def finish(self) -> None:
        """Notes the keys that nobody asked for."""
        for key in sorted(self._left):
            known = ", ".join(sorted(set(self._values) - self._left))
            self.fault(f"unknown key {key!r}; known here are {known}")


def read_pack(path: Path, faults: list[str], common: Pack | None = None) -> Pack | None:
    """Reads one file; a parent may also be a term of `common`.

    Faults are added to the list; None when the file cannot be read at all.
    """
    try:
        # _RowLoader is a SafeLoader: it builds plain values only.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_RowLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path.name}: cannot be read: {error}")
        return None
    except yaml.YAMLError as error:
        faults.append(f"{path.name}: is not YAML: {' '.join(str(error).split())}")
        return None
    row = Row(content, "pack", path.name, faults)
    pack = _pack(row, common)
    row.finish()
    return pack


def _pack(row: Row, common: Pack | None) -> Pack:
    vertical = row.identifier("vertical")
    name_en, synonyms_en = row.names("en")
    name_zh, synonyms_zh = row.names("zh")
    pattern = next((known for known in _PATTERNS if known == row.take("pattern")), None)
    if pattern is None:
        row.fault(f"pattern is {row.take('pattern')!r}; accepted are {', '.join(_PATTERNS)}")
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
        row.fault(f"kind is {written!r}; accepted are {', '.join(_ATTRIBUTE_KINDS)}")
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
