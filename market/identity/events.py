"""What happens to organisations."""

from dataclasses import dataclass

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class OrganisationPaused(Event):
    """An operator paused an organisation: what it has open is withdrawn."""

    why: str
