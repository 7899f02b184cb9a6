"""Which factories cannot make an order at all. Unknown is never a reason; only what a factory says against it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.coverage import NEAR, PROPERTIES_OF_GOODS
from matching.engine.index import FactoryTable
from matching.engine.reading import ReadOrder
from matching.engine.requirements import Measure, TermMeasure, Window
from matching.verticals.pack import Kind

Flags = NDArray[np.bool_]

OTHER_GOODS: Final = 0.3
"""Coverage below which two categories have little more in common than the trade."""


@dataclass(frozen=True, slots=True)
class Feasibility:
    """possible: rows that may be offered. refused: for each reason, how many factories fell to it first."""

    possible: Flags
    refused: Mapping[str, int]


def judge(
    order: ReadOrder,
    table: FactoryTable,
    window: Window,
    terms: Mapping[Kind, TermMeasure],
    capacity: Measure,
) -> Feasibility:
    """Applies the filter. In this order, and each factory is counted under its first reason:

    overdue: the due date and its grace have passed, so nobody can make it.
    certification: the order names a certificate, the factory lists its certificates, and it is not among them.
    capacity: the order is dated, and all weeks up to the due date and its grace are too few at the declared capacity.
    other goods: the factory is of another trade, or lists goods that have little in common with these, and has none of
    the special processes that the order asks for. A firm no to the goods or the certificate always rules out.

    Minimum, price, lead time, material and region can be bargained, so they never filter: they cost score, show as
    misses, and a factory that misses one stands below every factory that is as good otherwise.
    """
    possible = table.alive.copy()
    refused: dict[str, int] = {}
    for reason, rows in (
        ("overdue", np.full(len(possible), window.is_over)),
        ("certification", _lacks_certificate(order, table)),
        ("capacity", capacity.misses & (window.days is not None)),
        ("other goods", _makes_other_goods(order, table, terms)),
    ):
        struck = possible & rows
        if struck.any():
            refused[reason] = int(struck.sum())
            possible &= ~struck
    return Feasibility(possible, refused)


def _lacks_certificate(order: ReadOrder, table: FactoryTable) -> Flags:
    """Only what the factory declares counts as its list; a certificate read in a description completes no list."""
    lacking = np.zeros(len(table.alive), dtype=np.bool_)
    for wish in order.wishes["certification"]:
        if wish.source == "given" and wish.id not in PROPERTIES_OF_GOODS:
            covered, _ = table.terms["certification"].match(wish.id)
            lacking |= (covered == 0.0) & table.lists_certificates
            lacking[table.terms["certification"].denied(wish.id)] = True
    return lacking


def _makes_other_goods(order: ReadOrder, table: FactoryTable, terms: Mapping[Kind, TermMeasure]) -> Flags:
    """Another trade, or other goods of the same trade.

    Within the trade, a process that the buyer wants beyond the usual ones of these goods (intarsia, a decal) saves a
    factory that has it: it may well make these goods too.
    """
    category = terms.get("category")
    other_trade = ~table.shares_trade(order.verticals)
    if category is None:
        return other_trade
    special = np.zeros(len(table.alive), dtype=np.bool_)
    for wish in order.stated("process"):
        if wish.id not in order.usual_processes:
            special |= table.terms["process"].match(wish.id)[0] >= NEAR
    refuses = np.zeros(len(table.alive), dtype=np.bool_)
    for wish in order.wishes["category"]:
        refuses[table.terms["category"].denied(wish.id)] = True
    return other_trade | refuses | (category.known & (category.covered < OTHER_GOODS) & ~special)
