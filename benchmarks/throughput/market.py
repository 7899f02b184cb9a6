"""A made-up market of any size: factories of five trades, and orders half in fields, half in free words.

Drawn from the packs' own terms, so that every trade, language and field occurs. It says nothing about quality of
ranking; it only gives the engine as much work, of as many kinds, as real files do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from matching.records import FactoryRecord, OrderRecord
from matching.verticals.pack import Kind, Language, Term, Vocabulary

AS_OF: Final = date(2026, 11, 22)
_LANGUAGES: Final[tuple[Language, Language]] = ("zh", "en")
_REGIONS: Final = ("zhejiang", "guangdong", "jiangsu", "fujian", "shandong", "yiwu")
_ADVERTS: Final = {
    "zh": (
        "{goods}源头工厂，专做{processes}，材料有{materials}，支持小单快反",
        "{goods}厂家，{processes}，{materials}，来图定制",
    ),
    "en": (
        "Maker of {goods}, {processes}, in {materials}. Small runs welcome",
        "{goods} factory: {processes}; {materials}",
    ),
}
_REQUESTS: Final = {
    "zh": (
        "想做{quantity}件{goods}，{materials}，{processes}，{weeks}周内交货",
        "定制{goods}{quantity}个，要求{processes}，{materials}材质，编号{number}",
    ),
    "en": (
        "{quantity} pcs of {goods} in {materials}, {processes}, model {number}",
        "We need {quantity} {goods}, {processes}, {materials}, within {weeks} weeks",
    ),
}


@dataclass(frozen=True, slots=True)
class _Trade:
    terms: dict[Kind, tuple[Term, ...]]


class MadeUpMarket:
    """The same seed gives the same records. Orders are made one at a time, so that any number of them can stream."""

    def __init__(self, vocabulary: Vocabulary, seed: int = 0) -> None:
        self._vocabulary = vocabulary
        self._seed = seed
        kinds: tuple[Kind, ...] = ("category", "process", "material", "certification")
        self._trades = [
            _Trade({kind: tuple(vocabulary.choices(kind, vertical)) for kind in kinds}) for vertical in vocabulary.packs
        ]

    def factories(self, count: int) -> Iterator[FactoryRecord]:
        chance = np.random.default_rng([self._seed, 1])
        for number in range(count):
            yield self._factory(number, chance)

    def orders(self, count: int) -> Iterator[OrderRecord]:
        chance = np.random.default_rng([self._seed, 2])
        for number in range(count):
            yield self._order(number, chance)

    def _factory(self, number: int, chance: np.random.Generator) -> FactoryRecord:
        trade, language = self._drawn(chance)
        goods = _some(trade.terms["category"], 1, 5, chance)
        processes = self._processes(trade, goods, chance)
        materials = _some(trade.terms["material"], 1, 4, chance)
        minimum = int(np.exp(chance.normal(5.3, 0.9))) + 1
        price = float(np.exp(chance.normal(2.5, 0.8)))
        return FactoryRecord(
            factory_id=f"F{number:07}",
            name=f"Works {number}",
            description=_told(_ADVERTS[language], language, chance, goods, processes, materials, number=number),
            categories=_ids(goods),
            processes=_ids(processes) if chance.random() < 0.6 else (),
            materials=_ids(materials) if chance.random() < 0.6 else (),
            certifications=_ids(_some(trade.terms["certification"], 0, 3, chance)),
            minimum_quantity=minimum if chance.random() < 0.9 else None,
            capacity_per_week=minimum * int(chance.integers(3, 40)) if chance.random() < 0.8 else None,
            lead_time_days=int(chance.integers(7, 60)) if chance.random() < 0.9 else None,
            unit_price_low=round(price, 2) if chance.random() < 0.8 else None,
            unit_price_high=round(price * 2.5, 2) if chance.random() < 0.7 else None,
            currency="CNY",
            region=str(chance.choice(_REGIONS)),
            leads_per_week=int(chance.integers(2, 20)),
        )

    def _order(self, number: int, chance: np.random.Generator) -> OrderRecord:
        trade, language = self._drawn(chance)
        goods = _some(trade.terms["category"], 1, 1, chance)
        processes = self._processes(trade, goods, chance)[:2]
        materials = _some(trade.terms["material"], 1, 2, chance)
        filled = chance.random() < 0.5
        quantity = int(np.exp(chance.normal(5.5, 1.0))) + 1
        return OrderRecord(
            order_id=f"O{number:08}",
            quantity=quantity,
            posted_on=AS_OF - timedelta(days=int(chance.integers(0, 6))),
            title=goods[0].name(language),
            description=_told(
                _REQUESTS[language], language, chance, goods, processes, materials, number=number, quantity=quantity
            ),
            category=goods[0].id if filled else None,
            processes=_ids(processes) if filled else (),
            materials=_ids(materials) if filled else (),
            certifications=_ids(_some(trade.terms["certification"], 0, 1, chance)) if filled else (),
            target_unit_price=round(float(np.exp(chance.normal(2.8, 0.8))), 2) if chance.random() < 0.6 else None,
            currency="CNY",
            due_on=AS_OF + timedelta(days=int(chance.integers(20, 90))) if chance.random() < 0.8 else None,
            region=str(chance.choice(_REGIONS)) if chance.random() < 0.3 else None,
        )

    def _drawn(self, chance: np.random.Generator) -> tuple[_Trade, Language]:
        return self._trades[int(chance.integers(len(self._trades)))], _LANGUAGES[int(chance.integers(2))]

    def _processes(self, trade: _Trade, goods: Sequence[Term], chance: np.random.Generator) -> list[Term]:
        usual = self._vocabulary.implied_processes(goods[0].id)
        named = [term for identifier in usual if (term := self._vocabulary.term("process", identifier)) is not None]
        return [*named, *_some(trade.terms["process"], 0, 2, chance)]


def _some(terms: Sequence[Term], least: int, most: int, chance: np.random.Generator) -> list[Term]:
    count = min(len(terms), int(chance.integers(least, most + 1)))
    return [terms[place] for place in chance.choice(len(terms), count, replace=False)]


def _ids(terms: Sequence[Term]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.id for term in terms))


def _told(
    patterns: Sequence[str],
    language: Language,
    chance: np.random.Generator,
    goods: Sequence[Term],
    processes: Sequence[Term],
    materials: Sequence[Term],
    **numbers: int,
) -> str:
    """A sentence with a name or a synonym for every term."""
    pattern = patterns[int(chance.integers(len(patterns)))]
    comma = "、" if language == "zh" else ", "
    lists = {
        name: comma.join(_worded(term, language, chance) for term in terms)
        for name, terms in (("goods", goods), ("processes", processes), ("materials", materials))
    }
    return pattern.format(**lists, **numbers, weeks=int(chance.integers(3, 12)))


def _worded(term: Term, language: Language, chance: np.random.Generator) -> str:
    words = (term.name(language), *(term.synonyms_zh if language == "zh" else term.synonyms_en))
    return words[int(chance.integers(len(words)))]
