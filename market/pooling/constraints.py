"""What an order must share with others to be made in one run with them, and what sharing gains."""

from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from sqlalchemy.orm import Session

from market.factories.queries import FactoryFilters, FactoryProfile, factories_page
from market.orders.drafts import OrderDraft
from market.orders.queries import OrderRow
from matching.pooling.constraint import SharedConstraint, shared_constraint
from matching.records import OrderRecord
from matching.verticals.pack import Vocabulary

COMPARED_FACTORIES: Final = 200
LEAST_FACTORIES: Final = 3


@dataclass(frozen=True, slots=True)
class Constraint:
    """What causes the minimum and what all members of a run have in common.

    shared: field (as in a pack's shared_by) -> list of ids or values. key: cause and shared values as one text, equal
    exactly for those who may share a run. minimum: pieces.
    """

    cause: str
    vertical: str
    shared: dict[str, Any]
    key: str
    minimum: int
    setup_share: float

    def price_factor(self, quantity: int) -> float:
        """Unit price at `quantity` pieces over that at the minimum: set-up is spread over the pieces, the rest not."""
        return 1.0 - self.setup_share + self.setup_share * self.minimum / quantity


@dataclass(frozen=True, slots=True)
class PriceEstimate:
    """Unit prices in minor units: of this quantity alone, and in a run of the minimum. None when nothing is known.

    factories: how many declared prices they rest on; 0 when they rest on the seller's own target.
    """

    alone_minor: int | None
    pooled_minor: int | None
    factories: int


def constraint_of(record: OrderRecord, vocabulary: Vocabulary) -> Constraint | None:
    """The constraint that decides with whom an order can be pooled; None when too little is known of it."""
    found = shared_constraint(record, vocabulary)
    return None if found is None else _constraint(found)


def pieces_of(quantity: int, unit: str, vocabulary: Vocabulary) -> int:
    """A quantity in pieces: a dozen is twelve."""
    return quantity * next((known.pieces for known in vocabulary.units() if known.id == unit), 1)


def estimate_prices(
    session: Session, order: OrderRow | OrderDraft, constraint: Constraint, pieces: int
) -> PriceEstimate:
    """What the order may cost alone and in a full run.

    The price at the minimum is the median of the middle of the price ranges that open factories of this category
    declare in the order's currency; of fewer than LEAST_FACTORIES, the seller's own target.
    """
    filters = FactoryFilters(vertical=constraint.vertical, category=order.category)
    found = factories_page(session, filters, size=COMPARED_FACTORIES).rows
    middles = [middle for middle in (_middle(factory, order.currency) for factory in found) if middle is not None]
    if len(middles) >= LEAST_FACTORIES:
        base, factories = float(median(middles)), len(middles)
    elif order.target_price_minor is not None:
        base, factories = float(order.target_price_minor), 0
    else:
        return PriceEstimate(None, None, 0)
    return PriceEstimate(round(base * max(constraint.price_factor(pieces), 1.0)), round(base), factories)


def _middle(factory: FactoryProfile, currency: str) -> float | None:
    bounds = [bound for bound in (factory.unit_price_low_minor, factory.unit_price_high_minor) if bound is not None]
    return sum(bounds) / len(bounds) if bounds and factory.currency == currency else None


def _constraint(found: SharedConstraint) -> Constraint:
    shared = {field: value.split(";") for field, value in found.key if value}
    return Constraint(found.cause_id, found.vertical, shared, found.id, found.typical_minimum, found.setup_share)
