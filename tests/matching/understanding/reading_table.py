"""Compares what is read with a table of orders, field by field, so that a rate can be told for each language."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from matching.understanding import Understanding, understand
from matching.verticals.pack import Vocabulary

TODAY = date(2026, 11, 22)
LISTED = ("material", "process", "certification", "colour", "region")
SINGLE = ("vertical", "category", "quantity", "due_on", "size_ratio", "inspection")
IMPLIED = 0.55

Fact = tuple[str, object]


@dataclass
class Tally:
    hit: int = 0
    expected: int = 0
    read: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hit / self.expected

    @property
    def precision(self) -> float:
        return self.hit / self.read


def rows_of(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return rows


def facts_expected(row: dict[str, Any]) -> set[Fact]:
    facts: set[Fact] = {(name, value) for name in LISTED for value in row.get(name, ())}
    facts |= {(name, row[name]) for name in SINGLE if name in row}
    facts |= {(f"attribute:{name}", value) for name, value in row.get("attributes", {}).items()}
    facts |= {("share", pair) for pair in row.get("shares", {}).items()}
    facts |= {("not", value) for value in row.get("not", ())}
    if "price" in row:
        facts.add(("price", (float(row["price"][0]), row["price"][1])))
    return facts


def facts_read(read: Understanding) -> set[Fact]:
    """What would be filled in for a person: sure readings, without the processes that a category merely implies."""
    facts: set[Fact] = {
        (name, reading.value)
        for name in LISTED
        for reading in read.all(name)
        if reading.confidence >= 0.5 and not (name == "process" and reading.confidence <= IMPLIED)
    }
    for name in SINGLE:
        best = read.first(name)
        if best is not None and best.confidence >= 0.5:
            facts.add((name, best.value))
    for reading in read.readings:
        if reading.field.startswith("attribute:") and read.first(reading.field) is reading:
            facts.add((reading.field, reading.value))
        if reading.share is not None:
            facts.add(("share", (reading.value, round(reading.share, 2))))
    facts |= {("not", reading.value) for reading in read.excluded}
    price, currency = read.first("target_unit_price"), read.first("currency")
    if price is not None and price.confidence >= 0.5:
        facts.add(("price", (price.value, currency.value if currency else None)))
    return facts


def tallies(rows: list[dict[str, Any]], vocabulary: Vocabulary) -> dict[str, Tally]:
    """One tally a language of the texts, and one over "all"."""
    found: dict[str, Tally] = defaultdict(Tally)
    for row in rows:
        read = understand(row["text"], vocabulary, TODAY)
        wanted, got = facts_expected(row), facts_read(read)
        got |= {("process", one.value) for one in read.all("process")} & wanted
        for name in (row["language"], "all"):
            tally = found[name]
            tally.hit += len(wanted & got)
            tally.expected += len(wanted)
            tally.read += len(got)
            tally.faults += [f"{row['text']}: missed {fact}" for fact in sorted(map(str, wanted - got))]
            tally.faults += [f"{row['text']}: read {fact}" for fact in sorted(map(str, got - wanted))]
    return dict(found)
