"""Acceptance: each share accepts its own goods, by its shop or by the clock; then the deal is accepted and paid out."""

from uuid import UUID

from sqlalchemy import func, select, update

from market.kit import history
from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.orders.service import advance_order
from market.production.deals import (
    WrongState,
    advance,
    count_or_leave,
    find_deal,
    lock_deal,
    need,
    shares_of,
    show,
)
from market.production.events import DealAccepted, ShareAccepted
from market.production.models import Deal, DealShare, DealState, Shipment
from market.production.shipping import find_share
from market.production.telling import tell_factory, tell_shop
from market.quotes.holding import PAYOUT_DAYS


def accept_share(work: Work, share_id: UUID, by: str = "buyer") -> None:
    """The acting shop accepts its delivered goods. by: buyer | dispute, which accepts what it does not dispute.

    Raises WrongState before they are delivered or once they are accepted, naming the state that was found; NotFound.
    """
    share = find_share(work, share_id)
    if share.organisation_id != work.organisation_id:
        raise NotFound
    deal = find_deal(work, share.deal_id)
    if deal.organisation_id == work.organisation_id:
        deal = lock_deal(work, deal.id)
    need(deal, DealState.SHIPPED, DealState.DELIVERED)
    _keep_acceptance(work, share, by)
    count_or_leave(work, deal, count_acceptance)


def accept_by_clock(work: Work, deal: Deal, share: DealShare) -> None:
    """The time for a share to accept is over: it counts as accepted. The caller holds the deal."""
    _keep_acceptance(work, share, "clock")
    tell_shop(work, share, "accepted_by_clock")
    count_acceptance(work, deal)


def count_acceptance(work: Work, deal: Deal) -> None:
    """A deal is accepted once every share in it is. Needs a session that sees all of them."""
    waiting = (
        select(func.count())
        .select_from(DealShare)
        .where(DealShare.deal_id == deal.id, DealShare.left_at.is_(None), DealShare.accepted_at.is_(None))
    )
    if deal.state is not DealState.DELIVERED:
        return
    if work.session.scalar(waiting):
        show(work, deal)
        return
    advance(work, deal, DealState.ACCEPTED)
    publish(work, DealAccepted(deal.organisation_id, deal.id))
    tell_factory(work, deal, "deal_accepted", days=PAYOUT_DAYS)


def settle_deal(work: Work, deal_id: UUID) -> None:
    """The factory is paid. For settlement; said twice, it changes nothing more. Raises WrongState, NotFound."""
    deal = lock_deal(work, deal_id)
    if deal.state is not DealState.SETTLED:
        need(deal, DealState.ACCEPTED)
        advance(work, deal, DealState.SETTLED)


def close_deal(work: Work, deal: Deal) -> None:
    """Nothing more can come of a settled deal; its orders are closed. For the sweep, which holds the deal."""
    advance(work, deal, DealState.CLOSED)
    for share in shares_of(work, deal):
        advance_order(work, share.organisation_id, share.order_id, "closed")


def _keep_acceptance(work: Work, share: DealShare, by: str) -> None:
    """One statement decides between the shop, the clock and a dispute that came in between."""
    delivered = select(Shipment.id).where(
        Shipment.organisation_id == share.organisation_id,
        Shipment.share_id == share.id,
        Shipment.delivered_at.is_not(None),
    )
    open_deal = select(Deal.id).where(
        Deal.id == share.deal_id, Deal.state.in_((DealState.SHIPPED, DealState.DELIVERED))
    )
    accepted = work.session.scalars(
        update(DealShare)
        .where(
            DealShare.organisation_id == share.organisation_id,
            DealShare.id == share.id,
            DealShare.accepted_at.is_(None),
            delivered.exists(),
            open_deal.exists(),
        )
        .values(accepted_at=work.now, accepted_by=by)
        .returning(DealShare.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(share)
    if accepted is None:
        state = "accepted already" if share.accepted_at is not None else "not delivered yet"
        raise WrongState(f"These goods are {state}.")
    history.record(work, share, what="accepted", details={"by": by})
    publish(work, ShareAccepted(share.organisation_id, share.deal_id, share.id))
