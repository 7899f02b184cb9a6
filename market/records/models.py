"""The kept record of each factory. Imported by this folder alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions
from market.records.steps import StepName

STEP_TRANSITIONS: Transitions = {step: frozenset(StepName) - {step} for step in StepName}


class FactoryRecord(TenantRow, Base):
    """What is kept of a factory's past, for pages of people who may not read that past. Its id is its organisation's.

    A factory without a row has done nothing yet and stands on the first step. parts: as queries.FactoryCounts writes
    them. vouched_at: since when an operator's word stands for it.
    """

    __tablename__ = "factory_records"
    __table_args__ = (
        CheckConstraint("id = organisation_id", name="own_tenant"),
        Index("ix_factory_records_state", "state"),
        Index("ix_factory_records_counted", "counted_at"),
    )
    state: Mapped[StepName] = mapped_column(default=StepName.TRIAL)
    points: Mapped[int] = mapped_column(default=0)
    vouched_at: Mapped[datetime | None]
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counted_at: Mapped[datetime]
