"""News that is lost loses nothing: what stands too long at the provider is read without being told to."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from market.kit.money import Money
from market.payments import service
from market.payments.inbox import handle_news
from market.payments.silence import look_at_the_silent
from tests.market.payments.ground import USD, Till
from tests.market.payments.provider import GOOD_CARD

HOUR = timedelta(hours=1)


def a_payment_that_was_paid(till: Till) -> tuple[str, str]:
    row = till.opened()
    till.provider.fill_form(row.page, card=GOOD_CARD)
    return "payments", "taken"


def a_refund_that_arrived(till: Till) -> tuple[str, str]:
    paid = till.paid()
    with till.unit() as work:
        service.refund_payment(work, paid.organisation_id, paid.id, Money(4_000, USD), uuid4())
    till.perform()
    with till.unit() as work:
        work.session.execute(text("UPDATE refunds SET state = 'pending'"))
    return "refunds", "succeeded"


def a_payout_that_arrived(till: Till) -> tuple[str, str]:
    till.paid(50_000)
    factory = till.factory()
    with till.unit() as work:
        service.transfer(work, factory, Money(4_000, USD), uuid4(), uuid4())
    till.perform()
    with till.unit() as work:
        service.pay_out(work, factory, Money(4_000, USD), uuid4())
    till.perform()
    till.provider.wait_days(4)
    return "payouts", "paid"


def an_account_that_is_ready(till: Till) -> tuple[str, str]:
    factory = till.factory()
    with till.unit() as work:
        work.session.execute(
            text("UPDATE payout_accounts SET state = 'restricted' WHERE organisation_id = :of"), {"of": factory}
        )
    return "payout_accounts", "enabled"


def look(till: Till) -> int:
    """What the sweep and then the job of each look do; returns how many looks there were."""
    with till.unit() as work:
        count = look_at_the_silent(work)
        waiting = text("SELECT id FROM gateway_news WHERE kind = 'weft.silence' AND state = 'received'")
        looks = list(work.session.scalars(waiting))
    for news_id in looks:
        handle_news(till.unit, till.provider.gateway, UUID(str(news_id)))
    return count


@pytest.mark.parametrize(
    "make",
    [a_payment_that_was_paid, a_refund_that_arrived, a_payout_that_arrived, an_account_that_is_ready],
)
def test_what_was_never_told_is_found(till: Till, make: Callable[[Till], tuple[str, str]]) -> None:
    table, state = make(till)
    till.fetch_news()
    assert look(till) == 0
    till.clock.advance(HOUR)
    assert look(till) == 1
    with till.unit() as work:
        assert list(work.session.scalars(text(f"SELECT state FROM {table}"))) == [state]
    till.clock.advance(2 * timedelta(days=1))
    assert look(till) == 0


def test_who_has_not_paid_is_asked_after_less_and_less(till: Till) -> None:
    till.opened()
    looked_after = []
    for hour in range(1, 50):
        till.clock.advance(HOUR)
        looked_after += [hour] * look(till)
        assert look(till) == 0
    assert looked_after == [1, 6, 24, 48]
