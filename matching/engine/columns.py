"""Factories as columns: one row a factory, so that an order is held against all of them in a few array operations."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.coverage import coverage
from matching.verticals.pack import Kind, Vocabulary

Floats = NDArray[np.float64]
_ABSENT: Final = -1


class TermColumn:
    """The terms of one kind that each factory offers, with the weight of the evidence for each (0 to 1).

    Kept as a table of slots, so that one row can be rewritten in place. What has been asked of it is remembered until
    a row changes, because the orders of a batch ask for the same terms again and again.
    """

    def __init__(self, vocabulary: Vocabulary, kind: Kind) -> None:
        self._vocabulary = vocabulary
        self._kind: Kind = kind
        self._numbers: dict[str, int] = {}
        self._identifiers: list[str] = []
        self._slots = np.full((0, 4), _ABSENT, dtype=np.int32)
        self._evidence = np.zeros((0, 4), dtype=np.float64)
        self._coverage: dict[str, Floats] = {}
        self._answers: dict[str, tuple[Floats, Floats]] = {}
        self._denials: dict[str, set[int]] = {}

    def resize(self, rows: int) -> None:
        grown = rows - len(self._slots)
        self._slots = np.pad(self._slots, ((0, grown), (0, 0)), constant_values=_ABSENT)
        self._evidence = np.pad(self._evidence, ((0, grown), (0, 0)))
        self._answers.clear()

    def write(self, row: int, terms: Sequence[tuple[str, float]], denied: Iterable[str] = ()) -> None:
        """Replaces what the row offers by (term id, evidence) pairs; an empty sequence means unknown.

        denied: terms that it firmly does not offer, whatever its other terms come near to.
        """
        for rows in self._denials.values():
            rows.discard(row)
        for identifier in denied:
            self._denials.setdefault(identifier, set()).add(row)
        extra = len(terms) - self._slots.shape[1]
        if extra > 0:
            self._slots = np.pad(self._slots, ((0, 0), (0, extra)), constant_values=_ABSENT)
            self._evidence = np.pad(self._evidence, ((0, 0), (0, extra)))
        self._slots[row] = _ABSENT
        self._evidence[row] = 0.0
        for slot, (identifier, evidence) in enumerate(terms):
            self._slots[row, slot] = self._number(identifier)
            self._evidence[row, slot] = evidence
        self._answers.clear()

    def known(self) -> NDArray[np.bool_]:
        """Rows that offer anything of this kind."""
        return np.asarray(self._slots[:, 0] != _ABSENT)

    def denied(self, wanted: str) -> list[int]:
        """Rows that firmly do not offer the wanted term."""
        return sorted(self._denials.get(wanted, ()))

    def match(self, wanted: str) -> tuple[Floats, Floats]:
        """For each row: the best coverage of the wanted term, and the best coverage times evidence. 0 where unknown."""
        answer = self._answers.get(wanted)
        if answer is None:
            row = np.append(self._coverage_of(wanted), 0.0)
            covered = row[self._slots]
            covered[self.denied(wanted)] = 0.0
            answer = covered.max(axis=1), (covered * self._evidence).max(axis=1)
            self._answers[wanted] = answer
        return answer

    def _coverage_of(self, wanted: str) -> Floats:
        """Coverage of the wanted term by each numbered term; only newly numbered ones are computed."""
        known = self._coverage.get(wanted, np.zeros(0))
        if len(known) < len(self._identifiers):
            newer = self._identifiers[len(known) :]
            known = np.append(known, [coverage(self._vocabulary, self._kind, wanted, offered) for offered in newer])
            self._coverage[wanted] = known
        return known

    def _number(self, identifier: str) -> int:
        number = self._numbers.setdefault(identifier, len(self._numbers))
        if number == len(self._identifiers):
            self._identifiers.append(identifier)
        return number


class NumberColumns:
    """Plain numbers of each factory by name; NaN means unknown."""

    def __init__(self, names: Iterable[str]) -> None:
        self._columns = {name: np.zeros(0) for name in names}

    def resize(self, rows: int) -> None:
        for name, column in self._columns.items():
            self._columns[name] = np.append(column, np.full(rows - len(column), np.nan))

    def write(self, row: int, name: str, value: float | None) -> None:
        self._columns[name][row] = np.nan if value is None else value

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]


class TextColumn:
    """A short text of each factory, compared as a whole; numbered so that comparing is one array operation."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._values = np.full(0, _ABSENT, dtype=np.int32)

    def resize(self, rows: int) -> None:
        grown = rows - len(self._values)
        self._values = np.append(self._values, np.full(grown, _ABSENT, dtype=np.int32))

    def write(self, row: int, value: str | None) -> None:
        self._values[row] = _ABSENT if value is None else self._numbers.setdefault(value, len(self._numbers))

    def differs(self, value: str | None) -> NDArray[np.bool_]:
        """Rows whose value is known and another one. An unknown value differs from nothing."""
        if value is None:
            return np.zeros(len(self._values), dtype=np.bool_)
        return np.asarray((self._values != _ABSENT) & (self._values != self._numbers.get(value, _ABSENT - 1)))

    def distinct(self) -> list[str]:
        return list(self._numbers)

    def numbers(self) -> NDArray[np.int32]:
        """For each row the place of its value in `distinct`, -1 where unknown."""
        return self._values
