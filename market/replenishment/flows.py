"""What replenishment does when something happened: the handlers that the worker calls."""

from typing import Final
from uuid import UUID

from market.kit.outbox import LONG_JOBS, defer
from market.kit.work import Work
from market.orders.events import OrderPosted
from market.replenishment.events import ItemChanged, SalesTakenIn
from market.replenishment.service import note_ordered

SUGGEST_TASK: Final = "suggest"


def look_at_new_sales(work: Work, event: SalesTakenIn) -> None:
    """A job of its own makes the suggestions: models take longer than an event may."""
    ask_for_suggestions(work, event)


def look_at_changed_item(work: Work, event: ItemChanged) -> None:
    ask_for_suggestions(work, event)


def note_posted_order(work: Work, event: OrderPosted) -> None:
    note_ordered(work, event.organisation_id, event.order_id)


def ask_for_suggestions(work: Work, event: SalesTakenIn | ItemChanged) -> None:
    defer_suggestions(work, event.organisation_id)


def defer_suggestions(work: Work, organisation_id: UUID) -> None:
    """Enqueue the job of one shop. A second one waits for the first, so that a shop never holds all of a worker."""
    arguments = {"organisation_id": str(organisation_id)}
    defer(work.session, SUGGEST_TASK, arguments, lock=f"{SUGGEST_TASK} {organisation_id}", queue=LONG_JOBS)
