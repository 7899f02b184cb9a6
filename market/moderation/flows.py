"""What moderation does when something happened: the handler that the worker calls."""

from market.kit.work import Work
from market.moderation.service import score_order
from market.orders.events import OrderPosted


def score_posted(work: Work, event: OrderPosted) -> None:
    score_order(work, event.organisation_id, event.order_id)
