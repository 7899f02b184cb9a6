"""Paraphrases of trade terms that no pack says: does the category stand in the first five of the other language?"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from matching.encoder.concepts import concepts_of
from matching.ports import Embedder
from matching.verticals.pack import Vocabulary

FIRST: Final = 5
PARAPHRASES: Final = Path(__file__).parent / "paraphrases.csv"


def across_languages(vocabulary: Vocabulary, embedder: Embedder) -> dict[str, Any]:
    """For each direction the share that is found, how many were asked, and the ones that were missed."""
    with PARAPHRASES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {word.casefold() for concept in concepts_of(vocabulary) for word in concept.words}
    figures = {}
    for asked, answered in (("zh", "en"), ("en", "zh")):
        wanted = [(row["text"], set(row["categories"].split(";"))) for row in rows if row["language"] == asked]
        unknown = [(text, meant) for text, meant in wanted if text.casefold() not in known]
        found = _first_categories(vocabulary, embedder, [text for text, _ in unknown], answered)
        missed = [text for (text, meant), best in zip(unknown, found, strict=True) if not meant & set(best)]
        figures[f"{asked} to {answered}"] = {
            "share": round(1 - len(missed) / len(unknown), 4),
            "asked": len(unknown),
            "missed": missed,
        }
    return figures


def _first_categories(
    vocabulary: Vocabulary, embedder: Embedder, texts: Sequence[str], language: str
) -> list[list[str]]:
    """The five best categories of each text by the nearest of their words in the other language."""
    named = [concept for concept in concepts_of(vocabulary) if concept.kind == "category"]
    words = [(concept.key.partition(":")[2], word) for concept in named for word in getattr(concept, language)]
    scores = embedder.encode(texts) @ embedder.encode([word for _, word in words]).T
    ordered = np.argsort(-scores, axis=1, kind="stable")
    return [list(dict.fromkeys(words[place][0] for place in row))[:FIRST] for row in ordered]
