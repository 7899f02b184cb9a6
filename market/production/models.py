"""Deals, their shares, and what is said about a run on its way. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class DealState(StrEnum):
    AWARDED = "awarded"
    SAMPLING = "sampling"
    DEPOSIT_DUE = "deposit_due"
    MATERIALS = "materials"
    PRODUCING = "producing"
    INSPECTING = "inspecting"
    BALANCE_DUE = "balance_due"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"


_ASIDE = frozenset({DealState.CANCELLED, DealState.DISPUTED})
DISPUTABLE = frozenset(
    {DealState.DEPOSIT_DUE, DealState.MATERIALS, DealState.PRODUCING, DealState.INSPECTING, DealState.BALANCE_DUE,
     DealState.SHIPPED, DealState.DELIVERED, DealState.ACCEPTED, DealState.SETTLED}
)  # fmt: skip
DEAL_TRANSITIONS: Transitions = {
    DealState.AWARDED: frozenset({DealState.SAMPLING, DealState.CANCELLED}),
    DealState.SAMPLING: frozenset({DealState.DEPOSIT_DUE, DealState.CANCELLED}),
    DealState.DEPOSIT_DUE: frozenset({DealState.MATERIALS}) | _ASIDE,
    DealState.MATERIALS: frozenset({DealState.PRODUCING}) | _ASIDE,
    DealState.PRODUCING: frozenset({DealState.INSPECTING}) | _ASIDE,
    DealState.INSPECTING: frozenset({DealState.PRODUCING, DealState.BALANCE_DUE}) | _ASIDE,
    DealState.BALANCE_DUE: frozenset({DealState.SHIPPED}) | _ASIDE,
    DealState.SHIPPED: frozenset({DealState.DELIVERED, DealState.DISPUTED}),
    DealState.DELIVERED: frozenset({DealState.ACCEPTED, DealState.DISPUTED}),
    DealState.ACCEPTED: frozenset({DealState.SETTLED, DealState.DISPUTED}),
    DealState.SETTLED: frozenset({DealState.CLOSED, DealState.DISPUTED}),
    DealState.CLOSED: frozenset(),
    DealState.CANCELLED: frozenset(),
    DealState.DISPUTED: DISPUTABLE | {DealState.CANCELLED},
}


class Deal(TenantRow, Base):
    """One run at one factory. organisation_id is the offering's: the seller's, or the market's for a pool.

    pieces: of the shares that are in it. minimum: pieces under which the factory does not make the run. due_on: the
    factory's day, moved by the days for which the clock stood still; clock_stopped_on: since when it stands.
    proven_minor: materials bought for the run, by their proofs. round: 1, and one more for each rework. watched_on: the
    day on which its finish was last predicted. predicted_on: the latest finish that was told as late. disputed_from:
    where a dispute found it. reached: state -> when the deal last came there, so that members of a pooled deal, who do
    not read its history, see its dates.
    """

    __tablename__ = "deals"
    __table_args__ = (
        UniqueConstraint("organisation_id", "quote_id"),
        Index("ix_deals_id", "id", unique=True),
        Index("ix_deals_factory", "factory_id", "id"),
        Index("ix_deals_state", "state", "state_since"),
        CheckConstraint("pieces >= 0 AND minimum > 0", name="pieces_possible"),
        CheckConstraint("proven_minor >= 0 AND sample_fee_minor >= 0", name="amounts_not_negative"),
    )
    quote_id: Mapped[UUID]
    pool_id: Mapped[UUID | None]
    factory_id: Mapped[UUID]
    state: Mapped[DealState]
    title: Mapped[str]
    code: Mapped[str]
    vertical: Mapped[str | None]
    pieces: Mapped[int]
    minimum: Mapped[int]
    currency: Mapped[str]
    inspection: Mapped[str]
    lead_time_days: Mapped[int]
    sample_fee_minor: Mapped[int]
    sample_days: Mapped[int]
    due_on: Mapped[date]
    clock_stopped_on: Mapped[date | None]
    proven_minor: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)
    watched_on: Mapped[date | None]
    predicted_on: Mapped[date | None]
    factory_cancels: Mapped[bool] = mapped_column(default=False)
    disputed_from: Mapped[str | None]
    reached: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    state_since: Mapped[datetime]


class DealShare(TenantRow, Base):
    """The part of one order in a run. organisation_id is the shop's; a shop never sees another's share.

    title, code: the order's, by which its parcel is told from others. allocated: pieces that are its own by the sheet
    agreed at inspection. discount_minor: what came off its price then. accepted_by: buyer | clock | dispute.
    reminders: how often it was told to accept. proven_minor: its part of the proven materials, kept when it left.
    """

    __tablename__ = "deal_shares"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "award_id"], ["awards.organisation_id", "awards.id"]),
        UniqueConstraint("organisation_id", "award_id"),
        Index("ix_deal_shares_id", "id", unique=True),
        Index("ix_deal_shares_deal", "deal_id"),
        CheckConstraint("pieces > 0 AND unit_price_minor > 0", name="positive"),
        CheckConstraint("total_minor = pieces * unit_price_minor", name="total"),
        CheckConstraint("allocated >= 0 AND allocated <= pieces", name="allocated_within_pieces"),
        CheckConstraint("discount_minor >= 0 AND discount_minor <= total_minor", name="discount_within_total"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    award_id: Mapped[UUID]
    order_id: Mapped[UUID]
    title: Mapped[str]
    code: Mapped[str]
    pieces: Mapped[int]
    unit_price_minor: Mapped[int]
    total_minor: Mapped[int]
    currency: Mapped[str]
    allocated: Mapped[int | None]
    discount_minor: Mapped[int] = mapped_column(default=0)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    reminders: Mapped[int] = mapped_column(default=0)
    left_at: Mapped[datetime | None]
    proven_minor: Mapped[int | None]


class Purpose(StrEnum):
    SAMPLE_FEE = "sample_fee"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class AskState(StrEnum):
    ASKED = "asked"
    FAILED = "failed"
    ARRIVED = "arrived"
    DROPPED = "dropped"


UNPAID = frozenset({AskState.ASKED, AskState.FAILED})
ASK_TRANSITIONS: Transitions = {
    AskState.ASKED: frozenset({AskState.FAILED, AskState.ARRIVED, AskState.DROPPED}),
    AskState.FAILED: frozenset({AskState.ARRIVED, AskState.DROPPED}),
    AskState.ARRIVED: frozenset(),
    AskState.DROPPED: frozenset(),
}


class PaymentAsk(TenantRow, Base):
    """What one share was asked to pay for one purpose. organisation_id is the shop's.

    authorised_at: since when the money waits to be taken together with that of others. cure_until: until when a deposit
    that failed or is late may still arrive. stored_since: from when on the goods of an unpaid balance lie in the
    factory's store.
    """

    __tablename__ = "payment_asks"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "share_id"], ["deal_shares.organisation_id", "deal_shares.id"]),
        UniqueConstraint("organisation_id", "share_id", "purpose"),
        Index("ix_payment_asks_due", "state", "purpose", "due_at"),
        Index("ix_payment_asks_deal", "deal_id"),
        CheckConstraint("minor > 0", name="amount_positive"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    share_id: Mapped[UUID]
    purpose: Mapped[Purpose]
    state: Mapped[AskState]
    minor: Mapped[int]
    currency: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    authorised_at: Mapped[datetime | None]
    cure_until: Mapped[datetime | None]
    stored_since: Mapped[datetime | None]


class SampleState(StrEnum):
    ASKED = "asked"
    MADE = "made"
    APPROVED = "approved"
    REJECTED = "rejected"


SAMPLE_TRANSITIONS: Transitions = {
    SampleState.ASKED: frozenset({SampleState.MADE}),
    SampleState.MADE: frozenset({SampleState.APPROVED, SampleState.REJECTED}),
    SampleState.APPROVED: frozenset(),
    SampleState.REJECTED: frozenset(),
}


class Sample(TenantRow, Base):
    """One version of the sample of a deal; organisation_id is the deal's. nudged_at: when who must act was reminded."""

    __tablename__ = "samples"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "deal_id"], ["deals.organisation_id", "deals.id"]),
        UniqueConstraint("organisation_id", "deal_id", "version"),
        Index("ix_samples_state", "state", "made_at"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    version: Mapped[int]
    state: Mapped[SampleState]
    note: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]


class Choice(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    REWORK = "rework"
    SORT = "sort"
    DISCOUNT = "discount"
    CANCEL = "cancel"


class Voice(TenantRow, Base):
    """What one shop says for its pieces of a deal; organisation_id is the shop's. It is said once and stays.

    subject_id: the sample, the inspection, or the deal itself (to cancel it) that is decided.
    """

    __tablename__ = "voices"
    __table_args__ = (
        UniqueConstraint("organisation_id", "subject_id"),
        Index("ix_voices_subject", "subject_id"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    choice: Mapped[Choice]
    comments: Mapped[str] = mapped_column(default="")
    spoken_at: Mapped[datetime]


class MaterialProof(TenantRow, Base):
    """A purchase for the run, with its papers. organisation_id is the deal's."""

    __tablename__ = "material_proofs"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "deal_id"], ["deals.organisation_id", "deals.id"]),
        Index("ix_material_proofs_deal", "organisation_id", "deal_id"),
        CheckConstraint("minor > 0", name="amount_positive"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    minor: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    proven_at: Mapped[datetime]


class StageReport(TenantRow, Base):
    """A stage of production that is finished; organisation_id is the deal's. reporter: who said so."""

    __tablename__ = "stage_reports"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "deal_id"], ["deals.organisation_id", "deals.id"]),
        UniqueConstraint("organisation_id", "deal_id", "round", "stage"),
        Index("ix_stage_reports_factory", "factory_id", "stage"),
        CheckConstraint("days >= 0", name="days_not_negative"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    vertical: Mapped[str | None]
    round: Mapped[int]
    stage: Mapped[str]
    finished_on: Mapped[date]
    days: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    reporter: Mapped[str]
    reported_at: Mapped[datetime]


class Decision(StrEnum):
    PASSED = "pass"
    REWORK = "rework"
    SORT = "sort"
    DISCOUNT = "discount"
    REJECT = "reject"


class Inspection(TenantRow, Base):
    """One inspection of a run by an AQL plan; organisation_id is the deal's. inspector: factory | seller | third_party.

    accept_major, accept_minor: the most defects of that severity with which the lot passes; of critical ones, none.
    discount_percent: what the factory offers if the buyer takes a failed lot as it is. nudged_at: when silent buyers of
    a failed one were reminded. decided_by: buyer | clock; None for one that passed.
    """

    __tablename__ = "inspections"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "deal_id"], ["deals.organisation_id", "deals.id"]),
        Index(
            "uq_inspections_one_open",
            "organisation_id",
            "deal_id",
            unique=True,
            postgresql_where=text("decision IS NULL"),
        ),
        CheckConstraint("critical >= 0 AND major >= 0 AND minor >= 0", name="defects_not_negative"),
        CheckConstraint("critical + major + minor <= sampled AND sampled <= lot", name="defects_within_sample"),
        CheckConstraint("discount_percent BETWEEN 0 AND 100", name="discount_is_a_share"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    inspector: Mapped[str]
    lot: Mapped[int]
    letter: Mapped[str]
    aql_major: Mapped[str]
    aql_minor: Mapped[str]
    sampled: Mapped[int]
    accept_major: Mapped[int]
    accept_minor: Mapped[int]
    critical: Mapped[int]
    major: Mapped[int]
    minor: Mapped[int]
    passed: Mapped[bool]
    decision: Mapped[Decision | None]
    discount_percent: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    reported_at: Mapped[datetime]
    nudged_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class Shipment(TenantRow, Base):
    """The parcel of one share; organisation_id is the shop's. short: pieces under what was allocated to the share."""

    __tablename__ = "shipments"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "share_id"], ["deal_shares.organisation_id", "deal_shares.id"]),
        UniqueConstraint("organisation_id", "share_id"),
        Index("ix_shipments_deal", "deal_id"),
        CheckConstraint("pieces > 0 AND short >= 0", name="pieces_possible"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    share_id: Mapped[UUID]
    carrier: Mapped[str]
    waybill: Mapped[str]
    pieces: Mapped[int]
    short: Mapped[int]
    shipped_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    received_by: Mapped[str] = mapped_column(default="")


class DealFile(TenantRow, Base):
    """A photo or paper about a deal. subject_id: the sample, proof, stage report, inspection or shipment it shows.

    organisation_id is the deal's, and the shop's for a file about one share (share_id).
    """

    __tablename__ = "deal_files"
    __table_args__ = (
        UniqueConstraint("organisation_id", "subject_id", "sha256"),
        Index("ix_deal_files_subject", "subject_id"),
    )
    deal_id: Mapped[UUID]
    factory_id: Mapped[UUID]
    share_id: Mapped[UUID | None]
    subject_id: Mapped[UUID]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    created_at: Mapped[datetime]
