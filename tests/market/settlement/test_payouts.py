"""What is payable is sent once, pays its dues, and comes back when the bank says so; what was paid is clawed back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from market.kit.db import Scope, Tenant, act_as
from market.kit.history import IllegalMove
from market.kit.ids import new_id
from market.settlement import queries
from market.settlement.ledger import NotEnoughMoney
from market.settlement.models import AccountKind
from market.settlement.paying_out import (
    ask_payout,
    clear_bounced,
    factories_to_pay,
    note_payout_bounced,
    note_payout_paid,
    note_transferred,
    repay_debt,
    write_off_debt,
)
from market.settlement.refunding import note_refund_paid, refund
from market.settlement.releasing import release
from market.settlement.statements import lines_of_deal, lines_of_share, statement_of
from tests.market.settlement.books import Books, cny


def test_a_payout_sends_all_that_is_payable_once_and_pays_its_dues(books: Books) -> None:
    shares = [books.accepted(), books.accepted(1, 2)]
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent and sent.minor == 95_000 + 3
    assert ask_payout(books.work, books.factory, "CNY") is None
    later = books.accepted(100, 100)
    assert ask_payout(books.work, books.factory, "CNY") is None
    assert books.states(shares[0]) == {"deposit": "paying_out", "balance": "paying_out"}
    assert note_transferred(books.work, sent.id) is sent
    assert note_transferred(books.work, sent.id) is None
    assert [note_payout_paid(books.work, sent.id) for _ in range(2)] == [True, False]
    assert books.states(shares[1]) == {"deposit": "paid_out", "balance": "paid_out"}
    assert books.states(later) == {"deposit": "released", "balance": "released"}
    assert books.balances(*shares, later) == {"gateway": -5_200, "fees": 5_010, "payable": 190}
    books.check()


def test_a_bounced_payout_is_payable_again_and_waits_for_the_account(books: Books) -> None:
    share = books.accepted()
    first = ask_payout(books.work, books.factory, "CNY")
    assert first
    assert note_payout_bounced(books.work, first.id, "account closed") is first
    assert note_payout_bounced(books.work, first.id, "account closed") is None
    with pytest.raises(IllegalMove, match="is bounced"):
        note_payout_paid(books.work, first.id)
    assert books.lines()[-1] == {"in_transit": -95_000, "payable": 95_000}
    assert books.states(share) == {"deposit": "released", "balance": "released"}
    assert factories_to_pay(books.work) == []
    assert clear_bounced(books.work, books.factory) == 1
    second = ask_payout(books.work, books.factory, "CNY")
    assert second
    note_payout_paid(books.work, second.id)
    assert note_payout_bounced(books.work, second.id, "sent back after days")
    assert books.lines()[-1] == {"gateway": -95_000, "payable": 95_000}
    assert books.balances(share) == {"gateway": -100_000, "payable": 95_000, "fees": 5_000}
    books.check()


def paid_out(books: Books) -> UUID:
    """A share that is paid out whole."""
    share = books.accepted()
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent
    note_payout_paid(books.work, sent.id)
    return share


def test_a_refund_after_payout_is_owed_by_the_factory_and_taken_out_of_what_comes_next(books: Books) -> None:
    share = paid_out(books)
    (part,) = refund(books.work, share, "decided", cny(30_000), "30 % by the operator")
    assert books.lines()[-1] == {"fees": -1_500, "owed_by_factory": -28_500, "refunding": 30_000}
    assert books.states(share) == {"deposit": "paid_out", "balance": "clawed_back"}
    note_refund_paid(books.work, part.transaction_id)
    small = books.accepted(4_000, 6_000)
    assert books.lines()[-1] == {"held": -10_000, "fees": 500, "owed_by_factory": 9_500}
    assert ask_payout(books.work, books.factory, "CNY") is None
    assert books.states(small) == {"deposit": "paid_out", "balance": "paid_out"}
    books.accepted()
    assert books.lines()[-1] == {"held": -100_000, "fees": 5_000, "owed_by_factory": 19_000, "payable": 76_000}
    books.check()


def test_a_debt_is_paid_back_or_borne_by_the_market_and_never_beyond_it(books: Books) -> None:
    share = paid_out(books)
    refund(books.work, share, "decided", cny(30_000))
    for _ in range(2):
        repay_debt(books.work, books.factory, "transfer 7", cny(20_000), "by bank")
    write_off_debt(books.work, books.factory, "closed down", cny(8_500), "closed down")
    assert books.lines()[-2:] == [
        {"owed_by_factory": 20_000, "gateway": -20_000},
        {"owed_by_factory": 8_500, "costs": -8_500},
    ]
    with pytest.raises(NotEnoughMoney):
        write_off_debt(books.work, books.factory, "again", cny(1), "")
    with pytest.raises(NotEnoughMoney):
        repay_debt(books.work, books.factory, "nothing", cny(0), "")
    books.check()


def test_a_refund_of_money_on_its_way_to_the_bank_is_owed(books: Books) -> None:
    share = books.accepted()
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent
    refund(books.work, share, "decided", cny(100_000))
    assert books.states(share) == {"deposit": "clawed_back", "balance": "clawed_back"}
    note_payout_paid(books.work, sent.id)
    assert books.balances(share) == {"gateway": -5_000, "owed_by_factory": -95_000, "refunding": 100_000}
    books.check()


def test_a_factory_knows_what_it_is_owed_and_by_when(books: Books) -> None:
    books.accepted()
    (owed,) = queries.owed_to(books.work.session, books.factory)
    assert (owed.payable, owed.in_transit, owed.debt) == (cny(95_000), cny(0), cny(0))
    assert owed.pay_by == books.work.now + timedelta(days=7)
    sent = ask_payout(books.work, books.factory, "CNY")
    assert sent
    (owed,) = queries.owed_to(books.work.session, books.factory)
    assert (owed.payable, owed.in_transit) == (cny(0), cny(95_000))
    note_payout_paid(books.work, sent.id)
    (row,) = queries.remittances_of(books.work.session, books.factory)
    assert (row.state.value, row.money, row.paid_at) == ("paid", cny(95_000), books.work.now)
    assert queries.owed_to(books.work.session, books.factory)[0].pay_by is None


def test_a_statement_opens_where_the_last_one_closed(books: Books) -> None:
    now, session = books.work.now, books.work.session
    share = books.sold()
    books.work = replace(books.work, now=now + timedelta(days=1))
    release(books.work, share, "accepted", why="the goods were accepted")
    shop = books.shops[share]
    (first,) = statement_of(session, shop, now, now + timedelta(days=1))
    (second,) = statement_of(session, shop, now + timedelta(days=1), now + timedelta(days=2))
    assert (first.opening, first.closing, [line.money.minor for line in first.lines]) == (
        cny(0), cny(100_000), [30_000, 70_000],
    )  # fmt: skip
    assert (second.opening, second.closing, second.lines[0].why) == (cny(100_000), cny(0), "the goods were accepted")
    (factory,) = statement_of(session, books.factory, now, now + timedelta(days=2))
    assert (factory.account, factory.closing) == (AccountKind.PAYABLE, cny(95_000))
    assert sum(line.money.minor for line in lines_of_share(session, share)) == 0
    assert lines_of_deal(session, share) == lines_of_share(session, share)


def test_each_side_reads_its_own_lines_and_dues_alone(books: Books) -> None:
    session, deal = books.work.session, new_id()
    shares = [books.sold(deal=deal) for _ in range(2)]
    release(books.work, shares[0], "accepted")
    seen = {}
    for organisation_id in (books.shops[shares[0]], books.shops[shares[1]], books.factory, new_id()):
        act_as(session, Tenant(Scope.ORGANISATION, organisation_id))
        seen[organisation_id] = (
            len(queries.dues_of_deal(session, deal)),
            sorted(line.money.minor for line in lines_of_deal(session, deal)),
        )
    assert list(seen.values()) == [
        (2, [-100_000, 30_000, 70_000]),
        (2, [30_000, 70_000]),
        (4, [95_000]),
        (0, []),
    ]
