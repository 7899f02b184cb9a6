"""What shares are asked to pay, and what the deal does when it arrives or fails. The money itself is settlement's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from market.kit import history
from market.kit.errors import NotFound
from market.kit.money import Money, allocate
from market.kit.outbox import publish
from market.kit.work import Work
from market.production.deals import advance, lock_deal, shares_of, show
from market.production.events import PaymentAsked, PaymentDropped
from market.production.models import (
    ASK_TRANSITIONS,
    UNPAID,
    AskState,
    Deal,
    DealShare,
    DealState,
    PaymentAsk,
    Purpose,
)
from market.production.queries import DEPOSIT_AND_BALANCE
from market.production.telling import tell_factory, tell_shop
from market.quotes.holding import BALANCE_DAYS

DEPOSIT_DAYS: Final = 5
SAMPLE_FEE_DAYS: Final = 5
TIME_TO_CURE: Final = timedelta(hours=48)


def ask_sample_fees(work: Work, deal: Deal, shares: Sequence[DealShare]) -> None:
    """Ask for the sample's fee, of a pool's members by their pieces; a sample without a fee asks for nothing."""
    if deal.sample_fee_minor:
        parts = allocate(Money(deal.sample_fee_minor, deal.currency), [share.pieces for share in shares])
        for share, part in zip(shares, parts, strict=True):
            _ask(work, deal, share, Purpose.SAMPLE_FEE, part.minor, SAMPLE_FEE_DAYS)


def ask_deposits(work: Work, deal: Deal) -> None:
    """Ask every share for its deposit; a fee that was not paid is dropped, as the balance then covers the whole."""
    drop_asks(work, deal, shares_of(work, deal), Purpose.SAMPLE_FEE)
    for share in shares_of(work, deal):
        _ask(work, deal, share, Purpose.DEPOSIT, deposit_of(share).minor, DEPOSIT_DAYS)
    begin_when_deposits_arrived(work, deal)


def ask_balances(work: Work, deal: Deal) -> None:
    """Ask every share for the exact rest of its price: of the pieces allocated to it, less its discount, its deposit
    and the fee that it paid for the approved sample."""
    for share in shares_of(work, deal):
        _ask(work, deal, share, Purpose.BALANCE, max(balance_of(work, share), 0), BALANCE_DAYS)
    say_when_balances_arrived(work, deal)


def deposit_of(share: DealShare) -> Money:
    """30 % of a share's total, by largest remainder."""
    return allocate(Money(share.total_minor, share.currency), DEPOSIT_AND_BALANCE)[0]


def balance_of(work: Work, share: DealShare) -> int:
    """What is left to pay of a share's price, in minor units; below zero when more arrived than its goods now cost."""
    pieces = share.pieces if share.allocated is None else share.allocated
    return pieces * share.unit_price_minor - share.discount_minor - arrived_minor(work, share)


def arrived_minor(work: Work, share: DealShare) -> int:
    """What a share has paid, its sample's fee included."""
    statement = select(func.sum(PaymentAsk.minor)).where(
        PaymentAsk.share_id == share.id, PaymentAsk.state == AskState.ARRIVED
    )
    return int(work.session.scalar(statement) or 0)


def arrived_for(work: Work, deal: Deal, purpose: Purpose) -> int:
    """What the shares in a deal have paid for one purpose, as far as the session sees them."""
    statement = select(func.sum(PaymentAsk.minor)).where(
        PaymentAsk.share_id.in_([share.id for share in shares_of(work, deal)]),
        PaymentAsk.purpose == purpose,
        PaymentAsk.state == AskState.ARRIVED,
    )
    return int(work.session.scalar(statement) or 0)


def payment_arrived(work: Work, share_id: UUID, purpose: str) -> bool:
    """What a share was asked for is held now. Returns False when it is asked for no longer, so that it goes back.

    For settlement, in the system's scope; said twice, it changes nothing the second time. Raises NotFound.
    """
    deal, share, ask = _locked(work, share_id, purpose)
    if ask.state is AskState.ARRIVED:
        return True
    if ask.state is AskState.DROPPED:
        return False
    history.move(work, ask, AskState.ARRIVED, ASK_TRANSITIONS)
    history.record(work, share, what=f"{ask.purpose.value} arrived", details={"minor": ask.minor})
    if ask.purpose is Purpose.DEPOSIT:
        begin_when_deposits_arrived(work, deal)
    elif ask.purpose is Purpose.BALANCE:
        say_when_balances_arrived(work, deal)
    show(work, deal)
    return True


def payment_authorised(work: Work, share_id: UUID, purpose: str) -> None:
    """A share's money waits to be taken together with that of the others of its pool: it is not late any more.

    For settlement, in the system's scope; said twice, it changes nothing the second time. Raises NotFound.
    """
    deal, share, ask = _locked(work, share_id, purpose)
    if ask.state in UNPAID and ask.authorised_at is None:
        ask.authorised_at = work.now
        work.session.flush()
        history.record(work, share, what=f"{ask.purpose.value} authorised")
        show(work, deal)


def payment_failed(work: Work, share_id: UUID, purpose: str, why: str) -> None:
    """A payment did not go through; its shop has 48 hours to pay otherwise. For settlement, in the system's scope.

    A failure that comes again, or after the payment arrived, changes nothing. Raises NotFound.
    """
    deal, share, ask = _locked(work, share_id, purpose)
    ask.authorised_at = None
    if ask.state is AskState.ASKED:
        start_cure(work, share, ask, why)
    show(work, deal)


def start_cure(work: Work, share: DealShare, ask: PaymentAsk, why: str) -> None:
    """From now on a share has 48 hours until what it owes is seen as not coming."""
    ask.cure_until = work.now + TIME_TO_CURE
    history.move(work, ask, AskState.FAILED, ASK_TRANSITIONS, why=why)
    told = {"purpose": ask.purpose.value, "until": ask.cure_until.isoformat(), "why": why}
    tell_shop(work, share, "payment_failed", **told)


def drop_asks(work: Work, deal: Deal, shares: Sequence[DealShare], *purposes: Purpose) -> None:
    """Ask no longer for what these shares have not paid; no purpose named means every one."""
    asks = work.session.scalars(
        select(PaymentAsk)
        .where(
            PaymentAsk.deal_id == deal.id,
            PaymentAsk.share_id.in_([share.id for share in shares]),
            PaymentAsk.state.in_(UNPAID),
            PaymentAsk.purpose.in_(purposes or tuple(Purpose)),
        )
        .order_by(PaymentAsk.id)
    ).all()
    for ask in asks:
        history.move(work, ask, AskState.DROPPED, ASK_TRANSITIONS)
        publish(work, PaymentDropped(ask.organisation_id, ask.share_id, ask.purpose.value))


def begin_when_deposits_arrived(work: Work, deal: Deal) -> None:
    """The factory buys materials once nobody owes a deposit any more."""
    if deal.state is DealState.DEPOSIT_DUE and not _is_owed(work, deal, Purpose.DEPOSIT):
        advance(work, deal, DealState.MATERIALS)
        tell_factory(work, deal, "deposits_held")


def say_when_balances_arrived(work: Work, deal: Deal) -> None:
    """The factory ships once nobody owes a balance any more."""
    if deal.state is DealState.BALANCE_DUE and not is_balance_owed(work, deal):
        tell_factory(work, deal, "balances_held")


def is_balance_owed(work: Work, deal: Deal) -> bool:
    return _is_owed(work, deal, Purpose.BALANCE)


def _is_owed(work: Work, deal: Deal, purpose: Purpose) -> bool:
    statement = (
        select(func.count())
        .select_from(PaymentAsk)
        .where(PaymentAsk.deal_id == deal.id, PaymentAsk.purpose == purpose, PaymentAsk.state.in_(UNPAID))
    )
    return bool(work.session.scalar(statement))


def _ask(work: Work, deal: Deal, share: DealShare, purpose: Purpose, minor: int, days: int) -> None:
    """Ask once; nothing is asked where nothing is owed."""
    if minor == 0:
        return
    ask = PaymentAsk(
        organisation_id=share.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        share_id=share.id,
        purpose=purpose,
        state=AskState.ASKED,
        minor=minor,
        currency=share.currency,
        asked_at=work.now,
        due_at=work.now + timedelta(days=days),
    )
    work.session.add(ask)
    work.session.flush()
    history.record(work, ask, what="asked", to_state=AskState.ASKED, details={"minor": minor})
    together = purpose is Purpose.DEPOSIT and deal.pool_id is not None
    publish(
        work,
        PaymentAsked(
            share.organisation_id, deal.id, share.id, purpose.value, minor, share.currency, ask.due_at, together
        ),
    )
    told = {"purpose": purpose.value, "minor": minor, "currency": share.currency, "due": ask.due_at.isoformat()}
    tell_shop(work, share, "payment_asked", **told)


def _locked(work: Work, share_id: UUID, purpose: str) -> tuple[Deal, DealShare, PaymentAsk]:
    share = work.session.scalars(select(DealShare).where(DealShare.id == share_id)).one_or_none()
    if share is None or purpose not in tuple(Purpose):
        raise NotFound
    deal = lock_deal(work, share.deal_id)
    ask = work.session.scalars(
        select(PaymentAsk)
        .where(PaymentAsk.share_id == share_id, PaymentAsk.purpose == Purpose(purpose))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if ask is None:
        raise NotFound
    return deal, share, ask
