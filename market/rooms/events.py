"""What other capabilities, and the worker, may hear of rooms."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class HelpAsked(Event):
    """A member wants the market to come in. organisation_id is the member's."""

    room_id: UUID
    words: str
