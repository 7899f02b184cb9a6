"""What the money of a deal does when the deal moves: handlers of production's events, in the system's scope."""

from uuid import UUID

from market.kit import live
from market.kit.money import Money
from market.kit.work import Work
from market.production import queries as production
from market.production.events import (
    DealAccepted,
    DealCancelled,
    DealOpened,
    PaymentAsked,
    PaymentDropped,
    ShareLeft,
)
from market.production.queries import AskState, ShareRow
from market.settlement.cancelling import cancel_deal, cancel_share, most_kept
from market.settlement.gateway_flows import give_up_payment, open_payment, send_back, take_payments
from market.settlement.models import Purpose
from market.settlement.queries import commission_of_share, due, dues_of_deal
from market.settlement.refunding import held_for_payer, refund
from market.settlement.releasing import release
from market.settlement.service import Sale, ask_due, drop_due, dues_to_take, freeze_terms
from market.settlement.shares import Place, lock_share, lock_shares_of_deal

SPLIT_FEE = "third_rejection"


def freeze_terms_of_deal(work: Work, event: DealOpened) -> None:
    """The commission of every share is the one of the day of its sale."""
    for share in production.shares_of_deal(work.session, event.deal_id, with_left=True):
        freeze_terms(work, _sale(share))


def ask_for_payment(work: Work, event: PaymentAsked) -> None:
    """A share owes something for a purpose, unless it was dropped before this news came."""
    share = production.share(work.session, event.share_id)
    freeze_terms(work, _sale(share))
    if _is_asked(work, event):
        money = Money(event.minor, event.currency)
        open_payment(
            work, ask_due(work, share.id, Purpose(event.purpose), money, event.due_at, together=event.together)
        )


def drop_payment(work: Work, event: PaymentDropped) -> None:
    """A share owes it no longer; news that is faster than the asking finds nothing to drop."""
    if commission_of_share(work.session, event.share_id) is None:
        return
    due_id = drop_due(work, event.share_id, Purpose(event.purpose))
    if due_id is not None:
        give_up_payment(work, due_id)
        # Those that go together may have waited for this one alone.
        row = due(work.session, due_id)
        if row.together:
            take_payments(work, dues_to_take(work, row.deal_id, row.purpose))


def release_accepted_deal(work: Work, event: DealAccepted) -> None:
    """The goods were accepted: what is held goes to the factory, and what was paid beyond their price goes back.

    What is held only because a refund failed stays held, for operators to send once more.
    """
    for row in production.shares_of_deal(work.session, event.deal_id):
        share = lock_share(work, row.id)
        paid = share.at(Place.HELD) + share.at(Place.FROZEN) + share.at(Place.RELEASED)
        beyond = min(max(paid - row.price.minor, 0), share.at(Place.HELD))
        if beyond:
            key, why = f"beyond the price {row.id}", "paid beyond the price"
            send_back(work, refund(work, row.id, key, share.money(beyond), why))
        keep = max(held_for_payer(work, share) - beyond, 0)
        release(work, row.id, f"accepted {row.id}", why="the goods were accepted", keep_minor=keep)
    _look_again(work, event.deal_id)


def end_cancelled_deal(work: Work, event: DealCancelled) -> None:
    """A deal was cancelled: the factory keeps proven materials, after a third rejected sample half of the sample's fee;
    the rest of what is held goes back."""
    currency = production.deal(work.session, event.deal_id).currency
    dues = dues_of_deal(work.session, event.deal_id)
    fees = sum(one.held.minor for one in dues if one.purpose is Purpose.SAMPLE_FEE)
    kept = event.proven_minor + (fees // 2 if event.why == SPLIT_FEE else 0)
    kept = min(kept, sum(most_kept(work, share) for share in lock_shares_of_deal(work, event.deal_id)))
    posted = cancel_deal(work, event.deal_id, f"cancelled {event.deal_id}", Money(kept, currency), event.why)
    send_back(work, posted)
    _look_again(work, event.deal_id)


def end_left_share(work: Work, event: ShareLeft) -> None:
    """A shop left a run that goes on: its part of the proven materials stays, the rest of what it paid goes back."""
    row = production.share(work.session, event.share_id)
    freeze_terms(work, _sale(row))
    share = lock_share(work, row.id)
    kept = share.money(min(row.proven_minor, most_kept(work, share)))
    send_back(work, cancel_share(work, row.id, f"left {row.id}", kept, "its shop left the run"))
    _look_again(work, event.deal_id)


def _look_again(work: Work, deal_id: UUID) -> None:
    """Open pages about a deal show where its money is now."""
    shares = production.shares_of_deal(work.session, deal_id, with_left=True)
    for organisation_id in {row.organisation_id for row in shares} | {row.factory_id for row in shares}:
        live.announce(work.session, organisation_id, "deal", deal_id)


def _sale(share: ShareRow) -> Sale:
    return Sale(share.id, share.organisation_id, share.deal_id, share.factory_id, share.total.currency)


def _is_asked(work: Work, event: PaymentAsked) -> bool:
    return any(
        ask.share_id == event.share_id and ask.purpose.value == event.purpose and ask.state is not AskState.DROPPED
        for ask in production.asks_of_deal(work.session, event.deal_id)
    )
