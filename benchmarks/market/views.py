"""What the simple policies see of a market: the written rows as numbers, read no better than a script would."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from benchmarks.market.market import Market
from benchmarks.market.order_files import Row
from benchmarks.market.population import Floats
from benchmarks.market.writing import CNY_PER_USD
from matching.encoder.load import load_embedder

FEATURES: Final = (
    "cosine",
    "category",
    "process",
    "material",
    "certificate",
    "size",
    "price",
    "time",
    "region",
    "deals",
    "leads",
)
_LISTS: Final = (
    ("category", "category", "categories"),
    ("process", "processes", "processes"),
    ("material", "materials", "materials"),
    ("certificate", "certifications", "certifications"),
)
_UNKNOWN: Final = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """All orders and factories of a market. order_vectors, factory_vectors: unit rows of their whole texts."""

    market: Market
    order_vectors: Floats
    factory_vectors: Floats

    def cosine(self, orders: Sequence[int], factories: Sequence[int]) -> Floats:
        product = self.order_vectors[list(orders)] @ self.factory_vectors[list(factories)].T
        return np.asarray(np.clip(product, 0.0, 1.0))

    def features(self, orders: Sequence[int], factories: Sequence[int], counts: Floats) -> Floats:
        """orders × factories × FEATURES, each 0 to 1 or a log ratio. counts: factories × (deals, closed leads)."""
        order_rows = [self.market.order_rows[order] for order in orders]
        factory_rows = [self.market.factory_rows[factory] for factory in factories]
        shape = (len(orders), len(factories))
        shares = (counts[:, 0] + 1.0) / (counts[:, 1] + 5.0)
        columns = [
            self.cosine(orders, factories),
            *(_shared(order_rows, factory_rows, wanted, offered) for _, wanted, offered in _LISTS),
            _size(order_rows, factory_rows),
            _price(order_rows, factory_rows),
            _time(order_rows, factory_rows),
            _same(order_rows, factory_rows, "region"),
            np.broadcast_to(shares, shape),
            np.broadcast_to(np.log1p(counts[:, 1]), shape),
        ]
        return np.stack(columns, axis=2)


def make_view(market: Market) -> View:
    embedder = load_embedder()
    order_texts = [whole_text(row) for row in market.order_rows]
    factory_texts = [whole_text(row) for row in market.factory_rows]
    return View(market, embedder.encode(order_texts).astype(float), embedder.encode(factory_texts).astype(float))


def whole_text(row: Row) -> str:
    """Everything that is written in words, fields and sentences alike."""
    names = ("title", "description", "category", "categories", "processes", "materials", "certifications")
    return " ".join(row[name].replace(";", " ") for name in names if row.get(name))


def _shared(orders: Sequence[Row], factories: Sequence[Row], wanted: str, offered: str) -> Floats:
    """The share of the order's listed words that stand, letter by letter, in the factory's list or description."""
    texts = [f"{row[offered]} {row['description']}".casefold() for row in factories]
    result = np.full((len(orders), len(factories)), _UNKNOWN)
    found: dict[str, Floats] = {}
    for place, row in enumerate(orders):
        words = [word.casefold() for word in row[wanted].split(";") if word]
        for word in words:
            if word not in found:
                found[word] = np.array([float(word in text) for text in texts])
        if words:
            result[place] = np.mean([found[word] for word in words], axis=0)
    return result


def _numbers(rows: Sequence[Row], name: str) -> Floats:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _yuan(rows: Sequence[Row], name: str) -> Floats:
    rates = np.array([CNY_PER_USD if row["currency"] == "USD" else 1.0 for row in rows])
    return np.asarray(_numbers(rows, name) * rates)


def _size(orders: Sequence[Row], factories: Sequence[Row]) -> Floats:
    """Log of the quantity over the geometric middle of minimum and weekly capacity, without sign; 1 where unknown."""
    middle = 0.5 * (np.log(_numbers(factories, "moq")) + np.log(_numbers(factories, "capacity_per_week")))
    return np.asarray(np.nan_to_num(np.abs(np.log(_numbers(orders, "quantity"))[:, None] - middle), nan=1.0))


def _price(orders: Sequence[Row], factories: Sequence[Row]) -> Floats:
    """Log of the middle of the factory's range over the target; 0 where unknown."""
    middle = 0.5 * (_yuan(factories, "unit_price_low") + _yuan(factories, "unit_price_high"))
    return np.asarray(np.nan_to_num(np.log(middle) - np.log(_yuan(orders, "target_unit_price"))[:, None], nan=0.0))


def _time(orders: Sequence[Row], factories: Sequence[Row]) -> Floats:
    """Log of the lead time over the days to the due date; 0 where unknown."""
    days = np.array([_days(row) for row in orders])
    return np.asarray(np.nan_to_num(np.log(_numbers(factories, "lead_time_days")) - np.log(days)[:, None], nan=0.0))


def _days(row: Row) -> float:
    if not row["due_on"]:
        return float("nan")
    return float(max((date.fromisoformat(row["due_on"]) - date.fromisoformat(row["posted_on"])).days, 1))


def _same(orders: Sequence[Row], factories: Sequence[Row], name: str) -> Floats:
    wanted, offered = np.array([row[name] for row in orders]), np.array([row[name] for row in factories])
    same = np.where(wanted[:, None] == offered, 1.0, 0.0)
    same[wanted == "", :] = _UNKNOWN
    return same
