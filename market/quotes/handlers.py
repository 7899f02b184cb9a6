"""What quotes do when something happened elsewhere. Called by the worker, in the system's scope, once an event."""

from market.kit.work import Work
from market.leads.events import LeadDeclined
from market.orders.events import OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.pooling import service as pooling
from market.pooling.events import PoolChosen, PoolClosed, PoolDissolved
from market.quotes import awarding, queries, submitting
from market.quotes.events import QuoteChosen, QuoteSubmitted
from market.quotes.models import QuoteState


def tell_buyers_of_quote(work: Work, event: QuoteSubmitted) -> None:
    """The buyers' orders are being quoted, and they are told."""
    submitting.note_quote(work, event)


def void_quotes_on_old_terms(work: Work, event: OrderTermsChanged) -> None:
    """What was quoted on other terms no longer binds."""
    submitting.void_quotes(work, event.organisation_id, event.order_id, submitting.TERMS_CHANGED)


def void_quotes_of_ended_order(work: Work, event: OrderWithdrawn | OrderRejected) -> None:
    """Nobody buys what was quoted on an order that ended."""
    submitting.void_quotes(work, event.organisation_id, event.order_id, "withdrawn")


def void_quotes_of_ended_pool(work: Work, event: PoolDissolved) -> None:
    """Nobody buys what was quoted on a pool that ended."""
    submitting.void_pool_quotes(work, event.pool_id, event.why)


def withdraw_quote_of_declined_lead(work: Work, event: LeadDeclined) -> None:
    """A factory that declines takes its quote back."""
    submitting.withdraw_quote(work, event.lead_id, event.reason)


def count_choice(work: Work, event: QuoteChosen) -> None:
    """A member's choice is kept where the quote still stands and the pool is not decided."""
    found = None if event.quote_id is None else queries.quote(work.session, event.quote_id)
    if event.quote_id is not None and (found is None or found.state is not QuoteState.OPEN):
        return
    if awarding.is_undecided(work, event.pool_id):
        pooling.choose_quote(work, event.organisation_id, event.pool_id, event.order_id, event.quote_id)


def award_chosen_quote(work: Work, event: PoolChosen) -> None:
    """More than half of a reached pool's pieces want one quote: it gets the run, unless it ended meanwhile."""
    found = queries.quote(work.session, event.quote_id)
    if found is not None and found.state is QuoteState.OPEN and found.valid_until > work.now:
        awarding.award_pool(work, event.pool_id, event.quote_id)
    elif found is None or found.state is not QuoteState.AWARDED:
        pooling.forget_choices(work, event.pool_id, [event.quote_id])
        if awarding.is_closed(work, event.pool_id):
            decide_closed_pool(work, PoolClosed(event.organisation_id, event.pool_id))


def decide_closed_pool(work: Work, event: PoolClosed) -> None:
    """The rule decides: the lowest price in time; without any such quote the pool is dissolved."""
    if not awarding.is_undecided(work, event.pool_id):
        return
    best = awarding.best_pool_quote(work, event.pool_id)
    if best is None:
        pooling.dissolve_pool(work, event.pool_id, pooling.NO_QUOTE)
    else:
        awarding.award_pool(work, event.pool_id, best.id)
