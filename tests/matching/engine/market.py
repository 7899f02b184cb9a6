"""A small market of T-shirt makers for the tests of the engine, on the shipped vocabulary and encoder."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.records import FactoryRecord, OrderRecord, RankedLead
from matching.verticals.pack import load_vocabulary

TODAY: Final = date(2026, 11, 22)

FACTORY: Final = FactoryRecord(
    "F",
    categories=("t-shirt",),
    processes=("cut-and-sew", "screen-printing"),
    materials=("cotton",),
    certifications=("oeko-tex-100",),
    minimum_quantity=300,
    capacity_per_week=1000,
    lead_time_days=20,
    unit_price_low=20.0,
    unit_price_high=40.0,
    currency="CNY",
    region="zhejiang",
    attributes=(("fabric_weight", "160-220"),),
)

ORDER: Final = OrderRecord(
    "O",
    quantity=600,
    category="t-shirt",
    processes=("screen-printing",),
    materials=("cotton",),
    certifications=("oeko-tex-100",),
    target_unit_price=30.0,
    currency="CNY",
    due_on=date(2026, 12, 20),
    region="zhejiang",
    attributes=(("fabric_weight", "180"),),
)


@lru_cache(maxsize=1)
def engine() -> Engine:
    return Engine(load_vocabulary(), load_embedder())


def factory(**changes: Any) -> FactoryRecord:
    return replace(FACTORY, **changes)


def order(**changes: Any) -> OrderRecord:
    return replace(ORDER, **changes)


def leads_of(orders: OrderRecord, *factories: FactoryRecord, **options: Any) -> tuple[RankedLead, ...]:
    return engine().rank([orders], engine().index(factories), as_of=TODAY, **options).leads
