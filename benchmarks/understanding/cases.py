"""Texts of orders and factories with what a person of the trade reads in them, and the comparison with a reader."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from matching.verticals.pack import KINDS, Vocabulary

BATCHES: Final = Path(__file__).parent / "batches"
TODAY: Final = date(2026, 11, 22)
TERM_FIELDS: Final = ("category", "process", "material", "certification")
FIGURES: Final[dict[str, tuple[str, ...]]] = {
    "orders": ("share", "quantity", "price", "due_on"),
    "factories": ("moq", "capacity", "lead", "price", "region"),
}
CAPACITY_NEAR: Final = 0.02
"""Months and weeks do not divide evenly, so a weekly capacity may be off by this share."""

Side = Literal["orders", "factories"]
Fact = tuple[str, object]
Reader = Callable[[str, Side], Iterable[Fact]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that the text says. values: more than one when people of the trade would differ on the name."""

    field: str
    values: frozenset[object]


@dataclass(frozen=True, slots=True)
class Case:
    """A text with everything it says in the scored fields. tolerated: neither asked for nor wrong."""

    text: str
    side: Side
    language: str
    wanted: tuple[Wanted, ...]
    tolerated: frozenset[Fact]


@dataclass
class Tally:
    """Counts over many texts. recall: share of what is said that was read. precision: share of what was read
    that is said."""

    hit: int = 0
    wanted: int = 0
    right: int = 0
    read: int = 0
    faults: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, float | int]:
        return {
            "wanted": self.wanted,
            "recall": round(self.hit / self.wanted, 4) if self.wanted else 1.0,
            "precision": round(self.right / self.read, 4) if self.read else 1.0,
        }


def batch(side: Side, number: int) -> list[Case]:
    """The cases of one file of `batches/`. Raises OSError when there is none, KeyError when a row has no text."""
    content = (BATCHES / f"{side}_{number}.yaml").read_text(encoding="utf-8")
    return [_case(row, side) for row in yaml.safe_load(content)]


def numbers_of(side: Side) -> list[int]:
    """The numbers of the batches that exist, in the order in which they were written."""
    return sorted(int(path.stem.rpartition("_")[2]) for path in BATCHES.glob(f"{side}_*.yaml"))


def tallies(cases: Iterable[Case], reader: Reader, vocabulary: Vocabulary) -> dict[tuple[str, str], Tally]:
    """One tally for each pair of language and field; "all" stands for every language, "terms" for the four fields
    of trade terms, "figures" for the rest."""
    found: dict[tuple[str, str], Tally] = {}
    for case in cases:
        read = frozenset(reader(case.text, case.side))
        for name in (*TERM_FIELDS, *FIGURES[case.side]):
            group = "terms" if name in TERM_FIELDS else "figures"
            for key in ((one, two) for one in (case.language, "all") for two in (name, group)):
                _count(found.setdefault(key, Tally()), case, name, read, vocabulary)
    return found


def _count(tally: Tally, case: Case, name: str, read: frozenset[Fact], vocabulary: Vocabulary) -> None:
    wanted = [one for one in case.wanted if one.field == name]
    values = [value for field_name, value in read if field_name == name]
    accepted = frozenset().union(*(one.values for one in wanted))
    for one in wanted:
        hit = any(_same(name, value, other) for value in values for other in one.values)
        tally.hit += hit
        tally.wanted += 1
        if not hit:
            tally.faults.append(f"{case.text}: missed {name} {'/'.join(sorted(map(str, one.values)))}")
    for value in values:
        right = any(_same(name, value, other) for other in accepted)
        if not right and _is_harmless(case, name, value, accepted, vocabulary):
            continue
        tally.read += 1
        tally.right += right
        if not right:
            tally.faults.append(f"{case.text}: read {name} {value}")


def _is_harmless(case: Case, name: str, value: object, accepted: frozenset[object], vocabulary: Vocabulary) -> bool:
    """Whether a reading is tolerated, or only says more broadly what was asked for (wood beside beech)."""
    if (name, value) in case.tolerated:
        return True
    kind = next((one for one in KINDS if one == name), None)
    terms = (vocabulary.term(kind, str(other)) for other in accepted) if kind is not None else ()
    return any(term is not None and value in term.broader for term in terms)


def _same(name: str, value: object, other: object) -> bool:
    if name == "capacity" and isinstance(value, int | float) and isinstance(other, int | float):
        return abs(value - other) <= CAPACITY_NEAR * abs(other)
    return value == other


def _case(row: Mapping[str, Any], side: Side) -> Case:
    wanted: list[Wanted] = []
    for name in TERM_FIELDS:
        values = row.get(name, [])
        listed = values if isinstance(values, list) else [values]
        if side == "orders" and name == "category":
            wanted += [Wanted(name, frozenset(listed))] if listed else []
        else:
            wanted += [Wanted(name, frozenset({value})) for value in listed]
    wanted += [Wanted("share", frozenset({pair})) for pair in row.get("shares", {}).items()]
    if "price" in row:
        *amounts, currency = row["price"]
        wanted.append(Wanted("price", frozenset({(*map(float, amounts), currency)})))
    wanted += [Wanted(name, frozenset({row[name]})) for name in _figure_names(side) if name in row]
    tolerated = {(name, value) for name, values in row.get("also", {}).items() for value in values}
    return Case(row["text"], side, row["language"], tuple(wanted), frozenset(tolerated))


def _figure_names(side: Side) -> tuple[str, ...]:
    return tuple(name for name in FIGURES[side] if name not in ("share", "price"))
