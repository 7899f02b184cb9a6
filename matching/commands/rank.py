"""Ranks factories for orders, and explains each lead.

Orders and factories may be filled in by list or described in free words, in Chinese, English or both. A requirement
that a factory contradicts removes it; one that it does not mention never does. Orders for which no factory is feasible
get no row and are named on stderr, with the reason; so are orders that get fewer leads than --top.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Final

from matching.commands.arguments import day_argument, day_of_offers, share_argument, whole_argument
from matching.commands.market_files import read_factories, read_orders, read_outcomes
from matching.commands.progress import track
from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.engine.feasibility import refusals
from matching.engine.index import FactoryIndex
from matching.engine.model import PRIOR
from matching.engine.shortlist import Shortlist
from matching.records import FactoryRecord, OrderRecord, Outcome, RankedLead, Ranking
from matching.tables import Faults, Outputs, refuse
from matching.verticals.pack import load_vocabulary

EXAMPLE: Final = (
    "rank --factories matching/examples/factories.csv --orders matching/examples/orders.csv --out leads.csv "
    "--explain explain.jsonl --as-of 2026-11-22"
)
_BATCH: Final = 500
_SHORT_NAMED: Final = 20
_REASONS: Final = {
    "overdue": "could not start before the due date passed",
    "certification": "lack a required certificate",
    "capacity": "have too little capacity before the due date",
    "other goods": "make other goods",
}
HEADER: Final = ("order_id", "factory_id", "rank", "score", "deal_probability", "propensity")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--factories", type=Path, required=True, help="table of factories")
    parser.add_argument("--orders", type=Path, required=True, help="table of orders to rank for")
    parser.add_argument("--out", type=Path, required=True, help="leads to write (CSV)")
    parser.add_argument("--past-orders", type=Path, help="orders of earlier leads; goes with --outcomes")
    parser.add_argument("--outcomes", type=Path, help="what became of every lead ever offered")
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


def run(arguments: argparse.Namespace) -> int:
    if (arguments.past_orders is None) != (arguments.outcomes is None):
        raise refuse("--outcomes", "needs --past-orders, and the other way round; accepted: both or neither")
    faults = Faults()
    factories = read_factories(arguments.factories, faults)
    orders = read_orders(arguments.orders, faults)
    past, outcomes = _history(arguments, faults)
    faults.refuse_if_any()
    as_of = arguments.as_of or day_of_offers(orders, outcomes)
    with Outputs() as outputs:
        leads_table = outputs.table(arguments.out, HEADER)
        explained = None if arguments.explain is None else outputs.text(arguments.explain)
        engine = Engine(load_vocabulary(), load_embedder())
        index = engine.index([])
        for batch in track(_batches(factories), "factories"):
            index.add_all(batch)
        model = PRIOR if not outcomes else engine.learn(past, index, outcomes, as_of=as_of)
        unrecognised: list[str] = []
        ranking = engine.rank(
            orders,
            index,
            as_of=as_of,
            top=arguments.top,
            explore=arguments.explore,
            seed=arguments.seed,
            model=model,
            respect_limits=arguments.respect_limits,
            would_win=explained is not None,
            watch=lambda lists: _noting(track(lists, "orders", len(orders)), unrecognised),
        )
        leads_table.rows(_cells(lead) for lead in ranking.leads)
        if explained is not None:
            explained.writelines(_explained(lead) + "\n" for lead in ranking.leads)
    _tell_short_lists(engine, index, orders, ranking, as_of, arguments.top)
    if unrecognised:
        print(f"note: no goods recognised, ranked by the rest: {_named(sorted(unrecognised))}", file=sys.stderr)
    return 0


def _batches(factories: Sequence[FactoryRecord]) -> list[Sequence[FactoryRecord]]:
    return [factories[start : start + _BATCH] for start in range(0, len(factories), _BATCH)]


def _history(arguments: argparse.Namespace, faults: Faults) -> tuple[list[OrderRecord], list[Outcome]]:
    if arguments.outcomes is None:
        return [], []
    past = read_orders(arguments.past_orders, faults)
    known = [order.order_id for order in past]
    return past, read_outcomes(arguments.outcomes, arguments.as_of, known, faults)


def _cells(lead: RankedLead) -> tuple[object, ...]:
    probability, propensity = round(lead.deal_probability, 6), round(lead.propensity, 9)
    return lead.order_id, lead.factory_id, lead.rank, lead.score, probability, propensity


def _explained(lead: RankedLead) -> str:
    would_win = [
        {
            "change": change.change,
            "from": change.from_value,
            "to": change.to_value,
            "deal_probability": round(change.deal_probability, 6),
        }
        for change in lead.would_win
    ]
    told = {
        "order_id": lead.order_id,
        "factory_id": lead.factory_id,
        "requirements": [
            {"name": one.name, "wanted": one.wanted, "offered": one.offered, "verdict": one.verdict}
            for one in lead.requirements
        ],
        "signals": [asdict(signal) for signal in lead.signals],
        "would_win": would_win,
        "model": lead.model,
        "evidence": lead.evidence,
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


def _noting(lists: Iterable[Shortlist], unrecognised: list[str]) -> Iterator[Shortlist]:
    """Passes the lists on and notes the orders whose goods neither a field nor a word told."""
    for found in lists:
        if not found.order.wishes["category"]:
            unrecognised.append(found.order.record.order_id)
        yield found


def _named(orders: Sequence[str]) -> str:
    more = f" and {len(orders) - _SHORT_NAMED} more" if len(orders) > _SHORT_NAMED else ""
    return ", ".join(orders[:_SHORT_NAMED]) + more


def _tell_short_lists(
    engine: Engine,
    index: FactoryIndex,
    orders: Sequence[OrderRecord],
    ranking: Ranking,
    as_of: date,
    top: int,
) -> None:
    """Names on stderr every order without a lead, with the reason, and counts those with fewer than `top`."""
    without = frozenset(ranking.without_factory)
    empty = [order for order in orders if order.order_id in without]
    for found in engine.shortlists(empty, index, as_of=as_of, size=0):
        reason = _why_none(found.possible, refusals(found.order, index.table, found.window))
        print(f"order {found.order.record.order_id}: no feasible factory ({reason})", file=sys.stderr)
    counts: dict[str, int] = {}
    for lead in ranking.leads:
        counts[lead.order_id] = counts.get(lead.order_id, 0) + 1
    short = [f"{order_id} ({count})" for order_id, count in sorted(counts.items()) if count < top]
    if short:
        print(f"note: fewer than {top} leads, none is padded: {_named(short)}", file=sys.stderr)


def _why_none(possible: int, refused: Mapping[str, int]) -> str:
    if possible:
        return f"{possible} are feasible, but none has room within its leads_per_week"
    return ", ".join(f"{count} {_REASONS[reason]}" for reason, count in refused.items()) or "there are no factories"
