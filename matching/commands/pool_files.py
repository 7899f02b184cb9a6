"""Reads the three tables of the bare pooling problem: the short way where they are plain, else fault by fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from matching.command_line.progress import track
from matching.pooling.problem import Floats, Places, PoolingProblem
from matching.tables import (
    Column,
    Faults,
    NotPlain,
    PlainNames,
    Row,
    Table,
    iterate_table,
    number,
    plain_rows,
    read_table,
    text,
    whole,
)

_LONGEST_NAME: Final = 200
_MOST_PIECES: Final = 10**9
_ORDERS: Final = Table(
    (Column("order_id", text(_LONGEST_NAME), required=True), Column("quantity", whole(1, _MOST_PIECES), required=True)),
    key=("order_id",),
)
_POOLS: Final = Table(
    (
        Column("pool_id", text(_LONGEST_NAME), required=True),
        Column("moq", whole(), required=True),
        Column("capacity", whole()),
    ),
    key=("pool_id",),
)
_CANDIDATES: Final = Table(
    (
        Column("order_id", text(_LONGEST_NAME), required=True),
        Column("pool_id", text(_LONGEST_NAME), required=True),
        Column("score", number(0), required=True),
    ),
    key=("order_id", "pool_id"),
)
_NO_LIMIT: Final = 2**60


@dataclass(frozen=True, slots=True)
class NamedProblem:
    """A pooling problem, and the names of its orders and pools by place."""

    problem: PoolingProblem
    orders: Sequence[str]
    pools: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Parallel arrays of places and scores."""

    order: Places
    pool: Places
    score: Floats


def read_problem(orders: Path, pools: Path, candidates: Path) -> NamedProblem:
    """The problem of three files. Raises BadInput with all faults of all of them."""
    try:
        return _read_plain(orders, pools, candidates)
    except NotPlain:
        return _read_careful(orders, pools, candidates)


def _read_plain(orders: Path, pools: Path, candidates: Path) -> NamedProblem:
    """Raises NotPlain where anything is to be decided about what the files hold."""
    order_names, (quantity,) = _plain_table(orders, "order_id", ("quantity",))
    pool_names, (minimum, capacity) = _plain_table(pools, "pool_id", ("moq", "capacity"))
    if ((quantity < 1) | (quantity > _MOST_PIECES)).any() or (capacity < minimum).any():
        raise NotPlain
    found = [_Candidates(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for rows in track(plain_rows(candidates, _CANDIDATES.names), "candidates"):
        order = order_names.places(rows.words("order_id", _LONGEST_NAME))
        pool = pool_names.places(rows.words("pool_id", _LONGEST_NAME))
        found.append(_Candidates(order, pool, rows.numbers("score")))
    order = np.concatenate([some.order for some in found])
    pool = np.concatenate([some.pool for some in found])
    score = np.concatenate([some.score for some in found])
    try:
        problem = PoolingProblem(quantity, minimum, capacity, order, pool, score)
    except ValueError as error:
        raise NotPlain from error
    return NamedProblem(problem, order_names.texts(), pool_names.texts())


def _plain_table(path: Path, name: str, wholes: tuple[str, ...]) -> tuple[PlainNames, list[Places]]:
    """The names of a table, and its columns of whole numbers."""
    words, columns = [], [[np.empty(0, dtype=np.int64)] for _ in wholes]
    for rows in plain_rows(path, (name, *wholes)):
        words.append(rows.words(name, _LONGEST_NAME))
        for column, parts in zip(wholes, columns, strict=True):
            parts.append(rows.wholes(column))
    return PlainNames(words), [np.concatenate(parts) for parts in columns]


def _read_careful(orders_path: Path, pools_path: Path, candidates_path: Path) -> NamedProblem:
    faults = Faults()
    orders = read_table(orders_path, _ORDERS, faults)
    pools = read_table(pools_path, _POOLS, faults)
    _check_pools(pools, faults)
    order_places = {row.required_text("order_id"): place for place, row in enumerate(orders)}
    pool_places = {row.required_text("pool_id"): place for place, row in enumerate(pools)}
    candidates = _careful_candidates(candidates_path, order_places, pool_places, faults)
    faults.refuse_if_any()
    problem = PoolingProblem(
        quantity=np.array([row.required_whole("quantity") for row in orders], dtype=np.int64),
        minimum=np.array([row.required_whole("moq") for row in pools], dtype=np.int64),
        capacity=np.array([_capacity(row) for row in pools], dtype=np.int64),
        candidate_order=candidates.order,
        candidate_pool=candidates.pool,
        candidate_score=candidates.score,
    )
    return NamedProblem(problem, list(order_places), list(pool_places))


def _careful_candidates(path: Path, orders: Mapping[str, int], pools: Mapping[str, int], faults: Faults) -> _Candidates:
    """Row by row; a name that is unknown is a fault."""
    pairs: list[tuple[int, int]] = []
    scores: list[float] = []
    for row in track(iterate_table(path, _CANDIDATES, faults), "candidates"):
        order = _place(row, "order_id", orders, "--orders", faults)
        pool = _place(row, "pool_id", pools, "--pools", faults)
        if order is not None and pool is not None:
            pairs.append((order, pool))
            scores.append(row.required_number("score"))
    places = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return _Candidates(places[:, 0], places[:, 1], np.array(scores, dtype=np.float64))


def _place(row: Row, column: str, places: Mapping[str, int], option: str, faults: Faults) -> int | None:
    name = row.required_text(column)
    if name not in places:
        faults.add(row.fault(column, f"'{name}' is not in the table of {option}; accepted: a {column} that is"))
    return places.get(name)


def _check_pools(pools: Sequence[Row], faults: Faults) -> None:
    for row in pools:
        capacity = row.whole("capacity")
        if capacity is not None and capacity < row.required_whole("moq"):
            problem = f"{capacity} is below moq {row.required_whole('moq')}; accepted: a capacity of at least the moq"
            faults.add(row.fault("capacity", problem))


def _capacity(row: Row) -> int:
    capacity = row.whole("capacity")
    return _NO_LIMIT if capacity is None else capacity
