"""Where a deal stands: its steps with their dates, stage reports, purchases, inspections, parcels, as frozen rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.production.models import Deal, DealState, Inspection, MaterialProof, Shipment, StageReport
from market.production.queries import DealRow, FileRow, VoiceRow, files_about, voices_about

STEPS: Final = tuple(state for state in DealState if state not in {DealState.CANCELLED, DealState.DISPUTED})


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of a deal. reached_at: None while it has not come there. current: the deal stands here, or stood here
    when it was cancelled or disputed."""

    state: DealState
    reached_at: datetime | None
    current: bool


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A stage that is finished. days: since the stage before it."""

    stage: str
    round: int
    finished_on: date
    days: int
    note: str
    reporter: str
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A purchase of materials for the run."""

    amount: Money
    note: str
    proven_at: datetime
    files: tuple[FileRow, ...]


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """One inspection; fields as in models.Inspection. decision: None while the buyer has not decided."""

    id: UUID
    inspector: str
    lot: int
    letter: str
    aql_major: str
    aql_minor: str
    sampled: int
    accept_major: int
    accept_minor: int
    critical: int
    major: int
    minor: int
    passed: bool
    decision: str | None
    discount_percent: int
    note: str
    reported_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    files: tuple[FileRow, ...]
    voices: tuple[VoiceRow, ...]


@dataclass(frozen=True, slots=True)
class ShipmentRow:
    """The parcel of a share. short: pieces under what the sheet of the inspection gives it."""

    id: UUID
    share_id: UUID
    carrier: str
    waybill: str
    pieces: int
    short: int
    shipped_at: datetime
    delivered_at: datetime | None
    received_by: str
    files: tuple[FileRow, ...]


_INSPECTION_FIELDS = tuple(name for name in InspectionRow.__slots__ if name not in {"decision", "files", "voices"})
_SHIPMENT_FIELDS = tuple(name for name in ShipmentRow.__slots__ if name != "files")


def steps_of(deal: DealRow) -> tuple[StepRow, ...]:
    """Every step of the straight way, with the moment on which the deal last came there."""
    reached = {DealState(name): datetime.fromisoformat(moment) for name, moment in deal.reached.items()}
    came = [state for state in STEPS if state in reached]
    last = max(came, key=lambda state: (reached[state], STEPS.index(state)), default=DealState.AWARDED)
    at = deal.state if deal.state in STEPS else last
    before = STEPS[: STEPS.index(at) + 1]
    return tuple(StepRow(state, reached.get(state) if state in before else None, state is at) for state in STEPS)


def reports_of_deal(session: Session, deal_id: UUID) -> tuple[ReportRow, ...]:
    """The stages that are finished, in their order; after a rework, those of each round."""
    statement = select(StageReport).where(StageReport.deal_id == deal_id)
    rows = session.scalars(statement.order_by(StageReport.round, StageReport.finished_on, StageReport.id))
    return tuple(
        ReportRow(row.stage, row.round, row.finished_on, row.days, row.note, row.reporter, files_about(session, row.id))
        for row in rows
    )


def proofs_of_deal(session: Session, deal_id: UUID) -> tuple[ProofRow, ...]:
    """Purchases of materials, oldest first."""
    statement = (
        select(MaterialProof, Deal.currency)
        .join(Deal, Deal.id == MaterialProof.deal_id)
        .where(MaterialProof.deal_id == deal_id)
        .order_by(MaterialProof.id)
    )
    return tuple(
        ProofRow(Money(row.minor, currency), row.note, row.proven_at, files_about(session, row.id))
        for row, currency in session.execute(statement)
    )


def inspections_of_deal(session: Session, deal_id: UUID) -> tuple[InspectionRow, ...]:
    """Inspections of a run, oldest first."""
    rows = session.scalars(select(Inspection).where(Inspection.deal_id == deal_id).order_by(Inspection.id)).all()
    return tuple(
        InspectionRow(
            **{name: getattr(row, name) for name in _INSPECTION_FIELDS},
            decision=None if row.decision is None else row.decision.value,
            files=files_about(session, row.id),
            voices=voices_about(session, row.id),
        )
        for row in rows
    )


def shipments_of_deal(session: Session, deal_id: UUID) -> tuple[ShipmentRow, ...]:
    """The parcels of a deal that the session may see: a member finds its own alone."""
    rows = session.scalars(select(Shipment).where(Shipment.deal_id == deal_id).order_by(Shipment.id)).all()
    return tuple(
        ShipmentRow(**{name: getattr(row, name) for name in _SHIPMENT_FIELDS}, files=files_about(session, row.id))
        for row in rows
    )
