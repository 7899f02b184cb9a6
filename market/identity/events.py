"""What happens to organisations."""

from dataclasses import dataclass

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class OrganisationPaused(Event):
    """An operator paused an organisation: what it has open is withdrawn."""

    why: str


@dataclass(frozen=True, slots=True)
class OrganisationResumed(Event):
    """An operator let an organisation in again: it is told, and a factory that was paused with it takes leads again."""

    why: str
