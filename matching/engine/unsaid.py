"""What an order leaves unsaid: needs that orders for such goods usually have, of kinds of which it says nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.engine.columns import Floats
from matching.engine.declared import standing_of, ways_of
from matching.engine.goods import goods_path
from matching.engine.index import TablePart
from matching.engine.model import RankerModel
from matching.engine.reading import TERM_KINDS, ReadOrder
from matching.learning.beliefs import BeliefColumns
from matching.learning.needs import KINDS, Told
from matching.verticals.pack import Kind, Vocabulary


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A kind of need that an order says nothing of. goods: those whose usual needs stand in. usual: processes that its
    own goods imply."""

    kind: Kind
    goods: str
    usual: tuple[str, ...]


def told_by(order: ReadOrder, vocabulary: Vocabulary) -> Told | None:
    """What an order says it needs; None where its goods are not known."""
    if not order.wishes["category"]:
        return None
    terms = frozenset((str(kind), wish.id) for kind in TERM_KINDS for wish in order.stated(kind))
    return Told(goods_path(vocabulary, order.wishes["category"][0].id), terms)


def unsaid_of(order: ReadOrder, model: RankerModel, vocabulary: Vocabulary) -> tuple[Unsaid | None, ...]:
    """One for each of KINDS; None where the order speaks of the kind, or nobody has yet for such goods."""
    if not model.needs.shares or not order.wishes["category"]:
        return (None,) * len(KINDS)
    path = goods_path(vocabulary, order.wishes["category"][0].id)
    return tuple(_unsaid(order, kind, model.needs.goods_of(kind, path)) for kind in KINDS)


def _unsaid(order: ReadOrder, kind: Kind, goods: str | None) -> Unsaid | None:
    return None if goods is None or order.stated(kind) else Unsaid(kind, goods, order.usual_processes)


def usually_missed(part: TablePart, unsaid: Unsaid, model: RankerModel) -> Floats:
    """How many of the usual needs each row of the part is expected to miss."""

    def missed() -> Floats:
        beliefs = beliefs_of(part, model)
        return sum(_missed_of(unsaid, beliefs, part, model), start=np.zeros(len(part)))

    return part.derived(("usually missed", unsaid, model.name), missed)


def _missed_of(unsaid: Unsaid, beliefs: BeliefColumns, part: TablePart, model: RankerModel) -> Iterator[Floats]:
    for term, share in model.needs.shares[unsaid.kind, unsaid.goods].items():
        standing = standing_of(part, unsaid.kind, term, term in unsaid.usual)
        yield share * (1.0 - beliefs.able(unsaid.kind, term, standing))


def beliefs_of(part: TablePart, model: RankerModel) -> BeliefColumns:
    """What the model believes of the factories of a part."""
    return part.derived(("beliefs", model.name), lambda: _beliefs(part, model))


def _beliefs(part: TablePart, model: RankerModel) -> BeliefColumns:
    names = [factory.record.factory_id for factory in part.factories()] if model.beliefs else []
    known = [model.beliefs.get(name) for name in names] or [None] * len(part)
    return BeliefColumns(known, model.market, ways_of(part))
