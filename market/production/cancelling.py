"""Cancelling: free before the deposit, then less the proven materials, after production began only by both sides."""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history
from market.kit.errors import Conflict
from market.kit.money import Money
from market.kit.outbox import publish
from market.kit.work import Work
from market.production.deals import (
    AlreadySaid,
    as_buyer,
    count_or_leave,
    lock_as_factory,
    pieces_by_choice,
    shares_of,
    show,
    speak,
    tell_pool,
)
from market.production.ending import end_deal
from market.production.events import ShareLeft
from market.production.models import Choice, Deal, DealShare, DealState, Voice
from market.production.paying import begin_when_deposits_arrived, drop_asks
from market.production.queries import proven_part
from market.production.telling import tell_factory, tell_shop, tell_shops

BY_ONE_SIDE: Final = (DealState.AWARDED, DealState.SAMPLING, DealState.DEPOSIT_DUE, DealState.MATERIALS)
BY_BOTH_SIDES: Final = (DealState.PRODUCING, DealState.INSPECTING, DealState.BALANCE_DUE)


class NotCancellable(Conflict):
    """The deal has gone too far to be cancelled; the message says what can be done."""

    code = "not_cancellable"


def cancel_deal(work: Work, deal_id: UUID) -> None:
    """The acting side steps back. Before production began that ends the deal at once (a member of a pool leaves it, and
    it goes on if enough pieces are left); after that it asks the other side, and the deal ends once both have.

    Raises NotCancellable once the goods are shipped, AlreadySaid, NotFound.
    """
    if work.actor.role == "factory":
        _cancel_as_factory(work, lock_as_factory(work, deal_id))
        return
    deal, own = as_buyer(work, deal_id)
    _refuse_late(deal)
    if deal.state in BY_BOTH_SIDES:
        _ask_as_buyer(work, deal)
    elif deal.organisation_id == work.organisation_id:
        end_deal(work, deal, "buyer")
    else:
        speak(work, deal, deal.id, Choice.CANCEL)
        count_or_leave(work, deal, count_cancelling)
        history.record(work, own[0], what="asked to leave")


def count_cancelling(work: Work, deal: Deal) -> None:
    """Let members who asked to leave go, or end the deal where both sides want it. Needs a session that sees all."""
    if deal.state in BY_ONE_SIDE:
        for share in _leaving(work, deal):
            leave(work, deal, share, "buyer")
    elif deal.state in BY_BOTH_SIDES and deal.factory_cancels and _buyers_agree(work, deal):
        end_deal(work, deal, "agreement")


def leave(work: Work, deal: Deal, share: DealShare, why: str) -> None:
    """A share leaves a deal, which goes on with the others, or ends when too few pieces are left. why: as events say.

    The caller holds the deal, in a session that sees all of it.
    """
    if deal.state not in BY_ONE_SIDE:
        return
    if deal.pool_id is None:
        end_deal(work, deal, why)
        return
    drop_asks(work, deal, [share])
    total = Money(share.total_minor, share.currency)
    share.left_at, share.proven_minor = work.now, proven_part(deal.proven_minor, share.pieces, deal.pieces, total)
    deal.pieces -= share.pieces
    deal.proven_minor -= share.proven_minor
    work.session.flush()
    told = {"pieces": deal.pieces, "why": why}
    history.record(work, deal, what="a share left", why=why, details={"pieces": deal.pieces})
    history.record(work, share, what="left", why=why)
    publish(work, ShareLeft(share.organisation_id, deal.id, share.id))
    tell_pool(work, deal)
    tell_shop(work, share, "share_over", why=why)
    show(work, deal, share.organisation_id)
    if deal.pieces < deal.minimum:
        end_deal(work, deal, "below_minimum")
        return
    tell_factory(work, deal, "share_left", **told)
    begin_when_deposits_arrived(work, deal)


def _cancel_as_factory(work: Work, deal: Deal) -> None:
    _refuse_late(deal)
    if deal.state in BY_ONE_SIDE:
        end_deal(work, deal, "factory", keeps_proven=False)
        return
    if deal.factory_cancels:
        raise AlreadySaid("Your factory has asked to cancel this deal; it waits for the buyer.")
    deal.factory_cancels = True
    work.session.flush()
    history.record(work, deal, what="the factory asked to cancel")
    tell_shops(work, deal, "cancel_asked_by_factory")
    show(work, deal)
    count_cancelling(work, deal)


def _ask_as_buyer(work: Work, deal: Deal) -> None:
    speak(work, deal, deal.id, Choice.CANCEL)
    if not deal.factory_cancels:
        tell_factory(work, deal, "cancel_asked_by_buyer")
    show(work, deal)
    count_or_leave(work, deal, count_cancelling)


def _refuse_late(deal: Deal) -> None:
    if deal.state not in (*BY_ONE_SIDE, *BY_BOTH_SIDES):
        raise NotCancellable(f"This deal is {deal.state.value} and cannot be cancelled; what is wrong can be disputed.")


def _buyers_agree(work: Work, deal: Deal) -> bool:
    return 2 * pieces_by_choice(work, deal, deal.id)[Choice.CANCEL] > deal.pieces


def _leaving(work: Work, deal: Deal) -> list[DealShare]:
    asked = set(
        work.session.scalars(
            select(Voice.organisation_id).where(Voice.subject_id == deal.id, Voice.choice == Choice.CANCEL)
        )
    )
    return [share for share in shares_of(work, deal) if share.organisation_id in asked]
