"""Plans what to order of every item, how much and by when, and says why in numbers that can be checked by hand.

The order-up-to level of an item comes from playing many rules over the seller's own past, a fixed rule among them; the
demand that it is compared with from the forecast. Without a critical_ratio the chance of not running out follows from
margin and holding cost; without these it is .9. An empty lead_time_sd_days, moq or pack_size is planned as none, an
empty review_days as a week. With --budget all orders together cost no more, and what earns most comes first.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from forecasting.batches import forecast_in_batches
from forecasting.commands.replenish_files import (
    Listed,
    read_items,
    read_stock,
    refuse_long_waits,
    refuse_strangers,
)
from forecasting.commands.sales_file import panel_of_sales, read_sales
from forecasting.engine import Forecast
from forecasting.panel import Panel, Sale
from forecasting.periods import Frequency
from forecasting.replenishment.parts import worded
from forecasting.replenishment.plan import NEED_CHANCES, Asked, Plan, make_plans
from matching.command_line.arguments import day_argument
from matching.command_line.progress import track
from matching.ports import Mapper
from matching.tables import Faults, Outputs, refuse
from matching.workers.choose import open_workers

EXAMPLE: Final = (
    "replenish --sales forecasting/examples/sales.csv --stock forecasting/examples/stock.csv "
    "--items forecasting/examples/items.csv --out plan.csv"
)
HEADER: Final = (
    "sku",
    "order_quantity",
    "order_by",
    "stockout_on_p50",
    "stockout_on_p90",
    "days_of_cover",
    "reorder_point",
    "order_up_to",
    "model",
    "reason",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sales", type=Path, required=True, help="table of sku, date, quantity and optional price, promotion, in_stock"
    )
    parser.add_argument("--stock", type=Path, required=True, help="table of sku, on_hand, on_order")
    parser.add_argument("--items", type=Path, required=True, help="table of the terms of each sku")
    parser.add_argument(
        "--freq", type=Frequency, choices=list(Frequency), default=Frequency.WEEK, help="D, W or M (default W)"
    )
    parser.add_argument(
        "--as-of", type=day_argument, help="day of the stock; no later sales are read (default: the newest line's)"
    )
    parser.add_argument("--budget", type=_money, help="most money for all orders, in the currency of unit_cost")
    parser.add_argument("--workers", help="a number of processes, or tcp://host:port of a Dask scheduler")
    parser.add_argument("--out", type=Path, required=True, help="plan to write (CSV)")
    parser.add_argument(
        "--explain",
        type=Path,
        help="one JSON object for each sku to write (JSON Lines): the parts of its order, and what its demand may need "
        "made, which `materials` reads beside the plan under the same name",
    )


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    sales = read_sales(arguments.sales, faults)
    listed = read_items(arguments.items, faults, arguments.budget is not None)
    stock = read_stock(arguments.stock, faults)
    if not faults:
        refuse_strangers(listed, stock, faults)
    faults.refuse_if_any()
    if not listed:
        raise refuse(str(arguments.items), "holds no items; accepted: at least one row")
    panel, as_of = _panel(sales, arguments)
    refuse_long_waits(listed, sales, as_of, faults)
    faults.refuse_if_any()
    _warn_of_unplanned(panel, listed, faults, arguments.sales)
    asked = [Asked(one.item, stock[one.item.sku][0]) for one in listed]
    with Outputs() as outputs, open_workers(arguments.workers) as workers:
        table = outputs.table(arguments.out, HEADER)
        told = outputs.text(arguments.explain) if arguments.explain else None
        plans = make_plans(
            panel.named([one.item.sku for one in listed]),
            asked,
            as_of,
            arguments.budget,
            _Forecasts(workers),
            arguments.seed,
            lambda batches: track(batches, "batches of items"),
        )
        table.rows(_row(plan) for plan in plans)
        if told is not None:
            told.writelines(json.dumps(_explained(plan), ensure_ascii=False) + "\n" for plan in plans)
    return 0


class _Forecasts:
    """The engine's totals over a horizon, wherever the workers are."""

    def __init__(self, workers: Mapper) -> None:
        self._workers = workers

    def __call__(self, panel: Panel, horizon: int, levels: Sequence[float]) -> list[Forecast]:
        blocks = forecast_in_batches(self._workers, panel, horizon, levels, sums=True)
        return [forecast for block in blocks for forecast in block]


def _panel(sales: list[Sale], arguments: argparse.Namespace) -> tuple[Panel, date]:
    panel, as_of = panel_of_sales(arguments.sales, sales, arguments.freq, arguments.as_of)
    if not panel.demand.shape[1]:
        problem = f"holds no whole period up to {as_of}; accepted: older sales"
        raise refuse(str(arguments.sales), problem, column="date")
    return panel, as_of


def _warn_of_unplanned(panel: Panel, listed: list[Listed], faults: Faults, sales: Path) -> None:
    items = {one.item.sku for one in listed}
    unplanned = len(set(panel.skus) - items)
    unsold = len(items - set(panel.skus))
    if unplanned:
        faults.warn(f"{sales}: {unplanned} skus are not among the items and are not planned")
    if unsold:
        faults.warn(f"{sales}: {unsold} items have no sales; nothing is expected of them")


def _row(plan: Plan) -> tuple[object, ...]:
    return (
        plan.sku,
        plan.order_quantity,
        plan.order_by,
        plan.stockout_on_p50,
        plan.stockout_on_p90,
        plan.days_of_cover,
        plan.reorder_point,
        plan.order_up_to,
        plan.model,
        worded(plan.reason),
    )


def _explained(plan: Plan) -> dict[str, object]:
    return {
        "sku": plan.sku,
        "order_quantity": plan.order_quantity,
        "parts": [{"kind": part.kind, "pieces": part.pieces} for part in plan.reason.parts],
        "lasts_days": plan.reason.days,
        "chance_it_lasts": round(plan.reason.chance, 4),
        "needed": {f"{chance:g}": pieces for chance, pieces in zip(NEED_CHANCES, plan.needs, strict=True)},
    }


def _money(written: str) -> float:
    try:
        amount = float(written)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{written}' is no amount; accepted: a number from 0") from error
    if not 0 <= amount < 1e15:
        raise argparse.ArgumentTypeError(f"'{written}' is no budget; accepted: a number from 0")
    return amount
