"""What the money does when a deal moves: events of production, delivered as the worker delivers them."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import text

from market.kit.outbox import Event, publish
from market.production.events import DealAccepted, DealCancelled, PaymentAsked, PaymentDropped, ShareLeft
from market.production.service import make_sample
from market.settlement import queries
from market.settlement.flows import ask_for_payment, drop_payment
from market.settlement.service import take_payment
from tests.market.production.yard import FEE, PHOTO, PRICE, Run, pooled_deal, single_deal
from tests.market.settlement.books import Books
from tests.market.town import Town

DEPOSIT = 800 * PRICE * 3 // 10


@contextmanager
def books_of(run: Run) -> Iterator[Books]:
    with run.town.work("system") as work:
        shops = {run.share(shop).id: shop for shop in run.shops}
        yield Books(work, run.factory, shops)


def amounts(run: Run, shop: UUID) -> dict[str, tuple[str, int]]:
    with books_of(run) as books:
        dues = queries.dues_of_share(books.work.session, run.share(shop).id)
        return {due.purpose.value: (due.state.value, due.amount.minor) for due in dues}


def pay(run: Run, purpose: str) -> None:
    """The money of every share arrives: it is held, and the deal hears of it."""
    with books_of(run) as books:
        for due in queries.dues_of_deal(books.work.session, run.deal_id):
            if due.purpose.value == purpose:
                take_payment(books.work, due.id, due.amount, f"payment {due.id}")
    run.pay(purpose)


def with_deposits(run: Run) -> Run:
    """A run whose sample and deposits are paid."""
    pay(run, "sample_fee")
    run.by_factory(make_sample, [PHOTO])
    run.approve()
    pay(run, "deposit")
    assert run.state == "materials"
    return run


def tell(run: Run, event: Event) -> dict[str, int]:
    """Deliver an event; returns what stands in the books then."""
    with run.town.work("system") as work:
        publish(work, event)
    run.town.deliver()
    with books_of(run) as books:
        books.check()
        return books.balances(*books.shops)


def test_what_a_deal_asks_becomes_dues_at_the_commission_of_the_day(town: Town) -> None:
    run = single_deal(town)
    assert amounts(run, run.shops[0]) == {"sample_fee": ("due", FEE)}
    with books_of(run) as books:
        assert queries.commission_of_share(books.work.session, run.share(run.shops[0]).id) == 500
    with_deposits(run)
    assert amounts(run, run.shops[0]) == {"sample_fee": ("held", FEE), "deposit": ("held", DEPOSIT)}


def test_an_accepted_deal_is_released_less_the_commission(town: Town) -> None:
    run = with_deposits(single_deal(town))
    balances = tell(run, DealAccepted(run.deal.organisation_id, run.deal_id))
    paid = FEE + DEPOSIT
    # 5 % of 29,180.01 is 1,459.0005.
    assert balances == {"gateway": -paid, "fees": 145_900, "payable": paid - 145_900}


def test_what_was_paid_beyond_the_price_of_the_goods_goes_back_at_acceptance(town: Town) -> None:
    run = with_deposits(single_deal(town))
    with run.town.work("system") as work:
        work.session.execute(text("UPDATE deal_shares SET allocated = 100"))
    balances = tell(run, DealAccepted(run.deal.organisation_id, run.deal_id))
    paid, price = FEE + DEPOSIT, 100 * PRICE
    assert balances == {"gateway": -paid, "refunding": paid - price, "payable": price * 95 // 100, "fees": price // 20}


@pytest.mark.parametrize(
    ("why", "proven", "kept"), [("buyer", 0, 0), ("buyer", 100_000, 100_000), ("third_rejection", 0, FEE // 2)]
)
def test_a_cancelled_deal_keeps_what_was_proven_and_half_the_fee_of_a_sample_rejected_thrice(
    town: Town, why: str, proven: int, kept: int
) -> None:
    run = with_deposits(single_deal(town))
    balances = tell(run, DealCancelled(run.deal.organisation_id, run.deal_id, why, proven))
    paid, commission = FEE + DEPOSIT, (kept * 500 + 5_000) // 10_000
    expected = {"gateway": -paid, "fees": commission, "refunding": paid - kept, "payable": kept - commission}
    assert balances == {kind: minor for kind, minor in expected.items() if minor}


def test_a_shop_that_leaves_gets_its_own_back_and_the_others_stay(town: Town) -> None:
    run = pooled_deal(town)
    with books_of(run) as books:
        for due in queries.dues_of_deal(books.work.session, run.deal_id):
            take_payment(books.work, due.id, due.amount, f"payment {due.id}")
    small, large = (run.share(shop) for shop in run.shops)
    tell(run, ShareLeft(small.organisation_id, run.deal_id, small.id))
    with books_of(run) as books:
        assert books.balances(small.id)["refunding"] == FEE - books.balances(large.id)["held"]
        assert "held" not in books.balances(small.id)


def test_news_in_another_order_asks_for_nothing_that_was_dropped(town: Town) -> None:
    run = single_deal(town)
    row = run.share(run.shops[0])
    with run.town.work("system") as work:
        drop_payment(work, PaymentDropped(row.organisation_id, row.id, "sample_fee"))
        drop_payment(work, PaymentDropped(row.organisation_id, row.organisation_id, "sample_fee"))
        work.session.execute(text("UPDATE payment_asks SET state = 'dropped'"))
        again = PaymentAsked(row.organisation_id, run.deal_id, row.id, "deposit", 5, "CNY", work.now, together=False)
        ask_for_payment(work, again)
    assert amounts(run, run.shops[0]) == {"sample_fee": ("dropped", FEE)}
