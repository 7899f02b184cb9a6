"""What deals do when something happened: the handlers that the worker calls, in the system's scope."""

from market.kit.work import Work
from market.production.deals import lock_deal
from market.production.events import MemberSpoke
from market.production.opening import open_deal
from market.production.sampling import count_sample
from market.quotes.events import QuoteAwarded


def open_awarded_deal(work: Work, event: QuoteAwarded) -> None:
    """An award opens its deal; the awards of a pool open one deal together."""
    open_deal(work, event.quote_id)


def count_members(work: Work, event: MemberSpoke) -> None:
    """A member of a pooled deal has spoken: whatever its pieces decide now is done."""
    deal = lock_deal(work, event.deal_id)
    count_sample(work, deal)
