"""Reading leads, as frozen rows: the factory's inbox, the seller's list, the operator's table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from market.factories.queries import FactoryProfile, profiles
from market.identity.queries import organisation_names
from market.identity.service import MARKET_ID
from market.kit.errors import NotFound
from market.kit.paging import PAGE_SIZE, Page, decode_cursor, make_page
from market.leads.models import HOLDING, LIVE, WAITING, Lead, Offering
from market.leads.models import LeadState as LeadState
from market.pooling.queries import pool_of_order
from market.records.buyers import BuyerRecord

KNOWN_TO: Final = HOLDING | {LeadState.WON}
"""States in which a factory may know the buyer's name and files."""

ENDED = frozenset({LeadState.WON, LeadState.LOST, LeadState.DECLINED, LeadState.EXPIRED, LeadState.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferingRow:
    """What is offered; fields as in models.Offering."""

    organisation_id: UUID
    id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    title: str
    vertical: str | None
    brief: dict[str, Any]
    quantity: int
    due_on: date | None
    buyer_count: int
    accepted_count: int
    max_acceptances: int
    round: int
    open: bool
    unmatched_reason: str
    created_at: datetime

    @property
    def places_left(self) -> int:
        return self.max_acceptances - self.accepted_count if self.open else 0

    @property
    def code(self) -> str:
        return str(self.brief.get("code", ""))

    @property
    def buyer(self) -> BuyerRecord:
        return BuyerRecord(**self.brief.get("buyer", {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead; fields as in models.Lead. deal_probability, its range and those of would_win are None unless they are
    calibrated, so that no page can show one that is not."""

    organisation_id: UUID
    id: UUID
    offering_id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    factory_id: UUID
    state: LeadState
    round: int
    rank: int
    score: float
    deal_probability: float | None
    low: float | None
    high: float | None
    calibrated: bool
    evidence: int
    would_win: tuple[dict[str, Any], ...]
    requirements: tuple[dict[str, Any], ...]
    signals: tuple[dict[str, Any], ...]
    holds_place: bool
    decline_reason: str | None
    decline_note: str
    counter: dict[str, Any] | None
    repeats: dict[str, Any] | None
    lost_reason: str
    offered_at: datetime
    viewed_at: datetime | None
    first_reply_at: datetime | None
    expires_at: datetime

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def counter_waits(self) -> bool:
        """Whether a counter-offer waits for the seller's answer."""
        return self.state is LeadState.COUNTERED


@dataclass(frozen=True, slots=True)
class LeadCard:
    """One lead in a factory's inbox."""

    lead: LeadRow
    offering: OfferingRow

    @property
    def id(self) -> UUID:
        return self.lead.id


@dataclass(frozen=True, slots=True)
class LeadDetail:
    """One lead as its factory reads it. buyer_name: known from acceptance on; None before, and for a pool."""

    lead: LeadRow
    offering: OfferingRow
    buyer: BuyerRecord
    buyer_name: str | None

    @property
    def may_see_files(self) -> bool:
        return self.lead.state in KNOWN_TO and self.lead.order_id is not None


@dataclass(frozen=True, slots=True)
class OrderLead:
    """One lead as the seller reads it, with the factory behind it."""

    lead: LeadRow
    factory: FactoryProfile


@dataclass(frozen=True, slots=True)
class LeadFilters:
    """What the operator's list is narrowed to; nothing means all."""

    state: LeadState | None = None
    vertical: str | None = None
    factory_id: UUID | None = None
    organisation_id: UUID | None = None
    order_id: UUID | None = None
    pool_id: UUID | None = None
    offering_id: UUID | None = None
    calibrated: bool | None = None


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """waiting: to be answered. held: accepted, countered or quoted. ended: the rest."""

    waiting: int
    held: int
    ended: int


_OFFERING_FIELDS = tuple(OfferingRow.__slots__)
_SHOWN_IF_CALIBRATED: Final = frozenset({"deal_probability", "low", "high", "would_win"})
_LEAD_FIELDS = tuple(set(LeadRow.__slots__) - _SHOWN_IF_CALIBRATED - {"requirements", "signals"})
_INBOX_STATES: Final[Mapping[str, frozenset[LeadState]]] = {"waiting": WAITING, "held": HOLDING, "ended": ENDED}


def inbox(
    session: Session,
    factory_id: UUID,
    *,
    part: str = "waiting",
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    offering_ids: frozenset[UUID] | None = None,
) -> Page[LeadCard]:
    """The leads of a factory, newest first. part: waiting | held | ended | all. offering_ids: only these.

    Raises Invalid for a cursor that is none.
    """
    statement = _with_offerings().where(Lead.factory_id == factory_id)
    if part in _INBOX_STATES:
        statement = statement.where(Lead.state.in_(_INBOX_STATES[part]))
    if offering_ids is not None:
        statement = statement.where(Lead.offering_id.in_(offering_ids))
    return _page(session, statement, cursor, size)


def offered_since(session: Session, factory_id: UUID, moment: datetime) -> int:
    """How many leads a factory was offered after a moment."""
    statement = select(func.count()).where(Lead.factory_id == factory_id, Lead.offered_at > moment)
    return session.scalar(statement) or 0


def inbox_counts(session: Session, factory_id: UUID) -> InboxCounts:
    statement = select(Lead.state, func.count()).where(Lead.factory_id == factory_id).group_by(Lead.state)
    counts = dict(session.execute(statement).all())
    return InboxCounts(*(sum(counts.get(state, 0) for state in states) for states in (WAITING, HOLDING, ENDED)))


def lead_card(session: Session, factory_id: UUID, lead_id: UUID) -> LeadCard:
    """One card. Raises NotFound for a missing or foreign lead."""
    found = session.execute(_with_offerings().where(Lead.factory_id == factory_id, Lead.id == lead_id)).first()
    if found is None:
        raise NotFound
    return LeadCard(lead_row_of(found[0]), _offering_row(found[1]))


def lead_detail(session: Session, factory_id: UUID, lead_id: UUID) -> LeadDetail:
    """One lead as its factory reads it. Raises NotFound for a missing or foreign one."""
    card = lead_card(session, factory_id, lead_id)
    name = None
    if card.lead.state in KNOWN_TO and card.lead.order_id is not None:
        name = organisation_names(session, {card.lead.organisation_id}).get(card.lead.organisation_id)
    return LeadDetail(card.lead, card.offering, card.offering.buyer, name)


def lead_row(session: Session, lead_id: UUID) -> LeadRow:
    """One lead that the session may see. Raises NotFound."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id)).one_or_none()
    if lead is None:
        raise NotFound
    return lead_row_of(lead)


def offering_of_order(session: Session, organisation_id: UUID, order_id: UUID) -> OfferingRow | None:
    """The offering that an order stands in, by itself or through its pool; None before it was offered."""
    pool = pool_of_order(session, organisation_id, order_id)
    statement = select(Offering)
    if pool is None:
        statement = statement.where(Offering.organisation_id == organisation_id, Offering.order_id == order_id)
    else:
        statement = statement.where(Offering.organisation_id == MARKET_ID, Offering.pool_id == pool.pool_id)
    offering = session.scalars(statement).one_or_none()
    return None if offering is None else _offering_row(offering)


def offering_row(session: Session, offering_id: UUID) -> OfferingRow:
    """One offering that the session may see. Raises NotFound."""
    offering = session.scalars(select(Offering).where(Offering.id == offering_id)).one_or_none()
    if offering is None:
        raise NotFound
    return _offering_row(offering)


def leads_of_order(session: Session, organisation_id: UUID, order_id: UUID) -> list[OrderLead]:
    """The leads of an order of this shop, by itself or through its pool: live and won ones by rank, ended ones last."""
    offering = offering_of_order(session, organisation_id, order_id)
    return [] if offering is None else leads_of_offering(session, offering.id)


def leads_of_offering(session: Session, offering_id: UUID) -> list[OrderLead]:
    rows = [
        lead_row_of(lead)
        for lead in session.scalars(select(Lead).where(Lead.offering_id == offering_id).order_by(Lead.rank, Lead.id))
    ]
    found = profiles(session, {row.factory_id for row in rows})
    standing = [row for row in rows if row.is_live or row.state is LeadState.WON]
    ended = [row for row in rows if not (row.is_live or row.state is LeadState.WON)]
    return [OrderLead(row, found[row.factory_id]) for row in standing + ended if row.factory_id in found]


def leads_page(
    session: Session, filters: LeadFilters, *, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[LeadCard]:
    """Leads of everybody that the session may see, newest first. Raises Invalid for a cursor that is none."""
    statement = _with_offerings()
    for column, value in (
        (Lead.state, filters.state),
        (Lead.factory_id, filters.factory_id),
        (Lead.organisation_id, filters.organisation_id),
        (Lead.order_id, filters.order_id),
        (Lead.pool_id, filters.pool_id),
        (Lead.offering_id, filters.offering_id),
        (Lead.calibrated, filters.calibrated),
        (Offering.vertical, filters.vertical),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return _page(session, statement, cursor, size)


def lead_row_of(lead: Lead) -> LeadRow:
    """The frozen row of a loaded lead."""
    shown = lead.calibrated
    changes = [change if shown else {**change, "deal_probability": None} for change in lead.would_win]
    return LeadRow(
        **{name: getattr(lead, name) for name in _LEAD_FIELDS},
        deal_probability=lead.deal_probability if shown else None,
        low=lead.low if shown else None,
        high=lead.high if shown else None,
        would_win=tuple(changes),
        requirements=tuple(lead.requirements),
        signals=tuple(lead.signals),
    )


def _offering_row(offering: Offering) -> OfferingRow:
    return OfferingRow(**{name: getattr(offering, name) for name in _OFFERING_FIELDS})


def _with_offerings() -> Select[Lead, Offering]:
    return select(Lead, Offering).join(
        Offering, (Offering.organisation_id == Lead.organisation_id) & (Offering.id == Lead.offering_id)
    )


def _page(session: Session, statement: Select[Lead, Offering], cursor: str | None, size: int) -> Page[LeadCard]:
    after = decode_cursor(cursor)
    if after is not None:
        statement = statement.where(Lead.id < after)
    found = session.execute(statement.order_by(Lead.id.desc()).limit(size + 1))
    cards = [LeadCard(lead_row_of(lead), _offering_row(offering)) for lead, offering in found]
    return make_page(cards, size, lambda card: card.id)
