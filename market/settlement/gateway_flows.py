"""What the payment provider is asked for a deal's money, and what its answers do to it.

The reference of a payment is its due, of a refund the transaction that asked for it, of a transfer and a payout their
remittance. Handlers run in the system's scope; each posts in the transaction in which it asks.
"""

from collections.abc import Iterable
from uuid import UUID

from market.identity import queries as identity
from market.identity.service import MARKET_ID
from market.kit import notices
from market.kit.money import Money
from market.kit.work import Work
from market.payments import queries as payments
from market.payments import service as provider
from market.payments.events import (
    PaymentAuthorised,
    PaymentFailed,
    PaymentTaken,
    PayoutAccountChanged,
    PayoutFailed,
    PayoutPaid,
    RefundFailed,
    RefundSucceeded,
    ReversalMade,
    ReversalRefused,
    TransferMade,
    TransferRefused,
)
from market.payments.gateways.base import EXPIRED
from market.payments.queries import PaymentRow
from market.production import queries as production
from market.production import service as deals
from market.production.queries import DealState
from market.settlement.events import PayoutRetryAsked
from market.settlement.ledger import Posted
from market.settlement.models import DueState, Remittance
from market.settlement.paying_out import (
    ask_payout,
    clear_bounced,
    factories_to_pay,
    note_payout_bounced,
    note_payout_paid,
    note_transferred,
)
from market.settlement.queries import DueRow, deals_paid_by, deals_released, due, is_settled
from market.settlement.refunding import note_refund_failed, note_refund_paid, refund
from market.settlement.service import fail_payment, note_authorised, take_payment

AUTHORISED, TAKEN = "authorised", "taken"
ENDED = (TAKEN, "failed", "dropped")


def open_payment(work: Work, due_id: UUID) -> None:
    """Ask the provider for a page where a due can be paid; one that is alive stays."""
    row = due(work.session, due_id)
    share = production.share(work.session, row.share_id)
    page = f"/deals/{share.award_id}"
    provider.open_payment(
        work,
        provider.PaymentOrder(
            organisation_id=row.organisation_id,
            reference=row.id,
            group=row.deal_id,
            money=row.amount,
            hold=row.together,
            description=f"{share.code} {share.title}".strip(),
            paid_path=page,
            back_path=page,
            language=identity.organisation(work.session, row.organisation_id).language,
        ),
    )


def give_up_payment(work: Work, due_id: UUID) -> None:
    """The page of a due is closed, and what is reserved for it is free again."""
    row = due(work.session, due_id)
    for payment in _tries(work, row):
        if payment.state.value not in ENDED:
            provider.drop_payment(work, payment.organisation_id, payment.id)


def take_payments(work: Work, due_ids: Iterable[UUID]) -> None:
    """Take what is reserved for these dues."""
    for due_id in due_ids:
        for payment in _tries(work, due(work.session, due_id)):
            if payment.state.value == AUTHORISED:
                provider.take_payment(work, payment.organisation_id, payment.id)


def send_back(work: Work, refunds: Iterable[Posted]) -> None:
    """Ask the provider to pay refunds that the ledger holds ready, each part out of its own payment."""
    for posted in refunds:
        if posted.due_id is None:
            continue
        row = due(work.session, posted.due_id)
        taken = _taken(work, row)
        money = Money(posted.minor, row.amount.currency)
        provider.refund_payment(work, row.organisation_id, taken.id, money, posted.transaction_id)


def count_authorised(work: Work, event: PaymentAuthorised) -> None:
    """A card stands for a due, which is not late any more; the payments of a pool are taken once all cards stand."""
    row = due(work.session, event.reference)
    # The money is locked before the deal, as by every other news: two of one deal never wait for each other.
    ready = note_authorised(work, event.reference)
    deals.payment_authorised(work, row.share_id, row.purpose.value)
    take_payments(work, ready)


def hold_taken(work: Work, event: PaymentTaken) -> None:
    """A payment arrived: it is held and its deal goes on, or it goes back when nobody asks for it any longer."""
    row = due(work.session, event.reference)
    money = Money(event.minor, row.amount.currency)
    take_payment(work, row.id, money, f"payment {event.payment_id}")
    if not deals.payment_arrived(work, row.share_id, row.purpose.value):
        send_back(work, refund(work, row.share_id, f"not asked {row.id}", money, "no longer asked"))


def follow_failed(work: Work, event: PaymentFailed) -> None:
    """A payment did not go through: its shop has 48 hours and a new page. A page that only grew old is made anew."""
    row = due(work.session, event.reference)
    if event.why == EXPIRED and row.state is DueState.DUE:
        open_payment(work, row.id)
    elif fail_payment(work, row.id, event.why):
        deals.payment_failed(work, row.share_id, row.purpose.value, event.why)
        open_payment(work, row.id)


def count_refund(work: Work, event: RefundSucceeded) -> None:
    """A refund arrived, which may have been the last open money of its deal."""
    settle_if_over(work, note_refund_paid(work, event.reference).deal_id)


def hold_failed_refund(work: Work, event: RefundFailed) -> None:
    """A refund did not arrive: it is held again, and operators look after it."""
    row = note_refund_failed(work, event.reference, event.why)
    share = production.share(work.session, row.share_id)
    _alarm(work, MARKET_ID, "refund_failed", code=share.code, title=share.title, why=event.why)


def pay_factories(work: Work) -> int:
    """Send every factory that can be paid what is payable to it. For the sweep. Returns how many payouts it asked."""
    asked = 0
    for factory_id, currency in factories_to_pay(work):
        account = payments.payout_account(work.session, factory_id)
        if account is None or not account.is_enabled:
            continue
        waiting = deals_released(work.session, factory_id, currency)
        sent = ask_payout(work, factory_id, currency)
        if sent is None:
            for deal_id in waiting:
                settle_if_over(work, deal_id)
        else:
            provider.transfer(work, factory_id, _money(sent), sent.id, sent.id)
            asked += 1
    return asked


def pay_out_transferred(work: Work, event: TransferMade) -> None:
    """The money stands in the factory's account: it goes on to its bank."""
    sent = note_transferred(work, event.reference)
    if sent is not None:
        provider.pay_out(work, sent.organisation_id, _money(sent), sent.id)


def follow_refused_transfer(work: Work, event: TransferRefused) -> None:
    _bounce(work, event.reference, event.why)


def settle_paid(work: Work, event: PayoutPaid) -> None:
    """The factory has its money; a deal of which nothing is open any more is settled."""
    note_payout_paid(work, event.reference)
    for deal_id in deals_paid_by(work.session, event.reference):
        settle_if_over(work, deal_id)


def settle_if_over(work: Work, deal_id: UUID) -> None:
    """An accepted deal of which no money is open any more is settled; one of which a part is frozen is not."""
    if production.deal(work.session, deal_id).state is DealState.ACCEPTED and is_settled(work.session, deal_id):
        deals.settle_deal(work, deal_id)


def fetch_back_failed(work: Work, event: PayoutFailed) -> None:
    """The bank sent a payout back: it is fetched from the factory's account, and is in transit until it is here."""
    for moved in payments.transfers_of_group(work.session, event.reference):
        rest = Money(moved.money.minor - moved.reversed_minor, moved.money.currency)
        if rest.minor:
            provider.reverse_transfer(work, moved.organisation_id, moved.id, rest, event.reference)
    _alarm_both(work, event.organisation_id, event.why)


def count_reversal(work: Work, event: ReversalMade) -> None:
    """What the bank sent back is here and payable again."""
    note_payout_bounced(work, event.reference, "the bank sent the payout back")


def tell_of_stuck_reversal(work: Work, event: ReversalRefused) -> None:
    """What the bank sent back stands in the factory's account, where operators look after it."""
    name = identity.organisation(work.session, event.organisation_id).name
    _alarm(work, MARKET_ID, "reversal_refused", title=name, why=event.why)


def try_bounced_again(work: Work, event: PayoutAccountChanged) -> None:
    """The account of a factory is in order: what bounced may be sent again."""
    if event.enabled:
        clear_bounced(work, event.organisation_id)


def send_bounced_again(work: Work, event: PayoutRetryAsked) -> None:
    """The factory says that its account is right as it is."""
    clear_bounced(work, event.organisation_id)


def _bounce(work: Work, remittance_id: UUID, why: str) -> None:
    sent = note_payout_bounced(work, remittance_id, why)
    if sent is not None:
        _alarm_both(work, sent.organisation_id, why)


def _alarm_both(work: Work, factory_id: UUID, why: str) -> None:
    name = identity.organisation(work.session, factory_id).name
    for organisation_id in (factory_id, MARKET_ID):
        _alarm(work, organisation_id, "payout_bounced", title=name, why=why)


def _alarm(work: Work, organisation_id: UUID, kind: str, **told: str) -> None:
    notices.notify(
        work, organisation_id, kind, told, link="/operator/money" if organisation_id == MARKET_ID else "/money"
    )


def _tries(work: Work, row: DueRow) -> list[PaymentRow]:
    return payments.payments_of_reference(work.session, row.organisation_id, row.id)


def _taken(work: Work, row: DueRow) -> PaymentRow:
    for payment in _tries(work, row):
        if payment.state.value == TAKEN:
            return payment
    raise LookupError(f"what is held for due {row.id} has no payment that was taken")


def _money(sent: Remittance) -> Money:
    return Money(sent.minor, sent.currency)
