"""A quote's own life: submitted, replaced, void, expired. No verb commits; the edge does."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from market.factories.queries import profile
from market.kit import history, live, notices
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads import queries as leads
from market.leads.places import lock_offering
from market.leads.queries import LeadRow, OfferingRow
from market.leads.service import accept_lead, mark_quoted
from market.orders.queries import order_row
from market.orders.service import advance_order
from market.pooling.queries import pool_members
from market.pooling.service import forget_choices
from market.quotes import queries
from market.quotes.events import QuoteSubmitted
from market.quotes.ladder import QuoteDraft, check_draft
from market.quotes.models import QUOTE_TRANSITIONS, Quote, QuoteState, QuoteStep
from market.quotes.queries import QuoteRow

EXPIRED_AT_ONCE: Final = 500
TERMS_CHANGED: Final = "terms_changed"
MAY_QUOTE: Final = frozenset({"offered", "viewed", "accepted", "countered", "quoted"})


class QuoteRefused(Invalid):
    """A quote that cannot be taken; every fault names its field, what is wrong and what is accepted."""

    code = "quote_refused"


class StaleTerms(Conflict):
    """What is asked for has changed since the person saw it."""

    code = "stale_terms"


def submit_quote(work: Work, lead_id: UUID, draft: QuoteDraft, *, seen_round: int | None = None) -> QuoteRow:
    """Quote on a lead of the acting factory; accepts the lead first where that is still to be done.

    A new version takes the place of the open one. seen_round: the offering's round that the person saw.
    Raises QuoteRefused with every fault, StaleTerms, Conflict when the lead is over or no place is left, NotFound.
    """
    return quote_for(work, work.organisation_id, lead_id, draft, seen_round=seen_round)


def quote_for(
    work: Work, factory_id: UUID, lead_id: UUID, draft: QuoteDraft, *, seen_round: int | None = None
) -> QuoteRow:
    """`submit_quote` for a factory that the worker speaks for."""
    card = leads.lead_card(work.session, factory_id, lead_id)
    _refuse_unless_quotable(card.lead, card.offering, seen_round)
    lock_offering(work.session, card.offering.organisation_id, card.offering.id)
    currency = str(card.offering.brief.get("currency") or "CNY")
    faults = check_draft(draft, card.offering.quantity, currency)
    if faults:
        raise QuoteRefused("This quote cannot be taken.", faults)
    if not card.lead.holds_place:
        accept_lead(work, lead_id)
    _supersede(work, lead_id)
    row = _keep(work, card.lead, draft, currency)
    mark_quoted(work, lead_id)
    publish(
        work,
        QuoteSubmitted(row.organisation_id, row.id, lead_id, row.factory_id, card.lead.order_id, card.lead.pool_id),
    )
    return _read(work, row.id)


def note_quote(work: Work, event: QuoteSubmitted) -> None:
    """Let the buyers know: their orders are being quoted. For the worker, which sees both sides."""
    found = queries.quote(work.session, event.quote_id)
    if found is None or found.state is not QuoteState.OPEN:
        return
    offering = leads.offering_row(work.session, found.offering_id)
    if found.pool_id is not None:
        earlier = queries.quotes_of_lead(work.session, found.factory_id, found.lead_id)
        forget_choices(work, found.pool_id, [row.id for row in earlier if row.id != found.id])
    for organisation_id, order_id in buyers_of(work, offering):
        row = order_row(work.session, organisation_id, order_id)
        if row.state.value in {"pooled", "offered"}:
            advance_order(work, organisation_id, order_id, "quoting")
        price = found.price_at(offering.quantity)
        details = {
            "title": row.title,
            "code": row.code,
            "factory": factory_name(work, found.factory_id),
            "price_minor": None if price is None else price.minor,
            "currency": found.currency,
        }
        notices.notify(work, organisation_id, "quote_received", details, link=f"/orders/{order_id}#quotes")
        _tell_open_pages(work, organisation_id, order_id)


def void_quotes(work: Work, organisation_id: UUID, order_id: UUID, reason: str = TERMS_CHANGED) -> int:
    """Make every open quote on an order that stands alone void, with a notice to each factory; returns how many.

    reason: a stable code or the buyer's words, shown to the factory, which is asked again.
    """
    offering = leads.offering_of_order(work.session, organisation_id, order_id)
    if offering is None or offering.order_id is None:
        return 0
    return _void(work, offering, reason)


def void_pool_quotes(work: Work, pool_id: UUID, reason: str) -> int:
    """The same for the quotes on a pool, when it ends without an award."""
    rows = work.session.scalars(
        select(Quote).where(Quote.pool_id == pool_id, Quote.state == QuoteState.OPEN).order_by(Quote.id)
    )
    return sum(_make_void(work, row, reason) for row in list(rows))


def withdraw_quote(work: Work, lead_id: UUID, why: str) -> None:
    """The factory takes back what it quoted on a lead; a lead without an open quote has nothing to take back."""
    row = work.session.scalars(
        select(Quote).where(Quote.lead_id == lead_id, Quote.state == QuoteState.OPEN)
    ).one_or_none()
    if row is not None:
        history.move(work, row, QuoteState.WITHDRAWN, QUOTE_TRANSITIONS, why=why)
        if row.pool_id is not None:
            forget_choices(work, row.pool_id, [row.id])


def expire_due_quotes(work: Work) -> int:
    """End the open quotes whose validity is over, and tell their factories; returns how many. For the sweep."""
    due = work.session.scalars(
        select(Quote)
        .where(Quote.state == QuoteState.OPEN, Quote.valid_until <= work.now)
        .order_by(Quote.id)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        history.move(work, row, QuoteState.EXPIRED, QUOTE_TRANSITIONS, why="its validity is over")
        _tell_factory(work, row, "quote_expired", {})
        if row.pool_id is not None:
            forget_choices(work, row.pool_id, [row.id])
        for organisation_id, order_id in buyers_of(work, leads.offering_row(work.session, row.offering_id)):
            _tell_open_pages(work, organisation_id, order_id)
    return len(due)


def _refuse_unless_quotable(lead: LeadRow, offering: OfferingRow, seen_round: int | None) -> None:
    if lead.state.value not in MAY_QUOTE or not offering.open:
        state = lead.state.value if lead.state.value not in MAY_QUOTE else "closed"
        raise Conflict(f"This lead is {state}; it can no longer be quoted.")
    if seen_round is not None and seen_round != offering.round:
        raise StaleTerms("The buyer has changed the terms since you opened this page; please look at them again.")


def _supersede(work: Work, lead_id: UUID) -> None:
    earlier = work.session.scalars(
        select(Quote).where(Quote.lead_id == lead_id, Quote.state == QuoteState.OPEN).with_for_update()
    ).one_or_none()
    if earlier is not None:
        history.move(work, earlier, QuoteState.SUPERSEDED, QUOTE_TRANSITIONS, why="the factory quoted again")


def _keep(work: Work, lead: LeadRow, draft: QuoteDraft, currency: str) -> Quote:
    newest = work.session.scalar(
        select(func.max(Quote.version)).where(Quote.organisation_id == lead.organisation_id, Quote.lead_id == lead.id)
    )
    row = Quote(
        organisation_id=lead.organisation_id,
        id=work.new_id(),
        offering_id=lead.offering_id,
        lead_id=lead.id,
        pool_id=lead.pool_id,
        factory_id=lead.factory_id,
        version=(newest or 0) + 1,
        state=QuoteState.OPEN,
        currency=currency,
        lead_time_days=draft.lead_time_days,
        minimum_quantity=draft.minimum_quantity,
        sample_fee_minor=None if draft.sample_fee is None else draft.sample_fee.minor,
        sample_days=draft.sample_days,
        note=draft.note.strip(),
        valid_until=work.now + timedelta(days=draft.valid_days),
        submitted_at=work.now,
        void_reason="",
    )
    work.session.add(row)
    work.session.flush()
    for from_quantity, price in draft.steps:
        work.session.add(
            QuoteStep(
                organisation_id=row.organisation_id,
                quote_id=row.id,
                from_quantity=from_quantity,
                unit_price_minor=price.minor,
            )
        )
    work.session.flush()
    history.record(work, row, what="submitted", to_state=QuoteState.OPEN, details={"version": row.version})
    return row


def _read(work: Work, quote_id: UUID) -> QuoteRow:
    found = queries.quote(work.session, quote_id)
    if found is None:
        raise NotFound
    return found


def buyers_of(work: Work, offering: OfferingRow) -> list[tuple[UUID, UUID]]:
    """(organisation, order) of everybody who buys through an offering, as far as the session sees them."""
    if offering.order_id is not None:
        return [(offering.organisation_id, offering.order_id)]
    if offering.pool_id is None:
        return []
    members = pool_members(work.session, offering.pool_id)
    return [(member.organisation_id, member.order_id) for member in members]


def _void(work: Work, offering: OfferingRow, reason: str) -> int:
    rows = work.session.scalars(
        select(Quote).where(Quote.offering_id == offering.id, Quote.state == QuoteState.OPEN).order_by(Quote.id)
    )
    return sum(_make_void(work, row, reason) for row in list(rows))


def _make_void(work: Work, row: Quote, reason: str) -> int:
    row.void_reason = reason
    history.move(work, row, QuoteState.VOID, QUOTE_TRANSITIONS, why=reason)
    _tell_factory(work, row, "quote_void", {"reason": reason})
    return 1


def factory_name(work: Work, factory_id: UUID) -> str:
    """The name of a factory; empty when there is none."""
    found = profile(work.session, factory_id)
    return "" if found is None else found.name


def _tell_factory(work: Work, row: Quote, kind: str, details: dict[str, str]) -> None:
    offering = leads.offering_row(work.session, row.offering_id)
    told = {"title": offering.title, "code": offering.code, **details}
    notices.notify(work, row.factory_id, kind, told, link=f"/leads/{row.lead_id}")
    live.announce(work.session, row.factory_id, "lead", row.lead_id)


def _tell_open_pages(work: Work, organisation_id: UUID, order_id: UUID) -> None:
    """The order has moved; its comparison of quotes waits behind the pill, as somebody may be choosing in it."""
    live.announce(work.session, organisation_id, "order", order_id)
    live.announce(work.session, organisation_id, "quote", order_id)
