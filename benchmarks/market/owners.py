"""What the owner of a factory says when the engine asks whether it can do a thing."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from benchmarks.market.market import Market
from benchmarks.market.trade import KINDS, Kind, Language

_KINDS: Final[dict[str, Kind]] = {
    "category": "category",
    "process": "process",
    "material": "material",
    "certification": "certificate",
}


class Owners:
    """The owners of a market's factories. They know the words of the market, never the ids of the engine."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._meaning: dict[tuple[Kind, str], list[int]] = {}
        for kind, terms in market.trade.terms.items():
            for number, term in enumerate(terms):
                for word in {_folded(word) for known in (term.names, term.synonyms) for word in _all(known)}:
                    self._meaning.setdefault((kind, word), []).append(number)

    def answer(self, factory: int, kind: str, words: Iterable[str]) -> bool | None:
        """Whether the factory can, as its owner says; None where there is no answer or no word is understood.

        The same question gets the same answer in every season. A few answers are wrong.
        """
        known = _KINDS[kind]
        meant = [number for word in words for number in self._meaning.get((known, _folded(word)), [])]
        if not meant:
            return None
        number = self._of_its_trade(factory, known, meant)
        parameters = self._market.parameters
        random = np.random.default_rng([parameters.seed, 12, factory, KINDS.index(known), number])
        answers, mistaken = random.random() < parameters.answers, random.random() < parameters.misanswers
        able = bool(self._market.factories.able[known][factory, number])
        return (able != mistaken) if answers else None

    def _of_its_trade(self, factory: int, kind: Kind, meant: list[int]) -> int:
        """One word may mean several things; an owner thinks of those of the own trade first."""
        group = self._market.trade.groups[self._market.factories.main[factory]].members[kind]
        return next((number for number in meant if number in group), meant[0])


def _all(by_language: Mapping[Language, tuple[str, ...]]) -> list[str]:
    return [word for words in by_language.values() for word in words]


def _folded(word: str) -> str:
    return word.casefold().replace("-", " ").strip()
