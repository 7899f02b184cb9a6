"""What other capabilities may hear of quotes."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class QuoteSubmitted(Event):
    """A factory quoted, for the first time or again. organisation_id is the offering's: a seller's or the market's."""

    quote_id: UUID
    lead_id: UUID
    factory_id: UUID
    order_id: UUID | None
    pool_id: UUID | None


@dataclass(frozen=True, slots=True)
class QuoteAwarded(Event):
    """One order went to one quote. organisation_id is the buyer's; a pool makes one event for each member's order."""

    award_id: UUID
    order_id: UUID
    quote_id: UUID
    factory_id: UUID


@dataclass(frozen=True, slots=True)
class QuoteChosen(Event):
    """A member of a pool says which quote it wants; None takes its choice back. organisation_id is the member's."""

    pool_id: UUID
    order_id: UUID
    quote_id: UUID | None
