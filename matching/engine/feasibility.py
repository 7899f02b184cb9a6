"""Which factories cannot make an order at all. Unknown is never a reason; only what a factory says against it is.

overdue: the due date and its grace have passed, so nobody can make it.
certification: the order names a certificate, the factory lists its certificates, and it is not among them.
capacity: the order is dated, and all weeks up to the due date and its grace are too few at the declared capacity.
other goods: the factory is of another trade, or lists goods that have little in common with these, and has none of the
special processes that the order asks for. A firm no to the goods or the certificate always rules out.

Minimum, price, lead time, material and region can be bargained, so they never filter: they cost score, show as misses,
and a factory that misses one stands below every factory that is as good otherwise.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from matching.engine.coverage import NEAR, PROPERTIES_OF_GOODS
from matching.engine.index import FactoryTable, TablePart
from matching.engine.reading import ReadOrder
from matching.engine.requirements import Flags, Window, used_capacity

OTHER_GOODS: Final = 0.3
"""Coverage below which two categories have little more in common than the trade."""


Goods = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""What decides who makes the goods of an order: trades, category, special processes."""


def goods_of(order: ReadOrder) -> Goods:
    """Orders with the same goods have the same makers."""
    categories = tuple(wish.id for wish in order.wishes["category"])
    special = {wish.id for wish in order.stated("process")} - set(order.usual_processes)
    return tuple(sorted(order.verticals)), categories, tuple(sorted(special))


def makers_of(goods: Goods, table: FactoryTable) -> TablePart:
    """The factories that make such goods; orders for the same goods share one part until a factory changes."""
    return table.remembered_part(goods, lambda: np.flatnonzero(table.alive & _makes(goods, table)))


def able_among(order: ReadOrder, makers: TablePart, window: Window) -> Flags:
    """Which of the makers may be offered: nothing that they declare rules them out."""
    if window.is_over:
        return np.zeros(len(makers), dtype=np.bool_)
    return ~(_lacks_certificate(order, makers) | _is_too_small(order, makers, window))


def refusals(order: ReadOrder, table: FactoryTable, window: Window) -> Mapping[str, int]:
    """For each reason in the order above, how many of all factories fell to it first."""
    left = table.part(np.flatnonzero(table.alive))
    refused: dict[str, int] = {}
    standing = np.ones(len(left), dtype=np.bool_)
    for reason, rows in (
        ("overdue", np.full(len(left), window.is_over)),
        ("certification", _lacks_certificate(order, left)),
        ("capacity", _is_too_small(order, left, window)),
        ("other goods", ~_makes(goods_of(order), table)[left.rows]),
    ):
        struck = standing & rows
        if struck.any():
            refused[reason] = int(struck.sum())
            standing &= ~struck
    return refused


def _lacks_certificate(order: ReadOrder, part: TablePart) -> Flags:
    """Only what the factory declares counts as its list; a certificate read in a description completes no list."""
    lacking = np.zeros(len(part), dtype=np.bool_)
    for wish in order.wishes["certification"]:
        if wish.source == "given" and wish.id not in PROPERTIES_OF_GOODS:
            covered, _ = part.match("certification", wish.id)
            lacking |= (covered == 0.0) & part.lists_certificates | part.denied("certification", wish.id)
    return lacking


def _is_too_small(order: ReadOrder, part: TablePart, window: Window) -> Flags:
    if window.days is None:
        return np.zeros(len(part), dtype=np.bool_)
    capacity = part.number("capacity_per_week")
    return np.asarray((used_capacity(order, window, capacity) > 1.0) & ~np.isnan(capacity))


def _makes(goods: Goods, table: FactoryTable) -> Flags:
    """Every row of the trade that makes goods with something in common with these, or does not tell its goods.

    A process that the buyer wants beyond the usual ones of these goods (intarsia, a decal) saves a factory of the
    trade that has it: it may well make these goods too.
    """
    verticals, categories, special = goods
    same_trade = table.shares_trade(frozenset(verticals))
    if not categories:
        return same_trade
    makes = np.zeros(len(table.alive), dtype=np.bool_)
    for category in categories:
        makes |= table.terms["category"].rows_covering(category, OTHER_GOODS, or_unknown=True)
    for process in special:
        makes |= table.terms["process"].rows_covering(process, NEAR, or_unknown=False)
    for category in categories:
        makes[table.terms["category"].denied(category)] = False
    return same_trade & makes
