"""Assigns orders to pools with minimum and maximum quantities: the bare problem, for measuring.

Maximises the sum of quantity x score over orders in pools that run. A pool that runs holds at least its moq and at
most its capacity; orders that are in no pool, and pools that do not run, are left out of the result.
"""

import argparse
from pathlib import Path
from typing import Final

from matching.command_line.progress import track
from matching.commands.pool_files import read_problem
from matching.pooling.assignment import Effort, assign
from matching.pooling.problem import OUTSIDE
from matching.tables import Outputs

EXAMPLE: Final = (
    "pool --orders matching/examples/pool_orders.csv --pools matching/examples/pools.csv "
    "--candidates matching/examples/candidates.csv --out assignment.csv"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=Path, required=True, help="table of order_id, quantity")
    parser.add_argument("--pools", type=Path, required=True, help="table of pool_id, moq, capacity (empty: no limit)")
    parser.add_argument("--candidates", type=Path, required=True, help="table of order_id, pool_id, score (0 or more)")
    parser.add_argument("--out", type=Path, required=True, help="assignment to write (CSV): order_id, pool_id")
    parser.add_argument(
        "--effort",
        type=Effort,
        choices=list(Effort),
        default=Effort.STANDARD,
        help="quick, standard or thorough (default standard): work for the last thousandths of the value",
    )


def run(arguments: argparse.Namespace) -> int:
    named = read_problem(arguments.orders, arguments.pools, arguments.candidates)
    with Outputs() as outputs:
        table = outputs.table(arguments.out, ("order_id", "pool_id"))
        found = assign(
            named.problem,
            effort=arguments.effort,
            seed=arguments.seed,
            follow=lambda parts: track(parts, "parts of the problem"),
        )
        assignment = found.tolist()
        places = zip(named.orders, assignment, strict=True)
        table.rows((order_id, named.pools[place]) for order_id, place in places if place != OUTSIDE)
    return 0
