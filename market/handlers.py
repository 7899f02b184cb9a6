"""What the worker does about events that concern several capabilities at once.

Every function may run again: the verbs that it calls are idempotent.
"""

from dataclasses import replace
from uuid import UUID

from market.factories.queries import profile
from market.factories.service import pause_factory
from market.identity.events import OrganisationPaused
from market.kit.paging import LARGEST_PAGE
from market.kit.work import Work
from market.orders.events import OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.orders.queries import OrderRow, orders_page
from market.orders.service import withdraw_order
from market.pooling import service as pooling
from market.pooling.events import PoolChosen, PoolClosed, PoolDissolved
from market.quotes import service as quotes

NO_QUOTE = "no_quote"


def void_quotes_on_old_terms(work: Work, event: OrderTermsChanged) -> None:
    """What was quoted on an order that stands alone was quoted on other terms."""
    quotes.void_quotes(work, event.organisation_id, event.order_id)


def void_quotes_on_closed_order(work: Work, event: OrderWithdrawn | OrderRejected) -> None:
    why = "order_withdrawn" if isinstance(event, OrderWithdrawn) else "order_rejected"
    quotes.void_quotes(work, event.organisation_id, event.order_id, why)


def void_quotes_on_ended_pool(work: Work, event: PoolDissolved) -> None:
    quotes.void_pool_quotes(work, event.pool_id, event.why)


def award_choice(work: Work, event: PoolChosen) -> None:
    """More than half of a pool's pieces want this quote."""
    quotes.award_pool(work, event.pool_id, event.quote_id)


def award_by_rule(work: Work, event: PoolClosed) -> None:
    """A pool that reached its minimum closed without a choice: its rule decides, or it ends without a quote."""
    best = quotes.best_pool_quote(work, event.pool_id)
    if best is None:
        pooling.dissolve_pool(work, event.pool_id, NO_QUOTE)
    else:
        quotes.award_pool(work, event.pool_id, best.id)


def withdraw_everything(work: Work, event: OrganisationPaused) -> None:
    """What a paused shop has open is taken back; a paused factory gets no more leads."""
    acting = replace(work, actor=replace(work.actor, organisation_id=event.organisation_id))
    for row in every_open_order(work, event.organisation_id):
        withdraw_order(acting, row.id, event.why)
    found = profile(work.session, event.organisation_id)
    if found is not None and found.state != "paused":
        pause_factory(work, found.id, event.why)


def every_open_order(work: Work, organisation_id: UUID) -> list[OrderRow]:
    rows: list[OrderRow] = []
    cursor = None
    while True:
        page = orders_page(work.session, organisation_id, (), cursor, LARGEST_PAGE)
        rows.extend(row for row in page.rows if row.is_open)
        if page.next_cursor is None:
            return rows
        cursor = page.next_cursor
