"""Compares where an order wants to be made with where a factory is."""

from matching.engine.coverage import coverage
from matching.verticals.pack import Vocabulary


def region_key(vocabulary: Vocabulary, text: str | None) -> str | None:
    """The region's id when the vocabulary knows it, else its words, folded; None when nothing is said."""
    if text is None or not text.strip():
        return None
    term = vocabulary.resolve("region", text)
    return " ".join(text.casefold().split()) if term is None else term.id


def region_value(vocabulary: Vocabulary, wanted: str, offered: str) -> float:
    """1 for the same region or one inside it, less for a wider or neighbouring one, 0 for another part of the world.

    Words that the vocabulary does not know ("宁波北仑", "Ningbo, Zhejiang") count as one region when either contains
    the other.
    """
    if wanted == offered:
        return 1.0
    if vocabulary.term("region", wanted) is not None and vocabulary.term("region", offered) is not None:
        return coverage(vocabulary, "region", wanted, offered)
    return 1.0 if wanted in offered or offered in wanted else 0.0
