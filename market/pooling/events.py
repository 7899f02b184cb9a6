"""What happens to pools. A pool's events belong to the market's organisation, an order's to its seller."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class PoolChanged(Event):
    """A pool was opened, or its pieces, members or state changed. organisation_id: the market's."""

    pool_id: UUID


@dataclass(frozen=True, slots=True)
class PoolChosen(Event):
    """A pool that reached its minimum has one quote that holds more than half of its pieces. organisation_id: the
    market's."""

    pool_id: UUID
    quote_id: UUID


@dataclass(frozen=True, slots=True)
class PoolClosed(Event):
    """The closing time of a pool that reached its minimum has come without a choice: the rule decides now.
    organisation_id: the market's."""

    pool_id: UUID


@dataclass(frozen=True, slots=True)
class PoolDissolved(Event):
    """A pool ended without an award: it fell short in time, emptied, or got no quote. organisation_id: the market's."""

    pool_id: UUID
    why: str


@dataclass(frozen=True, slots=True)
class OrderLeftAlone(Event):
    """No pool holds this order (any more): it is to be offered by itself. organisation_id: the seller's."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class PoolLeaveAsked(Event):
    """A seller wants its order out of its pool and offered by itself. organisation_id: the seller's."""

    order_id: UUID
