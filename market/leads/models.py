"""Offerings and leads. Imported by this folder alone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from market.kit.db import Base, TenantRow
from market.kit.history import Transitions


class LeadState(StrEnum):
    OFFERED = "offered"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    COUNTERED = "countered"
    QUOTED = "quoted"
    WON = "won"
    LOST = "lost"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


LEAD_TRANSITIONS: Transitions = {
    LeadState.OFFERED: frozenset(
        {LeadState.VIEWED, LeadState.ACCEPTED, LeadState.COUNTERED, LeadState.DECLINED, LeadState.EXPIRED,
         LeadState.LOST, LeadState.WITHDRAWN}
    ),
    LeadState.VIEWED: frozenset(
        {LeadState.ACCEPTED, LeadState.COUNTERED, LeadState.DECLINED, LeadState.EXPIRED, LeadState.LOST,
         LeadState.WITHDRAWN}
    ),
    LeadState.COUNTERED: frozenset(
        {LeadState.VIEWED, LeadState.ACCEPTED, LeadState.QUOTED, LeadState.DECLINED, LeadState.EXPIRED, LeadState.LOST,
         LeadState.WITHDRAWN}
    ),
    LeadState.ACCEPTED: frozenset(
        {LeadState.COUNTERED, LeadState.QUOTED, LeadState.DECLINED, LeadState.EXPIRED, LeadState.LOST,
         LeadState.WITHDRAWN}
    ),
    LeadState.QUOTED: frozenset(
        {LeadState.COUNTERED, LeadState.ACCEPTED, LeadState.WON, LeadState.LOST, LeadState.DECLINED,
         LeadState.WITHDRAWN}
    ),
    LeadState.WON: frozenset(),
    LeadState.LOST: frozenset(),
    LeadState.DECLINED: frozenset(),
    LeadState.EXPIRED: frozenset(),
    LeadState.WITHDRAWN: frozenset({LeadState.OFFERED}),
}  # fmt: skip
WAITING = frozenset({LeadState.OFFERED, LeadState.VIEWED})
HOLDING = frozenset({LeadState.ACCEPTED, LeadState.COUNTERED, LeadState.QUOTED})
LIVE = WAITING | HOLDING


class DeclineReason(StrEnum):
    CAPACITY = "capacity"
    PRICE = "price"
    PROCESS = "process"
    MATERIAL = "material"
    QUANTITY = "quantity"
    TIME = "time"
    OTHER = "other"


class Offering(TenantRow, Base):
    """An order or a pool as factories see it. organisation_id: the seller's, or the market's for a pool.

    brief: the request without the buyer's name (fields of matching's OrderRecord plus what pages show).
    unmatched_reason: why there are too few leads, "" when there are enough. chased_at: when factories were last looked
    for again because of that.
    accepted_count never passes max_acceptances: the check stands behind the one conditional statement that raises it.
    """

    __tablename__ = "offerings"
    __table_args__ = (
        CheckConstraint("accepted_count >= 0 AND accepted_count <= max_acceptances", name="places"),
        CheckConstraint("(order_id IS NULL) <> (pool_id IS NULL)", name="order_or_pool"),
        UniqueConstraint("organisation_id", "order_id"),
        UniqueConstraint("organisation_id", "pool_id"),
        Index("ix_offerings_id", "id"),
    )
    order_id: Mapped[UUID | None]
    pool_id: Mapped[UUID | None]
    title: Mapped[str]
    vertical: Mapped[str | None]
    brief: Mapped[dict[str, Any]]
    quantity: Mapped[int]
    due_on: Mapped[date | None]
    buyer_count: Mapped[int] = mapped_column(default=1)
    accepted_count: Mapped[int] = mapped_column(default=0)
    max_acceptances: Mapped[int]
    round: Mapped[int] = mapped_column(default=1)
    open: Mapped[bool] = mapped_column(default=True)
    unmatched_reason: Mapped[str] = mapped_column(default="")
    chased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Lead(TenantRow, Base):
    """An offering put before one factory. organisation_id is the offering's.

    requirements, signals: the engine's explanation, frozen when offered. features: what the ranker read, so that the
    ranking can be rebuilt. deal_probability is shown only when `calibrated`, with its range from low to high.
    would_win: changes in the factory's power, each with the probability that it would lead to. rank is the position at
    which it was shown, propensity the probability with which it was. holds_place: counted in accepted_count.
    counter: what the factory proposed: {"due_on", "minimum_quantity", "note", "from_state", "proposed_at", "answer",
    "answered_at"}; answer is null, "accepted" or "refused". A counter made before accepting holds no place until the
    seller agrees. first_reply_at: accept, decline or counter. expires_at: until when to answer, and after accepting
    until when to quote. repeats: what an order that is asked of this factory alone repeats: {"award_id", "code",
    "unit_price_minor", "currency"}, with the code of what it was asked then; null for every other lead.
    """

    __tablename__ = "leads"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "offering_id"], ["offerings.organisation_id", "offerings.id"]),
        UniqueConstraint("organisation_id", "offering_id", "factory_id"),
        Index("ix_leads_id", "id"),
        Index("ix_leads_inbox", "factory_id", "state", "id"),
        Index("ix_leads_offering", "offering_id", "rank"),
        Index("ix_leads_expiry", "state", "expires_at"),
    )
    offering_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    pool_id: Mapped[UUID | None]
    factory_id: Mapped[UUID]
    state: Mapped[LeadState]
    round: Mapped[int]
    rank: Mapped[int]
    score: Mapped[float]
    deal_probability: Mapped[float]
    low: Mapped[float | None]
    high: Mapped[float | None]
    calibrated: Mapped[bool]
    evidence: Mapped[int]
    propensity: Mapped[float]
    ranker_version: Mapped[str]
    index_snapshot: Mapped[str]
    requirements: Mapped[list[dict[str, Any]]]
    signals: Mapped[list[dict[str, Any]]]
    would_win: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    features: Mapped[dict[str, Any]]
    holds_place: Mapped[bool] = mapped_column(default=False)
    decline_reason: Mapped[str | None]
    decline_note: Mapped[str] = mapped_column(default="")
    counter: Mapped[dict[str, Any] | None]
    repeats: Mapped[dict[str, Any] | None]
    lost_reason: Mapped[str] = mapped_column(default="")
    offered_at: Mapped[datetime]
    viewed_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class KeptRanking(TenantRow, Base):
    """One ranking as it was made when leads were frozen, with all that it takes to make it again.

    organisation_id: the offering's. cause: of rankings.Cause. request: the order as it was ranked, as
    `freezing.record_as_json` writes it. terms: what was asked beside it, as `rankings.terms_as_json` writes it.
    leads: the leads that were frozen, best first: {"factory_id", "lead_id", "rank", "digest"}, where the digest is
    that of the lead's frozen columns (`freezing.frozen_digest`), so that what a later ranking froze anew can be checked
    as well. release: which code and packs ranked (`market.ranking.release`). Rows are never changed.
    """

    __tablename__ = "rankings"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "offering_id"], ["offerings.organisation_id", "offerings.id"]),
        Index("ix_rankings_offering", "offering_id", "made_at"),
        Index("ix_rankings_made_at", "made_at", "id"),
    )
    offering_id: Mapped[UUID]
    cause: Mapped[str]
    round: Mapped[int]
    made_at: Mapped[datetime]
    as_of: Mapped[date]
    ranker_version: Mapped[str]
    index_snapshot: Mapped[str]
    encoder: Mapped[str]
    release: Mapped[str]
    request: Mapped[dict[str, Any]]
    terms: Mapped[dict[str, Any]]
    leads: Mapped[list[dict[str, Any]]]
