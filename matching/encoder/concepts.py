"""What the encoder learns to hold together: the words, in both languages, that mean one thing of the trade."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matching.verticals.pack import KINDS, Attribute, Vocabulary

EVERYDAY = "everyday"
_HERE = Path(__file__).parent
# Words that no pack holds: the trade's own terms, and what people say about goods of every kind.
WORD_LISTS = {"glossary": _HERE / "glossary.csv", EVERYDAY: _HERE / "everyday.csv"}


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing and its words. key: kind and id, unique. parent: the key of the next wider thing, "" when none."""

    key: str
    kind: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    parent: str = ""
    implies: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return self.zh + self.en


def concepts_of(vocabulary: Vocabulary) -> list[Concept]:
    """All concepts of the packs and of our own word lists, in the order of the files."""
    return [
        *_terms(vocabulary),
        *_attribute_concepts(vocabulary),
        *_units(vocabulary),
        *(concept for kind, path in WORD_LISTS.items() for concept in read_words(path, kind)),
    ]


def _terms(vocabulary: Vocabulary) -> Iterator[Concept]:
    for kind in KINDS:
        for term in vocabulary.terms(kind):
            yield Concept(
                f"{kind}:{term.id}",
                kind,
                _distinct(term.name_zh, *term.synonyms_zh),
                _distinct(term.name_en, *term.synonyms_en),
                f"{kind}:{term.parent}" if term.parent else "",
                tuple(f"process:{process}" for process in term.implies),
            )


def _attribute_concepts(vocabulary: Vocabulary) -> Iterator[Concept]:
    seen: set[str] = set()
    for vertical in vocabulary.packs:
        for attribute in vocabulary.attributes(vertical):
            if attribute.id not in seen:
                seen.add(attribute.id)
                yield from _attribute(attribute)


def _attribute(attribute: Attribute) -> Iterator[Concept]:
    yield Concept(f"attribute:{attribute.id}", "attribute", (attribute.name_zh,), (attribute.name_en,))
    for choice in attribute.choices:
        yield Concept(
            f"choice:{attribute.id}:{choice.id}",
            "choice",
            _distinct(choice.name_zh, *choice.synonyms_zh),
            _distinct(choice.name_en, *choice.synonyms_en),
        )


def _units(vocabulary: Vocabulary) -> Iterator[Concept]:
    for unit in vocabulary.units():
        yield Concept(
            f"unit:{unit.id}",
            "unit",
            _distinct(unit.name_zh, *unit.synonyms_zh),
            _distinct(unit.name_en, *unit.synonyms_en),
        )


def read_words(path: Path, kind: str) -> list[Concept]:
    """Rows `zh,en` with words separated by `;`."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Concept(f"{kind}:{row['zh']}", kind, tuple(row["zh"].split(";")), tuple(row["en"].split(";")))
            for row in csv.DictReader(file)
        ]


def _distinct(*words: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
