"""Product names of a real wholesaler, labelled by hand with the goods and the materials that they name."""

import csv
from typing import Any, Final

from benchmarks.understanding.cases import BATCHES, Case, Reader, Tally, Wanted, tallies
from matching.verticals.pack import Vocabulary

GOODS: Final = BATCHES / "goods.csv"
"""Columns name, category (ids that a person might choose, by |; empty for what is none of our trades), material and
tolerated (ids by ;)."""


def goods_cases() -> list[Case]:
    """The names as cases of orders in English; of the goods only the category and the materials are labelled."""
    with GOODS.open(encoding="utf-8", newline="") as file:
        return [_case(row) for row in csv.DictReader(file)]


def goods_figures(reader: Reader, vocabulary: Vocabulary) -> dict[str, Any]:
    """Recall and precision of categories and materials over all names."""
    found = tallies(goods_cases(), reader, vocabulary)
    return {name: found.get(("all", name), Tally()).figures() for name in ("category", "material")}


def _case(row: dict[str, str]) -> Case:
    wanted = [Wanted("material", frozenset({value})) for value in row["material"].split(";") if value]
    if row["category"]:
        wanted.append(Wanted("category", frozenset(row["category"].split("|"))))
    tolerated = {(field, value) for value in row["tolerated"].split(";") for field in ("category", "material")}
    return Case(row["name"], "orders", "en", tuple(wanted), frozenset(tolerated))
