"""Opening a deal: an award, or all awards of a pool, become one run with a share for each order."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from market.kit import history
from market.kit.clock import market_day
from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads import queries as leads
from market.orders.drafts import INSPECTIONS
from market.orders.queries import OrderRow, order_row
from market.production.deals import advance
from market.production.events import DealOpened
from market.production.models import Deal, DealShare, DealState
from market.production.paying import ask_sample_fees
from market.production.sampling import ask_sample
from market.quotes import queries as quotes
from market.quotes.queries import AwardRow, QuoteRow

STRICTEST_FIRST: Final = ("100%", *INSPECTIONS[:-2], "none")
USUAL_SAMPLE_DAYS: Final = 7


def open_deal(work: Work, quote_id: UUID) -> UUID | None:
    """Open the deal of a quote that was awarded, with all its shares, and ask for its sample. For the worker.

    A pool is awarded in one transaction and tells of each of its orders; the first telling opens the deal and every
    later one finds it: then None is returned. Raises NotFound for a quote that nobody awarded.
    """
    found = quotes.quote(work.session, quote_id)
    awards = quotes.awards_of_quote(work.session, quote_id)
    if found is None or not awards:
        raise NotFound
    orders = {award.id: order_row(work.session, award.organisation_id, award.order_id) for award in awards}
    deal = _keep_deal(work, found, awards, min((row.inspection for row in orders.values()), key=STRICTEST_FIRST.index))
    if deal is None:
        return None
    shares = [_keep_share(work, deal, award, orders[award.id]) for award in awards]
    history.record(work, deal, what="opened", to_state=DealState.AWARDED, details={"shares": len(shares)})
    publish(work, DealOpened(deal.organisation_id, deal.id))
    advance(work, deal, DealState.SAMPLING)
    ask_sample(work, deal, version=1)
    ask_sample_fees(work, deal, shares)
    return deal.id


def _keep_deal(work: Work, found: QuoteRow, awards: list[AwardRow], inspection: str) -> Deal | None:
    """Insert the deal; of two rivals the key on (organisation, quote) lets one through, the other gets None."""
    offering = leads.offering_row(work.session, found.offering_id)
    first = awards[0]
    deal_id = work.session.scalars(
        insert(Deal)
        .values(
            organisation_id=found.organisation_id,
            id=work.new_id(),
            quote_id=found.id,
            pool_id=found.pool_id,
            factory_id=found.factory_id,
            state=DealState.AWARDED,
            title=offering.title,
            code=offering.code,
            vertical=offering.vertical,
            pieces=sum(award.quantity for award in awards),
            minimum=found.minimum_quantity,
            currency=found.currency,
            inspection=inspection,
            lead_time_days=first.lead_time_days,
            sample_fee_minor=0 if found.sample_fee is None else found.sample_fee.minor,
            sample_days=found.sample_days or USUAL_SAMPLE_DAYS,
            due_on=market_day(first.awarded_at) + timedelta(days=first.lead_time_days),
            proven_minor=0,
            round=1,
            factory_cancels=False,
            reached={DealState.AWARDED.value: work.now.isoformat()},
            opened_at=work.now,
            state_since=work.now,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "quote_id"])
        .returning(Deal.id)
    ).first()
    return None if deal_id is None else work.session.get_one(Deal, (found.organisation_id, deal_id))


def _keep_share(work: Work, deal: Deal, award: AwardRow, order: OrderRow) -> DealShare:
    share = DealShare(
        organisation_id=award.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        award_id=award.id,
        order_id=award.order_id,
        title=order.title,
        code=order.code,
        pieces=award.quantity,
        unit_price_minor=award.unit_price.minor,
        total_minor=award.total.minor,
        currency=award.total.currency,
        discount_minor=0,
        reminders=0,
    )
    work.session.add(share)
    work.session.flush()
    return share
