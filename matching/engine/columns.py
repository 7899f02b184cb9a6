"""Factories as columns: one row a factory, so that an order is held against many of them in a few array operations."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.engine.coverage import coverage
from matching.engine.lists import FIRST_ITEM, CutLists, ListColumn, grown
from matching.verticals.pack import Kind, Term, Vocabulary

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Value = TypeVar("Value", bound=Hashable)
_ABSENT: Final = -1
_WISHES_REMEMBERED: Final = 1_000
"""Wished values whose comparisons are kept; free words may wish for any number of them."""


class TermColumn:
    """The terms of one kind that each factory offers, with the weight of the evidence for each (0 to 1).

    Every pair of a term and an evidence is numbered in the order of its arrival; there are far fewer than factories.
    """

    def __init__(self, vocabulary: Vocabulary, kind: Kind) -> None:
        self._vocabulary = vocabulary
        self._kind: Kind = kind
        self._numbers: dict[tuple[str, float], int] = {}
        self._pairs: list[tuple[str, float]] = []
        self._lists = ListColumn()
        self._families: dict[str, list[str]] = {}
        for term in vocabulary.terms(kind):
            self._families.setdefault(_root(term), []).append(term.id)
        self._coverage: dict[str, tuple[Floats, Floats]] = {}
        self._denials: dict[str, set[int]] = {}
        self._confirmations: dict[str, set[int]] = {}

    def resize(self, rows: int) -> None:
        self._lists.resize(rows)

    def write(
        self,
        row: int,
        terms: Sequence[tuple[str, float]],
        denied: Iterable[str] = (),
        confirmed: Iterable[str] = (),
    ) -> None:
        """Replaces what the row offers by (term id, evidence) pairs; an empty sequence means unknown.

        denied: terms that it firmly does not offer, whatever its other terms come near to. confirmed: those of its
        terms that it was asked for and said yes to.
        """
        for answers, told in ((self._denials, denied), (self._confirmations, confirmed)):
            for rows in answers.values():
                rows.discard(row)
            for identifier in told:
                answers.setdefault(identifier, set()).add(row)
        self._lists.write(row, [self._number(pair) for pair in terms])

    def cut(self, rows: Rows) -> CutLists:
        """What these rows offer, to be matched with any wish."""
        return self._lists.cut(rows)

    def match(self, wanted: str, offered: CutLists) -> tuple[Floats, Floats]:
        """For each row: the best coverage of the wanted term, and the best coverage times evidence. 0 where unknown."""
        covered, weighed = self._against(wanted)
        return offered.best(covered), offered.best(weighed)

    def worths(self, worth: Callable[[str], float]) -> Floats:
        """What the term of each item of the lists is worth, NaN for the item of an empty one."""
        distinct = {identifier: worth(identifier) for identifier, _ in self._pairs}
        return np.array([*[np.nan] * FIRST_ITEM, *(distinct[identifier] for identifier, _ in self._pairs)])

    def denied(self, wanted: str) -> list[int]:
        """Rows that firmly do not offer the wanted term."""
        return sorted(self._denials.get(wanted, ()))

    def confirmed(self, wanted: str) -> list[int]:
        """Rows that said yes when they were asked for the wanted term."""
        return sorted(self._confirmations.get(wanted, ()))

    def _against(self, wanted: str) -> tuple[Floats, Floats]:
        """Coverage of the wanted term by each numbered pair, and times its evidence; only new pairs are computed."""
        covered, weighed = self._coverage.get(wanted, (np.zeros(FIRST_ITEM), np.zeros(FIRST_ITEM)))
        newer = self._pairs[len(covered) - FIRST_ITEM :]
        if newer:
            family = self._family_of(wanted)
            fresh = [family.get(offered, 0.0) for offered, _ in newer]
            covered = np.append(covered, fresh)
            weighed = np.append(weighed, [value * evidence for value, (_, evidence) in zip(fresh, newer, strict=True)])
            self._coverage[wanted] = covered, weighed
        return covered, weighed

    def _family_of(self, wanted: str) -> dict[str, float]:
        """Coverage of the wanted term by every term that covers any of it: only those under the same root can."""
        family = self._families.get(_root(self._vocabulary.term(self._kind, wanted)), [])
        return {offered: coverage(self._vocabulary, self._kind, wanted, offered) for offered in [wanted, *family]}

    def _number(self, pair: tuple[str, float]) -> int:
        number = self._numbers.setdefault(pair, FIRST_ITEM + len(self._pairs))
        if number == FIRST_ITEM + len(self._pairs):
            self._pairs.append(pair)
        return number


def _root(term: Term | None) -> str:
    return "" if term is None else (term.id, *term.broader)[-1]


class NumberColumns:
    """Plain numbers of each factory by name; NaN means unknown."""

    def __init__(self, names: Iterable[str]) -> None:
        self._columns = {name: np.zeros(0) for name in names}

    def resize(self, rows: int) -> None:
        for name, column in self._columns.items():
            self._columns[name] = grown(column, rows, np.nan)

    def write(self, row: int, name: str, value: float | None) -> None:
        self._columns[name][row] = np.nan if value is None else value

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]


class ComparedColumn(Generic[Value]):
    """A value of each factory that is compared with a wished one by a function, once for each distinct value."""

    def __init__(self, compare: Callable[[str, Value], float]) -> None:
        """compare: (wished, offered) -> 0 to 1."""
        self._compare = compare
        self._numbers: dict[Value, int] = {}
        self._distinct: list[Value] = []
        self._values = np.full(0, _ABSENT, dtype=np.int32)
        self._compared: OrderedDict[str, Floats] = OrderedDict()

    def resize(self, rows: int) -> None:
        self._values = grown(self._values, rows, _ABSENT)

    def write(self, row: int, value: Value | None) -> None:
        if value is None:
            self._values[row] = _ABSENT
            return
        number = self._numbers.setdefault(value, len(self._numbers))
        if number == len(self._distinct):
            self._distinct.append(value)
        self._values[row] = number

    def distinct(self, rows: Rows) -> tuple[list[Value | None], Rows]:
        """The distinct values of these rows, None among them where one says nothing, and the place of each row's."""
        numbers, places = np.unique(self._values[rows], return_inverse=True)
        return [None if number == _ABSENT else self._distinct[number] for number in numbers.tolist()], places

    def against(self, wanted: str, rows: Rows) -> Floats:
        """How well the value of each of these rows meets the wish; NaN where the factory says nothing."""
        numbers = self._values[rows]
        known = self._remembered(wanted)
        found = known[numbers]
        fresh = np.unique(numbers[np.isnan(found) & (numbers != _ABSENT)])
        if len(fresh):
            known[fresh] = [self._compare(wanted, self._distinct[number]) for number in fresh]
            found = known[numbers]
        return found

    def _remembered(self, wanted: str) -> Floats:
        """What was compared with this wish so far, NaN elsewhere; its last place stands for the absent value."""
        known = self._compared.pop(wanted, np.full(1, np.nan))
        if len(known) <= len(self._distinct):
            known = np.append(known, np.full(len(self._distinct) + 1 - len(known), np.nan))
        self._compared[wanted] = known
        if len(self._compared) > _WISHES_REMEMBERED:
            self._compared.popitem(last=False)
        return known
