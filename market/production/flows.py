"""What deals do when something happened: the handlers that the worker calls, in the system's scope."""

from typing import Final

from market.kit.work import Work
from market.production.accepting import count_acceptance
from market.production.cancelling import count_cancelling
from market.production.deals import lock_deal
from market.production.events import MemberSpoke
from market.production.inspecting import count_inspection
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


def open_awarded_deal(work: Work, event: QuoteAwarded) -> None:
    """An award opens its deal; the awards of a pool open one together."""
    open_deal(work, event.quote_id)


def count_members(work: Work, event: MemberSpoke) -> None:
    """A member of a pooled deal has spoken: whatever the members' pieces decide together is done."""
    deal = lock_deal(work, event.deal_id)
    for count in COUNTS:
        count(work, deal)
