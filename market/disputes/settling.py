"""What the end of a dispute does to its money, and to a deal that stands still for it."""

from datetime import datetime

from sqlalchemy import select

from market.disputes.grounds import ACCEPTED, paid_by
from market.disputes.models import Dispute, Outcome
from market.disputes.rows import ALIVE
from market.kit.money import Money
from market.kit.work import Work
from market.production import queries as production
from market.production import service as deals
from market.production.queries import DealState
from market.settlement.ledger import Posted
from market.settlement.refunding import refund, refund_frozen
from market.settlement.releasing import release_frozen, thaw
from market.settlement.shares import lock_share


def move_money(work: Work, row: Dispute, refund_minor: int) -> list[Posted]:
    """So much of the disputed part goes back to the shop, out of what is frozen and then out of what the factory was
    given; what is left frozen goes to the factory where the goods are accepted, and is held again where they are not.

    Returns the parts to ask of the payment provider. Raises TooMuch for more than can go back, changing nothing.
    """
    # The deal is read behind the lock of its money: its acceptance releases what is held, or has done so.
    lock_share(work, row.share_id)
    state = production.deal(work.session, row.deal_id).state
    frozen = row.frozen_minor or 0
    back = min(refund_minor, frozen)
    left = frozen - back
    if state is DealState.CANCELLED:
        back, left = frozen, 0
    posted: list[Posted] = []
    if back:
        posted += refund_frozen(work, row.share_id, _key(row, "back"), _money(row, back), "the dispute ended")
    if refund_minor > back:
        rest = _money(row, refund_minor - back)
        posted += refund(work, row.share_id, _key(row, "taken back"), rest, "the dispute ended")
    if left and state in ACCEPTED:
        release_frozen(work, row.share_id, _key(row, "released"), _money(row, left), "the dispute ended")
    elif left:
        thaw(work, row.share_id, _key(row, "thawed"), _money(row, left), "the dispute ended")
    row.money_moved_at = work.now
    work.session.flush()
    return posted


def as_far_as_paid(work: Work, row: Dispute, refund_minor: int) -> int:
    """So much of a refund as the share still has: of a deal that was cancelled meanwhile, less may be left."""
    lock_share(work, row.share_id)
    return min(refund_minor, paid_by(work.session, production.share(work.session, row.share_id)).minor)


def let_deal_go(work: Work, row: Dispute) -> None:
    """A deal that stood still goes on once none of its disputes is open; it ends where the shares that got all of the
    disputed part back hold more than half of its pieces. For the worker."""
    deal = production.deal(work.session, row.deal_id)
    if not row.halts or deal.state is not DealState.DISPUTED:
        return
    halting = select(Dispute).where(Dispute.deal_id == row.deal_id, Dispute.halts)
    rows = work.session.scalars(halting.execution_options(populate_existing=True)).all()
    if any(one.state in ALIVE for one in rows):
        return
    since = datetime.fromisoformat(deal.reached[DealState.DISPUTED.value])
    ended = {one.share_id for one in rows if one.outcome is Outcome.REFUND and one.ended_at and one.ended_at >= since}
    pieces = {share.id: share.pieces for share in production.shares_of_deal(work.session, row.deal_id)}
    if 2 * sum(pieces.get(share_id, 0) for share_id in ended) > deal.pieces:
        deals.end_disputed_deal(work, row.deal_id)
    else:
        deals.resume_deal(work, row.deal_id, "the dispute ended")


def _money(row: Dispute, minor: int) -> Money:
    return Money(minor, row.currency)


def _key(row: Dispute, what: str) -> str:
    """Of two who carry out one end, one moves its money."""
    return f"dispute {row.id} {what}"
