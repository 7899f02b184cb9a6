"""What happened to an order, for the capabilities above: pooling, leads and quotes listen."""

from dataclasses import dataclass
from uuid import UUID

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class OrderPosted(Event):
    """An order is open and waits to be gathered or offered. Said again when a rejected order was restored."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderTermsChanged(Event):
    """An open order asks for something else than before. changed: names of OrderRow's fields, sorted."""

    order_id: UUID
    changed: list[str]


@dataclass(frozen=True, slots=True)
class OrderWithdrawn(Event):
    """The seller took an open order back."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderRejected(Event):
    """An operator took an open order off the market."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrdersImported(Event):
    """A part of a file came in: these orders exist and are announced one by one by the worker.

    order_ids: at most imports.ANNOUNCED_AT_ONCE ids, as text.
    """

    import_id: UUID
    order_ids: list[str]
