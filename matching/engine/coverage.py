"""How far one term of a vocabulary covers another: what a factory offers against what an order wants."""

from functools import lru_cache
from typing import Final

from matching.verticals.pack import Kind, Vocabulary

MEETS: Final = 0.8
NEAR: Final = 0.45

# A maker of "tops" is expected to make T-shirts, but a user of "cotton" not always to have organic cotton, and a
# certificate of a wider scheme is not the one asked for. The step is what each level of the tree costs.
_WIDER_STEP: Final = {"category": 0.05, "process": 0.08, "material": 0.25, "certification": 0.5, "region": 0.3}
_NARROWER_STEP: Final = {"category": 0.05, "process": 0.05, "material": 0.05, "certification": 0.0, "region": 0.0}
_LEAST: Final = {"category": 0.8, "process": 0.7, "material": 0.5, "certification": 0.4, "region": 0.4}
_REMEMBERED: Final = 100_000
"""Pairs of terms whose coverage is kept: orders and factories name the same few thousand again and again."""

_SIBLING: Final = {"category": 1.0, "process": 0.8, "material": 0.8, "certification": 0.0, "region": 0.7}

PROPERTIES_OF_GOODS: Final = frozenset({"dishwasher-safe", "bpa-free", "ip-test", "lm79-80", "care-label", "gb-2828"})
"""Tests and labels that any factory can have made for an order: one that is not listed is no lacking certificate."""


@lru_cache(maxsize=_REMEMBERED)
def coverage(vocabulary: Vocabulary, kind: Kind, wanted: str, offered: str) -> float:
    """0 (says nothing about it) to 1 (the very same).

    A wider or narrower term on the same branch covers most of it, less with each level. Terms beside each other count
    by their nearness in the tree, discounted. Compare with MEETS and NEAR.
    """
    if wanted == offered:
        return 1.0
    wanted_term, offered_term = vocabulary.term(kind, wanted), vocabulary.term(kind, offered)
    if wanted_term is None or offered_term is None:
        return 0.0
    if offered in wanted_term.broader:
        return max(1.0 - _WIDER_STEP[kind] * (1 + wanted_term.broader.index(offered)), _LEAST[kind])
    if wanted in offered_term.broader:
        return max(1.0 - _NARROWER_STEP[kind] * (1 + offered_term.broader.index(wanted)), _LEAST[kind])
    return _SIBLING[kind] * vocabulary.related(kind, wanted, offered)
