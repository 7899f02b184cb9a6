"""What deals do when something happened: the handlers that the worker calls, in the system's scope."""

from typing import Final

from market.kit.work import Work
from market.pooling.running import follow_run
from market.production.accepting import count_acceptance
from market.production.cancelling import count_cancelling
from market.production.deals import lock_deal, shares_of
from market.production.events import MemberSpoke, RunMoved
from market.production.inspecting import count_inspection
from market.production.models import DealState
from market.production.opening import open_deal
from market.production.paying import begin_when_deposits_arrived
from market.production.sampling import count_sample
from market.production.shipping import count_delivery
from market.quotes.events import QuoteAwarded

COUNTS: Final = (
    count_cancelling,
    count_sample,
    begin_when_deposits_arrived,
    count_inspection,
    count_delivery,
    count_acceptance,
)
POOL_BY_DEAL: Final = {
    DealState.PRODUCING: "producing",
    DealState.INSPECTING: "producing",
    DealState.BALANCE_DUE: "allocated",
    DealState.SHIPPED: "allocated",
    DealState.DELIVERED: "allocated",
    DealState.ACCEPTED: "done",
    DealState.SETTLED: "done",
    DealState.CLOSED: "done",
    DealState.CANCELLED: "dissolved",
}
"""What a pool is while its deal is in a state; before production it is awarded."""


def open_awarded_deal(work: Work, event: QuoteAwarded) -> None:
    """An award opens its deal; the awards of a pool open one together."""
    open_deal(work, event.quote_id)


def count_members(work: Work, event: MemberSpoke) -> None:
    """A member of a pooled deal has spoken: whatever the members' pieces decide together is done."""
    deal = lock_deal(work, event.deal_id)
    for count in COUNTS:
        count(work, deal)


def move_pool_with_run(work: Work, event: RunMoved) -> None:
    """A pool follows its deal as that stands now; in a dispute it stays where it is."""
    deal = lock_deal(work, event.deal_id)
    orders = {share.order_id for share in shares_of(work, deal)}
    if deal.pool_id is not None and deal.state is not DealState.DISPUTED:
        follow_run(work, deal.pool_id, POOL_BY_DEAL.get(deal.state, "awarded"), orders)
