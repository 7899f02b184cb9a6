"""What happens to consents, bills of materials and preparations."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class DemandShared(Event):
    """A shop lets a factory count on its forecast of a category. organisation_id is the shop's."""

    category: str
    maker_id: UUID


@dataclass(frozen=True, slots=True)
class RecipesChanged(Event):
    """A factory changed what its goods are made of."""


@dataclass(frozen=True, slots=True)
class MaterialPrepared(Event):
    """A factory got a material ready for its buyers' forecasts. organisation_id is the factory's."""

    preparation_id: UUID


@dataclass(frozen=True, slots=True)
class PreparationEnded(Event):
    """What was prepared is used, or the factory keeps the rest. organisation_id is the factory's."""

    preparation_id: UUID
