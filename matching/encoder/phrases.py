"""Pairs of texts that mean the same thing, made from the words of the packs: what the encoder is trained on."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matching.encoder.concepts import EVERYDAY, Concept
from matching.encoder.noise import disturb

CHINESE, ENGLISH = "zh", "en"
Item = TypeVar("Item")
Templates = Mapping[str, tuple[str, ...]]

ORDERS: Templates = {
    CHINESE: (
        "想做{n}{u}{category}，{material}，{process}，{when}要",
        "求购{category}{n}{u}，材质{material}",
        "我们要订一批{category}，工艺{process}，数量{n}",
        "{category} {material} {n}{u} {process}",
        "找工厂做{category}，要{process}，{colour}，需要{certification}",
        "需要{region}的厂家生产{category}，{material}，{n}{u}起",
        "{colour}{category}，{choice}，{n}{u}，预算每件{p}元",
        "{material}{category}",
        "{category}，{process}",
        "小批量{category}，先打样，{n}{u}，{when}前交货",
    ),
    ENGLISH: (
        "We need {n} {u} of {category} in {material}, {process}, by {when}",
        "looking for a factory to make {category}, {material}, about {n} {u}",
        "{n} {category}, {material}, {process}",
        "sourcing {category} with {process}, {colour}, must have {certification}",
        "{material} {category}",
        "{category} {process}",
        "custom {category}, {choice}, {colour}, target price {p} each",
        "small batch of {category}, sample first, {n} {u}, delivery before {when}",
        "who can produce {category} near {region}? {material}, {n} {u}",
        "private label {category} {material} {process} {n}{u}",
    ),
}
FACTORIES: Templates = {
    CHINESE: (
        "专业生产{category}、{sibling}，擅长{process}",
        "源头工厂，主营{category}，可做{material}，{certification}",
        "{region}{category}厂家，{process}设备齐全，月产{n}{u}",
        "我厂加工{category}和{sibling}，常用{material}，起订量{n}{u}",
        "{category} {sibling} {process} {material}",
        "{category}工厂，支持来样定制，{process}",
    ),
    ENGLISH: (
        "Manufacturer of {category} and {sibling}, specialised in {process}",
        "We are a {region} factory making {category} from {material}, {certification} certified",
        "{category}, {sibling}; {process}; {material}",
        "{process} workshop for {category}, capacity {n} {u} per week, MOQ {n}",
        "OEM and ODM {category} supplier, {material}, {process}",
        "family-run plant producing {category} in {material}",
    ),
}
_WHEN: Templates = {
    CHINESE: ("下个月", "{n}号", "年前", "两周内", "旺季"),
    ENGLISH: ("next month", "week {n}", "Christmas", "2 weeks"),
}
_WAYS = ("word", "wider", "match", "paraphrase")
_QUANTITIES = (20, 50, 80, 100, 200, 300, 500, 800, 1000, 2000, 3000, 5000, 10000)
_DESCRIBED_SHARE = 0.4
_SHARES = (0.45, 0.05, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts about one concept; other pairs of the same batch are about other concepts."""

    concept: str
    left: str
    right: str


class PhraseMaker:
    """Makes batches of pairs. The same concepts and seed give the same batches."""

    def __init__(self, concepts: Sequence[Concept], seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  Training data, not secrets.
        self._by_key = {concept.key: concept for concept in concepts}
        self._concepts = list(concepts)
        self._kinds: dict[str, list[Concept]] = {}
        self._children: dict[str, list[Concept]] = {}
        for concept in concepts:
            self._kinds.setdefault(concept.kind, []).append(concept)
            if concept.parent:
                self._children.setdefault(concept.parent, []).append(concept)

    def batch(self, size: int) -> list[Pair]:
        """Up to `size` pairs about different concepts, with different texts on the right."""
        pairs: dict[str, Pair] = {}
        taken: set[str] = set()
        for _ in range(3 * size):
            if len(pairs) == size:
                break
            way = self._chance.choices(_WAYS, _SHARES)[0]
            concept = self._draw(self._concepts if way == "word" else self._kinds["category"])
            if concept.key in pairs:
                continue
            pair = self._pair(way, concept)
            if pair.right not in taken:
                pairs[concept.key] = pair
                taken.add(pair.right)
        return list(pairs.values())

    def _pair(self, way: str, concept: Concept) -> Pair:
        left, right = self._texts(way, concept)
        if self._chance.random() < 0.5:
            left, right = right, left
        return Pair(concept.key, disturb(left, self._chance), disturb(right, self._chance))

    def _texts(self, way: str, concept: Concept) -> tuple[str, str]:
        if way == "wider" and concept.parent in self._by_key:
            return self._draw(concept.words), self._draw(self._by_key[concept.parent].words)
        if way in ("word", "wider"):
            return self._two_words(concept)
        parts = self._parts(concept)
        left = self._fill(ORDERS, self._language(), parts)
        return left, self._fill(FACTORIES if way == "match" else ORDERS, self._language(), parts)

    def _two_words(self, concept: Concept) -> tuple[str, str]:
        """Two words of the concept, mostly of different languages."""
        if concept.zh and concept.en and self._chance.random() < 0.7:
            return self._draw(concept.zh), self._draw(concept.en)
        words = concept.words
        if len(words) == 1:
            return words[0], words[0]
        first, second = self._chance.sample(words, 2)
        return first, second

    def _parts(self, category: Concept) -> dict[str, Concept]:
        """What the texts of one pair share besides the category."""
        siblings = self._children.get(category.parent, [category])
        parts = {"category": category, "sibling": self._draw(siblings)}
        for kind in ("material", "process", "certification", "colour", "region", "choice"):
            parts[kind] = self._draw(self._kinds.get(kind, [category]))
        if self._chance.random() < _DESCRIBED_SHARE:
            parts[EVERYDAY] = self._draw(self._kinds.get(EVERYDAY, [category]))
        implied = [self._by_key[key] for key in category.implies if key in self._by_key]
        if implied and self._chance.random() < 0.7:
            parts["process"] = self._draw(implied)
        return parts

    def _fill(self, templates: Templates, language: str, parts: dict[str, Concept]) -> str:
        words = {name: self._word(concept, language) for name, concept in parts.items()}
        if EVERYDAY in parts:
            between = "" if language == CHINESE else " "
            words["category"] = f"{words[EVERYDAY]}{between}{words['category']}"
        words["n"] = str(self._chance.choice(_QUANTITIES))
        words["u"] = self._unit(language)
        words["p"] = str(self._chance.randint(2, 200))
        words["when"] = self._draw(_WHEN[language]).format(n=self._chance.randint(1, 30))
        return self._draw(templates[language]).format(**words)

    def _word(self, concept: Concept, language: str) -> str:
        """A word of the concept in the language of the text; now and then in the other one, as people mix them."""
        mixed = self._chance.random() < 0.1
        preferred = concept.zh if (language == CHINESE) != mixed else concept.en
        return self._draw(preferred or concept.words)

    def _unit(self, language: str) -> str:
        unit = self._draw(self._kinds["unit"]) if "unit" in self._kinds else None
        words = () if unit is None else (unit.zh if language == CHINESE else unit.en)
        return self._draw(words or ("件" if language == CHINESE else "pcs",))

    def _language(self) -> str:
        return CHINESE if self._chance.random() < 0.5 else ENGLISH

    def _draw(self, items: Sequence[Item]) -> Item:
        return items[int(self._chance.random() * len(items))]
