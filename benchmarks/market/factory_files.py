"""Rows of factories.csv: what factories declare of what they are."""

from datetime import timedelta
from typing import Final

import numpy as np

from benchmarks.market.order_files import Row
from benchmarks.market.parameters import Parameters
from benchmarks.market.phrases import BOASTS, CAPACITIES, LEADS, MINIMUMS, REGION_NAMES, SKILLS
from benchmarks.market.population import Factories, Floats, Places
from benchmarks.market.trade import KINDS, Kind, Trade
from benchmarks.market.writing import Pen, new_pen, price, rounded

HEADER: Final = (
    "factory_id",
    "name",
    "description",
    "categories",
    "processes",
    "materials",
    "certifications",
    "moq",
    "capacity_per_week",
    "lead_time_days",
    "unit_price_low",
    "unit_price_high",
    "currency",
    "region",
    "joined_on",
    "leads_per_week",
    "confirmed",
    "denied",
)
_FIELDS: Final[dict[Kind, str]] = {
    "category": "categories",
    "process": "processes",
    "material": "materials",
    "certificate": "certifications",
}
_STYLES: Final = {"lists": 0.40, "both": 0.35, "text": 0.25}
_NUMBER_NOISE: Final = 0.2
_PLAINLY_WRONG: Final = 8.0
_OPTIMISM: Final = 0.92


def factory_id(number: int) -> str:
    return f"F{number:04d}"


def write_factory(parameters: Parameters, trade: Trade, places: Places, factories: Factories, number: int) -> Row:
    """The row of a factory. What is wrong in it is not known to the factory either."""
    random = np.random.default_rng([parameters.seed, 6, number])
    pen = new_pen(random, parameters, trade)
    row: Row = dict.fromkeys(HEADER, "")
    row["factory_id"] = factory_id(number)
    row["name"] = f"合成厂{number}号" if pen.language == "zh" else f"Synthetic Works {number}"
    style = "lists" if parameters.plain else str(random.choice(list(_STYLES), p=list(_STYLES.values())))
    for kind in KINDS:
        _write_skills(pen, row, kind, _claims(pen, factories, kind, number), style)
    _write_numbers(pen, row, factories, number, style)
    _write_prices(pen, row, trade, places, factories, number)
    if not pen.chance(0.1):
        row["region"] = REGION_NAMES[pen.language][int(factories.region[number])]
    row["joined_on"] = _joined(parameters, int(factories.joined[number]), int(random.integers(7)))
    row["leads_per_week"] = str(factories.limit[number]) if factories.limit[number] else ""
    pen.chatter(BOASTS)
    row["description"] = pen.text()
    return row


def _claims(pen: Pen, factories: Factories, kind: Kind, number: int) -> list[int]:
    """What it says it can do: most of what it can, and some of what its trade does but it cannot."""
    able = factories.able[kind][number]
    group = pen.trade.groups[factories.main[number]].members[kind]
    said = able & (pen.random.random(len(able)) >= pen.parameters.undeclared)
    claimed = np.zeros(len(able), dtype=np.bool_)
    claimed[list(group)] = pen.random.random(len(group)) < pen.parameters.overclaimed
    return [int(one) for one in np.flatnonzero(said | claimed)]


def _write_skills(pen: Pen, row: Row, kind: Kind, claims: list[int], style: str) -> None:
    in_field = claims if style == "lists" else [] if style == "text" else [one for one in claims if pen.chance(0.5)]
    in_text = [one for one in claims if one not in in_field]
    row[_FIELDS[kind]] = ";".join(pen.word(kind, one, free=False) for one in in_field)
    if in_text:
        pen.say(SKILLS[kind], pen.listed([pen.word(kind, one) for one in in_text]))


def _write_numbers(pen: Pen, row: Row, factories: Factories, number: int, style: str) -> None:
    half = factories.half_width[number]
    told = (
        ("moq", MINIMUMS, float(np.exp(factories.size[number] - half))),
        ("capacity_per_week", CAPACITIES, float(np.exp(factories.size[number] + half))),
        ("lead_time_days", LEADS, float(np.exp(factories.lead[number])) * _OPTIMISM),
    )
    for name, choices, value in told:
        if pen.chance(pen.parameters.blank_number):
            continue
        said = rounded(_mistaken(pen, value * float(np.exp(pen.random.normal(0.0, _NUMBER_NOISE)))))
        if style == "text" and pen.chance(0.6):
            pen.say(choices, said)
        else:
            row[name] = str(said)


def _write_prices(pen: Pen, row: Row, trade: Trade, places: Places, factories: Factories, number: int) -> None:
    """A range over what it makes: its price level times the usual price of its cheapest and dearest goods."""
    if pen.chance(pen.parameters.blank_number):
        return
    group = trade.groups[factories.main[number]]
    own = [one for one in group.members["category"] if factories.able["category"][number, one]]
    usual: Floats = group.middle_price * np.exp(places.price[own] + factories.price[number])
    noise = float(np.exp(pen.random.normal(0.0, 0.08)))
    currency = "USD" if pen.language == "en" and pen.chance(0.7) else "CNY"
    factor = _mistaken(pen, noise)
    row["unit_price_low"] = price(float(usual.min()) * 0.95 * factor, currency)
    row["unit_price_high"] = price(float(usual.max()) * 1.05 * factor, currency)
    row["currency"] = currency


def _mistaken(pen: Pen, value: float) -> float:
    if not pen.chance(pen.parameters.wrong_number):
        return value
    return value * _PLAINLY_WRONG if pen.chance(0.5) else value / _PLAINLY_WRONG


def _joined(parameters: Parameters, week: int, days: int) -> str:
    return (parameters.monday(week) - timedelta(days=days)).isoformat()
