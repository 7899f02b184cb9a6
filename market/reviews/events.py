"""What the worker hears of reviews. organisation_id is the author's."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class ReviewWritten(Event):
    """A side wrote its review; the worker, which sees both, publishes them once both are in."""

    exchange_id: UUID
