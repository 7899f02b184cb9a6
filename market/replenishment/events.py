"""What other capabilities and the worker may hear of a shop's sales and stock."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class SalesTakenIn(Event):
    """A file of sales or stock came in: its items have something new to be forecast from."""

    import_id: UUID


@dataclass(frozen=True, slots=True)
class ItemChanged(Event):
    """The shop changed the terms or the stock of one item."""

    item_id: UUID


@dataclass(frozen=True, slots=True)
class SuggestionsMade(Event):
    """New versions of suggestions stand. count: of how many items."""

    count: int
