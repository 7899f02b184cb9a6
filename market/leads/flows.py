"""What leads do when something happened: the handlers that the worker calls.

`(work, event)` or, where factories are ranked, `(work, ranker, event)`.
Buyers are told here and not where a factory answers, because a factory's session does not see the members of a pool.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from market.factories.events import FactoryChanged
from market.factories.queries import profile
from market.identity.events import OrganisationPaused
from market.kit import live, notices
from market.kit.work import Work
from market.leads.events import (
    CounterAnswered,
    LeadAccepted,
    LeadCountered,
    LeadDeclined,
    LeadExpired,
    LeadsMissing,
    LeadsOffered,
)
from market.leads.models import WAITING, Lead, LeadState, Offering
from market.leads.offering import offer_next, offer_order, offer_pool, reoffer
from market.leads.pool_counters import count_answer
from market.leads.queries import lead_row, offering_row
from market.leads.repeating import tell_of_lost_repeat
from market.leads.withdrawing import chase_unmatched, withdraw_from_factory, withdraw_offering
from market.orders.events import OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.pooling.events import OrderLeftAlone, PoolChanged, PoolDissolved
from market.pooling.queries import pool_members
from market.ranking.service import Ranker


def offer_left_alone(work: Work, ranker: Ranker, event: OrderLeftAlone) -> None:
    offer_order(work, ranker, event.organisation_id, event.order_id)


def offer_changed_pool(work: Work, ranker: Ranker, event: PoolChanged) -> None:
    offer_pool(work, ranker, event.pool_id)


def offer_changed_terms(work: Work, ranker: Ranker, event: OrderTermsChanged) -> None:
    reoffer(work, ranker, event.organisation_id, event.order_id)


def withdraw_with_order(work: Work, event: OrderWithdrawn) -> None:
    withdraw_offering(work, event.organisation_id, order_id=event.order_id, why="order_withdrawn")


def withdraw_rejected_order(work: Work, event: OrderRejected) -> None:
    withdraw_offering(work, event.organisation_id, order_id=event.order_id, why="order_rejected")


def withdraw_dissolved_pool(work: Work, event: PoolDissolved) -> None:
    withdraw_offering(work, event.organisation_id, pool_id=event.pool_id, why=f"pool_{event.why}")


def ask_next_after_decline(work: Work, ranker: Ranker, event: LeadDeclined) -> None:
    offer_next(work, ranker, lead_row(work.session, event.lead_id).offering_id)


def ask_next_after_expiry(work: Work, ranker: Ranker, event: LeadExpired) -> None:
    offer_next(work, ranker, lead_row(work.session, event.lead_id).offering_id)


def ask_missing(work: Work, ranker: Ranker, event: LeadsMissing) -> None:
    offer_next(work, ranker, event.offering_id)


def follow_factory(work: Work, event: FactoryChanged) -> None:
    """An open factory may fit what found too few; a paused one loses what it has not answered, and others are asked."""
    if event.state == "paused":
        withdraw_from_factory(work, event.organisation_id, "factory_paused")
    found = profile(work.session, event.organisation_id) if event.state == "open" else None
    if found is not None:
        chase_unmatched(work, found.vertical)


def withdraw_paused_buyer(work: Work, event: OrganisationPaused) -> None:
    """What a paused shop has before factories is taken back from them; its pools are left with its orders."""
    statement = select(Offering.order_id).where(
        Offering.organisation_id == event.organisation_id, Offering.open, Offering.order_id.is_not(None)
    )
    for order_id in work.session.scalars(statement).all():
        withdraw_offering(work, event.organisation_id, order_id=order_id, why="buyer_paused")
    withdraw_from_factory(work, event.organisation_id, "factory_paused")


def tell_buyers_of_offer(work: Work, event: LeadsOffered) -> None:
    """The first offer of an order is a notice to its seller; further ones, and that of a repeat, whose factory the
    seller named itself, only freshen the open page."""
    offering = offering_row(work.session, event.offering_id)
    told = {"code": offering.code, "title": offering.title, "count": event.count}
    for organisation_id, order_id in buyers_of(work, offering.organisation_id, offering.order_id, offering.pool_id):
        if event.round == 1 and offering.order_id is not None and not _is_known(work, offering.id):
            notices.notify(work, organisation_id, "order_offered", told, link=f"/orders/{order_id}")
        live.announce(work.session, organisation_id, "order", order_id)


def tell_buyers_of_acceptance(work: Work, event: LeadAccepted) -> None:
    """A repeat is awarded as it is accepted: its buyer hears of that."""
    if lead_row(work.session, event.lead_id).repeats is None:
        _tell_buyers(work, event.lead_id, "lead_accepted")
    else:
        _show_buyers(work, event.lead_id)


def tell_buyers_of_counter(work: Work, event: LeadCountered) -> None:
    _tell_buyers(work, event.lead_id, "lead_countered")


def show_buyers_decline(work: Work, event: LeadDeclined) -> None:
    _show_buyers(work, event.lead_id)
    _tell_of_lost_repeat(work, event.lead_id)


def show_buyers_expiry(work: Work, event: LeadExpired) -> None:
    _show_buyers(work, event.lead_id)
    _tell_of_lost_repeat(work, event.lead_id)
    lead = lead_row(work.session, event.lead_id)
    offering = offering_row(work.session, lead.offering_id)
    told = {"code": offering.code, "title": offering.title}
    notices.notify(work, lead.factory_id, "lead_expired", told, link=f"/leads/{lead.id}")
    live.announce(work.session, lead.factory_id, "lead", lead.id)


def count_counter_answer(work: Work, event: CounterAnswered) -> None:
    """One member of a pool has spoken on a counter-offer."""
    if event.order_id is not None:
        count_answer(work, event.lead_id, event.organisation_id, event.order_id, event.accept)


def buyers_of(
    work: Work, organisation_id: UUID, order_id: UUID | None, pool_id: UUID | None
) -> Iterator[tuple[UUID, UUID]]:
    """(organisation, order) of everybody who buys what an offering asks for: one, or the members of its pool."""
    if order_id is not None:
        yield organisation_id, order_id
    elif pool_id is not None:
        for member in pool_members(work.session, pool_id):
            yield member.organisation_id, member.order_id


def _tell_buyers(work: Work, lead_id: UUID, kind: str) -> None:
    lead = lead_row(work.session, lead_id)
    offering = offering_row(work.session, lead.offering_id)
    factory = profile(work.session, lead.factory_id)
    told: Mapping[str, Any] = {
        "code": offering.code,
        "title": offering.title,
        "factory": "" if factory is None else factory.name,
    }
    for organisation_id, order_id in buyers_of(work, lead.organisation_id, lead.order_id, lead.pool_id):
        notices.notify(work, organisation_id, kind, told, link=f"/orders/{order_id}")
        live.announce(work.session, organisation_id, "order", order_id)


def _show_buyers(work: Work, lead_id: UUID) -> None:
    lead = lead_row(work.session, lead_id)
    for organisation_id, order_id in buyers_of(work, lead.organisation_id, lead.order_id, lead.pool_id):
        live.announce(work.session, organisation_id, "order", order_id)


def _tell_of_lost_repeat(work: Work, lead_id: UUID) -> None:
    lead = lead_row(work.session, lead_id)
    if lead.repeats is not None:
        tell_of_lost_repeat(work, offering_row(work.session, lead.offering_id), lead.factory_id)


def _is_known(work: Work, offering_id: UUID) -> bool:
    """Whether a factory has answered, or the one that the seller named is asked."""
    leads = work.session.scalars(select(Lead).where(Lead.offering_id == offering_id, Lead.state != LeadState.WITHDRAWN))
    return any(lead.state not in WAITING or lead.repeats is not None for lead in leads)
