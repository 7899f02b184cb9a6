"""What other capabilities may hear of a factory."""

from dataclasses import dataclass

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class FactoryChanged(Event):
    """A factory was registered, changed its profile, or opened, filled or paused. organisation_id is its id."""

    version: int
    state: str
