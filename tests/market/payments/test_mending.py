"""Calls that nobody answered, mended against a running provider: it is asked first, and money moves once."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from market.identity.service import MARKET_ID
from market.kit.history import history_of
from market.kit.money import Money
from market.payments import mending, queries, service, stuck_queries
from market.payments.gateways.base import News, Subject
from market.payments.mending import Mended, Remedy
from market.payments.models import GatewayCall, PaymentState
from tests.conftest import MONDAY
from tests.market.payments.ground import USD, Till

WHY = "the provider was down on Sunday"


def refund_call(till: Till) -> tuple[str, str]:
    paid = till.paid()
    with till.unit() as work:
        service.refund_payment(work, paid.organisation_id, paid.id, Money(4_000, USD), uuid4())
    return "/v1/refunds", "refund"


def transfer_call(till: Till) -> tuple[str, str]:
    till.paid(50_000)
    factory = till.factory()
    with till.unit() as work:
        service.transfer(work, factory, Money(4_000, USD), uuid4(), uuid4())
    return "/v1/transfers", "transfer"


def reversal_call(till: Till) -> tuple[str, str]:
    transfer_call(till)
    till.perform()
    with till.unit() as work:
        row = work.session.execute(text("SELECT organisation_id, id FROM transfers")).one()
        service.reverse_transfer(work, row.organisation_id, row.id, Money(1_000, USD), uuid4())
    return "/v1/transfers", "transfer_reversal"


def payout_call(till: Till) -> tuple[str, str]:
    transfer_call(till)
    till.perform()
    with till.unit() as work:
        factory = work.session.scalars(text("SELECT organisation_id FROM transfers")).one()
        service.pay_out(work, factory, Money(4_000, USD), uuid4())
    return "/v1/payouts", "payout"


MADE: list[Callable[[Till], tuple[str, str]]] = [refund_call, transfer_call, reversal_call, payout_call]


def stuck(till: Till, path: str, when: str) -> UUID:
    """The call that waits loses its answer (or never arrives), and is tried no more; returns its id."""
    till.provider.control("trouble", path=path, when=when, times=1)
    till.perform()
    with till.unit() as work:
        call_id = work.session.scalars(text("UPDATE gateway_calls SET tries = 14 WHERE state = 'asked' RETURNING id"))
        (found,) = call_id.all()
    till.perform()
    assert till.calls()[-1][1] == "stuck"
    return UUID(str(found))


def count(till: Till, kind: str) -> int:
    return int(till.provider.server.store.rows("SELECT count(*) FROM objects WHERE kind = ?", kind)[0][0])


def mend(till: Till, call_id: UUID, remedy: Remedy) -> Mended:
    return mending.mend_call(till.unit, till.provider.gateway, call_id, remedy, WHY)


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("remedy", Remedy)
def test_what_had_happened_is_recorded_and_never_done_again(
    till: Till, make: Callable[[Till], tuple[str, str]], remedy: Remedy
) -> None:
    path, kind = make(till)
    before = count(till, kind)
    call_id = stuck(till, path, "after")
    assert count(till, kind) == before + 1
    assert mend(till, call_id, remedy) is Mended.HAPPENED
    till.perform()
    assert count(till, kind) == before + 1 and till.calls()[-1][1] == "done"
    with till.unit() as work:
        owner = work.session.scalars(select(GatewayCall.organisation_id).where(GatewayCall.id == call_id)).one()
        newest = history_of(work.session, owner, "gateway_calls", call_id)[0]
    assert (newest.what, newest.why) == ("became done", WHY)
    with pytest.raises(mending.CallMoved, match="done"):
        mend(till, call_id, remedy)


@pytest.mark.parametrize("make", MADE)
def test_what_never_happened_is_asked_anew_under_another_key(
    till: Till, make: Callable[[Till], tuple[str, str]]
) -> None:
    path, kind = make(till)
    before = count(till, kind)
    call_id = stuck(till, path, "before")
    assert mend(till, call_id, Remedy.AGAIN) is Mended.ASKED
    with pytest.raises(mending.CallMoved, match="given_up"):
        mend(till, call_id, Remedy.AGAIN)
    till.perform()
    assert count(till, kind) == before + 1
    assert [state for of, state in till.calls() if of == till.calls()[-1][0]][-2:] == ["given_up", "done"]


@pytest.mark.parametrize(
    ("make", "heard"),
    list(zip(MADE, ("RefundFailed", "TransferRefused", "ReversalRefused", "PayoutFailed"), strict=True)),
)
def test_what_never_happened_can_be_given_up_and_everybody_hears_so(
    till: Till, make: Callable[[Till], tuple[str, str]], heard: str
) -> None:
    path, kind = make(till)
    before = count(till, kind)
    assert mend(till, stuck(till, path, "before"), Remedy.GIVE_UP) is Mended.GIVEN_UP
    till.perform()
    assert count(till, kind) == before and till.events()[-1] == heard


def test_a_provider_that_does_not_answer_changes_nothing(till: Till) -> None:
    path, _kind = refund_call(till)
    call_id = stuck(till, path, "after")
    till.provider.control("trouble", path=path, when="before", times=1)
    with pytest.raises(mending.ProviderSilent):
        mend(till, call_id, Remedy.AGAIN)
    assert till.calls()[-1] == ("refund", "stuck")


def test_what_the_provider_does_not_know_is_looked_up_by_a_person(till: Till) -> None:
    row = till.paid(hold=True)
    with till.unit() as work:
        service.take_payment(work, row.organisation_id, row.id)
    call_id = stuck(till, "/v1/payment_intents", "before")
    with till.unit() as work:
        work.session.execute(
            text("UPDATE gateway_calls SET request = :of"), {"of": '{"charge": "pi_none", "minor": 1}'}
        )
    with pytest.raises(mending.ProviderRefuses, match="No such payment_intent"):
        mend(till, call_id, Remedy.AGAIN)
    assert till.calls()[-1] == ("take_payment", "stuck")


def test_reserved_money_is_taken_once_and_cannot_be_given_up(till: Till) -> None:
    row = till.paid(hold=True)
    with till.unit() as work:
        service.take_payment(work, row.organisation_id, row.id)
    call_id = stuck(till, "/v1/payment_intents", "before")
    with pytest.raises(mending.OnlyAgain):
        mend(till, call_id, Remedy.GIVE_UP)
    assert mend(till, call_id, Remedy.AGAIN) is Mended.ASKED
    again = stuck(till, "/v1/payment_intents", "after")
    assert mend(till, again, Remedy.AGAIN) is Mended.HAPPENED
    assert till.payment(row).state is PaymentState.TAKEN
    assert till.events().count("PaymentTaken") == 1


def test_a_page_that_may_still_be_paid_is_not_given_up(till: Till) -> None:
    row = till.asked()
    call_id = stuck(till, "/v1/checkout", "before")
    with pytest.raises(mending.MayStillHappen):
        mend(till, call_id, Remedy.GIVE_UP)
    till.clock.advance(service.PAGE_OPEN)
    assert mend(till, call_id, Remedy.GIVE_UP) is Mended.GIVEN_UP
    assert (till.payment(row).state, till.events()[-1]) == (PaymentState.FAILED, "PaymentFailed")


def test_news_answers_a_call_that_was_asked_anew_and_stuck_again(till: Till) -> None:
    path, _kind = refund_call(till)
    assert mend(till, stuck(till, path, "before"), Remedy.AGAIN) is Mended.ASKED
    stuck(till, path, "after")
    till.hear()
    assert till.calls()[-1] == ("refund", "done") and till.events().count("RefundSucceeded") == 1


def test_a_reversal_that_was_refused_is_asked_again(till: Till) -> None:
    reversal_call(till)
    till.perform()
    with till.unit() as work:
        work.session.execute(text("UPDATE transfer_reversals SET state = 'refused'"))
        work.session.execute(text("UPDATE transfers SET reversed_minor = 0"))
        (row,) = stuck_queries.reversals_that_wait(work.session, work.now)
        mending.ask_reversal_again(work, row.id, WHY)
    till.perform()
    with till.unit() as work:
        assert stuck_queries.reversals_that_wait(work.session, work.now) == []
    assert till.calls()[-1] == ("reverse", "done")


def test_parked_news_is_looked_for_again_or_put_away(till: Till) -> None:
    paid = till.paid()
    stray = [
        till.receive(News(f"evt_{uuid4()}", "refund.created", Subject.REFUND, "re_none", "", "", MONDAY)),
        till.receive(News(f"evt_{uuid4()}", "charge.updated", Subject.PAYMENT, "pi_none", "", "", MONDAY)),
    ]
    unknown, later = [found for found in stray if found is not None]
    for news_id in (unknown, later):
        assert mending.handle_again(till.unit, till.provider.gateway, news_id, WHY) is False
    with till.unit() as work:
        mending.dismiss_news(work, unknown, WHY)
    with till.unit() as work, pytest.raises(mending.NewsMoved, match="ignored"):
        mending.dismiss_news(work, unknown, WHY)
    with till.unit() as work:
        found = queries.payment(work.session, paid.organisation_id, paid.id)
        charge = work.session.scalar(text("SELECT charge FROM payments"))
        work.session.execute(
            text("UPDATE gateway_news SET object_id = :id WHERE id = :news"), {"id": charge, "news": later}
        )
    assert found is not None and mending.handle_again(till.unit, till.provider.gateway, later, WHY) is True
    with pytest.raises(mending.NewsMoved, match="handled"):
        mending.handle_again(till.unit, till.provider.gateway, later, WHY)
    with till.unit() as work:
        whys = {line.what: line.why for line in history_of(work.session, MARKET_ID, "gateway_news", unknown)}
    assert whys["became ignored"] == whys["looked for again"] == WHY
