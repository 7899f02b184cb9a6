"""What one shop is told of its items in one go: forecasts week by week, what to order, and what else might have been.

The door for programs that hold sales in a database: light to import, since only the process that advises loads models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from forecasting.panel import Sale, make_panel
from forecasting.periods import Frequency, first_day
from forecasting.replenishment.items import Item, Stock
from forecasting.replenishment.parts import Reason

CHANCES: Final = (0.1, 0.5, 0.9)
"""The edges and the middle of the band around a forecast, which holds 80 %."""

MODELS: Final = (
    *("seasonal naive", "moving average 8", "moving average 16", "seasonal level", "like items"),
    *("adida", "tsb", "theta", "ets", "ces", "forest", "prophet"),
)
"""The names of the engine's models, for whoever must know them without loading one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a shop knows of some of its items, which learn from each other.

    sales: lines of these items in any order; items and stocks: one for each item; as_of: the last day that is known;
    weeks: how many coming weeks are told one by one. model: the one model to forecast with; "" chooses and blends.
    """

    sales: tuple[Sale, ...]
    items: tuple[Item, ...]
    stocks: tuple[Stock, ...]
    as_of: date
    weeks: int
    model: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """What is expected of one coming week, in pieces: the mean, and the edges of the 80 % band."""

    first_day: date
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paths:
    """Scenarios of demand after `as_of`: cumulated[c][k] pieces are wanted until the end of week k with chances[c]."""

    chances: tuple[float, ...]
    cumulated: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a shop is told of one item; fields as in plan.Plan and engine.Forecast. model: names with their shares."""

    sku: str
    quantity: int
    order_by: date | None
    stockout_on_p10: date | None
    stockout_on_p50: date | None
    stockout_on_p90: date | None
    days_of_cover: float | None
    reorder_point: int
    order_up_to: int
    reason: Reason
    needs: tuple[float, ...]
    paths: Paths
    weeks: tuple[Week, ...]
    model: str
    backtest_error: float | None
    baseline_error: float | None
    tried: int


def advise(asking: Asking) -> list[Advice]:
    """Advice on every item, in the order of `items`; the same for the same question wherever it is asked.

    Raises ValueError for a model that does not exist.
    """
    from forecasting.engine import forecast  # noqa: PLC0415  Models take seconds to load; who only asks needs none.
    from forecasting.replenishment.plan import NEED_CHANCES, Asked, make_plans  # noqa: PLC0415  As above.

    skus = [item.sku for item in asking.items]
    panel = make_panel(asking.sales, Frequency.WEEK, asking.as_of).named(skus)
    asked = [Asked(item, stock) for item, stock in zip(asking.items, asking.stocks, strict=True)]
    totals = partial(forecast, sums=True, model=asking.model)
    plans = make_plans(panel, asked, asking.as_of, forecaster=totals)
    told = forecast(panel, asking.weeks, CHANCES, model=asking.model)
    days = [first_day(Frequency.WEEK, panel.end + week) for week in range(asking.weeks)]
    return [
        Advice(
            plan.sku,
            plan.order_quantity,
            plan.order_by,
            plan.stockout_on_p10,
            plan.stockout_on_p50,
            plan.stockout_on_p90,
            plan.days_of_cover,
            plan.reorder_point,
            plan.order_up_to,
            plan.reason,
            plan.needs,
            Paths(NEED_CHANCES, tuple(tuple(round(float(one), 2) for one in row) for row in plan.paths)),
            _weeks(days, one.mean.tolist(), one.quantiles.tolist()),
            one.model or plan.model,
            one.backtest_error,
            one.baseline_error,
            one.tried,
        )
        for plan, one in zip(plans, told, strict=True)
    ]


def _weeks(days: Sequence[date], mean: Sequence[float], quantiles: Sequence[Sequence[float]]) -> tuple[Week, ...]:
    return tuple(
        Week(day, round(expected, 2), round(band[0], 2), round(band[-1], 2))
        for day, expected, band in zip(days, mean, quantiles, strict=True)
    )


def last_whole_week(day: date) -> date:
    """The last day of the last week (Monday to Sunday) that has ended when `day` is over."""
    return day - timedelta(days=(day.weekday() + 1) % 7)
