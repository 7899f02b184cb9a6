"""Words about a repeat: an order that is asked of one factory alone, because it agreed to its price before."""

from typing import Any
from uuid import UUID

from market.factories.queries import profile
from market.kit import live, notices
from market.kit.work import Work
from market.leads.models import Lead, Offering
from market.leads.queries import OfferingRow
from market.orders.repeats import Repeat


def repeated_terms(repeat: Repeat) -> dict[str, Any]:
    """What its lead says of a repeat: the request that the factory knows it by, and the price for a piece."""
    return {
        "award_id": str(repeat.award_id),
        "code": repeat.asked_as,
        "unit_price_minor": repeat.unit_price.minor,
        "currency": repeat.unit_price.currency,
    }


def news_of_offer(lead: Lead) -> tuple[str, dict[str, Any]]:
    """Kind and details of the notice of a lead that was just offered."""
    if lead.repeats is None:
        return "lead_offered", {}
    return "lead_repeated", {
        "earlier": lead.repeats["code"],
        "unit_price_minor": lead.repeats["unit_price_minor"],
        "currency": lead.repeats["currency"],
    }


def tell_of_lost_repeat(work: Work, offering: Offering | OfferingRow, factory_id: UUID) -> None:
    """Let the seller know that the factory does not take its repeat, and that others are asked."""
    factory = profile(work.session, factory_id)
    told = {
        "title": offering.title,
        "code": str(offering.brief.get("code", "")),
        "factory": "" if factory is None else factory.name,
    }
    link = f"/orders/{offering.order_id}"
    notices.notify(work, offering.organisation_id, "repeat_lost", told, link=link)
    if offering.order_id is not None:
        live.announce(work.session, offering.organisation_id, "order", offering.order_id)
