"""What quotes do when something happened: the handlers that the worker calls, in the system's scope."""

from market.kit.work import Work
from market.leads.events import LeadAccepted, LeadDeclined
from market.orders.events import OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.pooling.events import PoolChosen, PoolClosed, PoolDissolved
from market.quotes import service
from market.quotes.events import QuoteChosen, QuoteSubmitted
from market.quotes.repeating import take_repeat


def award_taken_repeat(work: Work, event: LeadAccepted) -> None:
    """A factory that takes a repeat is given it at once, on the terms of its earlier quote."""
    take_repeat(work, event.lead_id)


def tell_buyers_of_quote(work: Work, event: QuoteSubmitted) -> None:
    """The buyers' orders are being quoted, and they are told."""
    service.note_quote(work, event)


def void_quotes_on_old_terms(work: Work, event: OrderTermsChanged) -> None:
    """What was quoted on an order that stands alone was quoted on other terms."""
    service.void_quotes(work, event.organisation_id, event.order_id)


def void_quotes_on_closed_order(work: Work, event: OrderWithdrawn | OrderRejected) -> None:
    """Nobody buys what was quoted on an order that ended."""
    why = "order_withdrawn" if isinstance(event, OrderWithdrawn) else "order_rejected"
    service.void_quotes(work, event.organisation_id, event.order_id, why)


def void_quotes_on_ended_pool(work: Work, event: PoolDissolved) -> None:
    """Nobody buys what was quoted on a pool that ended."""
    service.void_pool_quotes(work, event.pool_id, f"pool_{event.why}")


def withdraw_with_decline(work: Work, event: LeadDeclined) -> None:
    """A factory that steps back takes its quote with it."""
    service.withdraw_quote(work, event.lead_id, event.reason)


def count_chosen_quote(work: Work, event: QuoteChosen) -> None:
    """A member of a pool has chosen; more than half of the pieces decide."""
    service.count_choice(work, event.organisation_id, event.pool_id, event.order_id, event.quote_id)


def award_chosen_quote(work: Work, event: PoolChosen) -> None:
    """More than half of a pool's pieces want this quote; one that ended meanwhile is nobody's choice."""
    service.award_chosen(work, event.pool_id, event.quote_id)


def decide_closed_pool(work: Work, event: PoolClosed) -> None:
    """A pool that was reached closed without a choice: the rule decides."""
    service.decide_pool(work, event.pool_id)
