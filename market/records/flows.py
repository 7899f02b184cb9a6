"""What changes a record: the handlers that the worker calls."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from market.kit.work import Work
from market.records.service import count_records

OF_DEAL = text("SELECT factory_id FROM deals WHERE id = :id")
OF_DISPUTE = text("SELECT factory_id FROM disputes WHERE id = :id")


def count_of_deal(work: Work, event: Any) -> None:
    """A deal, or a share of it, was accepted or ended."""
    _count(work, work.session.scalar(OF_DEAL, {"id": event.deal_id}))


def count_of_dispute(work: Work, event: Any) -> None:
    """A dispute ended."""
    _count(work, work.session.scalar(OF_DISPUTE, {"id": event.dispute_id}))


def _count(work: Work, factory_id: UUID | None) -> None:
    if factory_id is not None:
        count_records(work, [factory_id])
