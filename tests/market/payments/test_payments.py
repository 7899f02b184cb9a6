"""Payments, refunds, transfers and payouts from the verb to the provider and back."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from market.kit.db import Scope, Tenant, act_as
from market.kit.ids import new_id
from market.kit.money import Money
from market.payments import queries, service
from market.payments.models import AccountState, PaymentState, PayoutState, RefundState, TransferState
from market.payments.service import AccountNotReady, PaymentMoved, TooMuchRefunded, TooMuchReversed
from tests.market.payments.ground import USD, Till, order


def test_a_payment_is_asked_opened_and_taken(till: Till) -> None:
    row = till.asked()
    assert (row.state, row.page) == (PaymentState.ASKED, "")
    till.perform()
    opened = till.payment(row)
    assert opened.state is PaymentState.OPEN and "locale=zh" in opened.page
    till.provider.fill_form(opened.page, card="4242424242424242")
    till.hear()
    taken = till.payment(row)
    assert (taken.state, taken.taken_minor, taken.page) == (PaymentState.TAKEN, 10_000, "")
    assert till.events() == ["PaymentTaken"]


def test_one_reference_has_one_payment_that_can_be_paid(till: Till) -> None:
    asked = order()
    with till.unit() as work:
        first, again = service.open_payment(work, asked), service.open_payment(work, asked)
    assert first.id == again.id and till.calls() == [("start_payment", "asked")]
    till.perform()
    with till.unit() as work:
        service.drop_payment(work, first.organisation_id, first.id)
    till.perform()
    assert till.payment(first).state is PaymentState.DROPPED
    with till.unit() as work:
        assert service.open_payment(work, asked).id != first.id
    assert till.events() == []


def test_reserved_money_is_taken_when_asked(till: Till) -> None:
    row = till.paid(hold=True)
    assert (row.state, row.taken_minor) == (PaymentState.AUTHORISED, 0)
    for _twice in range(2):
        with till.unit() as work:
            service.take_payment(work, row.organisation_id, row.id)
    till.perform()
    till.hear()
    assert (till.payment(row).state, till.payment(row).taken_minor) == (PaymentState.TAKEN, 10_000)
    with till.unit() as work:
        service.take_payment(work, row.organisation_id, row.id)
    assert till.events() == ["PaymentAuthorised", "PaymentTaken"]
    assert till.calls() == [("start_payment", "done"), ("take_payment", "done")]


@pytest.mark.parametrize("hold", [True, False])
def test_what_was_not_taken_can_be_dropped(till: Till, hold: bool) -> None:
    row = till.paid(hold=True) if hold else till.opened()
    with till.unit() as work:
        service.drop_payment(work, row.organisation_id, row.id)
        service.drop_payment(work, row.organisation_id, row.id)
        with pytest.raises(PaymentMoved):
            service.take_payment(work, row.organisation_id, row.id)
    till.perform()
    till.hear()
    assert till.payment(row).state is PaymentState.DROPPED
    assert "PaymentFailed" not in till.events()


def test_a_payment_dropped_before_the_provider_knew_it_ends_dropped(till: Till) -> None:
    row = till.asked()
    with till.unit() as work:
        service.drop_payment(work, row.organisation_id, row.id)
    till.perform()
    till.perform()
    assert till.payment(row).state is PaymentState.DROPPED


def test_a_payer_who_was_faster_than_the_drop_is_told(till: Till) -> None:
    row = till.opened()
    with till.unit() as work:
        service.drop_payment(work, row.organisation_id, row.id)
    till.provider.fill_form(row.page, card="4242424242424242")
    till.perform()
    assert till.payment(row).state is PaymentState.TAKEN
    till.hear()
    assert till.events() == ["PaymentTaken"]
    with till.unit() as work, pytest.raises(PaymentMoved):
        service.drop_payment(work, row.organisation_id, row.id)


def test_a_declined_card_leaves_time_to_cure_and_then_fails_with_its_reason(till: Till) -> None:
    row = till.opened()
    till.provider.fill_form(row.page, card="4000 0000 0000 9995")
    till.hear()
    assert (till.payment(row).state, till.payment(row).why) == (PaymentState.OPEN, "insufficient_funds")
    till.provider.wait_days(1)
    till.hear()
    assert (till.payment(row).state, till.events()) == (PaymentState.FAILED, ["PaymentFailed"])


def test_refunds_never_exceed_what_was_taken(till: Till) -> None:
    row, first = till.paid(), uuid4()
    with till.unit() as work:
        one = service.refund_payment(work, row.organisation_id, row.id, Money(6_000, USD), first)
        assert service.refund_payment(work, row.organisation_id, row.id, Money(6_000, USD), first) == one
        with pytest.raises(TooMuchRefunded, match="40"):
            service.refund_payment(work, row.organisation_id, row.id, Money(4_001, USD), uuid4())
        with pytest.raises(TooMuchRefunded, match="USD"):
            service.refund_payment(work, row.organisation_id, row.id, Money(1, "CNY"), uuid4())
    till.perform()
    with till.unit() as work:
        found = queries.refunds_of_payment(work.session, row.organisation_id, row.id)
    assert [(refund.state, refund.money.minor) for refund in found] == [(RefundState.SUCCEEDED, 6_000)]
    assert till.payment(row).refundable_minor == 4_000
    till.hear()
    assert till.events() == ["PaymentTaken", "RefundSucceeded"]


def test_the_tables_refuse_what_the_verb_would_refuse(till: Till) -> None:
    row = till.paid()
    with pytest.raises(IntegrityError), till.unit() as work:
        work.session.execute(text("UPDATE payments SET refunded_minor = 10001 WHERE id = :id"), {"id": row.id})


def test_of_rival_refunds_only_those_pass_that_fit(till: Till) -> None:
    row = till.paid()

    def refund(_number: int) -> bool:
        try:
            with till.unit() as work:
                service.refund_payment(work, row.organisation_id, row.id, Money(3_000, USD), uuid4())
        except TooMuchRefunded:
            return False
        return True

    with ThreadPoolExecutor(4) as rivals:
        assert sum(rivals.map(refund, range(6))) == 3
    till.perform()
    assert till.payment(row).refunded_minor == 9_000


def test_a_refund_that_comes_back_can_be_made_again(till: Till) -> None:
    row = till.paid(card="4000 0000 0000 5126")
    with till.unit() as work:
        service.refund_payment(work, row.organisation_id, row.id, Money(10_000, USD), uuid4())
    till.perform()
    till.provider.wait_days(2)
    till.hear()
    assert till.payment(row).refundable_minor == 10_000
    assert till.events() == ["PaymentTaken", "RefundFailed"]


def test_nothing_goes_back_of_what_was_never_taken(till: Till) -> None:
    row = till.opened()
    with till.unit() as work, pytest.raises(PaymentMoved, match="open"):
        service.refund_payment(work, row.organisation_id, row.id, Money(1, USD), uuid4())


def test_a_factory_is_paid_only_once_it_told_all(till: Till) -> None:
    factory_id = new_id()
    with till.unit() as work:
        with pytest.raises(AccountNotReady):
            service.transfer(work, factory_id, Money(1, USD), uuid4(), uuid4())
        service.open_account(work, factory_id, "US", "factory@example.com")
        service.open_account(work, factory_id, "US", "factory@example.com")
    till.perform()
    with till.unit() as work:
        account = queries.payout_account(work.session, factory_id)
        assert account and account.state is AccountState.OPEN and account.missing
        with pytest.raises(AccountNotReady, match="open"):
            service.pay_out(work, factory_id, Money(1, USD), uuid4())
    ready = till.factory()
    with till.unit() as work:
        account = queries.payout_account(work.session, ready)
        assert account and account.is_enabled and not account.missing and account.bank.endswith("6789")
    assert till.events() == ["PayoutAccountChanged"]


@pytest.mark.parametrize(
    ("bank", "state", "said"),
    [("000123456789", PayoutState.PAID, "PayoutPaid"), ("000111111116", PayoutState.FAILED, "PayoutFailed")],
)
def test_money_reaches_the_bank_or_comes_back(till: Till, bank: str, state: PayoutState, said: str) -> None:
    factory_id = till.factory(bank)
    till.paid(8_000)
    group, reference = uuid4(), uuid4()
    for _twice in range(2):
        with till.unit() as work:
            service.transfer(work, factory_id, Money(8_000, USD), reference, group)
            service.pay_out(work, factory_id, Money(8_000, USD), reference)
        till.perform()
    till.provider.wait_days(2)
    till.hear()
    with till.unit() as work:
        (moved,) = queries.transfers_of_group(work.session, group)
        (payout,) = queries.payouts_of(work.session, factory_id)
    assert (moved.state, payout.state) == (TransferState.MADE, state)
    assert till.events()[-1] == said and till.events().count("TransferMade") == 1


def test_a_payout_that_was_paid_may_bounce(till: Till) -> None:
    factory_id = till.factory()
    till.paid(8_000)
    with till.unit() as work:
        service.transfer(work, factory_id, Money(8_000, USD), uuid4(), uuid4())
        service.pay_out(work, factory_id, Money(8_000, USD), uuid4())
    till.perform()
    till.provider.wait_days(2)
    till.hear()
    with till.unit() as work:
        account = queries.payout_account(work.session, factory_id)
        gateway_id = work.session.scalar(text("SELECT gateway_id FROM payouts"))
    assert account
    till.provider.control(f"payouts/{gateway_id}/bounce", account=account.gateway_id)
    till.hear()
    assert till.events()[-2:] == ["PayoutPaid", "PayoutFailed"]


def test_a_transfer_above_the_balance_is_refused_and_said(till: Till) -> None:
    factory_id = till.factory()
    with till.unit() as work:
        moved = service.transfer(work, factory_id, Money(90_000_000, USD), uuid4(), uuid4())
        with pytest.raises(TooMuchReversed):
            service.reverse_transfer(work, factory_id, moved.id, Money(1, USD), uuid4())
    till.perform()
    assert till.events()[-1] == "TransferRefused" and till.calls()[-1] == ("transfer", "refused")


def test_a_transfer_is_taken_back_up_to_what_was_moved(till: Till) -> None:
    factory_id, group = till.factory(), uuid4()
    till.paid(8_000)
    with till.unit() as work:
        moved = service.transfer(work, factory_id, Money(8_000, USD), uuid4(), group)
    till.perform()
    with till.unit() as work:
        reference = uuid4()
        for _twice in range(2):
            service.reverse_transfer(work, factory_id, moved.id, Money(5_000, USD), reference)
        with pytest.raises(TooMuchReversed, match="30"):
            service.reverse_transfer(work, factory_id, moved.id, Money(3_001, USD), uuid4())
    till.perform()
    with till.unit() as work:
        (found,) = queries.transfers_of_group(work.session, group)
    assert found.reversed_minor == 5_000 and till.events()[-1] == "ReversalMade"


def test_an_organisation_sees_its_own_money_alone(till: Till, session: Session) -> None:
    row = till.paid()
    act_as(session, Tenant(Scope.ORGANISATION, row.organisation_id))
    assert session.scalar(text("SELECT count(*) FROM payments")) == 1
    act_as(session, Tenant(Scope.ORGANISATION, uuid4()))
    assert session.scalar(text("SELECT count(*) FROM payments")) == 0
