"""What the worker hears of disputes. organisation_id is the disputed share's shop."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class DisputeOpened(Event):
    """A share is disputed; the worker keeps the disputed part back."""

    dispute_id: UUID


@dataclass(frozen=True, slots=True)
class DisputeTold(Event):
    """Something happened in a dispute that its room and the other side are to know.

    what: said | proposed | declined | remade; by: shop | factory | market.
    """

    dispute_id: UUID
    what: str
    by: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DisputeEscalated(Event):
    """A dispute waits for the market's decision."""

    dispute_id: UUID


@dataclass(frozen=True, slots=True)
class DisputeSettled(Event):
    """A dispute ended, or its goods are made again: its money moves, and a deal that it halted goes on or ends."""

    dispute_id: UUID
