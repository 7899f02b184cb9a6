"""Rows of orders.csv: what buyers write of what they mean."""

from datetime import date, timedelta
from typing import Final

import numpy as np

from benchmarks.market.demand import ANYWHERE, Orders
from benchmarks.market.parameters import Parameters
from benchmarks.market.phrases import (
    DATES,
    DAYS,
    OPENINGS,
    PLACES,
    PRICES,
    QUANTITIES,
    REFUSALS,
    REGION_NAMES,
    TITLES,
    WISHES,
    pick,
)
from benchmarks.market.population import Ints
from benchmarks.market.trade import Kind, Trade
from benchmarks.market.writing import Pen, new_pen, price

HEADER: Final = (
    "order_id",
    "buyer_id",
    "posted_on",
    "title",
    "description",
    "category",
    "processes",
    "materials",
    "certifications",
    "quantity",
    "target_unit_price",
    "currency",
    "due_on",
    "region",
)
_FIELDS: Final[dict[Kind, str]] = {"process": "processes", "material": "materials", "certificate": "certifications"}
_NUMBER_UNSAID: Final = 0.30
_REFUSES: Final = 0.04
_BUYERS: Final = 120
Row = dict[str, str]


def order_id(number: int) -> str:
    return f"O{number:05d}"


def write_order(parameters: Parameters, trade: Trade, orders: Orders, number: int) -> tuple[Row, str]:
    """The row of an order, and the language of its text: zh, en or mixed. Its words depend on its number alone."""
    random = np.random.default_rng([parameters.seed, 5, number])
    pen = new_pen(random, parameters, trade)
    posted = parameters.monday(int(orders.week[number])) - timedelta(days=int(orders.waited[number]))
    row: Row = dict.fromkeys(HEADER, "")
    row["order_id"] = order_id(number)
    row["buyer_id"] = f"B{int(random.integers(_BUYERS)):03d}"
    row["posted_on"] = posted.isoformat()
    row["quantity"] = str(int(orders.quantity[number]))
    _write_goods(pen, row, int(orders.category[number]))
    for kind, name in _FIELDS.items():
        _write_needs(pen, row, kind, name, np.flatnonzero(orders.needs[kind][number]))
    _write_numbers(pen, row, orders, number, posted)
    if orders.region[number] != ANYWHERE:
        _write_region(pen, row, int(orders.region[number]))
    if pen.chance(_REFUSES):
        _write_refusal(pen, orders, number)
    pen.chatter()
    row["description"] = pen.text()
    return row, "mixed" if pen.mixed else pen.language


def _write_goods(pen: Pen, row: Row, category: int) -> None:
    """The goods stand in the title or in the text at least; the field is often left empty."""
    in_field = pen.parameters.plain or not pen.chance(pen.parameters.only_in_text)
    row["category"] = pen.word("category", category, free=False) if in_field else ""
    row["title"] = pick(pen.random, TITLES[pen.language]).format(x=pen.word("category", category))
    pen.say(OPENINGS, pen.word("category", category))


def _write_needs(pen: Pen, row: Row, kind: Kind, name: str, needs: Ints) -> None:
    listed, spoken = [], []
    for need in needs:
        if pen.chance(pen.parameters.unsaid):
            continue
        if pen.parameters.plain or not pen.chance(pen.parameters.only_in_text):
            listed.append(pen.word(kind, int(need), free=False))
        else:
            spoken.append(pen.word(kind, int(need)))
    row[name] = ";".join(listed)
    if spoken:
        pen.say(WISHES[kind], pen.listed(spoken))


def _write_numbers(pen: Pen, row: Row, orders: Orders, number: int, posted: date) -> None:
    currency = "CNY" if pen.language == "zh" else "USD"
    target = price(float(orders.usual_price[number] * np.exp(orders.target[number])), currency)
    days = int(orders.days[number])
    if pen.chance(0.4):
        pen.say(QUANTITIES, int(orders.quantity[number]))
    if not pen.chance(_NUMBER_UNSAID):
        if pen.chance(pen.parameters.only_in_text) and not pen.parameters.plain:
            pen.say(PRICES, target)
        else:
            row["target_unit_price"], row["currency"] = target, currency
    if not pen.chance(_NUMBER_UNSAID):
        due = posted + timedelta(days=days)
        if not pen.chance(pen.parameters.only_in_text) or pen.parameters.plain:
            row["due_on"] = due.isoformat()
        elif pen.chance(0.6):
            pen.say(DAYS, days)
        else:
            pen.say(DATES, f"{due.month}月{due.day}日" if pen.language == "zh" else due.isoformat())


def _write_region(pen: Pen, row: Row, region: int) -> None:
    name = REGION_NAMES[pen.language][region]
    if pen.chance(pen.parameters.only_in_text) and not pen.parameters.plain:
        pen.say(PLACES, name)
    else:
        row["region"] = name


def _write_refusal(pen: Pen, orders: Orders, number: int) -> None:
    """Names a process that is not wanted: a reader that only spots words takes it for a wish."""
    others = np.flatnonzero(~orders.needs["process"][number])
    pen.say(REFUSALS, pen.word("process", int(pen.random.choice(others))))
