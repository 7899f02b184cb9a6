"""Taking leads back, and asking again where too few factories were found."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from market.kit import history, live, notices
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads.events import LeadsMissing
from market.leads.models import LEAD_TRANSITIONS, LIVE, WAITING, Lead, LeadState, Offering
from market.leads.places import give_place_back, lock_offering

CHASED_AT_ONCE: Final = 200
CHASED_EVERY: Final = timedelta(hours=6)


def withdraw_offering(
    work: Work, organisation_id: UUID, *, order_id: UUID | None = None, pool_id: UUID | None = None, why: str
) -> int:
    """Close the offering of an order or a pool and take its live leads back, with a notice; returns how many.

    why: a code of leads.wording.withdrawn_words, said in words to the factories. An order without an
    offering has nothing to close.
    """
    statement = select(Offering.id).where(Offering.organisation_id == organisation_id)
    wanted = Offering.order_id == order_id if order_id is not None else Offering.pool_id == pool_id
    offering_id = work.session.scalar(statement.where(wanted))
    if offering_id is None:
        return 0
    offering = lock_offering(work.session, organisation_id, offering_id)
    offering.open = False
    ended = [lead for lead in leads_of(work, offering) if lead.state in LIVE]
    for lead in ended:
        withdraw_lead(work, offering, lead, why)
    work.session.flush()
    return len(ended)


def withdraw_from_factory(work: Work, factory_id: UUID, why: str) -> int:
    """Take back the leads that a factory has not answered and let others be asked; returns how many. What it holds
    already is left to the people concerned."""
    statement = select(Lead.organisation_id, Lead.offering_id, Lead.id).where(
        Lead.factory_id == factory_id, Lead.state.in_(WAITING)
    )
    found = work.session.execute(statement.order_by(Lead.offering_id)).all()
    for organisation_id, offering_id, lead_id in found:
        offering = lock_offering(work.session, organisation_id, offering_id)
        lead = next(lead for lead in leads_of(work, offering) if lead.id == lead_id)
        if lead.state in WAITING:
            withdraw_lead(work, offering, lead, why)
            publish(work, LeadsMissing(organisation_id, offering_id))
    return len(found)


def chase_unmatched(work: Work, vertical: str | None = None) -> int:
    """Look for factories again where an open offering found too few; returns for how many offerings.

    vertical: a factory of that trade has opened, so its offerings are due at once. None, for the sweep: offerings that
    nobody looked after for CHASED_EVERY, because weekly limits and earlier declines fade.
    """
    statement = select(Offering).where(Offering.open, Offering.unmatched_reason != "")
    if vertical is not None:
        statement = statement.where((Offering.vertical == vertical) | Offering.vertical.is_(None))
    else:
        before = work.now - CHASED_EVERY
        statement = statement.where(func.coalesce(Offering.chased_at, Offering.created_at) < before)
    found = work.session.scalars(
        statement.order_by(Offering.id).limit(CHASED_AT_ONCE).with_for_update(skip_locked=True)
    ).all()
    for offering in found:
        offering.chased_at = work.now
        publish(work, LeadsMissing(offering.organisation_id, offering.id))
    return len(found)


def withdraw_lead(work: Work, offering: Offering, lead: Lead, why: str) -> None:
    """Take a lead back; `why`, a code of leads.wording.withdrawn_words, stays on it for both sides to read."""
    give_place_back(work, lead)
    lead.lost_reason = why
    history.move(work, lead, LeadState.WITHDRAWN, LEAD_TRANSITIONS, why=why)
    tell_factory(work, offering, lead, "lead_withdrawn", {"why": why})


def tell_factory(work: Work, offering: Offering, lead: Lead, kind: str, details: dict[str, Any]) -> None:
    told = {"title": offering.title, "code": offering.brief.get("code", ""), "quantity": offering.quantity, **details}
    notices.notify(work, lead.factory_id, kind, told, link=f"/leads/{lead.id}")
    live.announce(work.session, lead.factory_id, "lead", lead.id)


def leads_of(work: Work, offering: Offering) -> list[Lead]:
    statement = (
        select(Lead)
        .where(Lead.organisation_id == offering.organisation_id, Lead.offering_id == offering.id)
        .order_by(Lead.rank, Lead.id)
        .execution_options(populate_existing=True)
    )
    return list(work.session.scalars(statement))
