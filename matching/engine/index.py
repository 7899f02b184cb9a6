"""The factories that orders are held against: changed one at a time, searchable at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import NumberColumns, TermColumn, TextColumn
from matching.engine.reading import TERM_KINDS, FactoryReader, ReadFactory
from matching.engine.wording import WordingIndex
from matching.records import FactoryRecord
from matching.verticals.pack import Vocabulary

NUMBERS: Final = ("minimum_quantity", "capacity_per_week", "lead_time_days", "unit_price_low", "unit_price_high")
_FIRST_SIZE: Final = 16


class FactoryTable:
    """Factories as columns, without their texts. Every array has one row for each place, taken or free."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.terms = {kind: TermColumn(vocabulary, kind) for kind in TERM_KINDS}
        self.numbers = NumberColumns(NUMBERS)
        self.regions = TextColumn()
        self.currencies = TextColumn()
        self.alive = np.zeros(0, dtype=np.bool_)
        self.lists_certificates = np.zeros(0, dtype=np.bool_)
        self.names_processes = np.zeros(0, dtype=np.bool_)
        self._rows: dict[str, int] = {}
        self._read: list[ReadFactory | None] = []
        self._free: list[int] = []
        self._verticals: dict[str, int] = {}
        self._trades = np.zeros(0, dtype=np.int64)

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
        self._read[row] = factory
        self.alive[row] = True
        for kind in TERM_KINDS:
            self.terms[kind].write(row, factory.terms[kind], factory.denied(kind))
        for name in NUMBERS:
            self.numbers.write(row, name, getattr(factory, name))
        self.regions.write(row, factory.region)
        self.currencies.write(row, factory.currency)
        self.lists_certificates[row] = factory.lists_certificates
        self.names_processes[row] = factory.names_processes
        self._trades[row] = self._bits(factory.verticals)
        return row

    def remove(self, factory_id: str) -> int:
        """Frees the row of the factory, which is returned; raises KeyError when it is not there."""
        row = self._rows.pop(factory_id)
        self._read[row] = None
        self.alive[row] = False
        self._free.append(row)
        return row

    def shares_trade(self, verticals: frozenset[str]) -> NDArray[np.bool_]:
        """Rows whose trades are unknown, or one of the given ones; all rows when none is given."""
        if not verticals:
            return np.ones(len(self.alive), dtype=np.bool_)
        return np.asarray((self._trades == 0) | ((self._trades & self._bits(verticals)) != 0))

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
        self.alive = np.append(self.alive, np.zeros(size - before, dtype=np.bool_))
        self.lists_certificates = np.append(self.lists_certificates, np.zeros(size - before, dtype=np.bool_))
        self.names_processes = np.append(self.names_processes, np.zeros(size - before, dtype=np.bool_))
        self._trades = np.append(self._trades, np.zeros(size - before, dtype=np.int64))
        self._read += [None] * (size - before)
        self._free += range(size - 1, before - 1, -1)

    def _bits(self, verticals: frozenset[str]) -> int:
        return sum(1 << self._verticals.setdefault(vertical, len(self._verticals)) for vertical in sorted(verticals))


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
        read = [self._reader.read(factory) for factory in distinct.values()]
        rows = [self.table.write(factory) for factory in read]
        self.wording.write(rows, [factory.text for factory in read])

    def replace(self, factory: FactoryRecord) -> None:
        """Adds the factory, or puts it in the place of the one with the same id."""
        self.add_all([factory])

    def remove(self, factory_id: str) -> None:
        """Takes the factory out; raises KeyError when it is not there."""
        self.wording.write([self.table.remove(factory_id)], [""])

    def records(self) -> list[FactoryRecord]:
        """All factories as they were given, by id."""
        return [self.table.at(self.table.rows[factory_id]).record for factory_id in sorted(self.table.rows)]
