"""What reviews do about events: open for accepted goods, wait for disputes, publish what both have written."""

from market.disputes import queries as disputes
from market.disputes.events import DisputeOpened, DisputeSettled
from market.kit.work import Work
from market.production.events import ShareAccepted
from market.reviews.events import ReviewWritten
from market.reviews.exchanges import go_on, lock_exchange, open_exchange, publish_when_both_are_in, stand_still


def open_for_accepted(work: Work, event: ShareAccepted) -> None:
    """Goods are accepted: both sides are asked how it was, unless a dispute about them is open."""
    open_exchange(work, event.share_id)


def wait_for_dispute(work: Work, event: DisputeOpened) -> None:
    """A share is disputed: nothing more is written or published about it until that ends."""
    stand_still(work, disputes.dispute(work.session, event.dispute_id).share_id)


def go_on_after_dispute(work: Work, event: DisputeSettled) -> None:
    """A dispute ended: both sides may write from now on."""
    go_on(work, disputes.dispute(work.session, event.dispute_id).share_id)


def count_reviews(work: Work, event: ReviewWritten) -> None:
    """A side has written: once both have, both are published."""
    publish_when_both_are_in(work, lock_exchange(work, event.exchange_id))
