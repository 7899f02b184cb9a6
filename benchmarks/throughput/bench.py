"""What is measured: a market in an index, and an engine whose seams are clocked."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.throughput.market import MadeUpMarket
from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.engine.index import FactoryIndex
from matching.engine.reading import FactoryReader, ReadFactory
from matching.engine.said import Said, Say, nothing_said, parser_of
from matching.index import FaissIndex
from matching.ports import Embedder, Vectors
from matching.verticals.pack import Vocabulary, load_vocabulary

_READ_AT_ONCE: Final = 500


class Clock:
    """CPU seconds spent inside its `with` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start = 0.0

    def __enter__(self) -> "Clock":
        self._start = time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds += time.process_time() - self._start


class ClockedEmbedder:
    """An embedder that counts what it takes. Implements ports.Embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.clock = Clock()

    @property
    def model_id(self) -> str:
        return self._embedder.model_id

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self.clock:
            return self._embedder.encode(texts)


class ClockedIndex(FaissIndex):
    """An index that counts what its products take."""

    def __init__(self, dimensions: int) -> None:
        super().__init__(dimensions)
        self.clock = Clock()

    def scores(self, queries: Vectors, among: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        with self.clock:
            return super().scores(queries, among)


def clocked(say: Say, clock: Clock) -> Say:
    """The same reader of texts, counting what it takes."""

    def clocked_say(text: str, day: date | None) -> Said:
        with clock:
            return say(text, day)

    return clocked_say


@dataclass(frozen=True)
class Bench:
    """encoding, understanding: what these seams took so far. enter_seconds: what a factory takes to be indexed."""

    vocabulary: Vocabulary
    market: MadeUpMarket
    engine: Engine
    index: FactoryIndex
    vectors: ClockedIndex
    encoding: Clock
    understanding: Clock
    enter_seconds: float


def built(factories: int, seed: int) -> Bench:
    """A market of so many factories, whose lists are taken as they stand so that their words need no reading."""
    vocabulary, embedder = load_vocabulary(), ClockedEmbedder(load_embedder())
    market, understanding = MadeUpMarket(vocabulary, seed), Clock()
    made: list[ClockedIndex] = []

    def vector_index(dimensions: int) -> ClockedIndex:
        made.append(ClockedIndex(dimensions))
        return made[-1]

    engine = Engine(vocabulary, embedder, clocked(parser_of(vocabulary), understanding), vector_index)
    index, entering = engine.index([]), Clock()
    for block in _read(market, vocabulary, factories):
        with entering:
            index.add_read(block)
    return Bench(
        vocabulary, market, engine, index, made[0], embedder.clock, understanding, entering.seconds / factories
    )


def _read(market: MadeUpMarket, vocabulary: Vocabulary, factories: int) -> Iterator[list[ReadFactory]]:
    reader = FactoryReader(vocabulary, nothing_said)
    read = (reader.read(factory) for factory in market.factories(factories))
    while block := list(islice(read, _READ_AT_ONCE)):
        yield block
