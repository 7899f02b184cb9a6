"""The deadlines of deals, as sweeps over what is due. Each may run at any time, and again: it finds what is left."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, update

from market.kit import history
from market.kit.clock import market_day
from market.kit.work import Work
from market.production.accepting import accept_by_clock, close_deal
from market.production.cancelling import leave
from market.production.deals import lock_deal, shares_of
from market.production.inspecting import decide_by_clock, open_inspection
from market.production.models import (
    UNPAID,
    AskState,
    Deal,
    DealShare,
    DealState,
    Inspection,
    PaymentAsk,
    Purpose,
    Sample,
    SampleState,
    Shipment,
    Voice,
)
from market.production.paying import start_cure
from market.production.shipping import find_share
from market.production.task_queries import DECIDE_WITHIN
from market.production.telling import tell_factory, tell_shop
from market.quotes.holding import ACCEPTANCE_DAYS

AT_ONCE: Final = 200
SILENCE: Final = timedelta(days=5)
ACCEPTANCE: Final = timedelta(days=ACCEPTANCE_DAYS)
DECISION_REMINDED_AFTER: Final = timedelta(days=3)
REMINDED_AFTER: Final = (timedelta(days=4), timedelta(days=8))
DISPUTABLE_FOR: Final = timedelta(days=30)
BEING_RECEIVED: Final = (DealState.SHIPPED, DealState.DELIVERED)


def nudge_silent_buyers(work: Work) -> int:
    """A sample has waited for 5 days: the buyers who said nothing are nudged, and the factory's clock stops until the
    sample is decided. Returns how many samples."""
    waiting = select(Sample.deal_id, Sample.id).where(
        Sample.state == SampleState.MADE, Sample.made_at <= work.now - SILENCE, Sample.nudged_at.is_(None)
    )
    return sum(_nudge_buyers(work, lock_deal(work, deal_id), sample_id) for deal_id, sample_id in _due(work, waiting))


def nudge_late_samples(work: Work) -> int:
    """A sample is not made on its day: its factory is nudged, once. Returns how many."""
    late = select(Sample.deal_id, Sample.id).where(
        Sample.state == SampleState.ASKED, Sample.due_at <= work.now, Sample.nudged_at.is_(None)
    )
    count = 0
    for deal_id, sample_id in _due(work, late):
        deal = lock_deal(work, deal_id)
        sample = _fresh_sample(work, deal, sample_id)
        if deal.state is DealState.SAMPLING and sample.state is SampleState.ASKED:
            sample.nudged_at = work.now
            tell_factory(work, deal, "sample_late", due=sample.due_at.isoformat())
            count += 1
    work.session.flush()
    return count


def chase_deposits(work: Work) -> int:
    """A deposit that is not there on its day gets 48 hours; after them its share leaves the run, or the deal ends.

    One that is authorised, and waits for the others of its pool, is not late. Returns how many.
    """
    owed = select(PaymentAsk.deal_id, PaymentAsk.id).where(
        PaymentAsk.purpose == Purpose.DEPOSIT, PaymentAsk.authorised_at.is_(None)
    )
    late = owed.where(PaymentAsk.state == AskState.ASKED, PaymentAsk.due_at <= work.now)
    over = owed.where(PaymentAsk.state == AskState.FAILED, PaymentAsk.cure_until <= work.now)
    count = 0
    for deal_id, ask_id in sorted((*_due(work, over), *_due(work, late))):
        deal = lock_deal(work, deal_id)
        ask = _fresh_ask(work, ask_id)
        if deal.state is not DealState.DEPOSIT_DUE or ask.authorised_at is not None:
            continue
        if ask.state is AskState.ASKED:
            start_cure(work, find_share(work, ask.share_id), ask, "not paid in time")
            count += 1
        elif ask.state is AskState.FAILED and ask.cure_until is not None and ask.cure_until <= work.now:
            leave(work, deal, find_share(work, ask.share_id), "deposit_unpaid")
            count += 1
    return count


def remind_to_decide(work: Work) -> int:
    """A failed run has waited for 3 days: the buyers who said nothing are reminded, once. Returns how many runs."""
    waiting = _undecided(work, DECISION_REMINDED_AFTER).where(Inspection.nudged_at.is_(None))
    count = 0
    for deal_id, inspection_id in _due(work, waiting):
        deal = lock_deal(work, deal_id)
        row = open_inspection(work, deal)
        if deal.state is DealState.INSPECTING and row and row.id == inspection_id and row.nudged_at is None:
            row.nudged_at = work.now
            work.session.flush()
            for share in _silent_shares(work, deal, row.id):
                tell_shop(work, share, "inspection_waiting", until=(row.reported_at + DECIDE_WITHIN).isoformat())
            count += 1
    return count


def decide_silent_inspections(work: Work) -> int:
    """A failed run about which nothing was decided for 5 days, in spite of a reminder, is done with as those who spoke
    want, and reworked where nobody did. Returns how many runs."""
    count = 0
    for deal_id, inspection_id in _due(work, _undecided(work, DECIDE_WITHIN).where(Inspection.nudged_at.is_not(None))):
        deal = lock_deal(work, deal_id)
        row = open_inspection(work, deal)
        if deal.state is DealState.INSPECTING and row and row.id == inspection_id:
            decide_by_clock(work, deal, row)
            count += 1
    return count


def store_unpaid_goods(work: Work) -> int:
    """A balance is not there on its day: the goods lie in the factory's store at the shop's cost until it is, and both
    are told. Returns how many."""
    late = select(PaymentAsk.deal_id, PaymentAsk.id).where(
        PaymentAsk.purpose == Purpose.BALANCE,
        PaymentAsk.state.in_(UNPAID),
        PaymentAsk.due_at <= work.now,
        PaymentAsk.stored_since.is_(None),
    )
    count = 0
    for deal_id, ask_id in _due(work, late):
        deal = lock_deal(work, deal_id)
        ask = _fresh_ask(work, ask_id)
        if deal.state is not DealState.BALANCE_DUE or ask.state not in UNPAID or ask.stored_since is not None:
            continue
        ask.stored_since = work.now
        work.session.flush()
        share = find_share(work, ask.share_id)
        history.record(work, share, what="goods are stored", why="the balance is late")
        tell_shop(work, share, "balance_late")
        tell_factory(work, deal, "balance_stored")
        count += 1
    return count


def remind_to_accept(work: Work) -> int:
    """Shops that have their goods and said nothing are reminded on the fourth and on the eighth day; returns how
    many were. Each reminder is one conditional statement, so that it is sent once."""
    count = 0
    for reminders, after in enumerate(REMINDED_AFTER):
        silent = _silent(work, after).where(DealShare.reminders == reminders)
        for deal_id, share_id in _due(work, silent):
            lock_deal(work, deal_id)
            reminded = work.session.scalars(
                update(DealShare)
                .where(DealShare.id == share_id, DealShare.reminders == reminders, DealShare.accepted_at.is_(None))
                .values(reminders=reminders + 1)
                .returning(DealShare.id)
                .execution_options(synchronize_session=False)
            ).first()
            if reminded is not None:
                share = find_share(work, share_id)
                tell_shop(work, share, "accept_reminder", until=_accepted_on(work, share))
                count += 1
    return count


def accept_silent_shares(work: Work) -> int:
    """Goods that were there for 10 days, and about which two reminders brought no word, count as accepted; returns how
    many shares."""
    silent = _silent(work, ACCEPTANCE).where(DealShare.reminders == len(REMINDED_AFTER))
    count = 0
    for deal_id, share_id in _due(work, silent):
        deal = lock_deal(work, deal_id)
        share = find_share(work, share_id)
        if deal.state in BEING_RECEIVED and share.accepted_at is None:
            accept_by_clock(work, deal, share)
            count += 1
    return count


def close_settled_deals(work: Work, but: Collection[UUID]) -> int:
    """A deal that was paid out 30 days ago can be disputed no longer, and closes; returns how many.

    but: deals that stay as they are, since a dispute about them is not over.
    """
    over = select(Deal.id, Deal.id).where(
        Deal.state == DealState.SETTLED, Deal.state_since <= work.now - DISPUTABLE_FOR, Deal.id.not_in(but)
    )
    count = 0
    for deal_id, _id in _due(work, over):
        deal = lock_deal(work, deal_id)
        if deal.state is DealState.SETTLED:
            close_deal(work, deal)
            count += 1
    return count


def _nudge_buyers(work: Work, deal: Deal, sample_id: UUID) -> bool:
    sample = _fresh_sample(work, deal, sample_id)
    if deal.state is not DealState.SAMPLING or sample.state is not SampleState.MADE or sample.nudged_at is not None:
        return False
    assert sample.made_at is not None
    sample.nudged_at = work.now
    deal.clock_stopped_on = market_day(sample.made_at + SILENCE)
    work.session.flush()
    history.record(work, deal, what="clock stopped", why="the sample waits for its buyer")
    for share in _silent_shares(work, deal, sample.id):
        tell_shop(work, share, "sample_waiting", days=SILENCE.days)
    return True


def _silent_shares(work: Work, deal: Deal, subject_id: UUID) -> list[DealShare]:
    """The shares in a deal whose shops have said nothing about a subject."""
    heard = set(work.session.scalars(select(Voice.organisation_id).where(Voice.subject_id == subject_id)))
    return [share for share in shares_of(work, deal) if share.organisation_id not in heard]


def _undecided(work: Work, after: timedelta) -> Select[UUID, UUID]:
    """(deal, inspection) of failed runs that have waited for so long to be decided."""
    return (
        select(Inspection.deal_id, Inspection.id)
        .join(Deal, Deal.id == Inspection.deal_id)
        .where(
            Inspection.decision.is_(None),
            Inspection.reported_at <= work.now - after,
            Deal.state == DealState.INSPECTING,
        )
    )


def _silent(work: Work, after: timedelta) -> Select[UUID, UUID]:
    """(deal, share) of shares that have had their goods for so long and have not accepted them."""
    return (
        select(DealShare.deal_id, DealShare.id)
        .join(Shipment, Shipment.share_id == DealShare.id)
        .join(Deal, Deal.id == DealShare.deal_id)
        .where(
            Shipment.delivered_at <= work.now - after,
            DealShare.accepted_at.is_(None),
            DealShare.left_at.is_(None),
            Deal.state.in_(BEING_RECEIVED),
        )
    )


def _due(work: Work, statement: Select[UUID, UUID]) -> Sequence[tuple[UUID, UUID]]:
    """What a sweep has to look at now, in the order of deals so that two sweeps never wait for each other."""
    rows: Any = work.session.execute(statement.order_by(*statement.selected_columns).limit(AT_ONCE))
    return [(row[0], row[1]) for row in rows]


def _fresh_sample(work: Work, deal: Deal, sample_id: UUID) -> Sample:
    return work.session.get_one(Sample, (deal.organisation_id, sample_id), populate_existing=True)


def _fresh_ask(work: Work, ask_id: UUID) -> PaymentAsk:
    statement = select(PaymentAsk).where(PaymentAsk.id == ask_id).execution_options(populate_existing=True)
    return work.session.scalars(statement).one()


def _accepted_on(work: Work, share: DealShare) -> str:
    delivered_at = work.session.scalars(select(Shipment.delivered_at).where(Shipment.share_id == share.id)).one()
    assert delivered_at is not None
    return (delivered_at + ACCEPTANCE).isoformat()


SWEEPS: Final = (
    nudge_silent_buyers,
    nudge_late_samples,
    chase_deposits,
    remind_to_decide,
    decide_silent_inspections,
    store_unpaid_goods,
    remind_to_accept,
    accept_silent_shares,
)
"""Every clock of a deal; each finds what is due and may be run at any time."""
