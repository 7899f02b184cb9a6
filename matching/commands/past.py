"""What became of earlier leads, as options and files tell it, and the market that has learned from it."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from matching.command_line.progress import track
from matching.commands.market_files import read_orders, read_outcomes
from matching.commands.rank_shards import Market
from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.engine.model import PRIOR
from matching.records import FactoryRecord, OrderRecord, Outcome
from matching.tables import Faults, refuse
from matching.verticals.pack import load_vocabulary

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Past:
    """The orders of earlier leads and what became of these leads; both are empty where no file tells them."""

    orders: Sequence[OrderRecord] = ()
    outcomes: Sequence[Outcome] = ()


def add_past_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--past-orders", type=Path, help="orders of earlier leads; goes with --outcomes")
    parser.add_argument("--outcomes", type=Path, help="what became of every lead ever offered")


def read_past(arguments: argparse.Namespace, faults: Faults) -> Past:
    """The past without fault. Raises BadInput when only one of the two files is named."""
    if (arguments.past_orders is None) != (arguments.outcomes is None):
        raise refuse("--outcomes", "needs --past-orders, and the other way round; accepted: both or neither")
    if arguments.outcomes is None:
        return Past()
    orders = read_orders(arguments.past_orders, faults)
    known = [order.order_id for order in orders]
    return Past(orders, read_outcomes(arguments.outcomes, arguments.as_of, known, faults))


def learned_market(as_of: date, factories: Sequence[FactoryRecord], past: Past) -> Market:
    """The market as it stands, and the model that its outcomes teach."""
    engine = Engine(load_vocabulary(), load_embedder())
    index = engine.index([])
    batches = [factories[start : start + _BATCH] for start in range(0, len(factories), _BATCH)]
    for batch in track(batches, "factories"):
        index.add_all(batch)
    learns = bool(past.outcomes)
    return Market(engine.learn(past.orders, index, past.outcomes, as_of=as_of) if learns else PRIOR, index, engine)
