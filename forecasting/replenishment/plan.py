"""Makes the plan of a seller: how much of each item to order, by when, and why."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecasting.panel import Floats, Panel
from forecasting.periods import days_in, first_day
from forecasting.replenishment.budget import Wish, saving, spend
from forecasting.replenishment.items import Item, Stock, critical_ratio, holding_cost
from forecasting.replenishment.levels import Chosen, choose_now
from forecasting.replenishment.outlook import (
    SCENARIOS,
    Forecaster,
    Outlook,
    chances,
    make_outlook,
    periods_until,
    with_engine,
)
from forecasting.replenishment.parts import Reason, reason_of
from forecasting.replenishment.simulation import Terms

_FURTHEST: Final = 730.0
"""Days after which a stock-out is not foretold."""
_ITEMS_OF_A_BATCH: Final = 1_000
"""Items that learn from each other; a fixed number bounds the memory that playing their past takes."""
Follow = Callable[[list[list[int]]], Iterable[list[int]]]
NEED_CHANCES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about one item.

    order_quantity: pieces; order_by: the last day on which ordering is in time, None for no order. stockout_on_p10,
    p50, p90: days by which the stock and what is on the way has run out with that chance if nothing is ordered; None
    beyond two years. days_of_cover: days that it lasts at mean demand. reorder_point: pieces at which an order must not
    wait for the next review; order_up_to: pieces to have there and on the way after it. needs: pieces that have to be
    made, at NEED_CHANCES, were the order as large as its demand turns out. paths: NEED_CHANCES x (periods + 1), pieces
    wanted until the end of each coming period, the first of which begins on the day after. model: rules and forecasts
    behind.
    """

    sku: str
    order_quantity: int
    order_by: date | None
    stockout_on_p10: date | None
    stockout_on_p50: date | None
    stockout_on_p90: date | None
    days_of_cover: float | None
    reorder_point: int
    order_up_to: int
    needs: tuple[float, ...]
    paths: NDArray[np.float32]
    model: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Asked:
    """What is planned: an item of a panel (in the panel's order), its terms and its stock."""

    item: Item
    stock: Stock


def make_plans(
    panel: Panel,
    asked: Sequence[Asked],
    as_of: date,
    budget: float | None = None,
    forecaster: Forecaster = with_engine,
    seed: int = 0,
    follow: Follow = iter,
) -> list[Plan]:
    """Plans every item of a panel.

    budget: money for all orders together, in the currency of unit_cost, which every item then must have (ValueError).
    follow: is handed the batches of rows, to show how far they are.
    """
    count = max(-(-len(panel) // _ITEMS_OF_A_BATCH), 1)
    batches = [list(range(first, len(panel), count)) for first in range(count)]
    plans: dict[int, Plan] = {}
    demand = np.zeros((len(panel), SCENARIOS))
    for rows in follow(batches):
        if rows:
            few = panel.only(np.array(rows, dtype=np.int64))
            made, demand[rows] = _planned(few, [asked[row] for row in rows], as_of, forecaster, seed)
            plans.update(zip(rows, made, strict=True))
    ordered = [plans[row] for row in range(len(panel))]
    return ordered if budget is None else within_budget(ordered, asked, demand, budget)


def within_budget(plans: Sequence[Plan], asked: Sequence[Asked], demand: Floats, budget: float) -> list[Plan]:
    """The same plans with orders that cost no more than a budget together. demand: items x scenarios.

    Raises ValueError for an item without a unit cost.
    """
    wishes = []
    for plan, one, scenarios in zip(plans, asked, demand, strict=True):
        item = one.item
        if item.unit_cost is None:
            raise ValueError(f"{item.sku}: a budget needs the unit cost of every item")
        keep = max(holding_cost(item), 1e-9)
        ratio = critical_ratio(item)
        gain = saving(scenarios, one.stock.position, keep * ratio / (1 - ratio), keep)
        wishes.append(Wish(plan.order_quantity, item.minimum, item.pack_size, item.unit_cost, gain))
    bought = spend(wishes, budget)
    return [_cut(plan, quantity) for plan, quantity in zip(plans, bought, strict=True)]


def _planned(
    panel: Panel, asked: Sequence[Asked], as_of: date, forecaster: Forecaster, seed: int
) -> tuple[list[Plan], Floats]:
    terms = Terms.of([one.item for one in asked], panel.frequency)
    chosen = choose_now(panel, terms, seed)
    days = days_in(panel.frequency)
    begun = (as_of + timedelta(days=1) - first_day(panel.frequency, panel.end)).days
    outlook = make_outlook(panel, terms, forecaster).from_within(min(max(begun, 0) / days, 1.0))
    demand = outlook.over(terms.protected, terms.lead_sd, seed)
    expected = outlook.expected(terms.protected)
    told = [
        _plan(one, outlook, row, chosen, float(expected[row]), demand[row], days, as_of)
        for row, one in enumerate(asked)
    ]
    return told, demand


def _plan(
    asked: Asked,
    outlook: Outlook,
    row: int,
    chosen: Chosen,
    expected: float,
    demand: Floats,
    days: float,
    as_of: date,
) -> Plan:
    item, stock = asked.item, asked.stock
    # Rules learn from the past; what stopped selling is not stocked for it, so the greatest scenario is the most.
    level = math.ceil(max(min(float(chosen.levels[row]), float(demand[-1])), 0.0) - 1e-9)
    path, mean = outlook.cumulated[row], outlook.mean[row]
    over_review = expected * item.review_days / item.protected_days
    reorder_point = max(math.ceil(level - over_review), 0)
    reason = reason_of(
        expected,
        level,
        math.floor(stock.on_hand),
        math.floor(stock.on_order),
        item.protected_days,
        float((demand <= level).mean()),
        item.minimum,
        item.pack_size,
    )
    dates = [periods_until(one, stock.position) * days for one in path]
    return Plan(
        sku=item.sku,
        order_quantity=reason.quantity,
        order_by=_order_by(reason.quantity, mean, stock, reorder_point, days, as_of),
        stockout_on_p10=_after(as_of, _quantile(dates, 0.1)),
        stockout_on_p50=_after(as_of, _quantile(dates, 0.5)),
        stockout_on_p90=_after(as_of, _quantile(dates, 0.9)),
        days_of_cover=_cover(periods_until(mean, stock.position) * days),
        reorder_point=reorder_point,
        order_up_to=level,
        needs=_needs(demand, stock),
        paths=_paths(path),
        model=f"level: {chosen.model}; demand: {outlook.model[row]}",
        reason=reason,
    )


def _order_by(quantity: int, mean: Floats, stock: Stock, reorder_point: int, days: float, as_of: date) -> date | None:
    """The day on which the stock is expected to fall to the reorder point; today when it has."""
    if not quantity:
        return None
    spare = stock.position - reorder_point
    return as_of if spare <= 0 else _after(as_of, periods_until(mean, spare) * days) or as_of


def _needs(demand: Floats, stock: Stock) -> tuple[float, ...]:
    missing = np.maximum(demand - stock.position, 0.0)
    return tuple(np.round(np.interp(NEED_CHANCES, chances(len(missing)), missing), 2).tolist())


def _paths(cumulated: Floats) -> NDArray[np.float32]:
    """Scenarios at NEED_CHANCES alone, as small as they are kept for every item."""
    held = chances(len(cumulated))
    told = [np.interp(NEED_CHANCES, held, column) for column in cumulated.T]
    return np.array(told, dtype=np.float32).T


def _cut(plan: Plan, quantity: int) -> Plan:
    if quantity == plan.order_quantity:
        return plan
    return replace(
        plan,
        order_quantity=quantity,
        order_by=plan.order_by if quantity else None,
        reason=plan.reason.cut_to(quantity),
    )


def _quantile(days: Sequence[float], chance: float) -> float:
    """The day by which so many scenarios have run out."""
    return sorted(days)[min(math.ceil(chance * len(days)) - 1, len(days) - 1)]


def _after(as_of: date, days: float) -> date | None:
    return as_of + timedelta(days=math.floor(days)) if days <= _FURTHEST else None


def _cover(days: float) -> float | None:
    return round(days, 1) if days <= _FURTHEST else None
