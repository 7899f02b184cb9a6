"""Moments in which the money of a deal moves, and the handlers and provider's news that may move it just then."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from market.disputes import service as disputes
from market.disputes.events import DisputeOpened, DisputeSettled
from market.disputes.flows import freeze_disputed, settle_dispute
from market.kit.money import Money
from market.kit.work import Work
from market.payments.events import (
    PayoutPaid,
    RefundFailed,
    RefundSucceeded,
    ReversalMade,
    TransferMade,
    TransferRefused,
)
from market.production import service as deals
from market.production.events import DealAccepted
from market.settlement.flows import release_accepted_deal
from market.settlement.gateway_flows import (
    count_refund,
    count_reversal,
    follow_refused_transfer,
    hold_failed_refund,
    pay_factories,
    pay_out_transferred,
    send_back,
)
from market.settlement.mending import refund_again, returned_by_hand
from market.settlement.queries import dues_of_share
from market.settlement.refunding import refund
from tests.market.disputes.bench import cny, open_account
from tests.market.moments import by_factory, moment
from tests.market.production.yard import Run
from tests.market.rivals import Act
from tests.market.settlement.test_flows import moved, tell
from tests.market.settlement.test_stuck import fail_refunds

CLAIM = 100


def found(run: Run, statement: str) -> Any:
    with run.town.work("system") as work:
        return work.session.execute(text(statement)).all()[-1]


def dispute_unheard(run: Run) -> None:
    """The shop disputes a part; no worker has heard of it."""
    share = run.share(run.shops[0])
    with run.town.work("seller", run.shops[0]) as work:
        disputes.open_dispute(work, share.id, disputes.Claim("other", "what is wrong", 0, cny(CLAIM)))


def withdraw_unheard(run: Run) -> None:
    run.town.deliver()
    dispute_id = found(run, "SELECT id FROM disputes").id
    with run.town.work("seller", run.shops[0]) as work:
        disputes.withdraw(work, dispute_id)


def ask_payout(run: Run) -> None:
    assert run.town.sweep(pay_factories) == 1


def everything_goes_back(run: Run) -> None:
    """All that the share paid."""
    share_id = run.share(run.shops[0]).id
    with run.town.work("system") as work:
        paid = sum(due.released.minor for due in dues_of_share(work.session, share_id))
        send_back(work, refund(work, share_id, "an operator's", cny(paid), "all of it"))


def refund_comes_home(run: Run) -> None:
    """The provider paid the newest refund."""
    row = found(run, "SELECT organisation_id, id, reference FROM refunds ORDER BY reference")
    tell(run, RefundSucceeded(row.organisation_id, row.id, row.reference))


def payout_comes(run: Run) -> None:
    tell(run, PayoutPaid(run.factory, *moved(run, "payouts")))


moment("cancelled, and its page is open", "the deposit is due", by_factory(deals.cancel_deal))
moment("cancelled, and refunds are asked", "materials", by_factory(deals.cancel_deal))
moment("a refund is there", "cancelled, and refunds are asked", refund_comes_home)
moment("a refund failed", "cancelled, and refunds are asked", fail_refunds)
moment("halted by a dispute that is withdrawn", "materials", dispute_unheard, withdraw_unheard)
moment("disputed, and nobody has heard", "delivered", open_account, dispute_unheard)
moment("withdrawn, and nobody has heard", "disputed, and nobody has heard", withdraw_unheard)
moment("payable", "accepted", open_account)
moment("payable and disputed", "payable", dispute_unheard)
moment("all that is payable goes back", "payable", everything_goes_back)
moment("a payout is asked", "payable", ask_payout)
moment("paid", "the payout is under way", payout_comes)


def of_event(does: str, hear: Callable[[Work, Any], object], event: Callable[[Run], Any]) -> Act:
    """The worker hears of an event."""

    def prepare(run: Run) -> Callable[[Work], object]:
        told = event(run)
        return lambda work: hear(work, told)

    return Act("system", does, prepare)


def about(kind: Callable[..., Any], table: str, *more: str) -> Callable[[Run], Any]:
    """News of the newest row of a table."""

    def event(run: Run) -> Any:
        row = found(run, f"SELECT organisation_id, id, reference FROM {table} ORDER BY reference")
        return kind(row.organisation_id, row.id, row.reference, *more)

    return event


def of_dispute(kind: Callable[..., Any]) -> Callable[[Run], Any]:
    def event(run: Run) -> Any:
        row = found(run, "SELECT organisation_id, id FROM disputes ORDER BY id")
        return kind(row.organisation_id, row.id)

    return event


def _transferred(run: Run) -> TransferMade:
    return TransferMade(run.factory, *moved(run, "transfers"))


def bounced(run: Run) -> ReversalMade:
    """What the bank sent back was fetched from the factory's account."""
    return ReversalMade(run.factory, *moved(run, "transfers"))


def _refund_of(run: Run) -> Callable[[Work], object]:
    share_id = run.share(run.shops[0]).id
    return lambda work: _refunds(work, share_id)


def _refunds(work: Work, share_id: UUID) -> None:
    send_back(work, refund(work, share_id, "an operator's", Money(CLAIM, "CNY"), "as was agreed"))


def of_failed_refund(does: str, verb: Callable[[Work, UUID, str], object]) -> Act:
    """An operator looks after the newest refund that failed."""

    def prepare(run: Run) -> Callable[[Work], object]:
        failed = found(run, "SELECT id FROM ledger_transactions WHERE kind = 'refund_failed' ORDER BY id").id
        return lambda work: verb(work, failed, "the card is closed")

    return Act("operator", f"operator: {does}", prepare)


def _accepted(run: Run) -> DealAccepted:
    return DealAccepted(run.deal.organisation_id, run.deal_id)


RETURNS = of_failed_refund("it went back by bank", returned_by_hand)
SENDS_AGAIN = of_failed_refund("refund again", refund_again)
FREEZES = of_event("worker: freezes what is disputed", freeze_disputed, of_dispute(DisputeOpened))
ENDS_DISPUTE = of_event("worker: carries out a dispute's end", settle_dispute, of_dispute(DisputeSettled))
RELEASES = of_event("worker: releases", release_accepted_deal, _accepted)
REFUNDS = Act("system", "an operator's refund", _refund_of)
PAYS = Act("system", "clock: pays factories", lambda _run: pay_factories)
REFUND_ARRIVES = of_event("provider: the refund arrived", count_refund, about(RefundSucceeded, "refunds"))
REFUND_FAILS = of_event("provider: the refund failed", hold_failed_refund, about(RefundFailed, "refunds", "closed"))
TRANSFERRED = of_event("provider: the transfer is made", pay_out_transferred, _transferred)
REFUSED = of_event(
    "provider: the transfer is refused", follow_refused_transfer, about(TransferRefused, "transfers", "no")
)
BOUNCES = of_event("provider: the payout came back", count_reversal, bounced)
