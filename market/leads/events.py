"""What happens to leads. organisation_id is that of whoever caused the event: the factory that answered, the seller, or
the offering's organisation when the clock or the worker did; lead and offering ids are unique over all tenants."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class LeadsOffered(Event):
    """An offering was put before factories, first or next ones, or again under changed terms (round above 1)."""

    offering_id: UUID
    round: int
    count: int


@dataclass(frozen=True, slots=True)
class LeadAccepted(Event):
    """A factory took one of the places of an offering."""

    lead_id: UUID
    factory_id: UUID


@dataclass(frozen=True, slots=True)
class LeadDeclined(Event):
    """A factory said no. reason: a value of DeclineReason."""

    lead_id: UUID
    factory_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class LeadCountered(Event):
    """A factory proposed a later date or another minimum."""

    lead_id: UUID
    factory_id: UUID


@dataclass(frozen=True, slots=True)
class CounterAnswered(Event):
    """A seller said yes or no to a counter. For a pool it is one member's voice: order_id says whose."""

    lead_id: UUID
    order_id: UUID | None
    accept: bool


@dataclass(frozen=True, slots=True)
class LeadExpired(Event):
    """The time to answer, or to quote after accepting, ran out."""

    lead_id: UUID
    factory_id: UUID


@dataclass(frozen=True, slots=True)
class LeadsMissing(Event):
    """An open offering has fewer leads than it should, and factories may have become free. organisation_id: the
    offering's."""

    offering_id: UUID
