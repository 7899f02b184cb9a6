"""What pooling does when something happened elsewhere: the handlers that the worker calls, `(work, event)` each."""

from market.kit.work import Work
from market.orders.events import OrderPosted, OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.pooling.events import PoolLeaveAsked
from market.pooling.service import change_member, gather_order, leave_for_alone, leave_if_member


def gather_posted_order(work: Work, event: OrderPosted) -> None:
    gather_order(work, event.organisation_id, event.order_id)


def follow_changed_terms(work: Work, event: OrderTermsChanged) -> None:
    change_member(work, event.organisation_id, event.order_id)


def leave_with_withdrawn_order(work: Work, event: OrderWithdrawn) -> None:
    leave_if_member(work, event.organisation_id, event.order_id, "order_withdrawn")


def leave_with_rejected_order(work: Work, event: OrderRejected) -> None:
    leave_if_member(work, event.organisation_id, event.order_id, "order_rejected")


def leave_as_asked(work: Work, event: PoolLeaveAsked) -> None:
    leave_for_alone(work, event.organisation_id, event.order_id)
