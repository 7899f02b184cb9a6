"""Pools the plans of many sellers for one factory: which materials to prepare, how much of them, and by when.

Quantiles are those of the pooled total, which is less than the sum of every seller's own. A material that fewer than
three sellers need is left out, because its total would tell what one of them sells. Uncertainty is read from what
`replenish --explain` wrote beside a plan, else from the plan's stock-out dates.
"""

import argparse
from pathlib import Path
from typing import Final

from forecasting.commands.materials_files import read_bom, read_plans
from forecasting.replenishment.materials import LEAST_SELLERS, pool_materials
from matching.tables import Faults, Outputs

EXAMPLE: Final = "materials --plans forecasting/examples/plans --bom forecasting/examples/bom.csv --out materials.csv"
HEADER: Final = ("material", "unit", "needed_p50", "needed_p80", "needed_p95", "by", "orders_covered")
_NAMED: Final = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plans", type=Path, required=True, help="folder with one plan of each seller")
    parser.add_argument(
        "--bom", type=Path, required=True, help="table of sku, material, unit, quantity_per_piece and optional seller"
    )
    parser.add_argument("--out", type=Path, required=True, help="materials to write (CSV)")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    needs = read_plans(arguments.plans, faults)
    uses = read_bom(arguments.bom, faults)
    faults.refuse_if_any()
    without = sorted({need.sku for need in needs} - {use.sku for use in uses})
    if without:
        faults.warn(f"{arguments.bom}: nothing is told of {_some(without)}")
    with Outputs() as outputs:
        table = outputs.table(arguments.out, HEADER)
        pooled = pool_materials(needs, uses, arguments.seed)
        table.rows(
            (one.material, one.unit, one.needed_p50, one.needed_p80, one.needed_p95, one.by, one.orders)
            for one in pooled.requirements
        )
    if pooled.withheld:
        faults.warn(f"left out, needed by fewer than {LEAST_SELLERS} sellers: {_some(pooled.withheld)}")
    return 0


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + more
