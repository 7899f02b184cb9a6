"""The factories that orders are held against: changed one at a time, searchable at once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import numpy as np

from matching.engine.attributes import attribute_value
from matching.engine.columns import ComparedColumn, Flags, Floats, NumberColumns, Rows, TermColumn
from matching.engine.lists import CutLists, grown
from matching.engine.reading import TERM_KINDS, FactoryReader, ReadFactory
from matching.engine.regions import region_value
from matching.engine.wording import WordingIndex
from matching.records import FactoryRecord
from matching.verticals.pack import Kind, Vocabulary

Derived = TypeVar("Derived")

NUMBERS: Final = ("minimum_quantity", "capacity_per_week", "lead_time_days", "unit_price_low", "unit_price_high")
_FIRST_SIZE: Final = 16
_ROWS_REMEMBERED: Final = 400_000
"""Rows of all remembered parts together; each takes about 200 bytes, or more where its orders wish for much."""


class TablePart:
    """Columns of some rows, in the order of `rows`. What an order asks of them is answered once and remembered."""

    def __init__(self, table: "FactoryTable", rows: Rows) -> None:
        self.rows = rows
        self.names_processes = table.names_processes[rows]
        self.lists_certificates = table.lists_certificates[rows]
        self._table = table
        self._numbers: dict[str, Floats] = {}
        self._offered: dict[Kind, CutLists] = {}
        self._matches: dict[tuple[Kind, str], tuple[Floats, Floats]] = {}
        self._derived: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def vocabulary(self) -> Vocabulary:
        return self._table.vocabulary

    def factories(self) -> list[ReadFactory]:
        """The factory of each row."""
        return [self._table.at(row) for row in self.rows.tolist()]

    def factory(self, place: int) -> ReadFactory:
        """The factory of one row of the part."""
        return self._table.at(int(self.rows[place]))

    def derived(self, key: Hashable, make: Callable[[], Derived]) -> Derived:
        """What is made of these rows alone, made once."""
        if key not in self._derived:
            self._derived[key] = make()
        found: Derived = self._derived[key]
        return found

    def number(self, name: str) -> Floats:
        """A plain number of each row; NaN where unknown."""
        if name not in self._numbers:
            self._numbers[name] = self._table.numbers[name][self.rows]
        return self._numbers[name]

    def known(self, kind: Kind) -> Flags:
        """Rows that offer any term of the kind."""
        return self._cut(kind).known()

    def match(self, kind: Kind, wanted: str) -> tuple[Floats, Floats]:
        """For each row: the best coverage of the wanted term, and the best coverage times evidence. 0 where unknown."""
        key = (kind, wanted)
        if key not in self._matches:
            covered, weighed = self._table.terms[kind].match(wanted, self._cut(kind))
            denied = self.denied(kind, wanted)
            covered[denied], weighed[denied] = 0.0, 0.0
            self._matches[key] = covered, weighed
        return self._matches[key]

    def denied(self, kind: Kind, wanted: str) -> Flags:
        """Rows that firmly do not offer the wanted term."""
        return self._among(self._table.terms[kind].denied(wanted))

    def confirmed(self, kind: Kind, wanted: str) -> Flags:
        """Rows that said yes when they were asked for the wanted term."""
        return self._among(self._table.terms[kind].confirmed(wanted))

    def region(self, wanted: str) -> Floats:
        """How near each row is to the wanted region; NaN where unknown."""
        return self._table.regions.against(wanted, self.rows)

    def other_currency(self, code: str | None) -> Flags:
        """Rows that quote in a known currency and another one. An unknown one differs from nothing."""
        if code is None:
            return np.zeros(len(self), dtype=np.bool_)
        return self.derived(
            ("other currency", code), lambda: np.asarray(self._table.currencies.against(code, self.rows) == 0.0)
        )

    def currencies(self) -> tuple[list[str], Rows]:
        """The distinct currencies in which the rows quote, sorted, "" among them where one tells none; and the place of
        each row's."""
        return self.derived("currencies", lambda: _sorted_values(*self._table.currencies.distinct(self.rows)))

    def mean_worth(self, kind: Kind, worth: Callable[[str], float]) -> Floats:
        """What the terms of each row are worth on the mean; a worth of NaN does not count, and NaN where none does."""
        offered = self._cut(kind)
        worths = self._table.terms[kind].worths(worth)[offered.items]
        known = ~np.isnan(worths)
        owners = offered.owners[known]
        with np.errstate(invalid="ignore"):
            return np.bincount(owners, worths[known], len(self)) / np.bincount(owners, minlength=len(self))

    def attribute(self, name: str, wanted: str) -> Floats:
        """How well each row's attribute meets the wanted value; NaN where it says nothing of it."""
        column = self._table.attributes.get(name)
        return np.full(len(self), np.nan) if column is None else column.against(wanted, self.rows)

    def _among(self, rows: list[int]) -> Flags:
        return np.isin(self.rows, rows) if rows else np.zeros(len(self), dtype=np.bool_)

    def _cut(self, kind: Kind) -> CutLists:
        if kind not in self._offered:
            self._offered[kind] = self._table.terms[kind].cut(self.rows)
        return self._offered[kind]


class PartsRemembered:
    """The parts by trades that were used last, as many as hold _ROWS_REMEMBERED rows together."""

    def __init__(self) -> None:
        self._parts: OrderedDict[frozenset[str], TablePart] = OrderedDict()
        self._rows = 0

    def get(self, key: frozenset[str], make: Callable[[], TablePart]) -> TablePart:
        part = self._parts.pop(key, None)
        if part is None:
            part = make()
            self._rows += len(part)
        self._parts[key] = part
        while self._rows > _ROWS_REMEMBERED and len(self._parts) > 1:
            self._rows -= len(self._parts.popitem(last=False)[1])
        return part

    def forget(self, verticals: frozenset[str]) -> None:
        """To be called whenever a row of these trades changes, with the trades before and after it; none: unknown."""
        changed = [key for key in self._parts if not key or not verticals or key & verticals]
        for key in changed:
            self._rows -= len(self._parts.pop(key))


class FactoryTable:
    """Factories as columns, without their texts. Every array has one row for each place, taken or free."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.terms = {kind: TermColumn(vocabulary, kind) for kind in TERM_KINDS}
        self.numbers = NumberColumns(NUMBERS)
        self.regions = ComparedColumn(partial(region_value, vocabulary))
        self.currencies = ComparedColumn(_same)
        self.attributes: dict[str, ComparedColumn[tuple[str, ...]]] = {}
        self.alive = np.zeros(0, dtype=np.bool_)
        self.lists_certificates = np.zeros(0, dtype=np.bool_)
        self.names_processes = np.zeros(0, dtype=np.bool_)
        self._rows: dict[str, int] = {}
        self._read: list[ReadFactory | None] = []
        self._free: list[int] = []
        self._verticals: dict[str, int] = {}
        self._trades = np.zeros(0, dtype=np.int64)
        self._parts = PartsRemembered()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> dict[str, int]:
        """The row of each factory id."""
        return self._rows

    def at(self, row: int) -> ReadFactory:
        """The factory of a taken row; raises KeyError for a free one."""
        factory = self._read[row]
        if factory is None:
            raise KeyError(row)
        return factory

    def write(self, factory: ReadFactory) -> int:
        """Adds the factory or rewrites its row, which is returned."""
        row = self._row_for(factory.record.factory_id)
        self._forget(self._read[row], factory)
        self._read[row] = factory
        self.alive[row] = True
        for kind in TERM_KINDS:
            self.terms[kind].write(row, factory.terms[kind], factory.denied(kind), factory.confirmed(kind))
        for name in NUMBERS:
            self.numbers.write(row, name, getattr(factory, name))
        self.regions.write(row, factory.region)
        self.currencies.write(row, factory.currency)
        self._write_attributes(row, factory.attributes)
        self.lists_certificates[row] = factory.lists_certificates
        self.names_processes[row] = factory.names_processes
        self._trades[row] = self._bits(factory.verticals)
        return row

    def remove(self, factory_id: str) -> int:
        """Frees the row of the factory, which is returned; raises KeyError when it is not there."""
        row = self._rows.pop(factory_id)
        self._forget(self._read[row])
        self._read[row] = None
        self.alive[row] = False
        self._free.append(row)
        return row

    def shares_trade(self, verticals: frozenset[str]) -> Flags:
        """Rows whose trades are unknown, or one of the given ones; all rows when none is given."""
        if not verticals:
            return np.ones(len(self.alive), dtype=np.bool_)
        return np.asarray((self._trades == 0) | ((self._trades & self._bits(verticals)) != 0))

    def part(self, rows: Rows) -> TablePart:
        """Some rows with their columns, none of them twice."""
        return TablePart(self, rows)

    def part_of_trades(self, verticals: frozenset[str]) -> TablePart:
        """The factories of these trades, and those of unknown trade; one part until one of them changes."""
        return self._parts.get(verticals, lambda: self.part(np.flatnonzero(self.alive & self.shares_trade(verticals))))

    def _forget(self, *changed: ReadFactory | None) -> None:
        for factory in changed:
            if factory is not None:
                self._parts.forget(factory.verticals)

    def _row_for(self, factory_id: str) -> int:
        if factory_id in self._rows:
            return self._rows[factory_id]
        if not self._free:
            self._grow()
        self._rows[factory_id] = self._free.pop()
        return self._rows[factory_id]

    def _grow(self) -> None:
        before = len(self.alive)
        size = max(_FIRST_SIZE, 2 * before)
        for terms in self.terms.values():
            terms.resize(size)
        self.numbers.resize(size)
        self.regions.resize(size)
        self.currencies.resize(size)
        for column in self.attributes.values():
            column.resize(size)
        self.alive = grown(self.alive, size, False)
        self.lists_certificates = grown(self.lists_certificates, size, False)
        self.names_processes = grown(self.names_processes, size, False)
        self._trades = grown(self._trades, size, 0)
        self._read += [None] * (size - before)
        self._free += range(size - 1, before - 1, -1)

    def _write_attributes(self, row: int, offered: Mapping[str, tuple[str, ...]]) -> None:
        for name in offered:
            if name not in self.attributes:
                self.attributes[name] = ComparedColumn(attribute_value)
                self.attributes[name].resize(len(self.alive))
        for name, column in self.attributes.items():
            column.write(row, offered.get(name) or None)

    def _bits(self, verticals: frozenset[str]) -> int:
        return sum(1 << self._verticals.setdefault(vertical, len(self._verticals)) for vertical in sorted(verticals))


def _sorted_values(values: list[str | None], places: Rows) -> tuple[list[str], Rows]:
    """The same values sorted, "" for None, and the places moved with them."""
    named = [value or "" for value in values]
    found = sorted(set(named))
    return found, np.array([found.index(value) for value in named], dtype=np.int64)[places]


def _same(wanted: str, offered: str) -> float:
    return float(wanted == offered)


class FactoryIndex:
    """Made by `Engine.index`. `replace` and `remove` change one factory and take effect with the next ranking.

    snapshot_id: the caller's name for the state of the market that it was built from, kept as it was given.
    """

    def __init__(self, table: FactoryTable, reader: FactoryReader, wording: WordingIndex, snapshot_id: str) -> None:
        self.table = table
        self.wording = wording
        self.snapshot_id = snapshot_id
        self._reader = reader

    def __len__(self) -> int:
        return len(self.table)

    def __contains__(self, factory_id: str) -> bool:
        return factory_id in self.table.rows

    def add_all(self, factories: Sequence[FactoryRecord]) -> None:
        """Adds or replaces many at once; the last of two with the same id wins, as with `replace`."""
        distinct = {factory.factory_id: factory for factory in factories}
        self.add_read([self._reader.read(factory) for factory in distinct.values()])

    def add_read(self, factories: Sequence[ReadFactory]) -> None:
        """Adds or replaces factories that were read before, no two with the same id."""
        rows = [self.table.write(factory) for factory in factories]
        self.wording.write(rows, [factory.text for factory in factories])

    def replace(self, factory: FactoryRecord) -> None:
        """Adds the factory, or puts it in the place of the one with the same id."""
        self.add_all([factory])

    def remove(self, factory_id: str) -> None:
        """Takes the factory out; raises KeyError when it is not there."""
        self.wording.write([self.table.remove(factory_id)], [""])

    def read(self) -> list[ReadFactory]:
        """All factories as they were read, by id: what another process needs to hold the same index."""
        return [self.table.at(self.table.rows[factory_id]) for factory_id in sorted(self.table.rows)]

    def records(self) -> list[FactoryRecord]:
        """All factories as they were given, by id."""
        return [self.table.at(self.table.rows[factory_id]).record for factory_id in sorted(self.table.rows)]
