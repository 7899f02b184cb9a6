"""How many names and other words of public and own trade tables the vocabulary resolves to one of its terms."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any, Final

from matching.verticals.pack import KINDS, Vocabulary

WORDS: Final = Path(__file__).parent / "taxonomy_words.csv"
"""Columns kind, vertical ("" for all trades), row (the id in its source), language, word. See the README."""


def taxonomy_figures(vocabulary: Vocabulary) -> dict[str, Any]:
    """For each kind and language the words, the share that is resolved, and the share of rows whose words agree.

    Words of one row agree when the terms that they resolve to are the same or stand in one line of broader terms.
    """
    words, resolved = Counter[str](), Counter[str]()
    rows: dict[tuple[str, str], set[str]] = {}
    with WORDS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = f"{row['kind']} {row['language']}"
            kind = next(one for one in KINDS if one == row["kind"])
            term = vocabulary.resolve(kind, row["word"], row["vertical"] or None)
            words[key] += 1
            resolved[key] += term is not None
            if term is not None:
                rows.setdefault((kind, row["row"]), set()).add(term.id)
    agreeing = sum(_agree(vocabulary, kind, identifiers) for (kind, _), identifiers in rows.items())
    shares = {
        key: {"words": count, "resolved": round(resolved[key] / count, 4)} for key, count in sorted(words.items())
    }
    return {**shares, "rows": len(rows), "rows_that_agree": round(agreeing / len(rows), 4)}


def _agree(vocabulary: Vocabulary, name: str, identifiers: set[str]) -> bool:
    kind = next(one for one in KINDS if one == name)
    terms = [term for one in identifiers if (term := vocabulary.term(kind, one)) is not None]
    return all(
        first.id == second.id or first.id in second.broader or second.id in first.broader
        for first in terms
        for second in terms
    )
