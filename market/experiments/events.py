"""What experiments tell their own worker."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class ShadowAsked(Event):
    """A candidate is to rank past requests. after: moment and id of the ranking that it read last, empty at first."""

    candidate_id: UUID
    after: str
