"""Says what each factory should be asked: the capabilities whose yes or no would win most deals.

The orders are recent demand. Only what they ask for is worth a question, and only until it is answered; what a factory
lists is a claim, and may be asked for too. Put a yes into the column `confirmed` of factories.csv, a no into `denied`
(kind:id, more than one by semicolon), and rank again.
"""

import argparse
import csv
from pathlib import Path
from typing import Final

from matching.command_line.arguments import day_argument, whole_argument
from matching.commands.market_files import read_factories, read_orders
from matching.commands.offer_day import day_of_offers
from matching.commands.past import add_past_arguments, learned_market, read_past
from matching.engine.reading import TERM_KINDS
from matching.tables import Faults, Outputs
from matching.verticals.pack import load_vocabulary

EXAMPLE: Final = (
    "ask --factories matching/examples/factories.csv --orders matching/examples/orders.csv --out questions.csv "
    "--as-of 2026-11-22"
)
HEADER: Final = ("factory_id", "kind", "id", "name_en", "name_zh", "worth")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--factories", type=Path, required=True, help="table of factories")
    parser.add_argument("--orders", type=Path, required=True, help="table of recent orders")
    parser.add_argument("--out", type=Path, required=True, help="questions to write (CSV)")
    add_past_arguments(parser)
    parser.add_argument(
        "--as-of",
        type=day_argument,
        help="day of asking, YYYY-MM-DD (default: the day after the newest outcome, else the earliest posted_on, else "
        "today)",
    )
    parser.add_argument("--most", type=whole_argument, default=3, help="most questions to one factory (default 3)")


def run(arguments: argparse.Namespace) -> int:
    faults = Faults()
    factories = read_factories(arguments.factories, faults)
    orders = read_orders(arguments.orders, faults)
    past = read_past(arguments, faults)
    faults.refuse_if_any()
    posted = [order.posted_on for order in orders if order.posted_on is not None]
    as_of = arguments.as_of or day_of_offers(min(posted, default=None), past.outcomes)
    with Outputs() as outputs:
        writer = csv.writer(outputs.text(arguments.out), lineterminator="\n")
        writer.writerow(HEADER)
        market = learned_market(as_of, factories, past)
        engine, index = market.opened()
        names = sorted({factory.factory_id for factory in factories})
        vocabulary = load_vocabulary()
        found = engine.questions(index, names, orders, as_of=as_of, model=market.model)
        for factory_id, questions in found.items():
            for question in questions[: arguments.most]:
                kind = next(kind for kind in TERM_KINDS if kind == question.kind)
                told = (vocabulary.name(kind, question.id, "en"), vocabulary.name(kind, question.id, "zh"))
                writer.writerow((factory_id, kind, question.id, *told, f"{question.worth:.6f}"))
    return 0
