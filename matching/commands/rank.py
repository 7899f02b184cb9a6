"""Ranks factories for orders, and explains each lead.

Orders and factories may be filled in by list or described in free words, in Chinese, English or both. A requirement
that a factory contradicts removes it; one that it does not mention never does. Orders for which no factory is feasible
get no row and are named on stderr, with the reason; so are orders that get fewer leads than --top.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TextIO

from matching.command_line.arguments import day_argument, share_argument, whole_argument
from matching.command_line.progress import track_blocks
from matching.commands.market_files import read_factories
from matching.commands.offer_day import day_of_offers
from matching.commands.order_stream import OrderStream
from matching.commands.past import add_past_arguments, learned_market, read_past
from matching.commands.rank_shards import HEADER, Block, CandidateFinder, Market, RankedOrder, ShardRanker, Wanted
from matching.engine.exploration import Choice
from matching.engine.limits import Candidates, candidates_of_each
from matching.ports import Mapper
from matching.tables import Faults, Outputs, Spill
from matching.workers.choose import open_workers

EXAMPLE: Final = (
    "rank --factories matching/examples/factories.csv --orders matching/examples/orders.csv --out leads.csv "
    "--explain explain.jsonl --as-of 2026-11-22"
)
_SHORT_NAMED: Final = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--factories", type=Path, required=True, help="table of factories")
    parser.add_argument("--orders", type=Path, required=True, help="table of orders to rank for")
    parser.add_argument("--out", type=Path, required=True, help="leads to write (CSV)")
    add_past_arguments(parser)
    parser.add_argument(
        "--as-of",
        type=day_argument,
        help="day of the offers, YYYY-MM-DD (default: the day after the newest outcome, else the earliest posted_on, "
        "else today); work starts then, or on an order's posted_on if that is later",
    )
    parser.add_argument("--top", type=whole_argument, default=5, help="most leads for one order (default 5)")
    parser.add_argument(
        "--respect-limits",
        action="store_true",
        help="no factory gets more than its leads_per_week, and the sum of deal probabilities is as large as can be",
    )
    parser.add_argument("--explore", type=share_argument, default=0.0, help="share of leads given to learning (0 to 1)")
    parser.add_argument("--explain", type=Path, help="one JSON object for each lead to write (JSON Lines)")
    parser.add_argument(
        "--workers",
        help="who ranks the blocks of orders: a number of processes (default 1: this one), or the address of a Dask "
        "scheduler, tcp://host:port; the files are the same bytes with any",
    )


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    factories = read_factories(arguments.factories, faults)
    orders = OrderStream(arguments.orders, faults)
    past = read_past(arguments, faults)
    faults.refuse_if_any()
    arguments.as_of = arguments.as_of or day_of_offers(orders.first_posted, past.outcomes)
    with Outputs() as outputs, open_workers(arguments.workers) as workers, Spill() as leads, Spill() as explained:
        leads_file = outputs.text(arguments.out)
        explained_file = None if arguments.explain is None else outputs.text(arguments.explain)
        market = learned_market(arguments.as_of, factories, past)
        wanted = Wanted(arguments.as_of, arguments.top, arguments.explore, arguments.seed, explained_file is not None)
        choices = _allocated(market, wanted, orders, workers) if arguments.respect_limits else None
        notes = _Notes(arguments.top)
        ranked = workers.map(ShardRanker(market, wanted), _blocks(orders, choices))
        for block in track_blocks(ranked, "orders", orders.count):
            for order in block:
                leads.add(order.order_id, order.leads)
                explained.add(order.order_id, order.explained)
                notes.add(order)
        leads_file.write(",".join(HEADER) + "\n")
        _write(leads, leads_file)
        if explained_file is not None:
            _write(explained, explained_file)
    notes.tell()
    return 0


def _blocks(orders: OrderStream, choices: Mapping[str, Sequence[Choice]] | None = None) -> Iterator[Block]:
    for block in orders.blocks():
        if choices is None:
            yield Block(block)
        else:
            yield Block(block, {order.order_id: choices.get(order.order_id, ()) for order in block})


def _allocated(market: Market, wanted: Wanted, orders: OrderStream, workers: Mapper) -> Mapping[str, Sequence[Choice]]:
    """The leads of all orders within everybody's limits: a first pass over the orders finds who could take them."""
    size = candidates_of_each(orders.count, wanted.top)
    candidates = Candidates()
    finder = CandidateFinder(market, wanted.as_of, size)
    for block in track_blocks(workers.map(finder, _blocks(orders)), "candidates", orders.count):
        for found in block:
            candidates.add(found)
    if candidates.cut:
        print(f"note: the best {size} factories of each order were tried, {candidates.cut} have more", file=sys.stderr)
    _, index = market.opened()
    return candidates.choices(index.table, wanted.top, wanted.explore, wanted.seed)


def _write(pieces: Spill, stream: TextIO) -> None:
    for piece in pieces.sorted():
        stream.write(piece.decode())


class _Notes:
    """What is told on stderr once the files are written: orders without a lead, with few, and of unknown goods."""

    def __init__(self, top: int) -> None:
        self._top = top
        self._without: list[str] = []
        self._short: list[str] = []
        self._unrecognised: list[str] = []

    def add(self, order: RankedOrder) -> None:
        if order.why_none is not None:
            self._without.append(f"order {order.order_id}: no feasible factory ({order.why_none})")
        elif order.count < self._top:
            self._short.append(f"{order.order_id} ({order.count})")
        if not order.recognised:
            self._unrecognised.append(order.order_id)

    def tell(self) -> None:
        for line in self._without:
            print(line, file=sys.stderr)
        if self._short:
            print(f"note: fewer than {self._top} leads, none is padded: {_named(self._short)}", file=sys.stderr)
        if self._unrecognised:
            print(f"note: no goods recognised, ranked by the rest: {_named(self._unrecognised)}", file=sys.stderr)


def _named(orders: Sequence[str]) -> str:
    more = f" and {len(orders) - _SHORT_NAMED} more" if len(orders) > _SHORT_NAMED else ""
    return ", ".join(sorted(orders)[:_SHORT_NAMED]) + more
