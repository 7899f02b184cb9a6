"""A dispute halts a deal where it is found, and gives it back there, or ends it, when it is decided."""

from uuid import UUID

from sqlalchemy import select

from market.kit.errors import NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.production.deals import WrongState, advance, lock_deal
from market.production.ending import end_deal
from market.production.events import MemberSpoke
from market.production.models import Deal, DealShare, DealState


def hold_share(work: Work, share_id: UUID) -> None:
    """What the acting side may change of a share and its deal stays as it is read from here on, until the transaction
    ends: both of a single deal; of a pooled one a member holds its share, the factory the deal. Raises NotFound."""
    deal_id = work.session.scalar(select(DealShare.deal_id).where(DealShare.id == share_id))
    if deal_id is None:
        raise NotFound
    for kind, row_id in ((Deal, deal_id), (DealShare, share_id)):
        work.session.scalars(select(kind.id).where(kind.id == row_id).with_for_update()).one_or_none()


def dispute_deal(work: Work, deal_id: UUID, why: str) -> None:
    """A deal is in dispute from here on. For the capability of disputes. Raises IllegalMove, NotFound."""
    begin_dispute(work, lock_deal(work, deal_id), why)


def begin_dispute(work: Work, deal: Deal, why: str) -> None:
    """Halt a deal, and remember where. Raises IllegalMove, changing nothing, where nothing can be disputed."""
    found = deal.state
    advance(work, deal, DealState.DISPUTED, why=why)
    deal.disputed_from = found.value
    work.session.flush()


def resume_deal(work: Work, deal_id: UUID, why: str) -> None:
    """The dispute is decided and the deal goes on where it was; what arrived or was said meanwhile is counted by the
    worker. Raises WrongState, NotFound."""
    deal = lock_deal(work, deal_id)
    back = _found_by_dispute(deal)
    deal.disputed_from = None
    advance(work, deal, back, why=why)
    publish(work, MemberSpoke(deal.organisation_id, deal.id))


def end_disputed_deal(work: Work, deal_id: UUID) -> None:
    """The dispute ends the deal; who pays what is its decision. Raises WrongState, NotFound."""
    deal = lock_deal(work, deal_id)
    _found_by_dispute(deal)
    end_deal(work, deal, "dispute")


def _found_by_dispute(deal: Deal) -> DealState:
    if deal.state is not DealState.DISPUTED or deal.disputed_from is None:
        raise WrongState(f"This deal is {deal.state.value}; it is not in dispute.")
    return DealState(deal.disputed_from)
