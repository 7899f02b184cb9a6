"""Forecasts what every item will sell: mean and quantiles of each coming period, or of all of them together.

Days without a line count as days on which nothing was sold, from an item's first line on; days with in_stock 0 say
nothing of demand. Returned goods (negative quantities) are netted inside their period. An item with too little history
gets a row too, and the column `model` says from what.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from forecasting.batches import forecast_in_batches
from forecasting.commands.sales_file import panel_of_sales, read_sales
from forecasting.engine import Forecast
from forecasting.panel import Panel
from forecasting.periods import Frequency, first_day
from matching.command_line.arguments import day_argument, whole_argument
from matching.command_line.progress import track_blocks
from matching.tables import Faults, Outputs
from matching.workers.choose import open_workers

EXAMPLE: Final = "forecast --sales forecasting/examples/sales.csv --freq W --horizon 4 --sum --out forecast.csv"
MOST_PERIODS_AHEAD: Final = 366
_LEVELS: Final = (0.1, 0.5, 0.9)
_DIGITS: Final = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sales", type=Path, required=True, help="table of sku, date, quantity and optional price, promotion, in_stock"
    )
    parser.add_argument(
        "--freq", type=Frequency, choices=list(Frequency), default=Frequency.WEEK, help="D, W or M (default W)"
    )
    parser.add_argument("--horizon", type=_periods, required=True, help="periods to forecast")
    parser.add_argument(
        "--as-of", type=day_argument, help="nothing after this day is read (default: that of the newest line)"
    )
    parser.add_argument(
        "--quantiles", type=levels_argument, default=_LEVELS, help="by comma, between 0 and 1 (default 0.1,0.5,0.9)"
    )
    parser.add_argument("--sum", action="store_true", help="forecast the total over the horizon: one row an item")
    parser.add_argument("--workers", help="a number of processes, or tcp://host:port of a Dask scheduler")
    parser.add_argument("--out", type=Path, required=True, help="forecasts to write (CSV)")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    sales = read_sales(arguments.sales, faults)
    faults.refuse_if_any()
    panel, _ = panel_of_sales(arguments.sales, sales, arguments.freq, arguments.as_of)
    names = [f"q{level:g}" for level in arguments.quantiles]
    header = ("sku", "period_start", "mean", *names, "model", "backtest_error", "baseline_error")
    with Outputs() as outputs, open_workers(arguments.workers) as workers:
        table = outputs.table(arguments.out, header)
        blocks = forecast_in_batches(workers, panel, arguments.horizon, arguments.quantiles, arguments.sum)
        for block in track_blocks(blocks, "items", len(panel)):
            for forecast in block:
                table.rows(_rows(panel, forecast))
    return 0


def levels_argument(written: str) -> tuple[float, ...]:
    """Quantile levels, by comma, each strictly between 0 and 1; sorted, each once."""
    try:
        levels = sorted({float(part) for part in written.split(",")})
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{written}' are no quantiles; accepted: 0.1,0.5,0.9") from error
    if not all(0.0 < level < 1.0 for level in levels):
        raise argparse.ArgumentTypeError(f"'{written}' are no quantiles; accepted: numbers between 0 and 1")
    return tuple(levels)


def _periods(written: str) -> int:
    count = whole_argument(written)
    if count > MOST_PERIODS_AHEAD:
        raise argparse.ArgumentTypeError(f"'{written}' is too far; accepted: at most {MOST_PERIODS_AHEAD} periods")
    return count


def _rows(panel: Panel, forecast: Forecast) -> Iterator[tuple[object, ...]]:
    told = (forecast.model, forecast.backtest_error, forecast.baseline_error)
    for step, (mean, quantiles) in enumerate(zip(forecast.mean.tolist(), forecast.quantiles.tolist(), strict=True)):
        numbers = (round(number, _DIGITS) for number in (mean, *quantiles))
        yield (forecast.sku, first_day(panel.frequency, panel.end + step), *numbers, *told)
