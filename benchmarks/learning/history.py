"""A long history of one open market: orders, factories and what became of leads, as the engine takes them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.market import factory_files, order_files
from benchmarks.market.engine_policy import write_rows
from benchmarks.market.market import Fate, Market, make_market
from benchmarks.market.parameters import draw_parameters
from benchmarks.market.population import Floats
from benchmarks.market.sharing import Lead
from matching.commands.market_files import read_factories, read_orders
from matching.records import FactoryRecord, OrderRecord, Outcome
from matching.tables import Faults

_ORDERS_A_WEEK: Final = 250
_NEAR_SHARE: Final = 0.8
_LAST_ANSWERS: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class History:
    """as_of: a day on which nearly all outcomes are known. columns: outcomes × plain numbers, for a plain learner."""

    factories: list[FactoryRecord]
    orders: list[OrderRecord]
    outcomes: list[Outcome]
    columns: Floats
    as_of: date


def make_history(seed: int, factories: int, orders: int, leads_an_order: int) -> History:
    """Leads that a plausible ranking would have given: mostly to factories of the order's product group."""
    weeks = max(orders // _ORDERS_A_WEEK, 1)
    parameters = replace(draw_parameters(seed), factories=factories, orders_a_week=_ORDERS_A_WEEK, weeks=weeks)
    market = make_market(parameters)
    factory_records, order_records = _records(market)
    as_of = parameters.monday(weeks) + _LAST_ANSWERS
    outcomes, columns = [], []
    for fate in _fates(market, leads_an_order):
        outcomes.append(_outcome(fate, as_of))
        columns.append(_columns(market, fate))
    return History(factory_records, order_records, outcomes, np.array(columns), as_of)


def copied(history: History, times: int) -> History:
    """The same history with every factory so many times over, each copy with the same leads and answers.

    It learns as many times the outcomes about as many times the factories. To make the market itself so large would
    take hours for chances that nobody looks at.
    """
    marks = ["", *(f"-{number}" for number in range(2, times + 1))]
    return replace(
        history,
        factories=[replace(one, factory_id=one.factory_id + mark) for mark in marks for one in history.factories],
        outcomes=[replace(one, factory_id=one.factory_id + mark) for mark in marks for one in history.outcomes],
        columns=np.tile(history.columns, (times, 1)),
    )


def _records(market: Market) -> tuple[list[FactoryRecord], list[OrderRecord]]:
    """Read from files, as every outsider's rows are."""
    faults = Faults()
    with TemporaryDirectory(prefix="history-") as name:
        factories, orders = Path(name) / "factories.csv", Path(name) / "orders.csv"
        write_rows(factories, factory_files.HEADER, market.factory_rows)
        write_rows(orders, order_files.HEADER, market.order_rows)
        read = read_factories(factories, faults), read_orders(orders, faults)
    faults.refuse_if_any()
    return read


def _fates(market: Market, leads_an_order: int) -> Iterator[Fate]:
    random = np.random.default_rng([market.parameters.seed, 12])
    main = market.factories.main
    by_group = [np.flatnonzero(main == group) for group in range(len(market.trade.groups))]
    for week in range(1, market.parameters.weeks + 1):
        for order in market.orders.of_week(week):
            near = by_group[market.orders.group[order]]
            wanted = min(int(_NEAR_SHARE * leads_an_order), len(near))
            chosen = set(random.choice(near, wanted, replace=False).tolist())
            while len(chosen) < leads_an_order:
                chosen.add(int(random.integers(len(main))))
            for factory in sorted(chosen):
                yield market.fate(Lead(int(order), factory), week)
        market.forget(week)


def _outcome(fate: Fate, as_of: date) -> Outcome:
    row = fate.row(as_of)
    return Outcome(
        order_id=row["order_id"],
        factory_id=row["factory_id"],
        offered_on=fate.offered_on,
        rank=1,
        propensity=1.0,
        accepted=_flag(row["accepted"]),
        declined_reason=row["declined_reason"] or None,
        quoted_unit_price=_number(row["quoted_unit_price"]),
        won=_flag(row["won"]),
        on_time=_flag(row["on_time"]),
        quality=_number(row["quality"]),
    )


def _columns(market: Market, fate: Fate) -> tuple[float, ...]:
    """Numbers that stand in the files: what a plain learner gets for nothing."""
    order, factory = market.order_rows[fate.lead.order], market.factory_rows[fate.lead.factory]
    said = [order["quantity"], order["target_unit_price"], factory["moq"], factory["capacity_per_week"]]
    said += [factory["lead_time_days"], factory["unit_price_low"], factory["unit_price_high"]]
    numbers = [float(value or "nan") for value in said]
    return (*numbers, float(fate.lead.factory), float(market.orders.week[fate.lead.order]))


def _flag(cell: str) -> bool | None:
    return None if cell == "" else cell == "1"


def _number(cell: str) -> float | None:
    return None if cell == "" else float(cell)
