"""The words of the trades and how they belong together, as files beside this one tell them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["category", "process", "material", "certificate"]
Language = Literal["zh", "en"]
KINDS: Final[tuple[Kind, ...]] = ("category", "process", "material", "certificate")
_WORDS: Final = Path(__file__).parent / "words"
_COLUMNS: Final[dict[Kind, str]] = {
    "category": "categories",
    "process": "processes",
    "material": "materials",
    "certificate": "certificates",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One thing of the trade. names: the taxonomy's words by language; synonyms: what traders write instead."""

    identifier: str
    names: Mapping[Language, tuple[str, ...]]
    synonyms: Mapping[Language, tuple[str, ...]]

    def words(self, language: Language) -> tuple[str, ...]:
        """All words of a language, the taxonomy's first; those of the other language when there is none."""
        own = self.names[language] + self.synonyms[language]
        return own or self.words("zh" if language == "en" else "en")


@dataclass(frozen=True, slots=True)
class Group:
    """Goods that the same factories make. members: by kind the numbers of its terms. middle_price: yuan a piece."""

    vertical: str
    name: str
    middle_price: float
    members: Mapping[Kind, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Trade:
    terms: Mapping[Kind, tuple[Term, ...]]
    groups: tuple[Group, ...]

    def count(self, kind: Kind) -> int:
        return len(self.terms[kind])


def load_trade() -> Trade:
    terms: dict[Kind, list[Term]] = {kind: [] for kind in KINDS}
    numbers: dict[tuple[str, str], int] = {}
    for row in _rows("terms.csv"):
        kind = next(kind for kind in KINDS if kind == row["kind"])
        numbers[kind, row["id"]] = len(terms[kind])
        terms[kind].append(
            Term(
                row["id"],
                {"en": _listed(row["en"]), "zh": _listed(row["zh"])},
                {"en": _listed(row["own_en"]), "zh": _listed(row["own_zh"])},
            )
        )
    groups = tuple(
        Group(
            row["vertical"],
            row["group"],
            float(row["middle_price"]),
            {kind: tuple(numbers[kind, name] for name in _listed(row[_COLUMNS[kind]])) for kind in KINDS},
        )
        for row in _rows("groups.csv")
    )
    return Trade({kind: tuple(terms[kind]) for kind in KINDS}, groups)


def _rows(name: str) -> list[dict[str, str]]:
    with (_WORDS / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(word for word in cell.split(";") if word)
