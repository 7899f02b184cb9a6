"""What the provider was to tell of and has not: news may be lost, so things that stand too long are read unasked.

A look is news of our own, stored once and handled by the job of all news: it reads what the thing is now.
"""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Select, String, case, cast, func, literal, select

from market.kit.work import Work
from market.payments.gateways.base import News, Subject
from market.payments.inbox import receive_news
from market.payments.models import (
    AccountState,
    GatewayNews,
    Payment,
    PaymentState,
    Payout,
    PayoutAccount,
    PayoutState,
    Refund,
    RefundState,
)

KIND: Final = "weft.silence"
AT_ONCE: Final = 200
FIRST_LOOK: Final = timedelta(hours=1)
SECOND_LOOK: Final = timedelta(hours=6)
DAY: Final = timedelta(days=1)
SILENT: Final[dict[Subject, Any]] = {
    Subject.PAYMENT: Payment.state.in_((PaymentState.OPEN, PaymentState.AUTHORISED)),
    Subject.REFUND: Refund.state == RefundState.PENDING,
    Subject.PAYOUT: Payout.state == PayoutState.PENDING,
    Subject.ACCOUNT: PayoutAccount.state.in_((AccountState.OPEN, AccountState.RESTRICTED)),
}
"""What may stand for long without a word of ours. A partial index stands behind each (migration 0031)."""

ROWS: Final[dict[Subject, Any]] = {
    Subject.PAYMENT: Payment,
    Subject.REFUND: Refund,
    Subject.PAYOUT: Payout,
    Subject.ACCOUNT: PayoutAccount,
}


def look_at_the_silent(work: Work) -> int:
    """Have what stands at the provider for an hour, for six, and then each day read once; returns how many."""
    looks = [look for subject in SILENT for look in work.session.execute(_due_looks(work, subject)).all()]
    for event, subject, object_id, account, row in looks:
        receive_news(work, News(event, KIND, Subject(subject), object_id, account, row, work.now))
    return len(looks)


def _due_looks(work: Work, subject: Subject) -> Select[Any]:
    kind = ROWS[subject]
    age = literal(work.now) - kind.asked_at
    days = func.floor(func.extract("epoch", age) / DAY.total_seconds())
    number = case((age < SECOND_LOOK, 1), (age < DAY, 2), else_=2 + days)
    row = cast(kind.id, String)
    event = func.concat("silence:", row, ":", number)
    account = _account_of(kind) if kind is Payout else literal("")
    return (
        select(event, literal(subject.value), kind.gateway_id, account, row)
        .where(SILENT[subject], kind.asked_at <= work.now - FIRST_LOOK, kind.gateway_id != "")
        .where(~select(GatewayNews.id).where(GatewayNews.event == event).exists())
        .order_by(kind.asked_at)
        .limit(AT_ONCE)
    )


def _account_of(kind: type[Payout]) -> Any:
    of_factory = PayoutAccount.organisation_id == kind.organisation_id
    return select(PayoutAccount.gateway_id).where(of_factory).scalar_subquery()
