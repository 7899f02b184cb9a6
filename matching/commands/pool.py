"""Assigns orders to pools with minimum and maximum quantities: the bare problem, for measuring.

Maximises the sum of quantity x score over orders in pools that run. A pool that runs holds at least its moq and at
most its capacity; orders that are in no pool, and pools that do not run, are left out of the result.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from matching.commands.progress import track
from matching.pooling.assignment import assign
from matching.pooling.problem import OUTSIDE, PoolingProblem
from matching.tables import Column, Faults, Outputs, Row, Table, iterate_table, number, read_table, text, whole

EXAMPLE: Final = (
    "pool --orders matching/examples/pool_orders.csv --pools matching/examples/pools.csv "
    "--candidates matching/examples/candidates.csv --out assignment.csv"
)

_ORDERS: Final = Table(
    (Column("order_id", text(200), required=True), Column("quantity", whole(1, 10**9), required=True)),
    key=("order_id",),
)
_POOLS: Final = Table(
    (
        Column("pool_id", text(200), required=True),
        Column("moq", whole(), required=True),
        Column("capacity", whole()),
    ),
    key=("pool_id",),
)
_CANDIDATES: Final = Table(
    (
        Column("order_id", text(200), required=True),
        Column("pool_id", text(200), required=True),
        Column("score", number(0), required=True),
    ),
    key=("order_id", "pool_id"),
)
_NO_LIMIT: Final = 2**60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=Path, required=True, help="table of order_id, quantity")
    parser.add_argument("--pools", type=Path, required=True, help="table of pool_id, moq, capacity (empty: no limit)")
    parser.add_argument("--candidates", type=Path, required=True, help="table of order_id, pool_id, score (0 or more)")
    parser.add_argument("--out", type=Path, required=True, help="assignment to write (CSV): order_id, pool_id")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    orders = read_table(arguments.orders, _ORDERS, faults)
    pools = read_table(arguments.pools, _POOLS, faults)
    _check_pools(pools, faults)
    order_places = {row.required_text("order_id"): place for place, row in enumerate(orders)}
    pool_places = {row.required_text("pool_id"): place for place, row in enumerate(pools)}
    pairs, scores = _candidates(arguments.candidates, order_places, pool_places, faults)
    faults.refuse_if_any()
    problem = PoolingProblem(
        quantity=np.array([row.required_whole("quantity") for row in orders], dtype=np.int64),
        minimum=np.array([row.required_whole("moq") for row in pools], dtype=np.int64),
        capacity=np.array([_capacity(row) for row in pools], dtype=np.int64),
        candidate_order=pairs[:, 0],
        candidate_pool=pairs[:, 1],
        candidate_score=scores,
    )
    with Outputs() as outputs:
        table = outputs.table(arguments.out, ("order_id", "pool_id"))
        names = list(pool_places)
        assignment = assign(problem, seed=arguments.seed).tolist()
        for order_id, place in zip(order_places, assignment, strict=True):
            if place != OUTSIDE:
                table.row(order_id, names[place])
    return 0


def _candidates(
    path: Path, orders: Mapping[str, int], pools: Mapping[str, int], faults: Faults
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Candidates as rows of (order place, pool place) and their scores; a name that is unknown is a fault."""
    pairs: list[tuple[int, int]] = []
    scores: list[float] = []
    for row in track(iterate_table(path, _CANDIDATES, faults), "candidates"):
        order = _place(row, "order_id", orders, "--orders", faults)
        pool = _place(row, "pool_id", pools, "--pools", faults)
        if order is not None and pool is not None:
            pairs.append((order, pool))
            scores.append(row.required_number("score"))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), np.array(scores, dtype=np.float64)


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
