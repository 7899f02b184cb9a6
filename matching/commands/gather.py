"""Gathers orders into pools that share what causes a factory's minimum: dye lot, mould, kiln firing, print screen.

Names for every pool the shared constraint, what each member relaxes, and the estimated gain in unit price. Orders may
be filled in by field or described in free words; those whose constraint cannot be told are named on stderr.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from matching.command_line.arguments import day_argument
from matching.command_line.progress import track
from matching.commands.market_files import read_factories, read_orders
from matching.commands.offer_day import day_of_offers
from matching.engine.reading import FactoryReader, OrderReader
from matching.engine.said import parser_of
from matching.pooling.constraint import shared_constraint
from matching.pooling.gathering import GatheredPool, PoolMember, gather
from matching.pooling.makers import PriceEstimate
from matching.records import OrderRecord
from matching.tables import Faults, Outputs
from matching.verticals.pack import Vocabulary, load_vocabulary

EXAMPLE: Final = (
    "gather --factories matching/examples/factories.csv --orders matching/examples/orders.csv --out pools.csv "
    "--explain pools.jsonl --as-of 2026-11-22"
)
HEADER: Final = (
    "pool_id",
    "order_id",
    "quantity",
    "constraint",
    "shared",
    "pool_quantity",
    "minimum",
    "missing",
    "ready_on",
    "closes_on",
    "region",
    "relaxes",
    "unit_price_alone",
    "unit_price_pooled",
    "currency",
    "gain",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--factories", type=Path, required=True, help="table of factories")
    parser.add_argument("--orders", type=Path, required=True, help="table of orders to gather")
    parser.add_argument("--out", type=Path, required=True, help="pools to write (CSV), one row for each member")
    parser.add_argument("--explain", type=Path, help="one JSON object for each pool to write (JSON Lines)")
    parser.add_argument(
        "--as-of",
        type=day_argument,
        help="day of the gathering, YYYY-MM-DD (default: the earliest posted_on of the orders, else today)",
    )
    parser.add_argument("--include-short", action="store_true", help="also pools that do not reach their minimum yet")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    factories = read_factories(arguments.factories, faults)
    orders = read_orders(arguments.orders, faults)
    faults.refuse_if_any()
    as_of = arguments.as_of or day_of_offers(
        min((order.posted_on for order in orders if order.posted_on is not None), default=None)
    )
    with Outputs() as outputs:
        table = outputs.table(arguments.out, HEADER)
        explained = None if arguments.explain is None else outputs.text(arguments.explain)
        vocabulary = load_vocabulary()
        say = parser_of(vocabulary)
        reader, factory_reader = OrderReader(vocabulary, say), FactoryReader(vocabulary, say)
        completed = [reader.completed(order, as_of) for order in track(orders, "orders")]
        makers = [factory_reader.completed(factory) for factory in track(factories, "factories")]
        pools = gather(completed, makers, vocabulary, as_of, include_short=arguments.include_short)
        for pool in pools:
            table.rows(_rows(pool))
        if explained is not None:
            explained.writelines(json.dumps(_told(pool), ensure_ascii=False, allow_nan=False) + "\n" for pool in pools)
    _tell_without_constraint(completed, vocabulary)
    return 0


def _rows(pool: GatheredPool) -> Iterator[tuple[object, ...]]:
    shared = ";".join(f"{field}={value}" for field, value in pool.constraint.key)
    for member in pool.members:
        yield (
            pool.pool_id,
            member.order_id,
            member.quantity,
            pool.constraint.cause_id,
            shared,
            pool.quantity,
            pool.minimum,
            pool.missing,
            pool.ready_on,
            pool.closes_on,
            pool.region,
            ";".join(_relaxed(member)),
            _amount(member.alone),
            _amount(member.pooled),
            None if member.pooled is None else member.pooled.currency,
            member.gain,
        )


def _relaxed(member: PoolMember) -> Iterator[str]:
    for given in member.relaxes:
        days = f" +{given.days}d" if given.days else ""
        change = f" {given.from_value}->{given.to_value}" if given.to_value else " to be agreed"
        yield given.field + change + days


def _told(pool: GatheredPool) -> dict[str, Any]:
    members = [
        {
            "order_id": member.order_id,
            "quantity": member.quantity,
            "relaxes": [
                {"field": given.field, "from": given.from_value, "to": given.to_value, "days": given.days}
                for given in member.relaxes
            ],
            "unit_price_alone": _amount(member.alone),
            "unit_price_pooled": _amount(member.pooled),
            "gain": member.gain,
        }
        for member in pool.members
    ]
    prices = next((member.pooled for member in pool.members if member.pooled is not None), None)
    return {
        "pool_id": pool.pool_id,
        "constraint": {
            "id": pool.constraint.cause_id,
            "name_zh": pool.constraint.name_zh,
            "name_en": pool.constraint.name_en,
            "shared": dict(pool.constraint.key),
            "typical_minimum": pool.constraint.typical_minimum,
            "setup_share": pool.constraint.setup_share,
        },
        "quantity": pool.quantity,
        "minimum": pool.minimum,
        "missing": pool.missing,
        "capacity": pool.capacity,
        "ready_on": None if pool.ready_on is None else pool.ready_on.isoformat(),
        "closes_on": None if pool.closes_on is None else pool.closes_on.isoformat(),
        "region": pool.region,
        "factories": pool.makers,
        "currency": None if prices is None else prices.currency,
        "price_ranges": 0 if prices is None else prices.factories,
        "members": members,
    }


def _amount(price: PriceEstimate | None) -> float | None:
    return None if price is None else price.amount


def _tell_without_constraint(orders: Sequence[OrderRecord], vocabulary: Vocabulary) -> None:
    for order in orders:
        if shared_constraint(order, vocabulary) is None:
            print(
                f"order {order.order_id}: not pooled (no category, or no material or process that a run would share)",
                file=sys.stderr,
            )
