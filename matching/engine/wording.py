"""How near the words of an order are to the words of each factory: shared words by rarity, and vectors by meaning."""

from array import array
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.engine.lists import FIRST_ITEM, ListColumn, grown
from matching.index import in_exact_steps
from matching.ports import Embedder, VectorIndex, Vectors
from matching.text.tokens import tokenize

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_LEXICAL_SHARE: Final = 0.5
_STEPS: Final = 2.0**20
_NOWHERE: Final = -1

Derived = TypeVar("Derived")


@dataclass(frozen=True, slots=True)
class Wording:
    """One order's words, ready to be held against rows. words: those that factories have used, by number.

    total: the rarities of all its words, known or not; 0 when it has none.
    """

    vector: Vectors
    words: tuple[int, ...]
    rarities: Floats
    total: float


class Part(Protocol):
    """Some rows, with what is made of them alone: made once, forgotten when a row changes."""

    rows: Rows

    def derived(self, key: Hashable, make: Callable[[], Derived]) -> Derived: ...


class WordingIndex:
    """The texts of all rows; one row can be rewritten at a time. An empty text is unknown.

    The lexical part is the share of the order's words that a factory uses too, weighted by how rare each word is
    among the factories (inverse document frequency). The vector part is the cosine. Both are absolute, so a factory's
    value does not change with its rivals except through rarity. That, and that rows change one at a time, is what
    sets it apart from `matching.text`: BM25 there depends on the lengths of all documents and is fitted once.
    """

    def __init__(self, embedder: Embedder, vectors: VectorIndex) -> None:
        """vectors: an empty index of the embedder's dimensions."""
        self._embedder = embedder
        self._vectors = vectors
        self._place_of_row = np.zeros(0, dtype=np.int64)
        self._numbers: dict[str, int] = {}
        self._has_words = np.zeros(0, dtype=np.bool_)
        self._words = ListColumn()
        self._users: list[array[int]] = [array("i") for _ in range(FIRST_ITEM)]
        self._worded = 0

    def write(self, rows: Sequence[int], texts: Sequence[str]) -> None:
        """Replaces the texts of these rows, none of which stands twice."""
        if not rows:
            return
        if max(rows) >= len(self._place_of_row):
            size = max(2 * len(self._place_of_row), max(rows) + 1)
            self._place_of_row = grown(self._place_of_row, size, _NOWHERE)
            self._has_words = grown(self._has_words, size, False)
            self._words.resize(size)
        for row, text in zip(rows, texts, strict=True):
            self._write_words(row, words_of(text))
        placed = len(self._vectors)
        self._vectors.put([str(row) for row in rows], in_exact_steps(self._embedder.encode(list(texts))))
        added = [row for row in rows if self._place_of_row[row] == _NOWHERE]
        self._place_of_row[added] = np.arange(placed, placed + len(added))

    def read(self, texts: Sequence[str]) -> list[Wording]:
        """The words and the vector of each text. What is read does not depend on the others of the call."""
        vectors = in_exact_steps(self._embedder.encode(list(texts))) if texts else ()
        return [self._wording(words_of(text), vector) for text, vector in zip(texts, vectors, strict=True)]

    def values(self, wordings: Sequence[Wording], rows: Rows) -> list[Floats | None]:
        """For each wording how near it is to each of the rows: 0 to 1, NaN where a row has no words.

        None for a wording without words, and for all of them when no row of the index has any. A value is the same to
        the last bit in whatever company it is asked for.
        """
        found: list[Floats | None] = [None] * len(wordings)
        asked = [number for number, wording in enumerate(wordings) if wording.total > 0 and self._worded]
        if not asked:
            return found
        worded = self._has_words[rows]
        cosines = self._cosines(np.stack([wordings[number].vector for number in asked]), rows)
        for cosine, number in zip(cosines, asked, strict=True):
            found[number] = _mixed(self._lexical(wordings[number])[rows], cosine, worded)
        return found

    def values_at(self, wordings: Sequence[Wording], part: Part, chosen: Sequence[Rows]) -> list[Floats | None]:
        """The same, for each wording at its own chosen places of a part that many orders are held against."""
        found: list[Floats | None] = [None] * len(wordings)
        asked = [number for number, wording in enumerate(wordings) if wording.total > 0 and self._worded]
        if not asked:
            return found
        worded = part.derived(("worded", self), lambda: self._has_words[part.rows])
        vectors = np.stack([wordings[number].vector for number in asked])
        if len(asked) == 1:
            cosines = [self._cosines(vectors, part.rows[chosen[asked[0]]])[0]]
        else:
            cosines = [
                cosine[chosen[number]] for cosine, number in zip(self._cosines(vectors, part.rows), asked, strict=True)
            ]
        for cosine, number in zip(cosines, asked, strict=True):
            places = chosen[number]
            found[number] = _mixed(self._lexical_in(part, wordings[number])[places], cosine, worded[places])
        return found

    def _cosines(self, vectors: Vectors, rows: Rows) -> Vectors:
        """Wordings x rows; 0 for a row without a text. Most of the rows are reached sooner by a scan of them all."""
        places = self._place_of_row[rows]
        placed = places != _NOWHERE
        known = places if placed.all() else places[placed]
        if 2 * len(rows) > len(self._vectors):
            found = self._vectors.scores(vectors)[:, known]
        else:
            found = self._vectors.scores(vectors, known)
        if len(known) < len(rows):
            every = np.zeros((len(vectors), len(rows)), np.float32)
            every[:, placed] = found
            found = every
        return np.minimum(np.maximum(found, np.float32(0.0)), np.float32(1.0))

    def _lexical(self, wording: Wording) -> Floats:
        """For every row the share of the wording's rarity that it shares."""
        users = [np.frombuffer(self._users[number], np.int32) for number in wording.words]
        if not users:
            return np.zeros(len(self._place_of_row))
        weights = np.repeat(wording.rarities, [len(rows) for rows in users])
        shared = np.bincount(np.concatenate(users), weights, minlength=len(self._place_of_row))
        return np.minimum(shared / wording.total, 1.0)

    def _lexical_in(self, part: Part, wording: Wording) -> Floats:
        """The same for the rows of a part, whose users of each word are remembered."""
        if not wording.words:
            return np.zeros(len(part.rows))
        users = [self._users_in(part, number) for number in wording.words]
        weights = np.repeat(wording.rarities, [len(places) for places in users])
        shared = np.bincount(np.concatenate(users), weights, minlength=len(part.rows))
        return np.minimum(shared / wording.total, 1.0)

    def _users_in(self, part: Part, number: int) -> Rows:
        """The places in the part of those who use a word."""

        def placed() -> Rows:
            places = np.full(len(self._place_of_row), _NOWHERE)
            places[part.rows] = np.arange(len(part.rows))
            return places

        def found() -> Rows:
            places = part.derived(("places of rows", len(self._place_of_row)), placed)[
                np.frombuffer(self._users[number], np.int32)
            ]
            return np.asarray(places[places != _NOWHERE])

        return part.derived(("users", self, number), found)

    def _wording(self, words: frozenset[str], vector: Vectors) -> Wording:
        known = tuple(sorted(self._numbers[word] for word in words if word in self._numbers))
        rarities = self._rarity(np.array([len(self._users[number]) for number in known], dtype=np.float64))
        unknown = len(words) - len(known)
        return Wording(vector, known, rarities, float(rarities.sum() + unknown * self._rarity(np.zeros(1))[0]))

    def _rarity(self, users: Floats) -> Floats:
        """Whole multiples of 2**-20, so that a sum of them knows no order of addition."""
        return np.asarray(np.rint(np.log(1.0 + self._worded / (1.0 + users)) * _STEPS) / _STEPS)

    def _write_words(self, row: int, words: frozenset[str]) -> None:
        """Only words that come or go are touched."""
        before = set(self._words.of(row))
        numbers = {self._number(word) for word in words}
        for number in before - numbers:
            users = self._users[number]
            users[users.index(row)] = users[-1]
            users.pop()
        for number in numbers - before:
            self._users[number].append(row)
        self._worded += bool(numbers) - bool(before)
        self._has_words[row] = bool(numbers)
        self._words.write(row, sorted(numbers))

    def _number(self, word: str) -> int:
        number = self._numbers.setdefault(word, len(self._users))
        if number == len(self._users):
            self._users.append(array("i"))
        return number


def _mixed(lexical: Floats, cosine: Vectors, worded: NDArray[np.bool_]) -> Floats:
    return np.where(worded, _LEXICAL_SHARE * lexical + (1.0 - _LEXICAL_SHARE) * cosine, np.nan)


def words_of(text: str) -> frozenset[str]:
    """The words that text search knows, less single characters (a pair of Chinese ones is a word) and plain numbers."""
    return frozenset(token for token in tokenize(text) if len(token) > 1 and not _is_number(token))


def _is_number(token: str) -> bool:
    return token.replace(".", "").isdigit()
