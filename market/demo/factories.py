"""Synthetic factories: plausible profiles over the five trades, the same for the same seed. None is a real firm."""

import csv
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from market.factories.declaration import FactoryDraft
from matching.verticals.pack import Kind, Vocabulary

DATA = Path(__file__).parent / "data"
PRICE_CLASS = 1.8


@dataclass(frozen=True, slots=True)
class Trade:
    """What a kind of factory is called, where it stands, what it makes, and its scale: a row of data/trades.csv.

    minimum, weekly: medians of minimum and weekly capacity in pieces. weight: how common it is.
    attribute: one attribute of the pack that such factories differ in, or "".
    """

    vertical: str
    name_zh: str
    name_en: str
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    processes: tuple[str, ...]
    materials: tuple[str, ...]
    certifications: tuple[str, ...]
    minimum: int
    weekly: int
    weight: int
    attribute: str
    attribute_values: tuple[str, ...]


@cache
def usual_prices() -> dict[str, float]:
    """Category -> yuan a piece that the demo's orders hope to pay: the middle of the ledger's, or our own guess."""
    with (DATA / "prices.csv").open(encoding="utf-8", newline="") as file:
        return {row["category"]: float(row["yuan"]) for row in csv.DictReader(file)}


def read_trades() -> list[Trade]:
    with (DATA / "trades.csv").open(encoding="utf-8", newline="") as file:
        return [Trade(**{name: _cell(name, text) for name, text in row.items()}) for row in csv.DictReader(file)]


def _cell(name: str, text: str) -> Any:
    if Trade.__annotations__[name] is int:
        return int(text)
    return tuple(text.split(";")) if Trade.__annotations__[name] == tuple[str, ...] else text


@dataclass(frozen=True, slots=True)
class DemoFactory:
    draft: FactoryDraft
    joined_on: date
    short_name: str


def synthetic_factories(vocabulary: Vocabulary, count: int, seed: int, today: date) -> Iterator[DemoFactory]:
    """`count` profiles, each trade with at least one, in proportion to its weight."""
    chance = random.Random(seed)  # noqa: S311 (a demo, not a secret)
    kinds = read_trades()
    trades = [*kinds, *chance.choices(kinds, [kind.weight for kind in kinds], k=max(0, count - len(kinds)))]
    numbers: dict[str, int] = {}
    for trade in trades[:count]:
        numbers[trade.name_zh] = number = numbers.get(trade.name_zh, 0) + 1
        name = f"样例{trade.name_zh} {number:02d} 厂 · Sample {trade.name_en} {number:02d}"
        draft = synthetic_profile(trade, name, vocabulary, chance)
        yield DemoFactory(draft, today - timedelta(days=chance.randint(5, 900)), name.partition(" · ")[0])


def synthetic_profile(trade: Trade, name: str, vocabulary: Vocabulary, chance: random.Random) -> FactoryDraft:
    """One profile: good at part of the trade, silent about some fields, as real ones are."""
    categories = some(of_one_price_class(known(vocabulary, "category", trade.categories), chance), chance, 2, 5)
    processes = some(known(vocabulary, "process", trade.processes), chance, 2, 5)
    materials = some(known(vocabulary, "material", trade.materials), chance, 2, 4)
    minimum = rounded(trade.minimum * math.exp(chance.gauss(0, 0.6)))
    prices = [usual_prices()[category] for category in categories]
    level = math.exp(chance.gauss(0, 0.12))
    low, high = min(prices) * level * 0.8, max(prices) * level * 1.25
    attributes = {}
    if trade.attribute:
        attributes = {trade.attribute: some(trade.attribute_values, chance, 2, 4)}
    return FactoryDraft(
        name=name,
        vertical=trade.vertical,
        description=described(trade, categories, processes, vocabulary, chance),
        region=chance.choice(trade.regions),
        categories=categories,
        processes=processes,
        materials=materials,
        certifications=some(known(vocabulary, "certification", trade.certifications), chance, 0, 2),
        attributes=attributes,
        staff_count=rounded(50 * math.exp(chance.gauss(0, 0.7))),
        minimum_quantity=minimum if chance.random() < 0.95 else None,
        capacity_per_week=rounded(trade.weekly * math.exp(chance.gauss(0, 0.6))),
        lead_time_days=chance.randint(10, 35) if chance.random() < 0.95 else None,
        sample_days=chance.randint(3, 9),
        unit_price_low_minor=round(low * 100),
        unit_price_high_minor=round(high * 100),
        leads_per_week=chance.choice((4, 6, 8, 10)),
    )


def described(
    trade: Trade, categories: tuple[str, ...], processes: tuple[str, ...], vocabulary: Vocabulary, chance: random.Random
) -> str:
    """A few words as a factory would write them, in Chinese or in English."""
    if chance.random() < 0.7:
        goods = "、".join(vocabulary.name("category", identifier, "zh") for identifier in categories)
        works = "、".join(vocabulary.name("process", identifier, "zh") for identifier in processes[:3])
        return f"{trade.name_zh}工厂，主做{goods}；擅长{works}，接小单试单。"
    goods = ", ".join(vocabulary.name("category", identifier, "en") for identifier in categories)
    works = ", ".join(vocabulary.name("process", identifier, "en") for identifier in processes[:3])
    return f"We make {goods}. Strong in {works}; small trial runs are welcome."


def of_one_price_class(categories: tuple[str, ...], chance: random.Random) -> tuple[str, ...]:
    """One category and those that cost about as much: a workshop of cheap mugs makes no cake stands."""
    price = usual_prices()[chance.choice(categories)]
    return tuple(found for found in categories if 1 / PRICE_CLASS <= usual_prices()[found] / price <= PRICE_CLASS)


def known(vocabulary: Vocabulary, kind: Kind, identifiers: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the identifiers that the packs have."""
    return tuple(found for found in identifiers if vocabulary.term(kind, found))


def some(choices: tuple[str, ...], chance: random.Random, fewest: int, most: int) -> tuple[str, ...]:
    """Between fewest and most of the choices, in their own order."""
    count = min(len(choices), chance.randint(fewest, most))
    chosen = set(chance.sample(choices, count))
    return tuple(choice for choice in choices if choice in chosen)


def rounded(value: float) -> int:
    """Two significant digits, as people say numbers; at least 10."""
    step = int(10 ** max(0, math.floor(math.log10(max(value, 10))) - 1))
    return max(10, round(value / step) * step)
