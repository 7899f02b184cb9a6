"""The places of an offering: taken and given back by one conditional statement each, with a check behind them."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from market.kit.errors import Conflict, NotFound
from market.kit.work import Work
from market.leads.models import Lead, Offering


class NoPlaceLeft(Conflict):
    """Other factories were faster; nothing of this one's was lost."""

    code = "no_place_left"


class OfferingClosed(Conflict):
    """The request was awarded, withdrawn or pooled elsewhere."""

    code = "offering_closed"


def lock_offering(session: Session, organisation_id: UUID, offering_id: UUID) -> Offering:
    """The offering, held until the end of the transaction. Every verb that moves a lead takes this lock first, so that
    two of them never wait for each other. Raises NotFound."""
    statement = (
        select(Offering)
        .where(Offering.organisation_id == organisation_id, Offering.id == offering_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    offering = session.scalars(statement).one_or_none()
    if offering is None:
        raise NotFound
    return offering


def lock_lead(session: Session, lead_id: UUID) -> Lead:
    """A lead as it is now, its offering locked. Raises NotFound."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id)).one_or_none()
    if lead is None:
        raise NotFound
    lock_offering(session, lead.organisation_id, lead.offering_id)
    session.refresh(lead)
    return lead


def take_place(work: Work, lead: Lead) -> int:
    """Take one of the places for a lead; returns how many are taken now.

    Raises NoPlaceLeft when all are taken, OfferingClosed when the request is no longer open.
    """
    taken = work.session.scalars(
        update(Offering)
        .where(
            Offering.organisation_id == lead.organisation_id,
            Offering.id == lead.offering_id,
            Offering.open,
            Offering.accepted_count < Offering.max_acceptances,
        )
        .values(accepted_count=Offering.accepted_count + 1)
        .returning(Offering.accepted_count)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        _refuse(work.session, lead)
        raise AssertionError("a place was free and could not be taken")
    lead.holds_place = True
    work.session.flush()
    return taken


def give_place_back(work: Work, lead: Lead) -> None:
    """Give the place of a lead back; a lead without one gives nothing."""
    held = work.session.scalars(
        update(Lead)
        .where(Lead.organisation_id == lead.organisation_id, Lead.id == lead.id, Lead.holds_place)
        .values(holds_place=False)
        .returning(Lead.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(lead, ["holds_place"])
    if held is not None:
        work.session.execute(
            update(Offering)
            .where(Offering.organisation_id == lead.organisation_id, Offering.id == lead.offering_id)
            .values(accepted_count=Offering.accepted_count - 1)
            .execution_options(synchronize_session=False)
        )


def _refuse(session: Session, lead: Lead) -> None:
    found = session.execute(
        select(Offering.open, Offering.max_acceptances).where(
            Offering.organisation_id == lead.organisation_id, Offering.id == lead.offering_id
        )
    ).one()
    if not found.open:
        raise OfferingClosed("This request is closed: it was awarded or taken back.")
    raise NoPlaceLeft(
        f"Other factories were faster: all {found.max_acceptances} places are taken. "
        "This lead stays in your list; it can be accepted as soon as one of them gives its place back."
    )
