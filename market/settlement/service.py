"""Dues: what a share is asked to pay, and the money of it as it arrives. No verb commits; the edge does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from market.kit import history
from market.kit.errors import Conflict
from market.kit.money import Money
from market.kit.work import Work
from market.settlement.ledger import Movement, of_market, post, posted_before
from market.settlement.models import (
    DUE_TRANSITIONS,
    AccountKind,
    Due,
    DueState,
    Purpose,
    Terms,
    TransactionKind,
)
from market.settlement.shares import lock_due, lock_share, lock_shares_of_deal

TIME_TO_CURE: Final = timedelta(hours=48)
UNPAID: Final = (DueState.DUE, DueState.AUTHORISED, DueState.FAILED)


class OtherAmount(Conflict):
    """What was paid is not what was asked; nothing was moved."""

    code = "other_amount"


class OtherTerms(Conflict):
    """The same share was asked before for another amount, or sold on other terms."""

    code = "other_terms"


@dataclass(frozen=True, slots=True)
class Sale:
    """A share as its money is concerned: whose it is, of which deal, made by whom."""

    share_id: UUID
    shop_id: UUID
    deal_id: UUID
    factory_id: UUID
    currency: str


def freeze_terms(work: Work, sale: Sale) -> None:
    """Keep the commission that stands today for a share, for good. Said twice, the first stays.

    Raises OtherTerms when the share was sold in another deal, to another factory or in another currency.
    """
    statement = insert(Terms).values(
        organisation_id=sale.shop_id,
        id=sale.share_id,
        deal_id=sale.deal_id,
        factory_id=sale.factory_id,
        currency=sale.currency,
        commission_basis_points=work.settings.commission_basis_points,
        frozen_at=work.now,
    )
    work.session.execute(statement.on_conflict_do_nothing())
    terms = lock_share(work, sale.share_id).terms
    found = Sale(terms.id, terms.organisation_id, terms.deal_id, terms.factory_id, terms.currency)
    if found != sale:
        raise OtherTerms("This share was sold on other terms before; those stand.")


def ask_due(
    work: Work, share_id: UUID, purpose: Purpose, money: Money, due_at: datetime, *, together: bool = False
) -> UUID:
    """Ask a share for one purpose; returns the due's id, which is the payment's reference. Said twice, it stays one.

    Raises NotFound for a share without terms, OtherTerms when another amount was asked before.
    """
    terms = lock_share(work, share_id).terms
    if money.currency != terms.currency:
        raise OtherTerms(f"This share is in {terms.currency}; it cannot be asked for {money.currency}.")
    statement = insert(Due).values(
        organisation_id=terms.organisation_id,
        id=work.new_id(),
        share_id=terms.id,
        deal_id=terms.deal_id,
        factory_id=terms.factory_id,
        purpose=purpose,
        state=DueState.DUE,
        currency=money.currency,
        amount_minor=money.minor,
        together=together,
        asked_at=work.now,
        due_at=due_at,
        **dict.fromkeys(("held_minor", "frozen_minor", "released_minor", "refunding_minor", "refunded_minor"), 0),
    )
    asked = work.session.scalar(statement.on_conflict_do_nothing().returning(Due.id))
    due = next(due for due in lock_share(work, share_id).dues if due.purpose is purpose)
    if asked is not None:
        history.record(work, due, what="asked", to_state=DueState.DUE, details={"minor": money.minor})
    elif due.amount_minor != money.minor:
        raise OtherTerms(f"This share was asked for {due.amount_minor} before, not {money.minor}.")
    return due.id


def note_authorised(work: Work, due_id: UUID) -> list[UUID]:
    """The card of a due stands for its amount. Returns the dues whose payment is to be taken now.

    A due alone is taken at once. Of dues that go together, none is before all that are still asked are authorised.
    """
    share, due = lock_due(work, due_id)
    if due.state in (DueState.DUE, DueState.FAILED):
        due.cure_until = None
        history.move(work, due, DueState.AUTHORISED, DUE_TRANSITIONS)
    if due.state is not DueState.AUTHORISED:
        return []
    return dues_to_take(work, share.terms.deal_id, due.purpose) if due.together else [due.id]


def dues_to_take(work: Work, deal_id: UUID, purpose: Purpose) -> list[UUID]:
    """The authorised dues of a deal that go together, once no other one is waited for; nothing before."""
    together = [
        due
        for share in lock_shares_of_deal(work, deal_id)
        for due in share.dues
        if due.purpose is purpose and due.together and due.state is not DueState.DROPPED
    ]
    if any(due.state in (DueState.DUE, DueState.FAILED) for due in together):
        return []
    return [due.id for due in together if due.state is DueState.AUTHORISED]


def take_payment(work: Work, due_id: UUID, money: Money, key: str) -> None:
    """The payment of a due arrived: it is held. Said twice with one key, it is held once.

    What is no longer asked is taken too, as it is there. Raises OtherAmount, IllegalMove when it was paid before.
    """
    share, due = lock_due(work, due_id)
    if posted_before(work, {TransactionKind.TAKEN}, key, money, share.terms.id):
        return
    if money != Money(due.amount_minor, due.currency):
        raise OtherAmount(
            f"{due.amount_minor} {due.currency} was asked and {money.minor} {money.currency} was paid: nothing is held."
        )
    history.move(work, due, DueState.HELD, DUE_TRANSITIONS)
    due.held_minor, due.cure_until = due.amount_minor, None
    work.session.flush()
    lines = [of_market(AccountKind.GATEWAY, -money.minor), share.line(AccountKind.HELD, money.minor)]
    post(
        work,
        Movement(TransactionKind.TAKEN, key, money, lines, deal_id=due.deal_id, share_id=share.terms.id, due_id=due.id),
    )


def fail_payment(work: Work, due_id: UUID, why: str) -> bool:
    """The payment of a due did not go through: 48 hours to make it good. Returns False when it is paid or not asked."""
    _share, due = lock_due(work, due_id)
    if due.state in (DueState.DUE, DueState.AUTHORISED):
        due.cure_until = work.now + TIME_TO_CURE
        history.move(work, due, DueState.FAILED, DUE_TRANSITIONS, why=why)
    return due.state is DueState.FAILED


def drop_due(work: Work, share_id: UUID, purpose: Purpose) -> UUID | None:
    """Ask no longer for what was not paid. Returns the due, None when nothing was open."""
    share = lock_share(work, share_id)
    for due in share.dues:
        if due.purpose is purpose and due.state in UNPAID:
            history.move(work, due, DueState.DROPPED, DUE_TRANSITIONS)
            return due.id
    return None
