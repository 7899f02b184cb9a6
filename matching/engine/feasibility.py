"""Which factories cannot make an order at all. Unknown is never a reason; only what a factory says against it is.

overdue: the due date and its grace have passed, so nobody can make it.
certification: the order names a certificate, the factory lists its certificates, and it is not among them. Lists are
seldom whole: a model that knows outcomes knows how often one leaves something out, and ranks by that instead.
capacity: the order is dated, and all weeks up to the due date and its grace are too few at the declared capacity.
other goods: the factory is of another trade, or lists goods that have little in common with these, and has none of the
special processes that the order asks for. A firm no to the goods or the certificate always rules out.

Minimum, price, lead time, material and region can be bargained, so they never filter: they cost score, show as misses,
and a factory that misses one stands below every factory that is as good otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from matching.engine.coverage import NEAR, PROPERTIES_OF_GOODS
from matching.engine.index import FactoryTable, TablePart
from matching.engine.model import PRIOR, RankerModel
from matching.engine.reading import ReadOrder
from matching.engine.requirements import Flags, Window, used_capacity

OTHER_GOODS: Final = 0.3
"""Coverage below which two categories have little more in common than the trade."""


def makers_of(verticals: frozenset[str], table: FactoryTable) -> TablePart:
    """The factories of these trades, and those of unknown trade; one part until a factory changes."""
    return table.part_of_trades(verticals)


def able_among(order: ReadOrder, makers: TablePart, window: Window, model: RankerModel) -> Flags:
    """Which of the makers of the trade may be offered: nothing that they declare rules them out.

    model: the one that is to rank them.
    """
    if window.is_over:
        return np.zeros(len(makers), dtype=np.bool_)
    able = _makes_such_goods(order, makers)
    return able & ~(_lacks_certificate(order, makers, model) | _is_too_small(order, makers, window))


def refusals(order: ReadOrder, table: FactoryTable, window: Window, model: RankerModel = PRIOR) -> Mapping[str, int]:
    """For each reason in the order above, how many of all factories fell to it first."""
    left = table.part(np.flatnonzero(table.alive))
    refused: dict[str, int] = {}
    standing = np.ones(len(left), dtype=np.bool_)
    for reason, rows in (
        ("overdue", np.full(len(left), window.is_over)),
        ("certification", _lacks_certificate(order, left, model)),
        ("capacity", _is_too_small(order, left, window)),
        ("other goods", ~(table.shares_trade(order.verticals)[left.rows] & _makes_such_goods(order, left))),
    ):
        struck = standing & rows
        if struck.any():
            refused[reason] = int(struck.sum())
            standing &= ~struck
    return refused


def _lacks_certificate(order: ReadOrder, part: TablePart, model: RankerModel) -> Flags:
    """Only what the factory declares counts as its list; a certificate read in a description completes no list."""
    lacking = np.zeros(len(part), dtype=np.bool_)
    for wish in order.wishes["certification"]:
        if wish.source == "given" and wish.id not in PROPERTIES_OF_GOODS:
            denied = part.denied("certification", wish.id)
            lacking |= _leaves_out(part, wish.id) | denied if model.evidence == 0 else denied
    return lacking


def _leaves_out(part: TablePart, certificate: str) -> Flags:
    """Rows whose list of certificates is whole and does not hold this one."""
    return part.derived(
        ("leaves out", certificate),
        lambda: (part.match("certification", certificate)[0] == 0.0) & part.lists_certificates,
    )


def _is_too_small(order: ReadOrder, part: TablePart, window: Window) -> Flags:
    """An unknown capacity is never too small."""
    if window.days is None:
        return np.zeros(len(part), dtype=np.bool_)
    return np.asarray(used_capacity(order, window, part.number("capacity_per_week")) > 1.0)


def _makes_such_goods(order: ReadOrder, part: TablePart) -> Flags:
    """Rows that make goods with something in common with these, or do not tell their goods.

    A process that the buyer wants beyond the usual ones of these goods (intarsia, a decal) saves a factory of the
    trade that has it: it may well make these goods too.
    """
    wished = tuple(wish.id for wish in order.wishes["category"])
    if not wished:
        return np.ones(len(part), dtype=np.bool_)
    makes, refuses = part.derived(("makes", wished), lambda: _makers_and_refusers(part, wished))
    special = [wish.id for wish in order.stated("process") if wish.id not in order.usual_processes]
    if not special:
        return makes & ~refuses
    return np.asarray(np.logical_or.reduce([makes, *(_has(part, process) for process in special)]) & ~refuses)


def _makers_and_refusers(part: TablePart, wished: Sequence[str]) -> tuple[Flags, Flags]:
    covers = [part.match("category", category)[0] >= OTHER_GOODS for category in wished]
    refuses = [part.denied("category", category) for category in wished]
    return np.logical_or.reduce([~part.known("category"), *covers]), np.logical_or.reduce(refuses)


def _has(part: TablePart, process: str) -> Flags:
    return part.derived(("has", process), lambda: part.match("process", process)[0] >= NEAR)
