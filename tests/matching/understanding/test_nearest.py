"""The nearest known word: what is prepared is not made again while somebody waits."""

from collections.abc import Sequence

from matching.encoder.load import load_embedder
from matching.ports import Vectors
from matching.understanding.nearest import NearestWords
from matching.verticals.pack import load_vocabulary


class _Counting:
    """The encoder that we ship, and how many texts it was given."""

    def __init__(self) -> None:
        self._embedder = load_embedder()
        self.model_id = self._embedder.model_id
        self.dimensions = self._embedder.dimensions
        self.texts = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return self._embedder.encode(texts)


def test_after_preparing_only_the_asked_words_are_encoded() -> None:
    embedder = _Counting()
    words = NearestWords(load_vocabulary(), embedder)
    words.prepare()
    prepared = embedder.texts
    found = words.find(("process", "material"), "screenprintting", "apparel")
    assert found is not None
    assert found[0].id == "screen-printing"
    assert (prepared > 10_000, embedder.texts - prepared) == (True, 1)
