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

from collections.abc import Mapping
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
    return table.remembered_part(verticals, lambda: np.flatnonzero(table.alive & table.shares_trade(verticals)))


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
    listed = part.lists_certificates & (model.evidence == 0)
    lacking = np.zeros(len(part), dtype=np.bool_)
    for wish in order.wishes["certification"]:
        if wish.source == "given" and wish.id not in PROPERTIES_OF_GOODS:
            covered, _ = part.match("certification", wish.id)
            lacking |= (covered == 0.0) & listed | part.denied("certification", wish.id)
    return lacking


def _is_too_small(order: ReadOrder, part: TablePart, window: Window) -> Flags:
    if window.days is None:
        return np.zeros(len(part), dtype=np.bool_)
    capacity = part.number("capacity_per_week")
    return np.asarray((used_capacity(order, window, capacity) > 1.0) & ~np.isnan(capacity))


def _makes_such_goods(order: ReadOrder, part: TablePart) -> Flags:
    """Rows that make goods with something in common with these, or do not tell their goods.

    A process that the buyer wants beyond the usual ones of these goods (intarsia, a decal) saves a factory of the
    trade that has it: it may well make these goods too.
    """
    if not order.wishes["category"]:
        return np.ones(len(part), dtype=np.bool_)
    makes = ~part.known("category")
    refuses = np.zeros(len(part), dtype=np.bool_)
    for wish in order.wishes["category"]:
        makes |= part.match("category", wish.id)[0] >= OTHER_GOODS
        refuses |= part.denied("category", wish.id)
    for wish in order.stated("process"):
        if wish.id not in order.usual_processes:
            makes |= part.match("process", wish.id)[0] >= NEAR
    return np.asarray(makes & ~refuses)
