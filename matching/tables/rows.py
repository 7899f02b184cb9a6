"""Typed rows from a table file, by a declaration of its columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from matching.tables.columns import Column, Unacceptable, Value
from matching.tables.decoding import TableError
from matching.tables.faults import WHOLE_FILE, Fault, Faults, show
from matching.tables.grid import COMMAND_LIMITS, GridRow, GridStream, Limits, open_grid


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table. key: the columns (required ones) whose values together may stand in one row only."""

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


class Row:
    """One row without fault. An empty cell, or a column that the file does not have, is None (or the empty list)."""

    __slots__ = ("_values", "file", "number")

    def __init__(self, file: str, number: int, values: dict[str, Value]) -> None:
        self.file = file
        self.number = number
        self._values = values

    def text(self, column: str) -> str | None:
        value = self._values.get(column)
        assert value is None or isinstance(value, str), column
        return value

    def required_text(self, column: str) -> str:
        value = self._values[column]
        assert isinstance(value, str), column
        return value

    def names(self, column: str) -> tuple[str, ...]:
        value = self._values.get(column, ())
        assert isinstance(value, tuple), column
        return value

    def whole(self, column: str) -> int | None:
        value = self._values.get(column)
        assert value is None or isinstance(value, int), column
        return value

    def required_whole(self, column: str) -> int:
        value = self._values[column]
        assert isinstance(value, int), column
        return value

    def number_in(self, column: str) -> float | None:
        value = self._values.get(column)
        assert value is None or isinstance(value, float), column
        return value

    def required_number(self, column: str) -> float:
        value = self._values[column]
        assert isinstance(value, float), column
        return value

    def day(self, column: str) -> date | None:
        value = self._values.get(column)
        assert value is None or isinstance(value, date), column
        return value

    def required_day(self, column: str) -> date:
        value = self._values[column]
        assert isinstance(value, date), column
        return value

    def flag(self, column: str) -> bool | None:
        value = self._values.get(column)
        assert value is None or isinstance(value, bool), column
        return value

    def fault(self, column: str, problem: str) -> Fault:
        """A fault that only the command can see (a low price above the high one), to be added to its faults."""
        return Fault(self.file, self.number, column, problem)


def read_table(path: Path, table: Table, faults: Faults, limits: Limits = COMMAND_LIMITS) -> list[Row]:
    """All rows without fault. The faults of the others are added to `faults`; nothing is raised for them."""
    return list(iterate_table(path, table, faults, limits))


def iterate_table(path: Path, table: Table, faults: Faults, limits: Limits = COMMAND_LIMITS) -> Iterator[Row]:
    """As `read_table`, row by row: memory is bounded by one row and, for a table with a key, the keys seen."""
    file = str(path)
    try:
        with path.open("rb") as source:
            stream = open_grid(source, path.name, limits)
            yield from _typed_rows(file, stream, table, faults)
    except TableError as error:
        faults.add(Fault(file, error.row, error.column, error.problem))
    except OSError as error:
        faults.add(cannot_open(file, error))


def cannot_open(file: str, error: OSError) -> Fault:
    reason = (error.strerror or str(error)).lower()
    return Fault(file, 0, WHOLE_FILE, f"cannot be opened ({reason}); accepted: a file that exists and may be read")


def _typed_rows(file: str, stream: GridStream, table: Table, faults: Faults) -> Iterator[Row]:
    places = _place_columns(file, stream, table, faults)
    if places is None:
        return
    seen: dict[tuple[Value, ...] | Value, int] = {}
    for grid_row in stream.rows:
        before = len(faults)
        values = _parse(file, grid_row, len(stream.header), places, faults)
        earlier = _first_with_key(values, grid_row.number, table.key, seen)
        if earlier is not None:
            told = " and ".join(f"{name} {show(str(values[name]))}" for name in table.key)
            problem = f"{told} stands already in row {earlier}; accepted: each {' and '.join(table.key)} once"
            faults.add(Fault(file, grid_row.number, table.key[0], problem))
        if len(faults) == before:
            yield Row(file, grid_row.number, values)


def _place_columns(file: str, stream: GridStream, table: Table, faults: Faults) -> list[tuple[int, Column]] | None:
    """Where each known column stands; None when a required one is missing or any stands twice."""
    known = {column.name: column for column in table.columns}
    places: dict[str, int] = {}
    unknown: list[str] = []
    sound = True
    for place, title in enumerate(stream.header):
        name = title.lower()
        if name not in known:
            unknown.append(title)
        elif name in places:
            sound = False
            problem = f"the column stands twice, in places {places[name] + 1} and {place + 1}; accepted: once"
            faults.add(Fault(file, stream.header_row, name, problem))
        else:
            places[name] = place
    for column in table.columns:
        if column.required and column.name not in places:
            sound = False
            problem = f"the column is missing; accepted: a header with {', '.join(_required_names(table))}"
            faults.add(Fault(file, stream.header_row, column.name, problem))
    named = [show(title)[1:-1] for title in unknown if title]
    if named and sound:
        faults.warn(f"{file}: unknown columns are ignored: {', '.join(named)}")
    return [(place, known[name]) for name, place in places.items()] if sound else None


def _required_names(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.required]


def _parse(file: str, row: GridRow, width: int, places: list[tuple[int, Column]], faults: Faults) -> dict[str, Value]:
    cells, values = row.cells, {}
    if len(cells) != width and (len(cells) < width or any(cells[width:])):
        count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        problem = f"the row has {count}; accepted: {width}, as in the header (a cell with a comma is quoted)"
        faults.add(Fault(file, row.number, WHOLE_FILE, problem))
        return {}
    for place, column in places:
        cell = cells[place]
        if not cell:
            if column.required:
                faults.add(Fault(file, row.number, column.name, "the cell is empty; accepted: a value, it is required"))
            continue
        try:
            values[column.name] = column.kind(cell)
        except Unacceptable as error:
            faults.add(Fault(file, row.number, column.name, str(error)))
    return values


def _first_with_key(
    values: dict[str, Value], number: int, key: tuple[str, ...], seen: dict[tuple[Value, ...] | Value, int]
) -> int | None:
    """The row that holds the same key already; remembers this one when there is none. A row with other faults counts,
    so that nobody meets a repeated key only after mending them; one without a whole key does not."""
    if not key or any(name not in values for name in key):
        return None
    value = values[key[0]] if len(key) == 1 else tuple(values[name] for name in key)
    earlier = seen.setdefault(value, number)
    return None if earlier == number else earlier
