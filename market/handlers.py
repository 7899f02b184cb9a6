"""What the worker does about each event. Every function may run again: the verbs that it calls are idempotent."""

from dataclasses import dataclass, replace
from uuid import UUID

from market.factories.events import FactoryChanged
from market.factories.queries import profile
from market.factories.service import pause_factory
from market.identity.events import OrganisationPaused
from market.kit.paging import LARGEST_PAGE
from market.kit.work import Work
from market.leads import offering as offerings
from market.leads.events import LeadDeclined, LeadExpired, LeadsMissing
from market.leads.queries import lead_row
from market.orders.events import OrderPosted, OrderRejected, OrdersImported, OrderTermsChanged, OrderWithdrawn
from market.orders.imports import announce_imported
from market.orders.queries import OrderRow, orders_page
from market.orders.service import withdraw_order
from market.pooling import service as pooling
from market.pooling.events import OrderLeftAlone, PoolChanged, PoolChosen, PoolClosed, PoolDissolved, PoolLeaveAsked
from market.quotes import service as quotes
from market.quotes.events import QuoteSubmitted
from market.ranking.ranker import Ranker

NO_QUOTE = "no_quote"


@dataclass(frozen=True)
class Handlers:
    """The handlers of one process, over its ranker."""

    ranker: Ranker

    def gather(self, work: Work, event: OrderPosted) -> None:
        pooling.gather_order(work, event.organisation_id, event.order_id)

    def announce(self, work: Work, event: OrdersImported) -> None:
        announce_imported(work, event)

    def offer_pool(self, work: Work, event: PoolChanged) -> None:
        offerings.offer_pool(work, self.ranker, event.pool_id)

    def offer_order(self, work: Work, event: OrderLeftAlone) -> None:
        offerings.offer_order(work, self.ranker, event.organisation_id, event.order_id)

    def follow_new_terms(self, work: Work, event: OrderTermsChanged) -> None:
        """A pooled order stays, moves to another pool or leaves; one that stands alone is ranked and quoted anew."""
        if pooling.change_member(work, event.organisation_id, event.order_id) is None:
            quotes.void_quotes(work, event.organisation_id, event.order_id)
            offerings.reoffer(work, self.ranker, event.organisation_id, event.order_id)

    def take_back(self, work: Work, event: OrderWithdrawn | OrderRejected) -> None:
        why = "withdrawn" if isinstance(event, OrderWithdrawn) else "rejected"
        pooling.leave_pool(work, event.organisation_id, event.order_id, why)
        quotes.void_quotes(work, event.organisation_id, event.order_id, why)
        offerings.withdraw_offering(work, event.organisation_id, order_id=event.order_id, why=why)

    def ask_next(self, work: Work, event: LeadDeclined | LeadExpired) -> None:
        lead = lead_row(work.session, event.lead_id)
        offerings.offer_next(work, self.ranker, lead.offering_id)

    def ask_more(self, work: Work, event: LeadsMissing) -> None:
        offerings.offer_next(work, self.ranker, event.offering_id)

    def look_for_waiting(self, work: Work, event: FactoryChanged) -> None:
        """A factory that has opened may be what an order without enough factories waits for."""
        found = profile(work.session, event.organisation_id)
        if found is not None and event.state == "open":
            offerings.chase_unmatched(work, found.vertical)

    def tell_buyers(self, work: Work, event: QuoteSubmitted) -> None:
        quotes.note_quote(work, event)

    def award_choice(self, work: Work, event: PoolChosen) -> None:
        quotes.award_pool(work, event.pool_id, event.quote_id)

    def award_by_rule(self, work: Work, event: PoolClosed) -> None:
        best = quotes.best_pool_quote(work, event.pool_id)
        if best is None:
            pooling.dissolve_pool(work, event.pool_id, NO_QUOTE)
        else:
            quotes.award_pool(work, event.pool_id, best.id)

    def close_pool_offering(self, work: Work, event: PoolDissolved) -> None:
        quotes.void_pool_quotes(work, event.pool_id, event.why)
        offerings.withdraw_offering(work, event.organisation_id, pool_id=event.pool_id, why=event.why)

    def leave_alone(self, work: Work, event: PoolLeaveAsked) -> None:
        pooling.leave_for_alone(work, event.organisation_id, event.order_id)

    def withdraw_everything(self, work: Work, event: OrganisationPaused) -> None:
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
