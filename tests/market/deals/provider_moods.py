"""What a payment provider may answer to anything that it was asked for, told through the same door as its real news."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from market.kit.money import Money
from market.kit.work import Work
from market.payments import following
from market.payments.gateways import base
from market.payments.models import Payment, Payout, Refund, Reversal, Transfer

ENDED = {
    "payments": ("taken", "failed", "dropped"),
    "refunds": ("succeeded", "failed"),
    "transfers": ("made", "refused"),
}


def kind_waiting(kind: type[Any]) -> Any:
    ended = ENDED.get(kind.__tablename__, ("paid", "failed", "made", "refused"))
    return select(kind).where(kind.state.not_in(ended)).order_by(kind.id)


def tell_payment(chance: random.Random, work: Work, row: Payment, fine: bool) -> None:
    status, taken = base.PaymentStatus.CANCELLED, 0
    if row.drop_asked and not fine:
        fine = chance.random() < 0.3  # its payer was faster
    elif row.drop_asked:
        fine = False
    if fine and row.hold and row.state.value != "authorised":
        status = base.PaymentStatus.AUTHORISED
    elif fine:
        if row.hold and not was_asked(work, row.id, "take_payment"):
            return
        status, taken = base.PaymentStatus.TAKEN, row.minor
    money = Money(row.minor, row.currency)
    found = base.Payment(
        f"cs_{row.id}", f"pi_{row.id}", str(row.id), status, money, taken, 0, "", "" if fine else "declined"
    )
    following.start(work, row, found)


def was_asked(work: Work, about: UUID, kind: str) -> bool:
    statement = text("SELECT count(*) FROM gateway_calls WHERE about = :about AND kind = :kind")
    return bool(work.session.scalar(statement, {"about": about, "kind": kind}))


def tell_refund(chance: random.Random, work: Work, row: Refund, fine: bool) -> None:
    status = base.RefundStatus.SUCCEEDED if fine else base.RefundStatus.FAILED
    found = base.Refund(
        f"re_{row.id}", "", str(row.id), status, Money(row.minor, row.currency), "" if fine else "closed"
    )
    following.follow_refund(work, row, found)


def tell_transfer(chance: random.Random, work: Work, row: Transfer, fine: bool) -> None:
    money = Money(row.minor, row.currency)
    if fine:
        following.follow_transfer(work, row, base.Transfer(f"tr_{row.id}", str(row.id), money, "acct", 0))
    else:
        following.refuse_transfer(work, row, "restricted")


def tell_reversal(chance: random.Random, work: Work, row: Reversal, fine: bool) -> None:
    following.follow_reversal(work, row, base.Reversal(f"trr_{row.id}", str(row.id), Money(row.minor, row.currency)))


def tell_payout(chance: random.Random, work: Work, row: Payout, fine: bool) -> None:
    status = base.PayoutStatus.PAID if fine else base.PayoutStatus.FAILED
    money = Money(row.minor, row.currency)
    found = base.Payout(f"po_{row.id}", str(row.id), status, money, work.now, "" if fine else "account closed")
    following.follow_payout(work, row, found)


PROVIDER: dict[type[Any], Callable[[random.Random, Work, Any, bool], None]] = {
    Payment: tell_payment,
    Refund: tell_refund,
    Transfer: tell_transfer,
    Reversal: tell_reversal,
    Payout: tell_payout,
}
