"""The readers that are compared: ours, plain search for names, and the nearest names by our encoder."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.understanding.cases import TERM_FIELDS, TODAY, Fact, Side
from matching.encoder.load import load_embedder
from matching.engine.reading import READ, FactoryReader
from matching.engine.said import parser_of
from matching.records import FactoryRecord
from matching.understanding import Understanding, understand
from matching.understanding.readings import SURE_ENOUGH
from matching.verticals.folding import plain
from matching.verticals.pack import Kind, Term, Vocabulary

_CLAUSE: Final = re.compile(r"[,;.!?()，。；！？、/:：\n]+|(?<=[一-鿿])\s+|\b(?:and|with|in|for|of)\b")


class OurReader:
    """What fills a form: readings that are sure enough, and not what a category merely implies."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._factories = FactoryReader(vocabulary, parser_of(vocabulary))

    def __call__(self, text: str, side: Side) -> Iterator[Fact]:
        return self._order(text) if side == "orders" else self._factory(text)

    def _order(self, text: str) -> Iterator[Fact]:
        read = understand(text, self._vocabulary, TODAY)
        for name in TERM_FIELDS:
            found = [one for one in read.all(name) if one.confidence >= SURE_ENOUGH and not one.implied]
            yield from ((name, one.value) for one in (found[:1] if name == "category" else found))
        yield from (("share", (one.value, round(one.share, 2))) for one in read.readings if one.share is not None)
        yield from _figures(read)

    def _factory(self, text: str) -> Iterator[Fact]:
        read = self._factories.read(FactoryRecord("f", description=text))
        for name in TERM_FIELDS:
            yield from ((name, identifier) for identifier, sure in read.terms[name] if sure >= READ)
        numbers = (("moq", read.minimum_quantity), ("capacity", read.capacity_per_week), ("lead", read.lead_time_days))
        yield from ((name, round(value)) for name, value in numbers if value is not None)
        if read.unit_price_low is not None and read.currency is not None:
            ends = dict.fromkeys(float(end) for end in (read.unit_price_low, read.unit_price_high) if end is not None)
            yield "price", (*ends, read.currency)
        if read.region is not None:
            yield "region", read.region


def _figures(read: Understanding) -> Iterator[Fact]:
    for name in ("quantity", "due_on"):
        values = read.values(name)
        yield from ((name, value) for value in values[:1])
    price, currency = read.values("target_unit_price"), read.values("currency")
    if price and isinstance(price[0], int | float):
        yield "price", (float(price[0]), currency[0] if currency else None)


class NameSearch:
    """The simple baseline: a term is read where its name stands in the text, letter by letter."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._names: dict[Kind, list[tuple[str, str]]] = {
            kind: [(plain(name), term.id) for term in vocabulary.terms(kind) for name in (term.name_en, term.name_zh)]
            for kind in TERM_FIELDS
        }

    def __call__(self, text: str, side: Side) -> Iterator[Fact]:
        folded = plain(text)
        for kind, names in self._names.items():
            found = [(folded.index(name), -len(name), identifier) for name, identifier in names if name in folded]
            if kind == "category" and side == "orders":
                found = sorted(found, key=lambda one: (one[1], one[0]))[:1]
            yield from {(kind, identifier) for _, _, identifier in found}


class NearestNames:
    """Every clause of the text is the term whose name lies nearest by our encoder, if it lies near enough."""

    def __init__(self, vocabulary: Vocabulary, near: float) -> None:
        self._embedder = load_embedder()
        self._near = near
        self._terms: dict[Kind, list[Term]] = {kind: list(vocabulary.terms(kind)) for kind in TERM_FIELDS}
        self._vectors: dict[Kind, list[NDArray[np.float32]]] = {
            kind: [self._embedder.encode([term.name(language) for term in terms]) for language in ("en", "zh")]
            for kind, terms in self._terms.items()
        }

    def __call__(self, text: str, side: Side) -> Iterator[Fact]:
        clauses = [clause.strip() for clause in _CLAUSE.split(text) if clause and clause.strip()]
        if not clauses:
            return
        encoded = self._embedder.encode(clauses)
        for kind in TERM_FIELDS:
            nearness = np.max([encoded @ vectors.T for vectors in self._vectors[kind]], axis=0)
            best, values = nearness.argmax(axis=1), nearness.max(axis=1)
            found = [(float(value), self._terms[kind][at].id) for at, value in zip(best, values, strict=True)]
            near = sorted((one for one in found if one[0] >= self._near), reverse=True)
            kept = near[:1] if kind == "category" and side == "orders" else near
            yield from {(kind, identifier) for _, identifier in kept}
