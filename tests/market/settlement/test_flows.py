"""What the money does when a deal moves: events of production, delivered as the worker delivers them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.ids import new_id
from market.kit.outbox import Event, publish
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
from market.production.clocks import chase_deposits
from market.production.events import DealAccepted, DealCancelled, PaymentAsked, PaymentDropped, ShareLeft
from market.production.service import make_sample
from market.settlement import queries
from market.settlement.flows import ask_for_payment, drop_payment
from market.settlement.gateway_flows import pay_factories
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


def provider_says(run: Run, due: queries.DueRow, state: str, told: Callable[[UUID, UUID, UUID], Event]) -> None:
    """Bring the payment of a due to a state, and let the market hear of it as from the provider."""
    with run.town.work("system") as work:
        payment_id = work.session.scalars(
            text(
                "UPDATE payments SET state = CAST(:state AS text), charge = 'ch', taken_minor = CASE WHEN "
                "CAST(:state AS text) = 'taken' THEN minor ELSE 0 END WHERE reference = :due "
                "AND state NOT IN ('failed', 'dropped') RETURNING id"
            ),
            {"state": state, "due": due.id},
        ).one()
        publish(work, told(due.organisation_id, payment_id, due.id))
    run.town.deliver()


def dues_for(run: Run, purpose: str) -> list[queries.DueRow]:
    with books_of(run) as books:
        return [due for due in queries.dues_of_deal(books.work.session, run.deal_id) if due.purpose.value == purpose]


def take(run: Run, due: queries.DueRow) -> None:
    provider_says(run, due, "taken", lambda owner, paid, of: PaymentTaken(owner, paid, of, due.amount.minor))


def pay(run: Run, purpose: str) -> None:
    """Every share pays what it owes for a purpose."""
    for due in dues_for(run, purpose):
        take(run, due)


def asked_of_provider(run: Run, kind: str) -> int:
    with run.town.work("system") as work:
        statement = text("SELECT count(*) FROM gateway_calls WHERE kind = :kind")
        return int(work.session.scalar(statement, {"kind": kind}) or 0)


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
    pay(run, "sample_fee")
    small, large = (run.share(shop) for shop in run.shops)
    tell(run, ShareLeft(small.organisation_id, run.deal_id, small.id))
    with books_of(run) as books:
        assert books.balances(small.id)["refunding"] == FEE - books.balances(large.id)["held"]
        assert "held" not in books.balances(small.id)
    assert asked_of_provider(run, "refund") == 1


def test_deposits_of_a_pool_are_taken_only_when_every_card_stands(town: Town) -> None:
    run = pooled_deal(town)
    pay(run, "sample_fee")
    run.by_factory(make_sample, [PHOTO])
    run.approve()
    first, second = dues_for(run, "deposit")
    assert first.together and second.together
    provider_says(run, first, "authorised", PaymentAuthorised)
    assert asked_of_provider(run, "take_payment") == 0
    provider_says(run, second, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, "no cover"))
    assert (dues_for(run, "deposit")[1].state.value, asked_of_provider(run, "take_payment")) == ("failed", 0)
    provider_says(run, second, "authorised", PaymentAuthorised)
    assert asked_of_provider(run, "take_payment") == 2
    take(run, first)
    take(run, second)
    assert run.state == "materials"


def test_a_page_that_grew_old_is_made_anew_and_nobody_is_late_by_it(town: Town) -> None:
    run = single_deal(town)
    (fee,) = dues_for(run, "sample_fee")
    provider_says(run, fee, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, EXPIRED))
    assert (dues_for(run, "sample_fee")[0].state.value, asked_of_provider(run, "start_payment")) == ("due", 2)
    assert "payment_failed" not in town.notices(run.shops[0])
    provider_says(run, fee, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, "insufficient_funds"))
    assert (dues_for(run, "sample_fee")[0].state.value, asked_of_provider(run, "start_payment")) == ("failed", 3)
    assert "payment_failed" in town.notices(run.shops[0])


def test_a_shop_whose_card_stands_is_not_late_while_it_waits_for_the_others(town: Town) -> None:
    run = pooled_deal(town)
    pay(run, "sample_fee")
    run.by_factory(make_sample, [PHOTO])
    run.approve()
    first, second = dues_for(run, "deposit")
    provider_says(run, first, "authorised", PaymentAuthorised)
    provider_says(run, second, "failed", lambda owner, paid, of: PaymentFailed(owner, paid, of, "no cover"))
    town.clock.advance(timedelta(days=9))
    assert town.sweep(chase_deposits) == 1
    town.deliver()
    assert {one.share_id for one in dues_for(run, "deposit") if one.state.value != "dropped"} == {first.share_id}
    waiting = next(shop for shop in run.shops if run.share(shop).id == first.share_id)
    assert (run.state, run.deal.pieces) == ("deposit_due", run.share(waiting).pieces)
    assert asked_of_provider(run, "take_payment") == 1, "the one that was waited for has left"


def test_a_card_that_was_waited_for_and_is_dropped_lets_the_others_go_on(town: Town) -> None:
    run = pooled_deal(town)
    pay(run, "sample_fee")
    run.by_factory(make_sample, [PHOTO])
    run.approve()
    first, second = dues_for(run, "deposit")
    provider_says(run, first, "authorised", PaymentAuthorised)
    tell(run, PaymentDropped(second.organisation_id, second.share_id, "deposit"))
    assert (asked_of_provider(run, "take_payment"), asked_of_provider(run, "drop_payment")) == (1, 1)


def test_what_arrives_though_nobody_asks_for_it_any_longer_goes_back(town: Town) -> None:
    run = single_deal(town)
    (fee,) = dues_for(run, "sample_fee")
    with run.town.work("system") as work:
        work.session.execute(text("UPDATE payment_asks SET state = 'dropped'"))
        publish(work, PaymentDropped(fee.organisation_id, fee.share_id, "sample_fee"))
    run.town.deliver()
    take(run, fee)
    assert tell(run, DealAccepted(run.deal.organisation_id, run.deal_id)) == {"gateway": -FEE, "refunding": FEE}
    with run.town.work("system") as work:
        refund_id, reference = work.session.execute(text("SELECT id, reference FROM refunds")).one()
    assert tell(run, RefundSucceeded(fee.organisation_id, refund_id, reference)) == {}
    assert dues_for(run, "sample_fee")[0].state.value == "refunded"
    failed = RefundFailed(fee.organisation_id, refund_id, reference, "the account is closed")
    assert tell(run, failed) == {"gateway": -FEE, "held": FEE}
    assert town.notices(MARKET_ID)[-1] == "refund_failed"


def accepted_and_payable(town: Town) -> Run:
    """An accepted deal whose factory has an account that can be paid."""
    run = with_deposits(single_deal(town))
    with town.work("system") as work:
        work.session.execute(text("UPDATE deals SET state = 'accepted'"))
        publish(work, DealAccepted(run.deal.organisation_id, run.deal_id))
    town.deliver()
    assert town.sweep(pay_factories) == 0
    with town.work("system") as work:
        work.session.execute(
            text(
                "INSERT INTO payout_accounts (organisation_id, id, state, country, gateway_id, missing, bank, why, "
                "seen, asked_at) VALUES (:factory, gen_random_uuid(), 'enabled', 'CN', 'acct', '{}', '', '', 0, now())"
            ),
            {"factory": run.factory},
        )
    assert [town.sweep(pay_factories) for _ in range(2)] == [1, 0]
    return run


def moved(run: Run, table: str) -> tuple[UUID, UUID]:
    """The provider did what was asked; returns the row's id and its reference."""
    state = "paid" if table == "payouts" else "made"
    with run.town.work("system") as work:
        statement = text(f"UPDATE {table} SET state = :state RETURNING id, reference")
        found, reference = work.session.execute(statement, {"state": state}).one()
    return found, reference


def test_a_payout_goes_by_transfer_to_the_bank_and_settles_the_deal(town: Town) -> None:
    run = accepted_and_payable(town)
    tell(run, TransferMade(run.factory, *moved(run, "transfers")))
    assert asked_of_provider(run, "pay_out") == 1
    balances = tell(run, PayoutPaid(run.factory, *moved(run, "payouts")))
    assert (balances, run.state) == ({"gateway": -145_900, "fees": 145_900}, "settled")
    assert set(amounts(run, run.shops[0]).values()) == {("paid_out", FEE), ("paid_out", DEPOSIT)}


def test_a_refused_transfer_is_payable_again_and_waits_for_the_account(town: Town) -> None:
    run = accepted_and_payable(town)
    found, reference = moved(run, "transfers")
    balances = tell(run, TransferRefused(run.factory, found, reference, "restricted"))
    assert "in_transit" not in balances and balances["payable"] > 0
    assert town.notices(run.factory)[-1] == town.notices(MARKET_ID)[-1] == "payout_bounced"
    assert town.sweep(pay_factories) == 0
    tell(run, PayoutAccountChanged(run.factory, enabled=True))
    assert town.sweep(pay_factories) == 1


def test_a_payout_that_the_bank_sends_back_is_fetched_and_only_then_payable(town: Town) -> None:
    run = accepted_and_payable(town)
    transfer_id, reference = moved(run, "transfers")
    tell(run, TransferMade(run.factory, transfer_id, reference))
    payout_id, _reference = moved(run, "payouts")
    balances = tell(run, PayoutFailed(run.factory, payout_id, reference, "account closed"))
    assert "payable" not in balances and asked_of_provider(run, "reverse") == 1
    tell(run, ReversalRefused(run.factory, new_id(), reference, "no funds"))
    assert town.notices(MARKET_ID)[-1] == "reversal_refused"
    balances = tell(run, ReversalMade(run.factory, new_id(), reference))
    assert "in_transit" not in balances and balances["payable"] > 0


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
