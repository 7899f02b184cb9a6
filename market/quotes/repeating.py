"""A repeat: what a factory quoted and won before is its quote again, and the order is awarded to it as it accepts."""

from typing import Final
from uuid import UUID

from market.kit import notices
from market.kit.errors import Conflict, NotFound
from market.kit.work import Work
from market.leads import queries as leads
from market.leads.queries import LeadRow
from market.orders.attachments import lock_order
from market.orders.queries import row_of
from market.quotes import queries
from market.quotes.awarding import award_for
from market.quotes.ladder import QuoteDraft
from market.quotes.queries import AwardRow, QuoteRow
from market.quotes.submitting import QuoteRefused, quote_for

VALID_DAYS: Final = 14


def take_repeat(work: Work, lead_id: UUID) -> AwardRow | None:
    """Quote the earlier terms on an accepted repeat and award it; None for any other lead. For the worker.

    Where that is refused, nothing is quoted: the factory still holds the lead and may quote it as any other, and both
    sides are told why.
    """
    lead = leads.lead_row(work.session, lead_id)
    if lead.repeats is None or lead.order_id is None or lead.state.value != "accepted":
        return None
    order = row_of(lock_order(work, lead.organisation_id, lead.order_id))
    try:
        with work.session.begin_nested():
            taken = quote_for(work, lead.factory_id, lead_id, terms_of(earlier_quote(work, lead)))
            return award_for(work, lead.organisation_id, order.id, taken.id, order.version)
    except (Conflict, QuoteRefused) as refusal:
        told = {"code": order.code, "title": order.title, "why": refusal.code}
        notices.notify(work, lead.organisation_id, "repeat_not_awarded", told, link=f"/orders/{order.id}")
        notices.notify(work, lead.factory_id, "repeat_not_awarded", told, link=f"/leads/{lead_id}")
        return None


def earlier_quote(work: Work, lead: LeadRow) -> QuoteRow:
    """The quote that a repeat goes back to. Raises NotFound unless the buyer awarded it to this factory."""
    award = queries.award(work.session, UUID((lead.repeats or {})["award_id"]), lead.organisation_id)
    found = None if award is None else queries.quote(work.session, award.quote_id)
    if award is None or found is None or award.factory_id != lead.factory_id:
        raise NotFound
    return found


def terms_of(quote: QuoteRow) -> QuoteDraft:
    """The terms of a quote for what was made once: without the fee of another sample."""
    steps = tuple((step.from_quantity, step.unit_price) for step in quote.steps)
    return QuoteDraft(steps, quote.lead_time_days, quote.minimum_quantity, VALID_DAYS)
