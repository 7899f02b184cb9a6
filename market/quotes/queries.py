"""Reading quotes and awards, as frozen rows. Which rows a session may see is held by row-level security as well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.kit.money import Money
from market.kit.paging import PAGE_SIZE, Page, make_page
from market.quotes.ladder import Step, price_at
from market.quotes.models import Award, Quote, QuoteState, QuoteStep


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One version of one factory's offer. organisation_id is the offering's; steps rise by quantity."""

    organisation_id: UUID
    id: UUID
    offering_id: UUID
    lead_id: UUID
    pool_id: UUID | None
    factory_id: UUID
    version: int
    state: QuoteState
    currency: str
    steps: tuple[Step, ...]
    lead_time_days: int
    minimum_quantity: int
    sample_fee: Money | None
    sample_days: int | None
    note: str
    valid_until: datetime
    submitted_at: datetime
    void_reason: str

    def price_at(self, quantity: int) -> Money | None:
        """The unit price at a quantity; None when the factory does not take so few."""
        return price_at(self.steps, self.minimum_quantity, quantity)

    def total_at(self, quantity: int, priced_at: int | None = None) -> Money | None:
        """What `quantity` pieces cost, at the step of `priced_at` pieces (a pool's) where that is given."""
        price = self.price_at(quantity if priced_at is None else priced_at)
        return None if price is None else price.times(quantity)


@dataclass(frozen=True, slots=True)
class AwardRow:
    """A purchase order. organisation_id is the buyer's."""

    organisation_id: UUID
    id: UUID
    order_id: UUID
    pool_id: UUID | None
    quote_id: UUID
    factory_id: UUID
    quantity: int
    unit_price: Money
    total: Money
    lead_time_days: int
    awarded_at: datetime


def quote(session: Session, quote_id: UUID) -> QuoteRow | None:
    """One quote by its id, as far as the session may see it."""
    rows = session.scalars(select(Quote).where(Quote.id == quote_id)).all()
    return _frozen(session, rows)[0] if rows else None


def quotes_of_offering(session: Session, offering_id: UUID, *, only_open: bool = True) -> list[QuoteRow]:
    """The quotes for one offering, oldest first."""
    statement = select(Quote).where(Quote.offering_id == offering_id).order_by(Quote.id)
    if only_open:
        statement = statement.where(Quote.state == QuoteState.OPEN)
    return _frozen(session, session.scalars(statement).all())


def quotes_of_lead(session: Session, factory_id: UUID, lead_id: UUID) -> list[QuoteRow]:
    """Every version that a factory quoted on one lead, newest first."""
    statement = (
        select(Quote).where(Quote.factory_id == factory_id, Quote.lead_id == lead_id).order_by(Quote.version.desc())
    )
    return _frozen(session, session.scalars(statement).all())


def quotes_of_factory(
    session: Session, factory_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[QuoteRow]:
    """One page of what a factory quoted, newest first, without versions that a later one replaced."""
    statement = (
        select(Quote)
        .where(Quote.factory_id == factory_id, Quote.state != QuoteState.SUPERSEDED)
        .order_by(Quote.id.desc())
        .limit(size + 1)
    )
    if after is not None:
        statement = statement.where(Quote.id < after)
    return make_page(_frozen(session, session.scalars(statement).all()), size, lambda row: row.id)


def open_quote_count(session: Session, factory_id: UUID) -> int:
    statement = select(func.count(Quote.id)).where(Quote.factory_id == factory_id, Quote.state == QuoteState.OPEN)
    return session.scalar(statement) or 0


def award(session: Session, award_id: UUID, organisation_id: UUID) -> AwardRow | None:
    """A purchase order as one of its two sides reads it; None for everybody else."""
    row = session.scalars(select(Award).where(Award.id == award_id)).one_or_none()
    if row is None or organisation_id not in (row.organisation_id, row.factory_id):
        return None
    return _frozen_award(row)


def award_of_order(session: Session, organisation_id: UUID, order_id: UUID) -> AwardRow | None:
    """The purchase order that came of a buyer's order."""
    row = session.scalars(
        select(Award).where(Award.organisation_id == organisation_id, Award.order_id == order_id)
    ).one_or_none()
    return None if row is None else _frozen_award(row)


def awards_of_quote(session: Session, quote_id: UUID) -> list[AwardRow]:
    """The purchase orders that one quote won, oldest first: one, or for a pool one a member's order."""
    statement = select(Award).where(Award.quote_id == quote_id).order_by(Award.id)
    return [_frozen_award(row) for row in session.scalars(statement)]


def awards_of_factory(
    session: Session, factory_id: UUID, *, after: UUID | None = None, size: int = PAGE_SIZE
) -> Page[AwardRow]:
    """One page of what a factory won, newest first."""
    statement = select(Award).where(Award.factory_id == factory_id).order_by(Award.id.desc()).limit(size + 1)
    if after is not None:
        statement = statement.where(Award.id < after)
    return make_page([_frozen_award(row) for row in session.scalars(statement)], size, lambda row: row.id)


def won_counts(session: Session, factory_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many orders each factory won here, as far as the session may see them."""
    statement = (
        select(Award.factory_id, func.count(Award.id))
        .where(Award.factory_id.in_(set(factory_ids)))
        .group_by(Award.factory_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _frozen(session: Session, rows: Sequence[Quote]) -> list[QuoteRow]:
    steps: dict[UUID, list[QuoteStep]] = {row.id: [] for row in rows}
    statement = select(QuoteStep).where(QuoteStep.quote_id.in_(steps)).order_by(QuoteStep.from_quantity)
    for step in session.scalars(statement):
        steps[step.quote_id].append(step)
    return [_frozen_quote(row, steps[row.id]) for row in rows]


def _frozen_quote(row: Quote, steps: Sequence[QuoteStep]) -> QuoteRow:
    return QuoteRow(
        organisation_id=row.organisation_id,
        id=row.id,
        offering_id=row.offering_id,
        lead_id=row.lead_id,
        pool_id=row.pool_id,
        factory_id=row.factory_id,
        version=row.version,
        state=row.state,
        currency=row.currency,
        steps=tuple(Step(step.from_quantity, Money(step.unit_price_minor, row.currency)) for step in steps),
        lead_time_days=row.lead_time_days,
        minimum_quantity=row.minimum_quantity,
        sample_fee=None if row.sample_fee_minor is None else Money(row.sample_fee_minor, row.currency),
        sample_days=row.sample_days,
        note=row.note,
        valid_until=row.valid_until,
        submitted_at=row.submitted_at,
        void_reason=row.void_reason,
    )


def _frozen_award(row: Award) -> AwardRow:
    return AwardRow(
        organisation_id=row.organisation_id,
        id=row.id,
        order_id=row.order_id,
        pool_id=row.pool_id,
        quote_id=row.quote_id,
        factory_id=row.factory_id,
        quantity=row.quantity,
        unit_price=Money(row.unit_price_minor, row.currency),
        total=Money(row.total_minor, row.currency),
        lead_time_days=row.lead_time_days,
        awarded_at=row.awarded_at,
    )
