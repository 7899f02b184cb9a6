"""What people, clocks, the worker and the payment provider do in a deal, each as it can come at any moment."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text

from market.disputes import service as disputes
from market.disputes.clocks import close_old_deals
from market.kit.outbox import Event
from market.kit.work import Work
from market.payments.events import PaymentAuthorised, PaymentFailed, PaymentTaken, PayoutPaid
from market.production import clocks, service
from market.production.opening import open_deal
from market.settlement.gateway_flows import count_authorised, follow_failed, hold_taken, settle_paid
from tests.market.disputes.bench import cny
from tests.market.moments import latest_inspection, stages
from tests.market.production.yard import PHOTO, Run
from tests.market.rivals import Act
from tests.market.settlement.test_flows import dues_for, moved

Verb = Callable[..., object]


def of_deal(who: str, does: str, verb: Verb, *arguments: object) -> Act:
    return Act(who, does, lambda run: lambda work: verb(work, run.deal_id, *arguments))


def of_share(who: str, does: str, verb: Verb, *arguments: object) -> Act:
    """About the share of the shop that acts, of the first shop where somebody else does."""

    def prepare(run: Run) -> Callable[[Work], object]:
        share_id = run.share(run.shops[-1 if who == "other shop" else 0]).id
        return lambda work: verb(work, share_id, *arguments)

    return Act(who, does, prepare)


def clock(does: str, sweep: Callable[[Work], int]) -> Act:
    return Act("system", does, lambda _run: sweep)


def judge(who: str, verb: Verb, *said: str) -> Act:
    does = f"{who}: {verb.__name__}"
    return Act(who, does, lambda run: partial(_judged, verb, run.deal_id, run.sample_id(), said))


def _judged(verb: Verb, deal_id: UUID, sample_id: UUID, said: tuple[str, ...], work: Work) -> None:
    verb(work, deal_id, sample_id, *said)


def decides(choice: str, who: str = "shop") -> Act:
    """A shop says what is done about the failed run."""

    def prepare(run: Run) -> Callable[[Work], object]:
        waiting = latest_inspection(run)
        return lambda work: service.decide_inspection(work, run.deal_id, waiting, choice)

    return Act(who, f"{who}: {choice}", prepare)


def reports(**found: int) -> Act:
    """The factory reports an inspection."""

    def prepare(run: Run) -> Callable[[Work], object]:
        report = run.report(**found)
        return lambda work: service.report_inspection(work, run.deal_id, report)

    return Act("factory", "factory: an inspection", prepare)


def finishes(place: int) -> Act:
    """The factory finishes a stage."""
    return Act(
        "factory",
        "factory: a stage",
        lambda run: lambda work: service.report_stage(work, run.deal_id, stages(run)[place]),
    )


def _ship(run: Run) -> Callable[[Work], object]:
    parcels = run.parcels()
    return lambda work: service.ship(work, run.deal_id, sum(parcel.pieces for parcel in parcels), parcels)


def _dispute(run: Run, who: str) -> Callable[[Work], object]:
    share = run.share(run.shops[0])
    claim = disputes.Claim("not_paid" if who == "factory" else "other", "what is wrong", 0, cny(100))
    return lambda work: disputes.open_dispute(work, share.id, claim)


def _said(
    run: Run, purpose: str, state: str, hear: Callable[[Any, Any], object], place: int
) -> Callable[[Work], object]:
    """The provider's news is here, and the worker is about to do what it says."""
    due = next(due for due in dues_for(run, purpose) if due.organisation_id == run.shops[place])
    with run.town.work("system") as work:
        payment_id = work.session.scalars(
            text(
                "UPDATE payments SET state = CAST(:state AS text), charge = 'ch', taken_minor = CASE WHEN "
                "CAST(:state AS text) = 'taken' THEN minor ELSE 0 END WHERE reference = :due "
                "AND state NOT IN ('failed', 'dropped') RETURNING id"
            ),
            {"state": state, "due": due.id},
        ).one()
    told = (due.organisation_id, payment_id, due.id)
    events: dict[str, Event] = {
        "taken": PaymentTaken(*told, due.amount.minor),
        "authorised": PaymentAuthorised(*told),
        "failed": PaymentFailed(*told, "card declined"),
    }
    return lambda work: hear(work, events[state])


def money_arrives(purpose: str, place: int = 0) -> Act:
    return Act("system", f"provider: {purpose} arrived", lambda run: _said(run, purpose, "taken", hold_taken, place))


def card_stands(place: int = 0) -> Act:
    return Act(
        "system", "provider: a card stands", lambda run: _said(run, "deposit", "authorised", count_authorised, place)
    )


def card_fails(purpose: str = "deposit", place: int = 0) -> Act:
    return Act("system", "provider: a card failed", lambda run: _said(run, purpose, "failed", follow_failed, place))


def _payout_arrives(run: Run) -> Callable[[Work], object]:
    event = PayoutPaid(run.factory, *moved(run, "payouts"))
    return lambda work: settle_paid(work, event)


def _receives(work: Work, share_id: UUID, *, by: str) -> None:
    service.confirm_delivery(work, share_id, by, [PHOTO])


def _settle(work: Work, deal_id: UUID) -> bool:
    """Whether it was this one that settled it."""
    before = state_of(work, deal_id)
    service.settle_deal(work, deal_id)
    return before != "settled"


def state_of(work: Work, deal_id: UUID) -> str:
    return str(work.session.scalar(text("SELECT state FROM deals WHERE id = :id FOR UPDATE"), {"id": deal_id}))


WORKER_OPENS = of_deal("system", "worker: opens the deal", lambda work, quote_id: open_deal(work, quote_id) is not None)
MAKES_SAMPLE = of_deal("factory", "factory: makes the sample", service.make_sample, [PHOTO])
APPROVES = judge("shop", service.approve_sample)
REJECTS = judge("shop", service.reject_sample, "the collar is too wide")
CANCELS = of_deal("shop", "shop: cancels", service.cancel_deal)
STEPS_BACK = of_deal("factory", "factory: cancels", service.cancel_deal)
PROVES = of_deal("factory", "factory: proves materials", service.prove_materials, 500, [PHOTO])
BEGINS = of_deal("factory", "factory: begins production", service.begin_production)
SHIPS = Act("factory", "factory: ships", _ship)
DISPUTES = Act("shop", "shop: disputes", partial(_dispute, who="shop"))
FACTORY_DISPUTES = Act("factory", "factory: disputes", partial(_dispute, who="factory"))
RECEIVES = of_share("shop", "shop: received it", partial(_receives, by="the warehouse"))
CARRIER_DELIVERS = of_share("factory", "factory: the carrier's proof", partial(_receives, by="the carrier"))
ACCEPTS = of_share("shop", "shop: accepts", service.accept_share)
HALTS = of_deal("system", "a dispute halts it", lambda work, deal_id: service.dispute_deal(work, deal_id, "a dispute"))
RESUMES = of_deal("system", "worker: lets it go on", lambda work, deal_id: service.resume_deal(work, deal_id, "over"))
ENDS = of_deal("system", "worker: ends it", service.end_disputed_deal)
SETTLES = of_deal("system", "worker: settles it", _settle)
PAYOUT_ARRIVES = Act("system", "provider: the payout arrived", _payout_arrives)
NUDGES = clock("clock: nudges a silent buyer", clocks.nudge_silent_buyers)
NUDGES_FACTORY = clock("clock: nudges a late sample", clocks.nudge_late_samples)
CHASES = clock("clock: chases deposits", clocks.chase_deposits)
CLOCK_DECIDES = clock("clock: decides about the failed run", clocks.decide_silent_inspections)
STORES = clock("clock: stores unpaid goods", clocks.store_unpaid_goods)
REMINDS = clock("clock: reminds to accept", clocks.remind_to_accept)
CLOCK_ACCEPTS = clock("clock: accepts", clocks.accept_silent_shares)
CLOSES = clock("clock: closes", close_old_deals)
REWORKED = of_deal("factory", "factory: reworked it", service.report_stage, "rework")
